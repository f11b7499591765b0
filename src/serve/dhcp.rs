//! The proxyDHCP server: the ports of each served interface, and a loop around [`answer`].
//!
//! Ports 67 and 4011 are both needed: clients discover on the first and ask the boot server on the second (DH-01). The sockets
//! are on 0.0.0.0 and tied to one interface each, because broadcasts do not reach a socket that is bound to an address (CO-02)
//! and other servers may hold the ports elsewhere. Where a DHCP server of this machine holds port 67, a raw socket listens
//! beside it ([`Mode`]).
//!
//! Each datagram on a served interface ends in exactly one [`BootEvent`], whatever is in it. Datagrams on other interfaces are
//! dropped without an event: they are not netspec's to comment on, and a busy neighbor network would fill the log.
//!
//! Other servers are heard by a second raw socket, on the port of clients, where CAP_NET_RAW allows it; what their offers do
//! to ours is told once for each (CO-15). An ordinary socket there would take the replies of this machine's own DHCP client.
//!
//! Clients behind a relay are offered through it if it lies in a subnet that a network names, and answered on port 4011 if
//! they do: nothing else tells them from a forged source (SE-04).

mod ears;
mod link;
mod pending;
mod raw;
mod rivals;
mod socket;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::ears::{Ears, Heard};
pub(in crate::serve) use self::link::Front;
use self::link::Link;
pub use self::link::{Mode, OpenLink};
use self::pending::Pending;
use self::raw::OpenRaw;
use self::rivals::Rivals;
use self::socket::Received;
use super::event::{BootEvent, Events};
use super::host::{Located, locate_among};
use super::interface::{Interface, interfaces};
use super::lease::{Leases, Outgoing, Taken};
use super::merged::{HandedOn, Merging, Way};
use super::place::{Arrival, Place, is_near, place};
use super::port_holder::ListenError;
use crate::net::MacAddr;
use crate::proto::dhcp::{
    BootRequest, BootTable, Destination, Local, MessageType, ReceivedOn, Reply, Verdict, answer, client_of,
};
use crate::resolve::{DhcpMode, Network};

/// How long a list of interfaces is believed. Addresses come and go while we run (CO-19), and a flood must not cost a list each.
const INTERFACES_VALID: Duration = Duration::from_secs(1);
/// The least time between two lists, also where something arrived by an interface or address that the last one lacks.
const INTERFACES_PAUSE: Duration = Duration::from_millis(100);
/// The pause after a receive error, so that an error that stays does not spin.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// The ports of the exchange; other numbers than the standard's are for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DhcpPorts {
    /// Where clients discover; 0 lets the system choose.
    pub dhcp: u16,
    /// Where clients ask the boot server; 0 lets the system choose.
    pub boot_server: u16,
    /// Where clients listen for broadcasts.
    pub client: u16,
    /// Where relays listen for replies.
    pub relay: u16,
}

impl Default for DhcpPorts {
    fn default() -> Self {
        Self { dhcp: 67, boot_server: 4011, client: 68, relay: 67 }
    }
}

/// What the proxyDHCP server has to know.
#[derive(Debug, Clone)]
pub struct DhcpConfig {
    /// What is on offer.
    pub table: Arc<BootTable>,
    /// To whom.
    pub networks: Vec<Network>,
    /// Where our HTTP server listens.
    pub http_port: u16,
    /// The ports to use.
    pub ports: DhcpPorts,
}

/// The open sockets, ready to run.
#[derive(Debug)]
pub struct DhcpSockets {
    config: DhcpConfig,
    /// Listens on the port of DHCP servers beside whoever holds it.
    beside: Option<OpenRaw>,
    /// Listens on the port of clients.
    clients: Option<OpenRaw>,
    links: Vec<OpenLink>,
    leases: Option<Leases>,
}

/// What becomes of an interface while serving.
#[derive(Debug)]
pub enum LinkChange {
    /// It is served from now on, in place of what had its name.
    Opened(OpenLink),
    /// It is gone, or served no more: the number that it had.
    Gone(u32),
}

