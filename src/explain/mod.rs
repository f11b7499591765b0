//! What a client is offered, step by step, from its first packet to the kernel's command line.
//!
//! [`explain`] builds the packets that firmware sends and gives them to the code that serves: [`crate::proto::dhcp::answer`] for
//! messages, the [`FileTree`] for names. What a menu shows is read from the text that is served, not from the plan behind it.
//! So an explanation cannot say something else than what a real client meets. [`text`] writes it for people; as JSON it is the
//! value itself.

mod advice;
mod answers;
pub mod capture;
mod files;
mod firmware;
mod grub;
mod ipxe;
mod menu;
mod program;
mod pxelinux;
mod serving;
mod step;
#[cfg(test)]
mod testing;
pub mod text;
mod walk;

use std::net::Ipv4Addr;

use serde::Serialize;

pub use self::answers::Answered;
use self::files::Shelf;
pub use self::files::{Fetched, Got, Source};
pub use self::firmware::{Asks, Client, FIRMWARE, Firmware, Sent};
pub use self::menu::{Boot, LeadsTo, Line, Menu, Menus};
pub use self::step::{Answer, Load, Offer, Problem, Question, Step};
use self::walk::Walk;
use crate::facts::Gathered;
use crate::plan::Plan;
use crate::plan::secure_boot::SecureBoot;
use crate::proto::dhcp::ServerAddr;
use crate::resolve::Network;
use crate::serve::tree::{FileTree, TreeError};

/// The format of printed explanations; grows when a reader of old ones would misread a new one.
const FORMAT: u32 = 1;

/// What serving would work with, opened.
pub struct Setup<'a> {
    plan: &'a Plan,
    gathered: &'a Gathered,
    secure_boot: &'a [SecureBoot],
    tree: FileTree,
    server: ServerAddr,
    is_example: bool,
}

/// What one client goes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    /// The format of this value when printed.
    pub format: u32,
    /// The digest of the plan that answers.
    pub plan: String,
    /// The server.
    pub server: ServerSeen,
    /// The client.
    pub client: ClientSeen,
    /// Up to its menu.
    pub steps: Vec<Step>,
    /// What it shows and starts; `None` where it does not get that far.
    pub menus: Option<Menus>,
    /// What follows that netspec has no part in, where it is no kernel.
    pub then: Option<String>,
    /// What keeps it from booting.
    pub problems: Vec<Problem>,
}

/// The server, as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServerSeen {
    /// Its address.
    pub address: Ipv4Addr,
    /// Whether the address was made up, because a spec does not say the address of the machine that serves.
    pub is_example: bool,
    /// The port of its HTTP server.
    pub http_port: u16,
}

/// The client that was imagined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClientSeen {
    /// `uefi-x64`.
    pub arch: &'static str,
    /// What it is, in words.
    pub words: &'static str,
    /// Its hardware address, where one was named.
    pub mac: Option<String>,
    /// Its UUID, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Its serial number, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Its address, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// Whether it is iPXE from its first packet on.
    pub is_ipxe: bool,
    /// Whether it starts signed programs only.
    pub secure_boot: bool,
}

impl<'a> Setup<'a> {
    /// Opens what the plan serves; without an address, the first one of the first network with a subnet is the server's.
    ///
    /// # Errors
    /// The first file that cannot be opened.
    pub fn open(
        plan: &'a Plan,
        gathered: &'a Gathered,
        secure_boot: &'a [SecureBoot],
        server: Option<ServerAddr>,
    ) -> Result<Self, TreeError> {
        let tree = match gathered.has_files() {
            true => FileTree::open(plan, gathered)?,
            false => FileTree::outline(plan, &gathered.facts),
        };
        let is_example = server.is_none();
        let server = server.unwrap_or_else(|| example(&plan.networks));
        Ok(Self { plan, gathered, secure_boot, tree, server, is_example })
    }

    fn server_seen(&self) -> ServerSeen {
        ServerSeen { address: self.server.get(), is_example: self.is_example, http_port: self.plan.server.http_port }
    }
}

impl Explanation {
    /// Whether the client is offered anything.
    pub fn gets_an_answer(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Asks(Question { answer: Answer::Offer(_), .. })))
    }
}

/// The address that stands for the server where none is known.
fn example(networks: &[Network]) -> ServerAddr {
    let first = networks.iter().find_map(|network| network.subnet?.hosts().next());
    // A network that is named by its interface alone has no addresses in the spec.
    first.and_then(ServerAddr::new).unwrap_or(ServerAddr::EXAMPLE)
}

/// Takes a client through its boot.
pub fn explain(client: &Client, setup: &Setup<'_>) -> Explanation {
    let Setup { plan, gathered, secure_boot, tree, server, .. } = setup;
    let shelf = Shelf { tree, plan, gathered, server: server.get(), client: client.address };
    let mut walk = Walk::new(client, &shelf, *server, secure_boot);
    walk.run();
    let Walk { steps, problems, menus, then, .. } = walk;
    Explanation {
        format: FORMAT,
        plan: plan.digest().to_string(),
        server: setup.server_seen(),
        client: ClientSeen {
            arch: client.firmware.name,
            words: client.firmware.words,
            mac: client.mac.map(|mac| mac.to_string()),
            uuid: client.uuid.map(|uuid| uuid.to_string()),
            serial: client.serial.as_ref().map(ToString::to_string),
            address: client.address,
            is_ipxe: client.is_ipxe(),
            secure_boot: client.secure_boot,
        },
        steps,
        menus,
        then,
        problems,
    }
}
