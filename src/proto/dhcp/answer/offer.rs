//! What each row of the decision table is offered; rows by `protocol.md` section 0.

use super::{Local, upgrade};
use crate::proto::dhcp::arch::{Architecture, Platform};
use crate::proto::dhcp::classify::{BootClient, ClientClass};
use crate::proto::dhcp::options::ClientMachineId;
use crate::proto::dhcp::packet::BootRequest;
use crate::proto::dhcp::raspberry_pi;
use crate::proto::dhcp::reason::Reason;
use crate::proto::dhcp::reply::{Kind, Takes};
use crate::proto::dhcp::rule::{Effect, Mode};
use crate::proto::dhcp::table::{BootTable, IpxeBoot};
use crate::proto::dhcp::vendor::{BOOT_SERVER, VendorOptions};
use crate::proto::identity::Identity;

/// PXELINUX's configuration file and path prefix (RFC 5071).
const CONFIG_FILE: u8 = 209;
const PATH_PREFIX: u8 = 210;
/// iPXE's encapsulated options, and the priority in them.
const IPXE: u8 = 175;
const IPXE_PRIORITY: u8 = 1;

/// What a client is told.
pub(super) struct Offer {
    pub(super) file: String,
    pub(super) takes: Takes,
    pub(super) vendor_options: Option<VendorOptions>,
    pub(super) others: Vec<(u8, Vec<u8>)>,
}

impl Offer {
    /// A TFTP name in the header and nothing else.
    fn name(file: &str) -> Self {
        Self { file: file.to_owned(), takes: Takes::Name, vendor_options: None, others: Vec::new() }
    }
}

/// The datagrams for a client, in their order: one, or two where a rule says `both`.
pub(super) fn offers(
    table: &BootTable,
    request: &BootRequest,
    client: &BootClient,
    effect: &Effect,
    kind: Kind,
    local: &Local,
) -> Result<Vec<Offer>, Reason> {
    let offer = match client.class {
        ClientClass::PxeBios | ClientClass::PxeUefi(_) => {
            let program = program(table, request, client.arch, effect);
            let usual = if client.class == ClientClass::PxeBios { Form::Now } else { Form::Binl };
            return match program {
                Some(program) => Ok(forms(effect.mode, usual, kind).map(|form| program.offer(form, local)).collect()),
                None => Err(Reason::NothingFor(client.class.clone())),
            };
        }
        ClientClass::Ipxe { http, .. } => {
            table.ipxe.as_ref().map(|boot| script(table, boot, (request, client), http, local))
        }
        ClientClass::Http(_) => return http(table, client, effect, local).map(|offer| vec![offer]),
        ClientClass::RaspberryPi => table.raspberry_pi.as_ref().map(|file| Offer {
            vendor_options: Some(raspberry_pi::vendor_options(request.mac())),
            ..Offer::name(file)
        }),
        // U-Boot has its own list of devices, so it is answered only where a rule says with what.
        ClientClass::UBoot(_) => match effect.program(client.arch) {
            Some(path) => Some(Offer::name(path)),
            None => return Err(Reason::OptIn(client.class.clone())),
        },
        ClientClass::BootServer(_) | ClientClass::PxeOther(_) => None,
    };
    offer.map(|offer| vec![offer]).ok_or_else(|| Reason::NothingFor(client.class.clone()))
}

/// The form of an offer to PXE firmware.
#[derive(Clone, Copy)]
enum Form {
    /// Without option 43. edk2 threw offers with one away until 2017 and asks on port 4011 without it; firmware that does not
    /// ask has the name already (UE-03, UE-04).
    Binl,
    /// With the order to load the file at once (BI-01, UE-05).
    Now,
    /// With a menu that leads to a boot server (BS-04).
    Menu,
}

/// On port 4011 only the usual form answers where a rule asks for two, or for a menu whose answer has a form of its own.
fn forms(mode: Option<Mode>, usual: Form, kind: Kind) -> impl Iterator<Item = Form> {
    let (first, second) = match mode {
        Some(Mode::Binl) => (Form::Binl, None),
        Some(Mode::Pxe10) => (Form::Now, None),
        Some(Mode::Both) if kind == Kind::Offer => (Form::Binl, Some(Form::Now)),
        Some(Mode::Menu) if kind == Kind::Offer => (Form::Menu, None),
        _ => (usual, None),
    };
    std::iter::once(first).chain(second)
}

/// A program for PXE firmware, and what PXELINUX is told beside it.
pub(super) struct Program<'a> {
    pub(super) file: &'a str,
    pub(super) others: Vec<(u8, Vec<u8>)>,
}

