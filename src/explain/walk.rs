//! Takes an imagined client through its boot, one message and one file after the other.
//!
//! Each message goes as bytes through [`BootRequest::parse`] and [`answer`], the functions that serve real clients; what the
//! client does next follows from the bytes of the answer. No decision is made here that serving makes.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::advice;
use super::files::{Fetched, Got, Shelf, Source};
use super::firmware::{Asks, Client, Stage};
use super::ipxe::{self, Outcome};
use super::menu::{Known, LeadsTo, Menus};
use super::pxelinux::{self, Place};
use super::signature;
use super::step::{Answer, Load, Offer, Problem, Question, Step};
use crate::proto::dhcp::{
    BootRequest, ClientClass, Destination, Local, ReceivedOn, Reply, ServerAddr, ServerMessage, VendorOptions, Verdict,
    answer,
};

/// Programs that load each other. More is a circle.
const MAX_LOADS: usize = 8;

/// What a client goes through.
pub(super) struct Walk<'a> {
    client: &'a Client,
    shelf: &'a Shelf<'a>,
    server: ServerAddr,
    known: Known,
    pub(super) steps: Vec<Step>,
    pub(super) problems: Vec<Problem>,
    pub(super) menus: Option<Menus>,
}

/// What a client has been told.
struct Told {
    message: ServerMessage,
    url: Option<String>,
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
    Other,
}

impl<'a> Walk<'a> {
    pub(super) fn new(client: &'a Client, shelf: &'a Shelf<'a>, server: ServerAddr) -> Self {
        let known = Known::of(client.mac);
        Self { client, shelf, server, known, steps: Vec::new(), problems: Vec::new(), menus: None }
    }

    /// Goes as far as the client gets.
    pub(super) fn run(&mut self) {
        let mut stage = if self.client.is_ipxe() { Stage::Ipxe } else { Stage::Discover };
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
            Stage::Ipxe if !self.steps.is_empty() => "iPXE runs now, and asks once more how to boot",
            _ => "The PC asks everybody on the network how to boot",
        };
        let told = self.question(title, stage)?;
        if stage == Stage::Ipxe || boots_at_once(self.client.firmware.asks, &told.message) {
            return Some(told);
        }
        self.question("The PC has an address now, and asks this server alone", Stage::BootServer)
    }

    fn question(&mut self, title: &str, stage: Stage) -> Option<Told> {
        let port = if stage == Stage::BootServer { ReceivedOn::Boot4011 } else { ReceivedOn::Dhcp67 };
        let source = match port {
            ReceivedOn::Dhcp67 => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68),
            ReceivedOn::Boot4011 => SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 100), 4011),
        };
        let local = Local { server: self.server, port, http_port: self.shelf.plan.server.http_port, source };
        let request = BootRequest::parse(&self.client.message(stage));
        let verdict = request.map_or_else(Verdict::Silence, |request| answer(&self.shelf.plan.boot, &request, &local));
        let (answer, told) = match verdict {
            Verdict::Answer(reply) => match ServerMessage::parse(&reply.bytes) {
                Some(message) => (Answer::Offer(offer(&reply, &message, port)), Some(message)),
                None => (silence("the answer cannot be read".to_owned(), None), None),
            },
            Verdict::Silence(reason) => {
                (silence(reason.to_string(), advice::change(&reason, self.client.firmware)), None)
            }
        };
        if let Answer::Silence { reason, change } = &answer {
            self.problem(format!("no answer, because: {reason}"), change.clone());
        }
        let url = told.as_ref().map(|told| String::from_utf8_lossy(&told.file).into_owned());
        let (message, to) = match port {
            ReceivedOn::Dhcp67 => ("DHCPDISCOVER", "everybody, UDP port 67".to_owned()),
            ReceivedOn::Boot4011 => ("DHCPREQUEST", format!("{}, UDP port 4011", self.server.get())),
        };
        let sends = self.client.options(stage);
        self.steps.push(Step::Asks(Question { title: title.to_owned(), message, to, sends, answer }));
        told.map(|message| Told { message, url })
    }

    /// Fetches what the client was told.
    fn load(&mut self, told: &Told, stage: Stage) -> Option<Fetched> {
        let name = told.url.clone().unwrap_or_default();
        let found = match name.contains("://") {
            true => self.shelf.url(&name),
            false => Some(self.shelf.tftp(&name)),
        };
        let Some(file) = found else {
            self.problem(format!("`{name}` leads to another server, which netspec knows nothing of"), None);
            return None;
        };
        let title = match stage {
            Stage::Ipxe => "iPXE loads its script",
            _ => "The PC loads its boot program",
        };
        self.loaded(title, file)
    }

    fn loaded(&mut self, title: &str, file: Fetched) -> Option<Fetched> {
        let signed = file.gets.as_ref().filter(|_| self.client.firmware.is_uefi());
        let signed = signed.and_then(|got| signature::is_signed(&self.shelf.head(got, signature::HEAD)));
        self.steps.push(Step::Loads(Load { title: title.to_owned(), file: file.clone(), signed }));
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
                Some("switch Secure Boot off in the PC's setup".to_owned()),
            );
            return None;
        }
        Some(file)
    }

    /// What the loaded program does first; gives the stage that follows with another question.
    fn starts(&mut self, file: &Fetched, told: &Told) -> Option<Stage> {
        let got = file.gets.as_ref()?;
        match program(got) {
            Program::Ipxe => Some(Stage::Ipxe),
            Program::Pxelinux => {
                self.pxelinux(got, told);
                None
            }
            Program::Script => {
                self.script(got, told);
                None
            }
            Program::Other => {
                let what =
                    format!("what `{}` does then is its own affair: netspec does not know this program", got.path);
                self.problem(what, None);
                None
            }
        }
    }

    fn script(&mut self, got: &Got, told: &Told) {
        let firmware = self.client.firmware;
        let variables = BTreeMap::from([
            ("platform".to_owned(), firmware.ipxe_platform().to_owned()),
            ("buildarch".to_owned(), firmware.ipxe_buildarch().to_owned()),
        ]);
        match ipxe::follow(&self.shelf.text(got), variables, &self.known, self.shelf) {
            Outcome::Menus(menus) => self.shows(menus),
            Outcome::Chains(file) => {
                let Some(file) = self.loaded("The script makes iPXE load another program", file) else { return };
                if let Some(got) = file.gets.as_ref().filter(|got| program(got) == Program::Pxelinux) {
                    self.pxelinux(&got.clone(), told);
                }
            }
        }
    }

    /// PXELINUX reads its configuration where options 209 and 210 say, else below its own folder.
    fn pxelinux(&mut self, got: &Got, told: &Told) {
        let own = got.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let folder = told.text(210).unwrap_or(own);
        let config = told.text(209).unwrap_or_else(|| "pxelinux.cfg/default".to_owned());
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
        self.menus = Some(menus);
    }

    fn problem(&mut self, what: String, change: Option<String>) {
        self.problems.push(Problem { what, change });
    }
}

