//! From a request to a verdict.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::arch::{Architecture, Platform};
use super::classify::{BootClient, ClientClass, classify};
use super::message::MessageType;
use super::packet::BootRequest;
use super::reason::Reason;
use super::reply::{Destination, Draft, Kind, Reply, ServerAddr, Takes};
use super::table::{BootTable, EfiBoot, IpxeBoot};
use super::vendor::VendorOptions;

/// PXELINUX's configuration file and path prefix (RFC 5071).
const CONFIG_FILE: u8 = 209;
const PATH_PREFIX: u8 = 210;
/// iPXE's encapsulated options, and the priority in them.
const IPXE: u8 = 175;
const IPXE_PRIORITY: u8 = 1;

/// Which of the two ports a datagram came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedOn {
    /// The port of DHCP servers, 67.
    Dhcp67,
    /// The port of PXE boot servers, 4011.
    Boot4011,
}

impl ReceivedOn {
    /// The port's number by the standard.
    pub fn number(self) -> u16 {
        match self {
            Self::Dhcp67 => 67,
            Self::Boot4011 => 4011,
        }
    }

    /// What is answered there.
    pub(super) fn expects(self) -> &'static str {
        match self {
            Self::Dhcp67 => "that is between the client and its DHCP server; a proxy answers only DHCPDISCOVER here",
            Self::Boot4011 => "a boot server answers only DHCPREQUEST and DHCPINFORM here",
        }
    }
}

/// What is known about the place where a datagram arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The address of this machine that the client can reach.
    pub server: ServerAddr,
    /// The port that the datagram came to.
    pub port: ReceivedOn,
    /// The port of our HTTP server.
    pub http_port: u16,
    /// Where the datagram came from.
    pub source: SocketAddrV4,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This is sent.
    Answer(Reply),
    /// Nothing is sent, for this reason.
    Silence(Reason),
}

/// Decides what to answer to one request. Total, without state: each retransmission gets the same answer (DH-15).
pub fn answer(table: &BootTable, request: &BootRequest, local: &Local) -> Verdict {
    decide(table, request, local).map_or_else(Verdict::Silence, Verdict::Answer)
}

fn decide(table: &BootTable, request: &BootRequest, local: &Local) -> Result<Reply, Reason> {
    let message = request.message_type().ok_or(Reason::NoMessageType)?;
    let kind = match (local.port, message) {
        (ReceivedOn::Dhcp67, MessageType::Discover) => Kind::Offer,
        (ReceivedOn::Boot4011, MessageType::Request | MessageType::Inform) => Kind::Ack,
        // A request by broadcast for a boot server of one type is meant for us, all others for the address server (DH-04).
        (ReceivedOn::Dhcp67, MessageType::Request | MessageType::Inform) => {
            match classify(request, &table.vendor_prefixes) {
                Ok(BootClient { class: class @ ClientClass::BootServer(_), .. }) => {
                    return Err(Reason::NothingFor(class));
                }
                _ => return Err(Reason::NotForProxy { message, on: local.port }),
            }
        }
        _ => return Err(Reason::NotForProxy { message, on: local.port }),
    };
    if request.giaddr.is_broadcast() || request.giaddr.is_multicast() {
        return Err(Reason::NoRelay(request.giaddr));
    }
    if let Some(other) = request.server_id().filter(|id| *id != local.server.get() && kind == Kind::Ack) {
        return Err(Reason::OtherServer(other));
    }
    let BootClient { class, vendor_class } = classify(request, &table.vendor_prefixes)?;
    if kind == Kind::Ack && matches!(class, ClientClass::Http(_)) {
        return Err(Reason::NoBootServer(class));
    }
    let Some(offer) = offer(table, &class, local) else { return Err(Reason::NothingFor(class)) };
    let draft = Draft {
        kind,
        server: local.server,
        vendor_class: &vendor_class,
        file: &offer.file,
        takes: offer.takes,
        vendor_options: offer.vendor_options,
        others: offer.others,
    };
    match draft.encode(request) {
        Ok(bytes) => Ok(Reply {
            bytes,
            destination: destination(request, local, kind),
            mac: request.mac(),
            class,
            asked: asked(local.port, message),
            file: offer.file,
            server: local.server.get(),
            ciaddr: Some(request.ciaddr).filter(|addr| !addr.is_unspecified()),
        }),
        Err(why) => Err(Reason::DoesNotFit { class, why }),
    }
}

/// What a class of clients is told.
struct Offer {
    file: String,
    takes: Takes,
    vendor_options: Option<VendorOptions>,
    others: Vec<(u8, Vec<u8>)>,
}