/// Opens the ports of every interface that is on a network of the configuration now.
///
/// # Errors
/// Every port that cannot be had, with who holds it as far as that can be seen.
pub fn bind(config: DhcpConfig) -> Result<DhcpSockets, Vec<ListenError>> {
    let interfaces = interfaces().unwrap_or_default();
    let located = locate_among(&config.networks, &interfaces).0;
    // Both need CAP_NET_RAW. Without it one port must be free or shared, and other servers are not heard.
    let beside = OpenRaw::open(config.ports.dhcp).ok();
    let clients = OpenRaw::open(config.ports.client).and_then(OpenRaw::listen).ok();
    let mut links = Vec::new();
    let mut errors = Vec::new();
    for interface in interfaces.iter().filter(|interface| located.iter().any(|n| n.interface == interface.name)) {
        let discovery = is_discovered(&located, &interface.name);
        match OpenLink::open(&interface.name, interface.index, discovery, config.ports, beside.is_some()) {
            Ok(link) => links.push(link),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(DhcpSockets { config, beside, clients, links, leases: None }) } else { Err(errors) }
}

/// Whether clients on an interface are answered when they discover, for one of its networks at least.
pub(super) fn is_discovered(located: &[Located], interface: &str) -> bool {
    located.iter().any(|network| network.interface == interface && network.dhcp != DhcpMode::BootServer)
}

impl DhcpSockets {
    /// How each interface is listened on: its name, its number, and the mode.
    pub fn modes(&self) -> impl Iterator<Item = (&str, u32, &Mode)> {
        self.links.iter().map(|link| (link.interface.as_str(), link.index, &link.mode))
    }

    /// Whether a port can be listened on that another program holds.
    pub fn can_listen_beside(&self) -> bool {
        self.beside.is_some()
    }

    /// Whether the offers of other servers are heard.
    pub fn hears_others(&self) -> bool {
        self.clients.is_some()
    }

    /// Also gives out addresses, on the networks of these leases.
    pub fn with_leases(mut self, leases: Option<Leases>) -> Self {
        self.leases = leases;
        self
    }

    /// The leases, if there are any.
    pub fn leases(&self) -> Option<&Leases> {
        self.leases.as_ref()
    }

    /// Answers until `shutdown` is ready. No datagram ends the loop, and neither does an error of the network.
    ///
    /// # Errors
    /// Where the sockets cannot be given to the runtime.
    pub async fn run(
        self,
        events: Arc<dyn Events>,
        mut changes: mpsc::Receiver<LinkChange>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let beside = self.beside.map(OpenRaw::watch).transpose()?.map(Arc::new);
        let links = self.links.into_iter().map(|link| link.watch(beside.as_ref())).collect::<Result<_, _>>()?;
        let clients = self.clients.map(OpenRaw::watch).transpose()?;
        let mut ears = Ears::new(links, beside, clients);
        let mut server = Server::new(self.config, self.leases, events);
        let mut pending = Pending::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let heard = tokio::select! {
                () = &mut shutdown => break,
                Some(change) = changes.recv() => {
                    ears.change(change)?;
                    continue;
                }
                (index, port, reply) = pending.due() => {
                    // A link that has gone takes its client with it.
                    if let Some(link) = ears.link(index) {
                        server.send(port, link, reply);
                    }
                    continue;
                }
                heard = std::future::poll_fn(|cx| ears.poll_hear(cx)) => heard,
            };
            match heard {
                Heard::Asked(index, port, received) => {
                    if let Some(link) = ears.link(index) {
                        server.take(port, link, received, &mut pending);
                    }
                }
                Heard::Told(received) => server.overhear(&received),
                // An interface that went down is reported once here; there is nothing to answer and nothing to end for.
                Heard::Nothing => tokio::time::sleep(ERROR_PAUSE).await,
            }
        }
        if let Some(leases) = server.leases {
            leases.close().await;
        }
        Ok(())
    }
}

struct Server {
    config: DhcpConfig,
    events: Arc<dyn Events>,
    leases: Option<Leases>,
    merging: Merging,
    /// The interfaces as they were last read.
    known: Vec<Interface>,
    /// The networks on them.
    located: Vec<Located>,
    read: Option<Instant>,
    rivals: Rivals,
}

/// Answers that wait, each with the link and the port of its request.
type Waiting = Pending<(u32, ReceivedOn, Reply)>;

