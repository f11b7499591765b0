//! From a plan to open sockets, and from open sockets to a server that runs until it is told to stop.
//!
//! TFTP and HTTP listen at each address that the networks have, DHCP on each interface. Both follow where addresses and
//! interfaces come and go (CO-19).

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::changes::Changes;
use super::content::Files;
use super::dhcp::{self, DhcpConfig, DhcpPorts, DhcpSockets, Mode};
use super::event::{BootEvent, Events};
use super::host::Located;
use super::lease::store::StoreError;
use super::lease::{Leases, Rival, RivalError};
use super::listeners::{FilePorts, Listeners, Setup};
use super::next_boot::{NextBootError, NextBoots};
use super::port_holder::ListenError;
use super::privilege::Opener;
use super::told_to_stop;
use super::tree::{FileTree, TreeError};
use crate::facts::Gathered;
use crate::plan::Plan;

/// How long to wait after a change for those that come with it: an interface, its address, its carrier.
const SETTLE: Duration = Duration::from_millis(100);
/// When to try again what could not be opened.
const RETRY: Duration = Duration::from_secs(2);
/// Changes of interfaces that wait for the DHCP server.
const LINK_CHANGES: usize = 16;

/// Open sockets and open files, not answering yet.
pub struct Bound {
    plan: Plan,
    dhcp: DhcpSockets,
    addresses: Vec<(Ipv4Addr, FilePorts)>,
    files: Arc<dyn Files>,
    next_boots: Option<Arc<NextBoots>>,
    opener: Opener,
}

