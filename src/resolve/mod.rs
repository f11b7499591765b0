//! What a spec means: names resolved, defaults filled in, paths made relative to the spec's folder.
//!
//! [`resolve`] runs every rule over what could be decoded, so that one run shows everything that is wrong.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answers;
mod command_line;
mod files;
mod machines;
pub mod rules;
mod start;
mod stated;
mod wanted;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::PathBuf;

use ipnet::Ipv4Net;
use serde::Serialize;

pub use self::answers::{AnswersSource, AnswersTarget, TemplateSource, Variables};
pub use self::command_line::{CommandLine, KernelByHand, path_in};
pub use self::files::{FileSource, FilesTarget, Origin, Pinned, ServedFile};
pub use self::machines::Rule;
pub use self::start::{Group, Host, Start};
pub use self::stated::{Offered, StatedHost};
pub use self::wanted::{FirmwareMachine, WantedLoader};
pub use self::words::{words, words_at};
use crate::diag::Diagnostics;
use crate::net::{self, AddressRange, MacAddr, MacPrefix};
use crate::source::{Sources, Span, Spanned};
use crate::spec::file::FileRef;
use crate::spec::loader::LoaderKind;
use crate::spec::tftp::TftpOption;
use crate::spec::url::Url;
use crate::spec::{self, Spec};

/// A spec in which every name is known to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedSpec {
    /// The networks to serve; never empty.
    pub networks: Vec<Network>,
    /// The ISOs; empty only where there are menus.
    pub isos: Vec<IsoSource>,
    /// What installers are told.
    pub answers: Vec<AnswersSource>,
    /// The menus; the first one is what a client sees. Empty only where there is one ISO, whose own menu is shown.
    pub menus: Vec<Menu>,
    /// Ports and limits.
    pub server: Server,
    /// Where the spec says that loaders are, by kind.
    pub loaders: BTreeMap<LoaderKind, LoaderSource>,
    /// Machines that are answered otherwise than usual; the first rule that a machine meets counts.
    pub rules: Vec<Rule>,
    /// Single machines, in the order of the spec.
    pub hosts: Vec<Host>,
    /// Classes of machines that boot otherwise than usual; the first one that a machine belongs to counts.
    pub groups: Vec<Group>,
    /// Beginnings of option 60 that are answered besides those of PXE and HTTP Boot.
    pub vendor_classes: Vec<String>,
    /// The loaders that rules give to machines, in the order of the spec.
    pub wanted_loaders: Vec<WantedLoader>,
    /// The machines that rules speak of, in the order of the spec.
    pub firmware_machines: Vec<FirmwareMachine>,
    /// What the spec writes on the command lines of kernels.
    pub command_lines: Vec<CommandLine>,
    /// The machines of which the spec says what they are made of.
    pub stated_hosts: Vec<StatedHost>,
}

/// A network on which clients are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    /// Its name in the spec.
    pub name: String,
    /// Its addresses; the interface is found from them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Ipv4Net>,
    /// Its interface on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// How clients are answered.
    pub dhcp: DhcpMode,
    /// Subnets whose clients come through DHCP relays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<Ipv4Net>,
    /// The address of this machine that clients are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// Where that address was written.
    #[serde(skip)]
    pub address_span: Option<Span>,
    /// The value to change if no interface fits.
    #[serde(skip)]
    pub span: Span,
}

/// What netspec does about DHCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DhcpMode {
    /// proxyDHCP beside another DHCP server; never hands out an address (PXE 2.1 section 2.2.3).
    Proxy,
    /// Port 4011 alone, beside a DHCP server on this machine that sends clients there (PXE 2.1 section 2.2.3).
    BootServer,
    /// The DHCP server of the network (RFC 2131).
    Server(AddressPool),
}

/// What a DHCP server gives out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AddressPool {
    /// The subnet that the addresses are in.
    pub subnet: Ipv4Net,
    /// The addresses for clients without a reservation.
    pub range: AddressRange,
    /// For how many seconds.
    pub lease_seconds: u32,
    /// The router that clients are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router: Option<Ipv4Addr>,
    /// The DNS servers that clients are told, the preferred one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<Ipv4Addr>,
    /// Addresses of single machines, which nobody else is given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reservations: BTreeMap<MacAddr, Ipv4Addr>,
    /// Where the range was written.
    #[serde(skip)]
    pub range_span: Span,
}

