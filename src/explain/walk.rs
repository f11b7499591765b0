//! Takes an imagined client through its boot, one message and one file after the other.
//!
//! Each message goes as bytes through [`BootRequest::parse`] and [`answer()`](crate::proto::dhcp::answer()), the functions that
//! serve real clients; what the client does next follows from the bytes of the answer. No decision is made here that serving
//! makes.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::files::{Fetched, Got, Shelf, Source};
use super::firmware::{Asks, Client, Stage};
use super::grub;
use super::ipxe::{self, Outcome};
use super::menu::{Known, LeadsTo, Menus};
use super::program as header;
use super::pxelinux::{self, Place};
use super::serving::{boot_server_type, say, uses_file_now};
use super::step::{Answer, Load, Problem, Question, Step};
use crate::plan::secure_boot::{Hindrance, SecureBoot, Way};
use crate::proto::dhcp::{BootRequest, Local, ReceivedOn, ServerAddr, ServerMessage};
use crate::serve::event::Transport;

/// The address that the network's own DHCP server has given the client by the time that it asks on port 4011 (RFC 5737).
const LEASED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// Where a GRUB made for network boot looks for its menu.
const GRUB_MENU: &str = "/grub/grub.cfg";
/// Programs that load each other. More is a circle.
const MAX_LOADS: usize = 8;

/// What a client goes through.
pub(super) struct Walk<'a> {
    client: &'a Client,
    shelf: &'a Shelf<'a>,
    server: ServerAddr,
    chain: Option<&'a SecureBoot>,
    known: Known,
    pub(super) steps: Vec<Step>,
    pub(super) problems: Vec<Problem>,
    pub(super) menus: Option<Menus>,
    pub(super) then: Option<String>,
}

/// What a client has been told.
struct Told {
    message: ServerMessage,
    url: String,
}