/// What becomes of a datagram, before anything is sent.
enum Outcome {
    Unserved,
    Silent {
        mac: Option<MacAddr>,
        reason: String,
    },
    Answer(Reply),
    /// It has been sent, or there is nothing to send.
    Told(BootEvent),
    /// It goes on beside the loop, and tells of itself.
    Later,
}

impl Server {
    fn new(config: DhcpConfig, leases: Option<Leases>, events: Arc<dyn Events>) -> Self {
        let (known, located) = (Vec::new(), Vec::new());
        Self { config, events, leases, merging: Merging::new(), known, located, read: None, rivals: Rivals::default() }
    }

    /// Takes a message of some server to some client.
    fn overhear(&mut self, received: &Received) {
        self.refresh_interfaces(&received.arrival);
        if let Some(Some(event)) = survive(|| self.rivals.hear(received, &self.located)) {
            self.events.emit(event);
        }
    }

    fn take(&mut self, port: ReceivedOn, link: &Link, received: Received, pending: &mut Waiting) {
        self.refresh_interfaces(&received.arrival);
        let silent = |mac, reason| BootEvent::Silent { mac, reason };
        match survive(|| self.decide(port, link.dhcp.as_ref(), &received)) {
            Some(Outcome::Unserved | Outcome::Later) => {}
            Some(Outcome::Silent { mac, reason }) => self.events.emit(silent(mac, reason)),
            Some(Outcome::Told(event)) => self.events.emit(event),
            Some(Outcome::Answer(reply)) if reply.delay.is_zero() => self.send(port, link, reply),
            Some(Outcome::Answer(reply)) => {
                let delay = reply.delay;
                if let Err((_, _, reply)) = pending.push(delay, (link.index, port, reply)) {
                    let reason = format!("{}: too many delayed answers wait already", reply.class);
                    self.events.emit(silent(Some(reply.mac), reason));
                }
            }
            None => self.events.emit(silent(
                client_of(&received.bytes),
                "a bug in netspec: the code that answers this message panicked".to_owned(),
            )),
        }
    }

    /// Reads the interfaces again where the list is old, or where the kernel just named one or an address that is not in it.
    fn refresh_interfaces(&mut self, arrival: &Arrival) {
        let age = self.read.map_or(Duration::MAX, |read| read.elapsed());
        if age < INTERFACES_PAUSE {
            return;
        }
        let index = self.known.iter().any(|interface| interface.index == arrival.ifindex);
        let mut addresses = self.known.iter().flat_map(|interface| &interface.addresses);
        let address = addresses.any(|net| net.addr() == arrival.suggested);
        if !(age < INTERFACES_VALID && index && address)
            && let Ok(now) = interfaces()
        {
            self.located = locate_among(&self.config.networks, &now).0;
            self.known = now;
            self.read = Some(Instant::now());
        }
    }