/// The seconds of a lease where the spec does not say: 12 hours.
const LEASE_SECONDS: u32 = 12 * 3600;

/// An ISO file that the spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsoSource {
    /// Its name in the spec, and in paths.
    pub name: String,
    /// The file, relative to the current folder or absolute. Of one that is fetched, see [`ResolvedSpec::place_fetched`].
    pub path: PathBuf,
    /// Where it is fetched from, if it is not a file of this machine.
    pub fetched: Option<Pinned>,
    /// Words added to the kernel command line.
    pub arguments: Vec<String>,
    /// Where the path was written.
    pub span: Span,
}

/// A menu that netspec makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// Its name in the spec.
    pub name: String,
    /// What is shown above it.
    pub title: String,
    /// Seconds until the default entry starts; `None` waits for the user.
    pub timeout: Option<u16>,
    /// What it offers, in order.
    pub items: Vec<MenuItem>,
    /// Where its name was written.
    pub span: Span,
}

/// A line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every line of a menu is an entry")]
pub enum MenuItem {
    /// Something to choose.
    Entry {
        /// Its name in the spec.
        name: String,
        /// What is shown; `None` takes the title that the ISO or the menu has.
        title: Option<String>,
        /// What it starts.
        target: Target,
        /// The answers that what it starts is told.
        answers: Option<Spanned<String>>,
        /// Whether it starts when the time is up, and is highlighted at first.
        is_default: bool,
    },
    /// An empty line.
    Separator,
}

/// What a menu entry starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The ISO of that name.
    Iso(String),
    /// A kernel of an ISO, with a command line by hand.
    Kernel(KernelTarget),
    /// A kernel that is in no ISO.
    Files(Box<FilesTarget>),
    /// A script or a program of another server.
    Chain(Spanned<Url>),
    /// The menu of that name.
    Menu(String),
    /// The firmware's next boot device.
    LocalDisk,
    /// The prompt of the boot loader.
    Shell(Span),
    /// The PC, from the beginning.
    Restart(Span),
    /// The firmware's own setup.
    FirmwareSetup(Span),
}

/// A kernel that the spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelTarget {
    /// The name of the ISO that holds the files.
    pub iso: String,
    /// The kernel: its path in the ISO, without a leading slash.
    pub kernel: Spanned<String>,
    /// The initial RAM disks, likewise.
    pub initrds: Vec<Spanned<String>>,
    /// The words of the command line. `{iso}` in one stands for the URL of the ISO's root, `{server}` for our address,
    /// `{answers}` for the URL of the answers.
    pub arguments: Vec<String>,
    /// What its system is told.
    pub answers: Option<AnswersTarget>,
    /// Whether its initramfs wants the client's address on the command line.
    pub wants_address: bool,
}

/// Ports and limits of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Server {
    /// TCP port of HTTP.
    pub http_port: u16,
    /// Where payload is fetched from, in place of this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<net::Origin>,
    /// Where that was written.
    #[serde(skip)]
    pub origin_span: Option<Span>,
    /// The largest TFTP `windowsize` (RFC 7440), in blocks.
    pub tftp_window: u16,
    /// What else TFTP does otherwise than usual.
    #[serde(skip_serializing_if = "Tftp::is_usual")]
    pub tftp: Tftp,
}

/// How TFTP differs from what firmware usually takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tftp {
    /// The largest block, in bytes, where it is not left to the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_size: Option<u16>,
    /// Options that are not granted, and the beginning of the hardware addresses to which they are not; none means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<(TftpOption, Option<MacPrefix>)>,
    /// Whether data comes from port 69 as well.
    pub single_port: bool,
    /// Whether the block behind 65535 is 1 instead of 0.
    pub wrap_to_one: bool,
}

impl Tftp {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl ResolvedSpec {
    /// The menu of this name.
    pub fn menu(&self, name: &str) -> Option<&Menu> {
        self.menus.iter().find(|menu| menu.name == name)
    }