fn silence(reason: String, change: Option<String>) -> Answer {
    Answer::Silence { reason, change }
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
    } else if name.starts_with("ipxe") || name.starts_with("undionly") {
        Program::Ipxe
    } else {
        Program::Other
    }
}

/// Whether firmware loads the file that this offer names, or asks on port 4011 first (UE-01, UE-05, BI-01).
fn boots_at_once(asks: Asks, offer: &ServerMessage) -> bool {
    match asks {
        Asks::Bios | Asks::Uefi => uses_file_now(offer.vendor_options().as_ref()),
        Asks::Http | Asks::UBoot | Asks::RaspberryPi => true,
    }
}

/// Bit 3 of PXE_DISCOVERY_CONTROL, option 43.6.
fn uses_file_now(vendor_options: Option<&VendorOptions>) -> bool {
    vendor_options.and_then(|options| options.get(6)).is_some_and(|control| matches!(control, [bits] if bits & 8 != 0))
}

fn offer(reply: &Reply, message: &ServerMessage, port: ReceivedOn) -> Offer {
    let text = |code: u8| message.option(code).map(|value| String::from_utf8_lossy(value).into_owned());
    Offer {
        message: message.message_type().map_or("DHCP answer", |kind| kind.name()),
        to: match reply.destination {
            Destination::Broadcast => "everybody, UDP port 68".to_owned(),
            Destination::Client(_) => "the PC alone".to_owned(),
            Destination::Relay(relay) => format!("the relay {relay}"),
        },
        client: reply.class.to_string(),
        file: String::from_utf8_lossy(&message.file).into_owned(),
        server: message.siaddr,
        vendor_class: text(60),
        vendor_options: message.vendor_options().map(|options| match uses_file_now(Some(&options)) {
            true => "load the file at once (43.6 = 8)".to_owned(),
            false => "instructions of PXE".to_owned(),
        }),
        config_file: text(209),
        path_prefix: text(210),
        why: match (&reply.rule, &reply.class) {
            (Some(_), ClientClass::PxeBios | ClientClass::PxeUefi(_)) => "the rule says how it is answered".to_owned(),
            _ => advice::why(&reply.class, port == ReceivedOn::Boot4011),
        },
        rule: reply.rule.as_ref().map(|rule| advice::rule(rule, reply)),
    }
}