impl Told {
    fn text(&self, code: u8) -> Option<String> {
        self.message.option(code).map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

/// What a loaded program is.
#[derive(Debug, PartialEq, Eq)]
enum Program {
    Ipxe,
    Script,
    Pxelinux,
    Shim,
    Grub,
    Other,
}

impl<'a> Walk<'a> {
    /// `secure_boot` is what the plan holds for clients with Secure Boot on.
    pub(super) fn new(
        client: &'a Client,
        shelf: &'a Shelf<'a>,
        server: ServerAddr,
        secure_boot: &'a [SecureBoot],
    ) -> Self {
        let chain = secure_boot.iter().find(|chain| Some(chain.cpu) == client.firmware.efi_cpu());
        let known = Known::of(client, chain);
        Self { client, shelf, server, chain, known, steps: Vec::new(), problems: Vec::new(), menus: None, then: None }
    }

    /// Goes as far as the client gets.
    pub(super) fn run(&mut self) {
        let mut stage = if self.client.is_ipxe() { Stage::Rom } else { Stage::Discover };
        for _ in 0..MAX_LOADS {
            let Some(told) = self.ask(stage) else { return };
            let Some(file) = self.load(&told, stage) else { return };
            match self.starts(&file, &told) {
                Some(next) => stage = next,
                None => return,
            }
        }
        self.problem(
            "the client is sent from one program to the next and back again".to_owned(),
            Some("this is a bug in netspec: please report it together with the spec".to_owned()),
        );
    }

    /// The DHCP exchange of a stage: one question, and for some firmware a second one on port 4011.
    fn ask(&mut self, stage: Stage) -> Option<Told> {
        let title = match stage {
            Stage::Ipxe => "iPXE runs now, and asks once more how to boot",
            _ => "The PC asks everybody on the network how to boot",
        };
        let told = self.question(title, stage, None)?;
        if stage != Stage::Discover || boots_at_once(self.client.firmware.asks, &told.message) {
            return Some(told);
        }
        let boot_server = told.message.vendor_options().and_then(|options| boot_server_type(&options));
        let title = match boot_server {
            Some(_) => "The PC follows the menu, and asks the boot server that it names",
            None => "The PC has an address now, and asks this server alone",
        };
        self.question(title, Stage::BootServer, boot_server)
    }

    fn question(&mut self, title: &str, stage: Stage, boot_server: Option<u16>) -> Option<Told> {
        let port = if stage == Stage::BootServer { ReceivedOn::Boot4011 } else { ReceivedOn::Dhcp67 };
        let source = match port {
            ReceivedOn::Dhcp67 => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68),
            ReceivedOn::Boot4011 => SocketAddrV4::new(LEASED, 4011),
        };
        let plan = self.shelf.plan;
        let local = Local { server: self.server, port, http_port: plan.server.http_port, source };
        let said = match BootRequest::parse(&self.client.message(stage, boot_server)) {
            Ok(request) => say(plan, &request, &local, Some(self.client.firmware)),
            Err(reason) => {
                self.problem(format!("its message is no DHCP message: {reason}"), None);
                return None;
            }
        };
        if let Answer::Silence { reason, change } = &said.answer {
            self.problem(format!("no answer, because: {reason}"), change.clone());
        }
        let (message, to) = match port {
            ReceivedOn::Dhcp67 => ("DHCPDISCOVER", "everybody, UDP port 67".to_owned()),
            ReceivedOn::Boot4011 => ("DHCPREQUEST", format!("{}, UDP port 4011", self.server.get())),
        };
        let sends = self.client.options(stage, boot_server);
        self.steps.push(Step::Asks(Question { title: title.to_owned(), message, to, sends, answer: said.answer }));
        let message = said.message?;
        let url = String::from_utf8_lossy(&message.file).into_owned();
        if url.is_empty() {
            self.problem("it gets an address and no boot file: it asked for an address alone".to_owned(), None);
            return None;
        }
        Some(Told { message, url })
    }

    /// Fetches what the client was told.
    fn load(&mut self, told: &Told, stage: Stage) -> Option<Fetched> {
        let name = told.url.clone();
        let found = match name.contains("://") {
            true => self.shelf.url(&name),
            false => Some(self.shelf.tftp(&name)),
        };
        let Some(file) = found else {
            self.problem(format!("`{name}` leads to another server, which netspec knows nothing of"), None);
            return None;
        };
        let is_script = file.gets.as_ref().is_some_and(|got| program(got) == Program::Script);
        let title = match stage {
            _ if is_script => "iPXE loads its script",
            Stage::Ipxe | Stage::Rom => "iPXE loads another program",
            _ => "The PC loads its boot program",
        };
        self.loaded(title, file)
    }

    fn loaded(&mut self, title: &str, file: Fetched) -> Option<Fetched> {
        let signed = file.gets.as_ref().filter(|_| self.client.firmware.is_uefi());
        let signed = signed.and_then(|got| header::is_signed(&self.shelf.head(got, header::HEAD)));
        let note = file.gets.as_ref().filter(|got| program(got) == Program::Ipxe).and_then(|got| self.autoexec(got));
        let decided = file.gets.as_ref().and_then(|got| got.decided.as_ref());
        let note = decided.map(|decided| format!("this is {decided}")).or(note);
        self.steps.push(Step::Loads(Load { title: title.to_owned(), file: file.clone(), signed, note }));
        if file.gets.is_none() {
            self.problem(ipxe::missing(&file.asks_for), None);
            return None;
        }
        // From here on a signed iPXE would have to be trusted, which no firmware says in advance.
        if self.client.secure_boot && signed == Some(false) {
            self.problem(
                "Secure Boot is on, and this program is not signed: the firmware refuses it, with words such as \
                 `Access Denied` or `Security Violation`, or goes on to the next boot device without a word"
                    .to_owned(),
                Some(self.secure_way()),
            );
            return None;
        }
        Some(file)
    }

    /// How a client with Secure Boot on gets further, as the check of the spec sees it.
    fn secure_way(&self) -> String {
        let off = "switch Secure Boot off in the PC's setup";
        let Some(SecureBoot { http, pxe, .. }) = self.chain else {
            return format!("{off}; or {} and a signed network GRUB beside it", Hindrance::NoShim.advice());
        };
        let (own, other, name) = match self.client.firmware.asks {
            Asks::Http => (http, pxe, "PXE"),
            _ => (pxe, http, "UEFI HTTP Boot"),
        };
        match (own, other) {
            (_, Way::Shim) => format!("choose {name} in the PC's setup: there it gets shim and GRUB, which are signed"),
            (Way::None(why), _) => {
                format!("{off}; signed programs are of no help, because {}: {}", why.why(), why.advice())
            }
            (Way::Shim, Way::None(_)) => off.to_owned(),
        }
    }

    /// iPXE for UEFI looks for a script beside itself since 2021 (IP-05).
    fn autoexec(&self, ipxe: &Got) -> Option<String> {
        let folder = ipxe.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let script = self.shelf.tftp(&format!("{folder}/autoexec.ipxe"));
        (self.client.firmware.is_uefi() && script.gets.is_some()).then(|| {
            "an iPXE of 2021 or newer first reads autoexec.ipxe beside it, which leads to the same script".to_owned()
        })
    }

    /// What the loaded program does first; gives the stage that follows with another question.
    fn starts(&mut self, file: &Fetched, told: &Told) -> Option<Stage> {
        let got = file.gets.as_ref()?;
        match program(got) {
            Program::Ipxe => Some(Stage::Ipxe),
            Program::Pxelinux => {
                self.pxelinux(got, told, None);
                None
            }
            Program::Script => {
                self.script(got, told);
                None
            }
            Program::Shim => {
                // shim takes the last part of its own name off, and puts GRUB's there (HB-08).
                let folder = file.asks_for.rsplit_once('/').map_or("", |(folder, _)| folder);
                let grub = if self.client.firmware.cpu() == "arm64" { "grubaa64.efi" } else { "grubx64.efi" };
                let name = format!("{folder}/{grub}");
                let grub = match file.over {
                    Transport::Http => self.shelf.url(&name)?,
                    Transport::Tftp => self.shelf.tftp(&name),
                };
                let grub = self.loaded("shim loads GRUB from its own folder", grub)?;
                self.grub(&grub);
                None
            }
            Program::Grub => {
                self.grub(file);
                None
            }
            Program::Other => {
                self.then = Some(match self.client.firmware.asks {
                    Asks::RaspberryPi => {
                        "The Raspberry Pi loads its other files by fixed names from the same server: config.txt first, \
                         and then what it names. The kernel's command line is in its cmdline.txt."
                            .to_owned()
                    }
                    _ => format!("What {} does then is its own affair: netspec does not know this program.", got.path),
                });
                None
            }
        }
    }

    fn script(&mut self, got: &Got, told: &Told) {
        let firmware = self.client.firmware;
        let variables = BTreeMap::from([
            ("platform".to_owned(), firmware.ipxe_platform().to_owned()),
            ("buildarch".to_owned(), firmware.ipxe_buildarch().to_owned()),
            // Nobody sets it; words that would be operators stand behind it.
            ("nothing".to_owned(), String::new()),
        ]);
        match ipxe::follow(&self.shelf.text(got), variables, &self.known, self.shelf) {
            Outcome::Menus(menus, scripts) => {
                for script in scripts {
                    self.loaded("The script asks what this machine begins with", script);
                }
                self.shows(menus);
            }
            Outcome::Chains(file, config) => {
                let Some(file) = self.loaded("The script makes iPXE load another program", file) else { return };
                if let Some(got) = file.gets.as_ref().filter(|got| program(got) == Program::Pxelinux) {
                    self.pxelinux(&got.clone(), told, config);
                }
            }
        }
    }

    /// GRUB looks for its menu on the server that it was loaded from (ST-08, HB-09).
    fn grub(&mut self, file: &Fetched) {
        let server = self.server.get();
        let device = match (file.over, self.shelf.plan.server.http_port) {
            (Transport::Tftp, _) => format!("tftp,{server}"),
            (Transport::Http, 80) => format!("http,{server}"),
            (Transport::Http, port) => format!("http,{server}:{port}"),
        };
        let url = format!("{}{GRUB_MENU}", device.replace(',', "://"));
        let Some(found) = self.shelf.url(&url) else { return };
        if self.loaded("GRUB reads its menu", found).is_none() {
            return;
        }
        let cpu = if self.client.firmware.cpu() == "x64" { "x86_64" } else { self.client.firmware.cpu() };
        let start = grub::Start { device, cpu, mac: self.client.chaddr() };
        let (menus, scripts) = grub::follow(GRUB_MENU, &start, &self.known, self.shelf);
        for script in scripts {
            self.loaded("GRUB asks what this machine begins with", script);
        }
        self.shows(menus);
    }

    /// PXELINUX reads its configuration where options 209 and 210 say, else below its own folder. `config` is what a script of
    /// iPXE has put in the place of 209.
    fn pxelinux(&mut self, got: &Got, told: &Told, config: Option<String>) {
        let own = got.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let folder = told.text(210).unwrap_or(own);
        let config = config.or_else(|| told.text(209)).unwrap_or_else(|| "pxelinux.cfg/default".to_owned());
        let place = Place { file: format!("{folder}{config}"), folder };
        let file = self.shelf.tftp(&place.file);
        let Some(_) = self.loaded("PXELINUX reads its configuration file", file) else { return };
        let menus = pxelinux::follow(place, &self.known, self.shelf);
        self.shows(menus);
    }

    fn shows(&mut self, menus: Menus) {
        match &menus.first {
            LeadsTo::Stops { reason } => self.problem(reason.clone(), None),
            LeadsTo::Unread { line } => {
                let what = format!("this line is beyond what `explain` can follow: {line}");
                self.problem(what, None);
            }
            _ => {}
        }
        let is_menu = matches!(menus.first, LeadsTo::Menu { .. });
        if is_menu && !menus.lead_elsewhere() && menus.boots().all(|boot| boot.foreign.is_some()) {
            self.problem(
                "these menus start no kernel for this machine's processor".to_owned(),
                self.client
                    .firmware
                    .words
                    .split(',')
                    .next()
                    .map(|words| format!("add an `iso` of a system for {words}")),
            );
        }
        if menus.boots().next().is_some() && menus.boots().all(|boot| boot.refused.is_some()) {
            self.problem(
                "Secure Boot is on, and shim refuses every kernel of these menus".to_owned(),
                Some(
                    "add an `iso` of the distribution that shim is of, or switch Secure Boot off in the PC's setup"
                        .to_owned(),
                ),
            );
        }
        self.menus = Some(menus);
    }

    fn problem(&mut self, what: String, change: Option<String>) {
        self.problems.push(Problem { what, change });
    }
}

fn program(got: &Got) -> Program {
    let name = match &got.from {
        Source::File { loader, .. } => loader.as_str(),
        _ => got.path.rsplit('/').next().unwrap_or(&got.path),
    };
    if name.ends_with(".ipxe") {
        Program::Script
    } else if name.contains("pxelinux") {
        Program::Pxelinux
    } else if name.starts_with("shim") {
        Program::Shim
    } else if name.starts_with("grub") && name.ends_with(".efi") {
        Program::Grub
    } else if name.starts_with("ipxe") || name.starts_with("undionly") {
        Program::Ipxe
    } else {
        Program::Other
    }
}

/// Whether firmware loads the file that this offer names, or asks on port 4011 first (UE-01, UE-05, BI-01). One that has its
/// address from the same server has been told everything (UE-08).
fn boots_at_once(asks: Asks, offer: &ServerMessage) -> bool {
    match asks {
        Asks::Bios | Asks::Uefi => {
            !offer.yiaddr.is_unspecified() || offer.vendor_options().is_some_and(|options| uses_file_now(&options))
        }
        Asks::Http | Asks::UBoot | Asks::RaspberryPi => true,
    }
}
