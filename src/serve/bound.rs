//! From a plan to open sockets, and from open sockets to a server that runs until it is told to stop.
//!
//! TFTP and HTTP listen at the addresses that the networks have when serving begins, and DHCP tells no other. An address that
//! comes later is not served, and where the last one goes no client is answered: netspec must be started again then.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::content::Files;
use super::dhcp::{self, DhcpConfig, DhcpPorts, DhcpSockets};
use super::event::Events;
use super::host::Located;
use super::interface::Scope;
use super::lease::store::StoreError;
use super::lease::{Leases, Rival, RivalError};
use super::port_holder::{ListenError, Protocol};
use super::tree::{FileTree, TreeError};
use super::{http, tftp, told_to_stop};
use crate::facts::Gathered;
use crate::plan::Plan;

/// The port of TFTP (RFC 1350). Firmware knows no other.
const TFTP_PORT: u16 = 69;

/// Open sockets and open files, not answering yet.
pub struct Bound {
    dhcp: DhcpSockets,
    tftp: Vec<tftp::Bound>,
    http: Vec<http::Bound>,
    files: Arc<dyn Files>,
}

/// Why serving cannot begin: everything that is in the way, not only the first.
#[derive(Debug)]
pub enum BindError {
    /// A file of the plan cannot be opened.
    Tree(TreeError),
    /// The leases cannot be used.
    Store(StoreError),
    /// Ports that cannot be had.
    Listen(Vec<ListenError>),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}\n  help: {}", error.help()),
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
/// The folder `state` is where leases are kept; it is not touched where no network gives out addresses.
///
/// # Errors
/// [`BindError`] has every port that cannot be had, with who holds it.
pub fn bind(plan: &Plan, gathered: &Gathered, located: &[Located], state: &Path) -> Result<Bound, BindError> {
    let files = FileTree::open(plan, gathered).map_err(BindError::Tree)?;
    let mut errors = Vec::new();
    let dhcp = dhcp::bind(dhcp_config(plan, located)).map_err(|more| errors.extend(more));
    let addresses = addresses(located);
    let mut tftp = Vec::new();
    let mut http = Vec::new();
    for address in addresses {
        let config = tftp::Config::of(SocketAddrV4::new(address, TFTP_PORT), &plan.server);
        match tftp::bind(config) {
            Ok(bound) => tftp.push(bound),
            Err(error) => errors.push(ListenError::new(Protocol::Udp, address, TFTP_PORT, None, error)),
        }
        let port = plan.server.http_port;
        match http::bind(http::Config::new(SocketAddrV4::new(address, port))) {
            Ok(bound) => http.push(bound),
            Err(error) => errors.push(ListenError::new(Protocol::Tcp, address, port, None, error)),
        }
    }
    match dhcp {
        Ok(dhcp) if errors.is_empty() => {
            let leases = Leases::open(&plan.networks, located, state).map_err(BindError::Store)?;
            let dhcp = dhcp.with_leases(leases);
            Ok(Bound { dhcp, tftp, http, files: Arc::new(files) })
        }
        _ => Err(BindError::Listen(errors)),
    }
}

fn addresses(located: &[Located]) -> Vec<Ipv4Addr> {
    let mut addresses: Vec<_> = located.iter().flat_map(|network| &network.addresses).copied().collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn dhcp_config(plan: &Plan, located: &[Located]) -> DhcpConfig {
    let mut interfaces: Vec<_> = located.iter().map(|network| network.interface.clone()).collect();
    interfaces.sort();
    interfaces.dedup();
    // A network that is named by its interface alone has whatever addresses are on it.
    let subnets: Option<Vec<_>> = plan.networks.iter().map(|network| network.subnet).collect();
    DhcpConfig {
        table: Arc::new(plan.boot.clone()),
        scope: Scope { interfaces, networks: subnets.unwrap_or_default(), addresses: addresses(located) },
        http_port: plan.server.http_port,
        ports: DhcpPorts::default(),
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

    /// Answers until `shutdown` becomes true or its sender is gone. Transfers that are under way are ended.
    ///
    /// # Errors
    /// The first of the servers that could not go on; the others are stopped then.
    pub async fn run(self, events: Arc<dyn Events>, shutdown: watch::Receiver<bool>) -> io::Result<()> {
        let mut tasks = JoinSet::new();
        let mut told = shutdown.clone();
        let dhcp = self.dhcp.run(events.clone(), async move { told_to_stop(&mut told).await });
        tasks.spawn(async move {
            dhcp.await;
            Ok(())
        });
        for tftp in self.tftp {
            tasks.spawn(tftp.run(self.files.clone(), events.clone(), shutdown.clone()));
        }
        for http in self.http {
            tasks.spawn(http.run(self.files.clone(), events.clone(), shutdown.clone()));
        }
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(io::Error::other).flatten()?;
        }
        Ok(())
    }
}
