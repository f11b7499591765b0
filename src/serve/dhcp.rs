//! The proxyDHCP server: two sockets and a loop around [`answer`].
//!
//! Ports 67 and 4011 are both needed: clients discover on the first and ask the boot server on the second (DH-01). The sockets
//! are ordinary ones on 0.0.0.0, because broadcasts do not reach a socket that is bound to an address (CO-02); a DHCP server on
//! the same machine can hold port 67 too if it shares the port as well. Capturing packets beside a server that does not share
//! is not implemented.
//!
//! Each datagram on a served interface ends in exactly one [`BootEvent`], whatever is in it. Datagrams on other interfaces are
//! dropped without an event: they are not netspec's to comment on, and a busy neighbor network would fill the log.
//!
//! Other proxies and DHCP servers that send option 60 are not heard (CO-15). Their offers go to port 68 by broadcast. A socket
//! on that port would take the unicast replies that this machine's own DHCP client waits for, so only a packet socket could
//! listen, which needs CAP_NET_RAW while serving. A client that was offered and never comes is what the journal tells instead.
//!
//! Clients behind a relay are offered through it; on port 4011 they are answered only if their subnet is one of the networks
//! of the scope, since nothing else tells them from a forged source (SE-04).

mod pending;
mod socket;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::pending::Pending;
pub(in crate::serve) use self::socket::DhcpSocket;
use self::socket::Received;
use super::event::{BootEvent, Events};
use super::interface::{Arrival, Interface, Place, Scope, interfaces, is_near, place};
use super::lease::{Leases, Outgoing, Taken};
use super::merged::{HandedOn, Merging, Way};
use super::port_holder::ListenError;
use crate::net::MacAddr;
use crate::proto::dhcp::{
    BootRequest, BootTable, Destination, Local, MessageType, ReceivedOn, Reply, Verdict, answer, client_of,
};

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
    pub scope: Scope,
    /// Where our HTTP server listens.
    pub http_port: u16,
    /// The ports to use.
    pub ports: DhcpPorts,
}

/// The bound sockets, ready to run.
#[derive(Debug)]
pub struct DhcpSockets {
    config: DhcpConfig,
    dhcp: DhcpSocket,
    boot_server: DhcpSocket,
    leases: Option<Leases>,
}

/// Binds both ports. Call it inside a tokio runtime.
///
/// Where the scope names one interface, the sockets are tied to it, so that other servers may hold the ports on others (CO-01).
/// A tied socket ends with its interface: one that is removed and made again needs a restart.
///
/// # Errors
/// Every socket that failed, with who holds its port as far as that can be seen.
pub fn bind(config: DhcpConfig) -> Result<DhcpSockets, Vec<ListenError>> {
    let device = config.scope.only_interface();
    // Port 4011 is not shared: the kernel gives a datagram by unicast to one of the sharers only, so a second boot server on
    // this machine would starve us or be starved in silence.
    let dhcp = DhcpSocket::bind(config.ports.dhcp, device, true);
    let boot_server = DhcpSocket::bind(config.ports.boot_server, device, false);
    match (dhcp, boot_server) {
        (Ok(dhcp), Ok(boot_server)) => Ok(DhcpSockets { config, dhcp, boot_server, leases: None }),
        (dhcp, boot_server) => Err([dhcp.err(), boot_server.err()].into_iter().flatten().collect()),
    }
}

impl DhcpSockets {
    /// The ports that are bound: for discovery, and of the boot server.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn ports(&self) -> io::Result<(u16, u16)> {
        Ok((self.dhcp.port()?, self.boot_server.port()?))
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
    pub async fn run(self, events: Arc<dyn Events>, shutdown: impl Future<Output = ()>) {
        let Self { config, dhcp, boot_server, leases } = self;
        let (dhcp, boot_server) = (Arc::new(dhcp), Arc::new(boot_server));
        let mut server = Server { config, events, leases, merging: Merging::new(), known: Vec::new(), read: None };
        let mut pending = Pending::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let (port, socket, received) = tokio::select! {
                () = &mut shutdown => break,
                (port, received, reply) = pending.due() => {
                    let socket = if port == ReceivedOn::Dhcp67 { &dhcp } else { &boot_server };
                    server.send(socket, &received, reply);
                    continue;
                }
                received = dhcp.receive() => (ReceivedOn::Dhcp67, &dhcp, received),
                received = boot_server.receive() => (ReceivedOn::Boot4011, &boot_server, received),
            };
            match received {
                Ok(received) => server.take(port, socket, received, &mut pending),
                // An interface that went down is reported once here; there is nothing to answer and nothing to end for.
                Err(_) => tokio::time::sleep(ERROR_PAUSE).await,
            }
        }
        if let Some(leases) = server.leases {
            leases.close().await;
        }
    }
}

struct Server {
    config: DhcpConfig,
    events: Arc<dyn Events>,
    leases: Option<Leases>,
    merging: Merging,
    /// The interfaces as they were last read.
    known: Vec<Interface>,
    read: Option<Instant>,
}