/// The entry of the table for a class. A class without an entry here is a class that the table cannot name yet.
fn offer(table: &BootTable, class: &ClientClass, local: &Local) -> Option<Offer> {
    match class {
        ClientClass::Ipxe { arch, http } => table.ipxe.as_ref().map(|boot| ipxe(boot, *arch, *http, local)),
        ClientClass::PxeBios => table.bios.as_ref().map(|boot| {
            let others = pxelinux(boot.config_file.as_deref(), boot.path_prefix.as_deref());
            // PXELINUX takes 209 and 210 from either place; some proxies lost the ones at top level, so they stand in both.
            let mut vendor_options = VendorOptions::boot_now();
            others.iter().for_each(|(code, value)| vendor_options.push(*code, value));
            Offer { file: boot.file.clone(), takes: Takes::Name, vendor_options: Some(vendor_options), others }
        }),
        ClientClass::PxeUefi(arch) => match arch.platform()? {
            Platform::Uefi(cpu) => table.efi.get(&cpu).map(efi),
            _ => None,
        },
        // U-Boot and legacy BIOS have numbers for HTTP too, and no use for a program of UEFI.
        ClientClass::Http(arch) => match (*arch)?.platform()? {
            Platform::UefiHttp(cpu) => table.http.get(&cpu).map(|path| http(path, local)),
            _ => None,
        },
        ClientClass::BootServer(_) | ClientClass::RaspberryPi | ClientClass::UBoot(_) | ClientClass::PxeOther(_) => {
            None
        }
    }
}

/// The program's name, and no option 43: with one the offer is of the kind that edk2 threw away until 2017. Without it edk2
/// asks once more on port 4011, and firmware that does not ask has the name already (UE-03, UE-04).
fn efi(boot: &EfiBoot) -> Offer {
    Offer { file: boot.file.clone(), takes: Takes::Name, vendor_options: None, others: Vec::new() }
}

/// The program as a URL with our address in it: edk2 looks a name up only where the DHCP server names a DNS server (HB-03).
fn http(path: &str, local: &Local) -> Offer {
    Offer { file: http_url(path, local), takes: Takes::Url, vendor_options: None, others: Vec::new() }
}

/// The URL of a path below the root of our HTTP server.
fn http_url(path: &str, local: &Local) -> String {
    let (server, path) = (local.server.get(), path.trim_start_matches('/'));
    match local.http_port {
        80 => format!("http://{server}/{path}"),
        port => format!("http://{server}:{port}/{path}"),
    }
}

/// The script as an absolute URL, and no option 43: then iPXE asks nothing on port 4011 (IP-01, IP-02).
fn ipxe(boot: &IpxeBoot, arch: Option<Architecture>, http: bool, local: &Local) -> Offer {
    let file = match http {
        true => http_url(&boot.script, local),
        false => format!("tftp://{}/{}", local.server.get(), boot.script.trim_start_matches('/')),
    };
    // iPXE keeps the last of several proxy offers of one priority; above 0, ours also wins when it comes first (DH-40).
    let mut others = vec![(IPXE, vec![IPXE_PRIORITY, 1, 1])];
    if arch.and_then(Architecture::platform) == Some(Platform::Bios) {
        others.extend(pxelinux(boot.config_file.as_deref(), boot.path_prefix.as_deref()));
    }
    Offer { file, takes: Takes::NameOrUrl, vendor_options: None, others }
}

fn pxelinux(config_file: Option<&str>, path_prefix: Option<&str>) -> Vec<(u8, Vec<u8>)> {
    let option = |code: u8, text: Option<&str>| text.map(|text| (code, text.as_bytes().to_vec()));
    option(CONFIG_FILE, config_file).into_iter().chain(option(PATH_PREFIX, path_prefix)).collect()
}

fn destination(request: &BootRequest, local: &Local, kind: Kind) -> Destination {
    match kind {
        Kind::Offer if request.giaddr.is_unspecified() => Destination::Broadcast,
        Kind::Offer => Destination::Relay(request.giaddr),
        // edk2 listens on 4011 only and iPXE on 68 only, so the answer goes where the question came from (DH-50). Some ROMs ask
        // before they have set up their address (DH-55).
        Kind::Ack => {
            let known = [*local.source.ip(), request.ciaddr].into_iter().find(|addr| !addr.is_unspecified());
            Destination::Client(SocketAddrV4::new(known.unwrap_or(Ipv4Addr::BROADCAST), local.source.port()))
        }
    }
}

fn asked(port: ReceivedOn, message: MessageType) -> &'static str {
    match (port, message) {
        (ReceivedOn::Boot4011, MessageType::Request) => "DHCPREQUEST on port 4011",
        (ReceivedOn::Boot4011, MessageType::Inform) => "DHCPINFORM on port 4011",
        (_, message) => message.name(),
    }
}

#[cfg(test)]
mod edk2_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod uefi_tests;
