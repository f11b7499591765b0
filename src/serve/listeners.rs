//! The ports that are open for the networks as they are now, while interfaces and addresses come and go (CO-19).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::content::Files;
use super::dhcp::{DhcpPorts, LinkChange, OpenLink, is_discovered};
use super::event::{BootEvent, Events};
use super::host::{Located, locate_among};
use super::interface::{Interface, interfaces};
use super::port_holder::{ListenError, Protocol};
use super::privilege::Opener;
use super::{http, tftp};
use crate::resolve::{Network, Server};

/// The port of TFTP (RFC 1350). Firmware knows no other.
const TFTP_PORT: u16 = 69;

/// The open ports of one address.
#[derive(Debug)]
pub(super) struct FilePorts {
    tftp: tftp::Bound,
    /// `None` where everything that is fetched over HTTP comes from elsewhere.
    http: Option<http::Bound>,
}

impl FilePorts {
    /// Opens them.
    ///
    /// # Errors
    /// Every port that cannot be had, with who holds it.
    pub(super) fn open(address: Ipv4Addr, server: &Server, http_port: Option<u16>) -> Result<Self, Vec<ListenError>> {
        let tftp = tftp::bind(tftp::Config::of(SocketAddrV4::new(address, TFTP_PORT), server));
        let tftp = tftp.map_err(|error| ListenError::new(Protocol::Udp, address, TFTP_PORT, None, error));
        let http = http_port.map(|port| {
            let bound = http::bind(http::Config::new(SocketAddrV4::new(address, port)));
            bound.map_err(|error| ListenError::new(Protocol::Tcp, address, port, None, error))
        });
        let http = http.transpose();
        match (tftp, http) {
            (Ok(tftp), Ok(http)) => Ok(Self { tftp, http }),
            (tftp, http) => Err([tftp.err(), http.err()].into_iter().flatten().collect()),
        }
    }
}

/// What runs for the networks, and what it takes to run more.
pub(super) struct Listeners {
    networks: Vec<Network>,
    server: Server,
    http_port: Option<u16>,
    opener: Opener,
    files: Arc<dyn Files>,
    events: Arc<dyn Events>,
    links: mpsc::Sender<LinkChange>,
    /// Whether a port can be listened on beside another program.
    raw: bool,
    /// The numbers of the interfaces that DHCP listens on, by name.
    on: BTreeMap<String, u32>,
    /// The addresses at which files are served; dropping the sender ends that.
    at: BTreeMap<Ipv4Addr, watch::Sender<bool>>,
    tasks: JoinSet<io::Result<()>>,
    /// What could not be opened, and was told.
    failed: BTreeSet<String>,
}

/// What [`Listeners::new`] needs to know.
pub(super) struct Setup {
    pub(super) networks: Vec<Network>,
    pub(super) server: Server,
    /// The port of HTTP, where it is served.
    pub(super) http_port: Option<u16>,
    pub(super) opener: Opener,
    pub(super) files: Arc<dyn Files>,
    pub(super) events: Arc<dyn Events>,
    pub(super) links: mpsc::Sender<LinkChange>,
    pub(super) raw: bool,
    pub(super) on: BTreeMap<String, u32>,
}

impl Listeners {
    pub(super) fn new(setup: Setup) -> Self {
        let Setup { networks, server, http_port, opener, files, events, links, raw, on } = setup;
        let (at, tasks, failed) = (BTreeMap::new(), JoinSet::new(), BTreeSet::new());
        Self { networks, server, http_port, opener, files, events, links, raw, on, at, tasks, failed }
    }

    /// Serves files at an address.
    pub(super) fn start(&mut self, address: Ipv4Addr, ports: FilePorts) {
        let (stop, stopped) = watch::channel(false);
        self.tasks.spawn(ports.tftp.run(self.files.clone(), self.events.clone(), stopped.clone()));
        if let Some(http) = ports.http {
            self.tasks.spawn(http.run(self.files.clone(), self.events.clone(), stopped));
        }
        self.at.insert(address, stop);
    }