/// Answers that wait, each with the port of its request and the request.
type Waiting = Pending<(ReceivedOn, Received, Reply)>;

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
    fn take(&mut self, port: ReceivedOn, socket: &Arc<DhcpSocket>, received: Received, pending: &mut Waiting) {
        self.refresh_interfaces(&received.arrival);
        let silent = |mac, reason| BootEvent::Silent { mac, reason };
        match survive(|| self.decide(port, socket, &received)) {
            Some(Outcome::Unserved | Outcome::Later) => {}
            Some(Outcome::Silent { mac, reason }) => self.events.emit(silent(mac, reason)),
            Some(Outcome::Told(event)) => self.events.emit(event),
            Some(Outcome::Answer(reply)) if reply.delay.is_zero() => self.send(socket, &received, reply),
            Some(Outcome::Answer(reply)) => {
                let delay = reply.delay;
                if let Err((_, _, reply)) = pending.push(delay, (port, received, reply)) {
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
            self.known = now;
            self.read = Some(Instant::now());
        }
    }

    fn decide(&self, port: ReceivedOn, socket: &Arc<DhcpSocket>, received: &Received) -> Outcome {
        let request = BootRequest::parse(&received.bytes);
        let giaddr = request.as_ref().map_or(Ipv4Addr::UNSPECIFIED, |request| request.giaddr);
        let mac = client_of(&received.bytes);
        let server = match place(&self.known, &self.config.scope, &received.arrival, giaddr) {
            Place::Unserved => return Outcome::Unserved,
            Place::NoAddress { interface } => {
                let reason = format!(
                    "interface `{interface}` has none of the addresses that netspec began to serve at; start netspec again"
                );
                return Outcome::Silent { mac, reason };
            }
            Place::Server(server) => server,
        };
        if port == ReceivedOn::Boot4011 && !is_near(&self.known, &self.config.scope, &received.arrival) {
            let reason = format!("asks on port 4011 from {}, which is in no served network", received.arrival.source);
            return Outcome::Silent { mac, reason };
        }
        if received.truncated {
            let reason = format!("longer than {} bytes, which no boot client sends", received.bytes.len());
            return Outcome::Silent { mac, reason };
        }
        let table = &self.config.table;
        let way = Way { socket, ports: self.config.ports, ifindex: received.arrival.ifindex };
        let on_67 = (port == ReceivedOn::Dhcp67).then_some(&way);
        if let Some(event) = on_67.and_then(|way| self.merging.merge(&received.bytes, table, way)) {
            return Outcome::Told(event);
        }
        let request = match request {
            Ok(request) => request,
            Err(reason) => return Outcome::Silent { mac, reason: reason.to_string() },
        };
        let source = SocketAddrV4::new(received.arrival.source, received.source_port);
        let local = Local { server, port, http_port: self.config.http_port, source };
        if let Some(taken) = self.lease(&request, &local, socket, received) {
            return match taken {
                Taken::Told(event) => Outcome::Told(event),
                Taken::Later => Outcome::Later,
            };
        }
        match on_67.and_then(|way| self.merging.hand_on(&received.bytes, &request, table, &local, way)) {
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

    /// Whether an answer may go to an address by unicast: a client may say any address to be its own (SE-04).
    fn may_have(&self, client: Ipv4Addr, arrival: &Arrival) -> bool {
        let claimed = Arrival { source: client, ..*arrival };
        client.is_broadcast() || is_near(&self.known, &self.config.scope, &claimed)
    }

    /// Has the leases of the network, if there are any, take a message to a DHCP server. A client that asks for a boot server has
    /// its address already, and a DHCPREQUEST of that kind is none for a lease (BS-01).
    fn lease(
        &self,
        request: &BootRequest,
        local: &Local,
        socket: &Arc<DhcpSocket>,
        received: &Received,
    ) -> Option<Taken> {
        let is_lease = local.port == ReceivedOn::Dhcp67 && request.boot_item().is_none();
        let leases = self.leases.as_ref().filter(|_| is_lease)?;
        let outgoing = Outgoing {
            socket: socket.clone(),
            ports: self.config.ports,
            ifindex: received.arrival.ifindex,
            events: self.events.clone(),
            waiting: leases.waiting(),
            asked: request.message_type().map_or("DHCP message", MessageType::name),
        };
        leases.take(request, local, &self.config.table, &outgoing)
    }

    /// Sends out of the interface that the request came in on, from the address that the reply names (CO-08, DH-24).
    fn send(&self, socket: &DhcpSocket, received: &Received, reply: Reply) {
        let ports = self.config.ports;
        let to = match reply.destination {
            Destination::Broadcast => SocketAddrV4::new(Ipv4Addr::BROADCAST, ports.client),
            Destination::Client(addr) => addr,
            Destination::Relay(relay) => SocketAddrV4::new(relay, ports.relay),
        };
        let datagrams = [Some(&reply.bytes), reply.also.as_ref()];
        let mut sent =
            datagrams.into_iter().flatten().map(|bytes| socket.send(bytes, to, received.arrival.ifindex, reply.server));
        self.events.emit(match sent.try_for_each(|sent| sent) {
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