    fn decide(&self, port: ReceivedOn, front: Option<&Arc<Front>>, received: &Received) -> Outcome {
        let request = BootRequest::parse(&received.bytes);
        let giaddr = request.as_ref().map_or(Ipv4Addr::UNSPECIFIED, |request| request.giaddr);
        let mac = client_of(&received.bytes);
        // A network of port 4011 alone is none where clients discover.
        let is_answered = |network: &&Located| port == ReceivedOn::Boot4011 || network.dhcp != DhcpMode::BootServer;
        let networks: Vec<&Located> = self.located.iter().filter(is_answered).collect();
        let server = match place(&self.known, &networks, &received.arrival, giaddr) {
            Place::Unserved => return Outcome::Unserved,
            Place::UnknownRelay => {
                let reason = format!("comes through relay {giaddr}, which is in no `relay` subnet of the spec");
                return Outcome::Silent { mac, reason };
            }
            Place::Server(server) => server,
        };
        if port == ReceivedOn::Boot4011 && !is_near(&self.known, &self.located, &received.arrival) {
            let source = received.arrival.source;
            let reason = format!("asks on port 4011 from {source}, which is in no served network");
            return Outcome::Silent { mac, reason };
        }
        if received.truncated {
            let reason = format!("longer than {} bytes, which no boot client sends", received.bytes.len());
            return Outcome::Silent { mac, reason };
        }
        let table = &self.config.table;
        let on_67 = front.filter(|_| port == ReceivedOn::Dhcp67);
        let way = on_67.map(|front| Way { front, ports: self.config.ports, ifindex: received.arrival.ifindex });
        if let Some(event) = way.as_ref().and_then(|way| self.merging.merge(&received.bytes, table, way)) {
            return Outcome::Told(event);
        }
        let request = match request {
            Ok(request) => request,
            Err(reason) => return Outcome::Silent { mac, reason: reason.to_string() },
        };
        let source = SocketAddrV4::new(received.arrival.source, received.source_port);
        let local = Local { server, port, http_port: self.config.http_port, source };
        if let Some(taken) = self.lease(&request, &local, front, received.arrival.ifindex) {
            return match taken {
                Taken::Told(event) => Outcome::Told(event),
                Taken::Later => Outcome::Later,
            };
        }
        match way.as_ref().and_then(|way| self.merging.hand_on(&received.bytes, &request, table, &local, way)) {
            Some(HandedOn::Done(event)) => return Outcome::Told(event),
            Some(HandedOn::Echo) => return Outcome::Unserved,
            None => {}
        }
        match answer(table, &request, &local) {
            Verdict::Answer(reply) => match reply.destination {
                Destination::Client(addr) if !self.may_have(*addr.ip(), &received.arrival) => {
                    let reason = format!("the answer would go to {}, which is in no served network", addr.ip());
                    Outcome::Silent { mac: Some(reply.mac), reason }
                }
                _ => Outcome::Answer(reply),
            },
            Verdict::Silence(reason) => Outcome::Silent { mac: Some(request.mac()), reason: reason.to_string() },
        }
    }

    /// Has the leases of the network, if there are any, take a message to a DHCP server. A client that asks for a boot server has
    /// its address already, and a DHCPREQUEST of that kind is none for a lease (BS-01).
    fn lease(&self, request: &BootRequest, local: &Local, front: Option<&Arc<Front>>, ifindex: u32) -> Option<Taken> {
        let is_lease = local.port == ReceivedOn::Dhcp67 && request.boot_item().is_none();
        let leases = self.leases.as_ref().filter(|_| is_lease)?;
        let outgoing = Outgoing {
            front: front?.clone(),
            ports: self.config.ports,
            ifindex,
            events: self.events.clone(),
            waiting: leases.waiting(),
            asked: request.message_type().map_or("DHCP message", MessageType::name),
        };
        leases.take(request, local, &self.config.table, &outgoing)
    }

    /// Whether an answer may go to an address by unicast: a client may say any address to be its own (SE-04).
    fn may_have(&self, client: Ipv4Addr, arrival: &Arrival) -> bool {
        let claimed = Arrival { source: client, ..*arrival };
        client.is_broadcast() || is_near(&self.known, &self.located, &claimed)
    }

    /// Sends out of the interface that the request came in on, from the address that the reply names (CO-08, DH-24).
    fn send(&mut self, port: ReceivedOn, link: &Link, reply: Reply) {
        let ports = self.config.ports;
        let to = match reply.destination {
            Destination::Broadcast => SocketAddrV4::new(Ipv4Addr::BROADCAST, ports.client),
            Destination::Client(addr) => addr,
            Destination::Relay(relay) => SocketAddrV4::new(relay, ports.relay),
        };
        let mut datagrams = [Some(&reply.bytes), reply.also.as_ref()].into_iter().flatten();
        let sent = datagrams.try_for_each(|bytes| {
            if reply.destination == Destination::Broadcast {
                self.rivals.sent(bytes);
            }
            link.send(port, bytes, to, reply.server)
        });
        self.events.emit(match sent {
            Ok(()) => BootEvent::Answered {
                mac: reply.mac,
                client: reply.class.to_string(),
                asked: reply.asked,
                file: reply.file,
                server: reply.server,
                ciaddr: reply.ciaddr,
                rule: reply.rule,
            },
            Err(error) => {
                let reason = format!("{}: the answer to {to} cannot be sent: {error}", reply.class);
                BootEvent::Silent { mac: Some(reply.mac), reason }
            }
        });
    }
}

/// Runs `work`; `None` where it panicked. A panic ends one request, never the loop.
fn survive<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod netns_tests;
#[cfg(test)]
mod tests;