    /// What an entry of a menu starts; of two entries of one name, the first one.
    pub fn entry(&self, menu: &str, entry: &str) -> Option<&Target> {
        self.menu(menu)?.items.iter().find_map(|item| match item {
            MenuItem::Entry { name, target, .. } if name == entry => Some(target),
            _ => None,
        })
    }

    /// A menu and all that its entries lead to, in the order of the spec.
    pub fn menus_from(&self, name: &str) -> Vec<&Menu> {
        let mut reached = BTreeSet::from([name]);
        let mut waiting = vec![name];
        while let Some(menu) = waiting.pop().and_then(|name| self.menu(name)) {
            for item in &menu.items {
                if let MenuItem::Entry { target: Target::Menu(other), .. } = item
                    && reached.insert(other)
                {
                    waiting.push(other);
                }
            }
        }
        self.menus.iter().filter(|menu| reached.contains(&*menu.name)).collect()
    }

    /// Every place where a client can begin: each menu, and each entry of one, in the order of the spec.
    pub fn starts(&self) -> impl Iterator<Item = Start> {
        self.menus.iter().flat_map(|menu| {
            let entries = menu.items.iter().filter_map(|item| match item {
                MenuItem::Entry { name, .. } => Some(Start::Entry(menu.name.clone(), name.clone())),
                MenuItem::Separator => None,
            });
            std::iter::once(Start::Menu(menu.name.clone())).chain(entries)
        })
    }

    /// The kernels that entries name, in the order of the menus.
    pub fn kernel_targets(&self) -> impl Iterator<Item = &KernelTarget> {
        self.menus.iter().flat_map(|menu| &menu.items).filter_map(|item| match item {
            MenuItem::Entry { target: Target::Kernel(kernel), .. } => Some(kernel),
            _ => None,
        })
    }

    /// The entries with kernels that are in no ISO: menu, entry, what is started; in the order of the menus.
    pub fn files_targets(&self) -> impl Iterator<Item = (&Menu, &str, &FilesTarget)> {
        self.entries().filter_map(|(menu, name, target)| match target {
            Target::Files(files) => Some((menu, name, files.as_ref())),
            _ => None,
        })
    }

    /// All entries: menu, name, target; in the order of the menus.
    pub fn entries(&self) -> impl Iterator<Item = (&Menu, &str, &Target)> {
        self.menus.iter().flat_map(|menu| {
            menu.items.iter().filter_map(move |item| match item {
                MenuItem::Entry { name, target, .. } => Some((menu, name.as_str(), target)),
                MenuItem::Separator => None,
            })
        })
    }

    /// Says where fetched ISOs are on this machine, by their SHA-256 digests; before, their paths are empty.
    pub fn place_fetched(&mut self, place: &dyn Fn(&[u8; 32]) -> PathBuf) {
        for iso in &mut self.isos {
            if let Some(pinned) = &iso.fetched {
                iso.path = place(&pinned.sha256);
            }
        }
    }

    /// What must be in the cache before the spec can be served, in the order of the text.
    pub fn pinned(&self) -> Vec<&Pinned> {
        let isos = self.isos.iter().filter_map(|iso| iso.fetched.as_ref());
        let files = self.files_targets().flat_map(|(_, _, target)| target.served());
        let files = files.filter_map(|file| match &file.origin {
            Origin::Fetched(pinned) => Some(pinned),
            Origin::Path(_) => None,
        });
        let mut all: Vec<_> = isos.chain(files).collect();
        all.sort_by_key(|pinned| pinned.span);
        all
    }

    /// Whether an ISO is booted in the way that it is made for, so that a recipe for it is needed.
    pub fn needs_recipe(&self, iso: &str) -> bool {
        let mut items = self.menus.iter().flat_map(|menu| &menu.items);
        let is_named = |item: &MenuItem| matches!(item, MenuItem::Entry { target: Target::Kernel(kernel), .. } if kernel.iso == iso);
        let is_offered =
            |item: &MenuItem| matches!(item, MenuItem::Entry { target: Target::Iso(name), .. } if name == iso);
        items.clone().any(is_offered) || !items.any(is_named)
    }
}

impl Default for Server {
    fn default() -> Self {
        Self { http_port: 80, origin: None, origin_span: None, tftp_window: 16, tftp: Tftp::default() }
    }
}

/// Where a loader is, if the spec says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderSource {
    /// The program, or the folder of all files where the kind is a folder.
    pub path: PathBuf,
    /// The folder of its modules, for a kind that takes some.
    pub modules: PathBuf,
    /// The SHA-256 digest that the program must have.
    pub sha256: Option<Spanned<[u8; 32]>>,
    /// Where the path was written.
    pub span: Span,
}