    /// Waits for a server that could not go on.
    pub(super) async fn failure(&mut self) -> io::Error {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return error,
                Some(Err(error)) => return io::Error::other(error),
                None => std::future::pending().await,
            }
        }
    }

    /// Ends all transfers.
    pub(super) async fn stop(mut self) {
        self.at.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Opens and closes what the interfaces as they are now ask for. Whether all could be opened.
    pub(super) async fn follow(&mut self) -> bool {
        let Ok(interfaces) = interfaces() else { return false };
        let located = locate_among(&self.networks, &interfaces).0;
        let failed = std::mem::take(&mut self.failed);
        self.follow_links(&located, &interfaces, &failed).await;
        self.follow_addresses(&located, &interfaces, &failed).await;
        self.failed.is_empty()
    }

    async fn follow_links(&mut self, located: &[Located], interfaces: &[Interface], failed: &BTreeSet<String>) {
        // An interface that is switched off is no network's, and keeps its sockets until it is gone.
        let gone: Vec<(String, u32)> = self
            .on
            .iter()
            .filter(|(name, index)| !interfaces.iter().any(|i| i.name == **name && i.index == **index))
            .map(|(name, index)| (name.clone(), *index))
            .collect();
        for (name, index) in gone {
            self.on.remove(&name);
            // It fails only when DHCP has ended, and everything with it.
            let _ = self.links.send(LinkChange::Gone(index)).await;
        }
        for interface in interfaces {
            let network = located.iter().find(|network| network.interface == interface.name);
            let Some(network) = network.filter(|_| !self.on.contains_key(&interface.name)) else { continue };
            let (name, index, raw) = (interface.name.clone(), interface.index, self.raw);
            let discovery = is_discovered(located, &name);
            let open = move || OpenLink::open(&name, index, discovery, DhcpPorts::default(), raw);
            match self.opener.run(open).await {
                Some(Ok(link)) => {
                    self.on.insert(interface.name.clone(), index);
                    let _ = self.links.send(LinkChange::Opened(link)).await;
                }
                Some(Err(errors)) => {
                    let address = network.addresses.first().copied().unwrap_or(Ipv4Addr::UNSPECIFIED);
                    self.tell_failures(address, &errors, failed);
                }
                None => {}
            }
        }
    }

    async fn follow_addresses(&mut self, located: &[Located], interfaces: &[Interface], failed: &BTreeSet<String>) {
        // An address that is still there is still served: where a link is off for a moment, no transfer ends.
        let present: BTreeSet<Ipv4Addr> = interfaces.iter().flat_map(|i| &i.addresses).map(|net| net.addr()).collect();
        let gone: Vec<Ipv4Addr> = self.at.keys().filter(|address| !present.contains(address)).copied().collect();
        for address in gone {
            self.at.remove(&address);
            self.tell(address, "is gone: nothing is served there any more".to_owned());
        }
        for network in located {
            for address in &network.addresses {
                if self.at.contains_key(address) {
                    continue;
                }
                let (address, server, http_port) = (*address, self.server.clone(), self.http_port);
                match self.opener.run(move || FilePorts::open(address, &server, http_port)).await {
                    Some(Ok(ports)) => {
                        self.start(address, ports);
                        self.tell(address, format!("is served now, on {}", network.interface));
                    }
                    Some(Err(errors)) => self.tell_failures(address, &errors, failed),
                    None => {}
                }
            }
        }
    }

    fn tell(&self, address: Ipv4Addr, change: String) {
        self.events.emit(BootEvent::AddressChanged { address, change });
    }

    /// Tells what cannot be opened, once for as long as it stays so.
    fn tell_failures(&mut self, address: Ipv4Addr, errors: &[ListenError], failed: &BTreeSet<String>) {
        for error in errors {
            let text = format!("cannot be served: {error}; {}", error.help());
            let known = format!("{address} {text}");
            if !failed.contains(&known) {
                self.tell(address, text);
            }
            self.failed.insert(known);
        }
    }
}