/// Why serving cannot begin: everything that is in the way, not only the first.
#[derive(Debug)]
pub enum BindError {
    /// A file of the plan cannot be opened.
    Tree(TreeError),
    /// Ports that cannot be had.
    Listen(Vec<ListenError>),
    /// The store of leases cannot be used.
    Store(StoreError),
    /// The folder of next boots cannot be used.
    NextBoots(NextBootError),
    /// The operating system gives no thread.
    Thread(io::Error),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}\n  help: {}", error.help()),
            Self::NextBoots(error) => {
                write!(f, "{error}\n  help: choose a folder that can be written with `--state`")
            }
            Self::Thread(error) => write!(f, "no thread can be started: {error}"),
            Self::Listen(errors) => {
                for (at, error) in errors.iter().enumerate() {
                    let separator = if at == 0 { "" } else { "\n" };
                    write!(f, "{separator}{error}\n  help: {}", error.help())?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for BindError {}

/// Opens the files and the sockets of a plan, on the interfaces of its networks. Call it inside a tokio runtime.
///
/// The folder `state` is where leases and next boots are kept; it is not touched where no network gives out addresses and all
/// machines begin alike.
///
/// # Errors
/// [`BindError`] has every port that cannot be had, with who holds it.
pub fn bind(plan: &Plan, gathered: &Gathered, located: &[Located], state: &Path) -> Result<Bound, BindError> {
    // Where all machines begin alike, none asks for something of its own.
    let next_boots = match plan.machines.is_empty() {
        true => None,
        false => Some(Arc::new(NextBoots::open(state).map_err(BindError::NextBoots)?)),
    };
    let files = FileTree::open(plan, gathered).map_err(BindError::Tree)?.with_next_boots(next_boots.clone());
    let opener = Opener::start().map_err(BindError::Thread)?;
    let mut errors = Vec::new();
    let dhcp = dhcp::bind(DhcpConfig {
        table: Arc::new(plan.boot.clone()),
        networks: plan.networks.clone(),
        http_port: plan.server.http_port,
        ports: DhcpPorts::default(),
    });
    let dhcp = dhcp.map_err(|more| errors.extend(more));
    let mut addresses = Vec::new();
    for address in located.iter().flat_map(|network| &network.addresses).copied().collect::<BTreeSet<_>>() {
        match FilePorts::open(address, &plan.server, plan.http_port()) {
            Ok(ports) => addresses.push((address, ports)),
            Err(more) => errors.extend(more),
        }
    }
    match dhcp {
        Ok(dhcp) if errors.is_empty() => {
            let leases = Leases::open(&plan.networks, located, state).map_err(BindError::Store)?;
            let dhcp = dhcp.with_leases(leases);
            Ok(Bound { plan: plan.clone(), dhcp, addresses, files: Arc::new(files), next_boots, opener })
        }
        _ => Err(BindError::Listen(errors)),
    }
}

impl Bound {
    /// Asks the networks on which netspec gives out addresses whether another DHCP server does, too. Takes two seconds, and no
    /// time where there is no such network.
    ///
    /// # Errors
    /// Where that cannot be found out.
    pub async fn rivals(&self) -> Result<Vec<Rival>, RivalError> {
        match self.dhcp.leases() {
            Some(leases) => leases.rivals().await,
            None => Ok(Vec::new()),
        }
    }

    /// How the port of DHCP servers is listened on, for each interface.
    pub fn modes(&self) -> impl Iterator<Item = (&str, &Mode)> {
        self.dhcp.modes().map(|(interface, _, mode)| (interface, mode))
    }

    /// Whether the offers of other servers are heard; without CAP_NET_RAW they are not.
    pub fn hears_others(&self) -> bool {
        self.dhcp.hears_others()
    }

    /// Becomes `nobody` for good, if this process is root (SE-02).
    ///
    /// # Errors
    /// Why the process stays root.
    pub fn leave_root(&self) -> nix::Result<()> {
        self.opener.leave_root()
    }

    /// Answers until `shutdown` becomes true or its sender is gone. Transfers that are under way are ended.
    ///
    /// # Errors
    /// The first of the servers that could not go on; the others are stopped then.
    pub async fn run(self, events: Arc<dyn Events>, mut shutdown: watch::Receiver<bool>) -> io::Result<()> {
        let Self { plan, dhcp, addresses, files, next_boots, opener } = self;
        let events: Arc<dyn Events> = match next_boots {
            Some(next_boots) => Arc::new(NextBootsHear { next_boots, events }),
            None => events,
        };
        // Before anything is looked at, so that no change is missed.
        let changes = Changes::subscribe()?;
        let (links, link_changes) = mpsc::channel(LINK_CHANGES);
        let mut listeners = Listeners::new(Setup {
            http_port: plan.http_port(),
            networks: plan.networks,
            server: plan.server,
            opener,
            files,
            events: events.clone(),
            links,
            raw: dhcp.can_listen_beside(),
            on: dhcp.modes().map(|(interface, index, _)| (interface.to_owned(), index)).collect(),
        });
        for (address, ports) in addresses {
            listeners.start(address, ports);
        }
        let mut told = shutdown.clone();
        let dhcp = tokio::spawn(dhcp.run(events, link_changes, async move { told_to_stop(&mut told).await }));
        let mut dhcp = AbortOnDrop(dhcp);
        let mut is_complete = false;
        let ended = loop {
            tokio::select! {
                () = told_to_stop(&mut shutdown) => break Ok(()),
                error = listeners.failure() => break Err(error),
                ended = &mut dhcp.0 => break ended.map_err(io::Error::other).flatten(),
                changed = changes.next() => changed?,
                () = tokio::time::sleep(RETRY), if !is_complete => {}
            }
            tokio::time::sleep(SETTLE).await;
            is_complete = listeners.follow().await;
        };
        listeners.stop().await;
        ended
    }
}

/// Tells the next boots of machines that ask how to boot.
struct NextBootsHear {
    next_boots: Arc<NextBoots>,
    events: Arc<dyn Events>,
}

impl Events for NextBootsHear {
    fn emit(&self, event: BootEvent) {
        if let BootEvent::Answered { mac, .. } | BootEvent::Lease { mac, told: Some(_), .. } = &event {
            self.next_boots.asked(*mac);
        }
        self.events.emit(event);
    }
}

/// A task that ends with the one that waits for it.
struct AbortOnDrop(tokio::task::JoinHandle<io::Result<()>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