/// Resolves a spec whose spans are in `sources`, and runs every rule over it.
///
/// The result holds what could be resolved, also where findings forbid serving, so that the files of a broken spec can still
/// be looked at.
pub fn resolve(spec: &Spec, sources: &Sources) -> (ResolvedSpec, Diagnostics) {
    let findings = rules::check(spec);
    let mut resolved = ResolvedSpec {
        networks: spec.networks.iter().map(|written| network(written, &spec.hosts)).collect(),
        isos: spec.isos.iter().filter_map(|iso| iso_source(iso, sources)).collect(),
        answers: spec.answers.iter().filter_map(|answers| answers::source(answers, sources)).collect(),
        menus: spec.menus.iter().map(|written| menu(written, sources)).collect(),
        server: spec.server.as_ref().map_or_else(Server::default, server),
        wanted_loaders: wanted::loaders(spec),
        firmware_machines: wanted::machines(spec),
        command_lines: command_line::command_lines(spec),
        stated_hosts: stated::hosts(spec),
        loaders: spec.loaders.iter().rev().filter_map(|one| Some((one.kind.value, loader(one, sources)?))).collect(),
        rules: machines::rules(spec),
        hosts: start::hosts(spec),
        groups: start::groups(spec),
        vendor_classes: machines::vendor_classes(spec),
    };
    answers::link(&mut resolved);
    (resolved, findings)
}

fn network(network: &spec::Network, hosts: &[spec::Host]) -> Network {
    let subnet = network.subnet.as_ref();
    let interface = network.interface.as_ref();
    Network {
        name: network.name.value.clone(),
        subnet: subnet.map(|subnet| subnet.value),
        interface: interface.map(|interface| interface.value.clone()),
        dhcp: match network.dhcp.as_ref().map(|mode| &mode.value) {
            Some(spec::network::DhcpMode::BootServer) => DhcpMode::BootServer,
            _ => address_pool(network, hosts).map_or(DhcpMode::Proxy, DhcpMode::Server),
        },
        relays: network.relays.iter().map(|relay| relay.value).collect(),
        address: network.address.as_ref().map(|address| address.value),
        address_span: network.address.as_ref().map(|address| address.span),
        span: interface.map(|value| value.span).or(subnet.map(|value| value.span)).unwrap_or(network.span),
    }
}

/// The pool of a network that netspec is the DHCP server of; `None` for a proxy, and where findings forbid serving.
fn address_pool(network: &spec::Network, hosts: &[spec::Host]) -> Option<AddressPool> {
    let spec::network::DhcpMode::Server(server) = &network.dhcp.as_ref()?.value else { return None };
    let range = server.range.as_ref()?;
    let subnet = network.subnet.as_ref()?.value;
    let reservation = |host: &spec::Host| Some((host.mac.as_ref()?.value, host.address.as_ref()?.value));
    let lease = server.lease.as_ref().and_then(|lease| u32::try_from(lease.value.as_secs()).ok());
    Some(AddressPool {
        subnet,
        range: range.value,
        lease_seconds: lease.unwrap_or(LEASE_SECONDS),
        router: server.router.as_ref().map(|router| router.value),
        dns: server.dns.iter().map(|server| server.value).collect(),
        reservations: hosts.iter().filter_map(reservation).filter(|(_, address)| subnet.contains(address)).collect(),
        range_span: range.span,
    })
}

fn iso_source(iso: &spec::Iso, sources: &Sources) -> Option<IsoSource> {
    let path = iso.path.as_ref()?;
    let fetched = match (&iso.url, &iso.sha256) {
        (Some(url), Some(sha256)) => Some(Pinned { url: url.clone(), sha256: sha256.value, span: path.span }),
        // It has a finding.
        (Some(_), None) => return None,
        (None, _) => None,
    };
    Some(IsoSource {
        name: iso.name.value.clone(),
        path: if fetched.is_some() { PathBuf::new() } else { sources.beside(path) },
        fetched,
        // An argument may hold several words, as on a command line.
        arguments: iso.arguments.iter().flat_map(|argument| words(&argument.value)).collect(),
        span: path.span,
    })
}