/// The program for firmware of an architecture: the rule's, else the table's.
pub(super) fn program<'a>(
    table: &'a BootTable,
    request: &BootRequest,
    arch: Option<Architecture>,
    effect: &'a Effect,
) -> Option<Program<'a>> {
    if let Some(file) = effect.program(arch) {
        return Some(Program { file, others: Vec::new() });
    }
    match arch?.platform()? {
        Platform::Bios => table.bios.as_ref().map(|boot| Program {
            file: &boot.file,
            others: pxelinux(table, request, boot.config_file.as_deref(), boot.path_prefix.as_deref()),
        }),
        Platform::Uefi(cpu) => table.efi.get(&cpu).map(|boot| Program { file: &boot.file, others: Vec::new() }),
        _ => None,
    }
}

impl Program<'_> {
    fn offer(&self, form: Form, local: &Local) -> Offer {
        let mut vendor_options = match form {
            Form::Binl => None,
            Form::Now => Some(VendorOptions::boot_now()),
            Form::Menu => Some(VendorOptions::menu(BOOT_SERVER, local.server)),
        };
        // PXELINUX takes 209 and 210 from either place; some proxies lost the ones at top level, so they stand in both.
        if let Some(options) = &mut vendor_options {
            self.others.iter().for_each(|(code, value)| options.push(*code, value));
        }
        Offer { vendor_options, others: self.others.clone(), ..Offer::name(self.file) }
    }
}

/// The program as a URL with our address in it, or with that of the origin: edk2 looks a name up only where the DHCP server names a DNS server (HB-03).
fn http(table: &BootTable, client: &BootClient, effect: &Effect, local: &Local) -> Result<Offer, Reason> {
    let path = effect.program(client.arch).map_or_else(
        || match client.arch.and_then(Architecture::platform) {
            // Legacy BIOS and U-Boot have numbers for HTTP too, and no use for a program of UEFI.
            Some(Platform::BiosHttp | Platform::UBootHttp) => Err(Reason::NoHttpProgram(client.class.clone())),
            Some(Platform::UefiHttp(cpu)) => Ok(table.http.get(&cpu).map(String::as_str)),
            _ => Ok(None),
        },
        |path| Ok(Some(path)),
    )?;
    let url = |path: &str| Offer { takes: Takes::Url, ..Offer::name(&program_url(table, path, local)) };
    path.map(url).ok_or_else(|| Reason::NothingFor(client.class.clone()))
}

/// The URL of a program for HTTP Boot.
fn program_url(table: &BootTable, path: &str, local: &Local) -> String {
    match &table.origin {
        Some(origin) if !origin.only_here.contains(path) => format!("{}/{}", origin.url, path.trim_start_matches('/')),
        _ => http_url(path, local),
    }
}

/// The URL of a path below the root of our HTTP server.
fn http_url(path: &str, local: &Local) -> String {
    let (server, path) = (local.server.get(), path.trim_start_matches('/'));
    match local.http_port {
        80 => format!("http://{server}/{path}"),
        port => format!("http://{server}:{port}/{path}"),
    }
}

fn tftp_url(path: &str, local: &Local) -> String {
    format!("tftp://{}/{}", local.server.get(), path.trim_start_matches('/'))
}

/// The script as an absolute URL, and no option 43: then iPXE asks nothing on port 4011 (IP-01, IP-02). One that cannot do
/// enough gets a complete iPXE first.
fn script(
    table: &BootTable,
    boot: &IpxeBoot,
    (request, client): (&BootRequest, &BootClient),
    http: bool,
    local: &Local,
) -> Offer {
    let file = match upgrade::program(table, client) {
        Some(program) => tftp_url(program, local),
        None if http && table.origin.is_none() => http_url(&boot.script, local),
        None => tftp_url(&boot.script, local),
    };
    // iPXE keeps the last of several proxy offers of one priority; above 0, ours also wins when it comes first (DH-40).
    let mut others = vec![(IPXE, vec![IPXE_PRIORITY, 1, 1])];
    if client.arch.and_then(Architecture::platform) == Some(Platform::Bios) {
        others.extend(pxelinux(table, request, boot.config_file.as_deref(), boot.path_prefix.as_deref()));
    }
    Offer { takes: Takes::NameOrUrl, others, ..Offer::name(&file) }
}

/// Where PXELINUX finds its configuration: in the file that all share, or by what the machine says of itself. What it does not
/// say in DHCP, as its serial number, is not known to it either.
fn pxelinux(
    table: &BootTable,
    request: &BootRequest,
    config_file: Option<&str>,
    path_prefix: Option<&str>,
) -> Vec<(u8, Vec<u8>)> {
    let own = table.own_config.as_ref().map(|file| {
        let uuid = request.client_machine_id().map(ClientMachineId::uuid).filter(|uuid| !uuid.is_placeholder());
        Identity { mac: Some(request.mac()), uuid, ..Identity::default() }.path(file)
    });
    let option = |code: u8, text: Option<&str>| text.map(|text| (code, text.as_bytes().to_vec()));
    option(CONFIG_FILE, own.as_deref().or(config_file)).into_iter().chain(option(PATH_PREFIX, path_prefix)).collect()
}