fn menu(menu: &spec::Menu, sources: &Sources) -> Menu {
    let item = |item: &spec::menu::Item| match item {
        spec::menu::Item::Separator(_) => Some(MenuItem::Separator),
        spec::menu::Item::Entry(entry) => Some(MenuItem::Entry {
            name: entry.name.value.clone(),
            title: entry.title.as_ref().map(|title| title.value.clone()),
            target: match entry.target.as_ref()? {
                spec::menu::Target::Iso(iso) => match &entry.kernel {
                    Some(kernel) => Target::Kernel(kernel_target(&iso.value, kernel, entry)),
                    None => Target::Iso(iso.value.clone()),
                },
                spec::menu::Target::Kernel => Target::Files(Box::new(files::target(&menu.name.value, entry, sources)?)),
                spec::menu::Target::Chain(url) => Target::Chain(url.clone()),
                spec::menu::Target::Menu(name) => Target::Menu(name.value.clone()),
                spec::menu::Target::Boot(boot) => match boot.value {
                    spec::menu::Boot::LocalDisk => Target::LocalDisk,
                    spec::menu::Boot::Shell => Target::Shell(boot.span),
                    spec::menu::Boot::Restart => Target::Restart(boot.span),
                    spec::menu::Boot::FirmwareSetup => Target::FirmwareSetup(boot.span),
                },
            },
            answers: entry.answers.clone(),
            is_default: entry.default.as_ref().is_some_and(|default| default.value),
        }),
    };
    Menu {
        name: menu.name.value.clone(),
        title: menu.title.as_ref().unwrap_or(&menu.name).value.clone(),
        timeout: menu.timeout.as_ref().map(|timeout| timeout.value),
        items: menu.items.iter().filter_map(item).collect(),
        span: menu.name.span,
    }
}

fn kernel_target(iso: &str, kernel: &FileRef, entry: &spec::menu::Entry) -> KernelTarget {
    let path = |file: &FileRef| Spanned::new(file.path.value.trim_start_matches('/').to_owned(), file.path.span);
    KernelTarget {
        iso: iso.to_owned(),
        kernel: path(kernel),
        initrds: entry.initrds.iter().map(path).collect(),
        arguments: entry.arguments.iter().flat_map(|argument| words(&argument.value)).collect(),
        answers: None,
        wants_address: false,
    }
}

fn server(server: &spec::Server) -> Server {
    let default = Server::default();
    let or = |value: &Option<Spanned<u16>>, default| value.as_ref().map_or(default, |value| value.value);
    Server {
        http_port: or(&server.http, default.http_port),
        origin: server.origin.as_ref().map(|origin| origin.value.clone()),
        origin_span: server.origin.as_ref().map(|origin| origin.span),
        tftp_window: or(&server.window, default.tftp_window),
        tftp: server.tftp.as_ref().map_or_else(Tftp::default, tftp),
    }
}

fn tftp(tftp: &spec::tftp::Tftp) -> Tftp {
    let without = tftp.without.iter().flat_map(|without| {
        let mac = without.mac.as_ref().map(|mac| mac.value.clone());
        without.options.iter().map(move |option| (option.value, mac.clone()))
    });
    Tftp {
        block_size: tftp.block_size.as_ref().map(|size| size.value),
        without: without.collect(),
        single_port: tftp.single_port.is_some(),
        wrap_to_one: tftp.wrap.as_ref().is_some_and(|block| block.value == 1),
    }
}

fn loader(loader: &spec::Loader, sources: &Sources) -> Option<LoaderSource> {
    let written = loader.path.as_ref()?;
    let path = sources.beside(written);
    let modules = match &loader.modules {
        Some(modules) => sources.beside(modules),
        None => path.parent().unwrap_or(&path).to_owned(),
    };
    Some(LoaderSource { path, modules, sha256: loader.sha256.clone(), span: written.span })
}
