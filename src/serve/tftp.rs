//! The TFTP server: one socket for requests, one task per transfer.
//!
//! [`bind`] opens the socket, [`Bound::run`] serves until it is told to stop. What to send is decided in
//! [`crate::proto::tftp`]; here are the sockets, the clock and the bounds.

mod blocks;
mod session;
mod wire;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinSet};

use self::session::{Late, Mail, Session};
use self::wire::{Datagram, Listener};
use super::content::Files;
use super::event::{BootEvent, Events, Transport};
use super::limit::Limit;
use super::neighbor;
use crate::net::MacPrefix;
use crate::proto::tftp::options::Limits;
use crate::proto::tftp::{ErrorCode, Malformed, Packet, Wrap, encode_error};
use crate::resolve;
use crate::spec::tftp::TftpOption;

/// How to serve over TFTP.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes any free port. The unspecified address answers on all.
    pub addr: SocketAddrV4,
    /// Whether DATA comes from the listening port instead of a fresh one, for networks that drop replies from other ports
    /// (CO-17).
    pub single_port: bool,
    /// The options that clients may have.
    pub options: Limits,
    /// Options that clients are not granted whose hardware address begins so (TF-12).
    pub exceptions: Vec<(MacPrefix, TftpOption)>,
    /// The block number after 65535.
    pub wrap: Wrap,
    /// The most transfers at once; a client above gets an ERROR.
    pub max_transfers: usize,
    /// The most transfers at once to one address.
    pub max_per_source: usize,
}

impl Config {
    /// The usual values, listening on `addr`.
    pub fn new(addr: SocketAddrV4) -> Self {
        Self {
            addr,
            single_port: false,
            options: Limits::default(),
            exceptions: Vec::new(),
            wrap: Wrap::default(),
            max_transfers: 512,
            max_per_source: 256,
        }
    }
}

impl Config {
    /// As a spec says it, listening on `addr`.
    pub fn of(addr: SocketAddrV4, server: &resolve::Server) -> Self {
        let resolve::Tftp { block_size, without, single_port, wrap_to_one } = &server.tftp;
        let mut config = Self::new(addr);
        config.options.windowsize = Some(server.tftp_window);
        config.options.blksize = block_size.or(config.options.blksize);
        config.single_port = *single_port;
        config.wrap = if *wrap_to_one { Wrap::ToOne } else { Wrap::ToZero };
        for (option, mac) in without {
            match mac {
                Some(mac) => config.exceptions.push((mac.clone(), *option)),
                None => switch_off(&mut config.options, *option),
            }
        }
        config
    }

    /// The options that this client may have.
    fn limits_for(&self, client: Ipv4Addr) -> Limits {
        let mut limits = self.options;
        // Without exceptions the table of the kernel is not read.
        if !self.exceptions.is_empty()
            && let Some(mac) = neighbor::hardware_address(client)
        {
            let of_client = self.exceptions.iter().filter(|(prefix, _)| prefix.covers(mac));
            of_client.for_each(|(_, option)| switch_off(&mut limits, *option));
        }
        limits
    }
}

/// Grants this option to nobody.
fn switch_off(limits: &mut Limits, option: TftpOption) {
    match option {
        TftpOption::Blksize => limits.blksize = None,
        TftpOption::Timeout => limits.timeout = false,
        TftpOption::Tsize => limits.tsize = false,
        TftpOption::Windowsize => limits.windowsize = None,
    }
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Bound {
    socket: UdpSocket,
    addr: SocketAddrV4,
    config: Config,
}

/// Opens the listening socket.
///
/// # Errors
/// What the operating system says, `AddrInUse` before all.
pub fn bind(config: Config) -> io::Result<Bound> {
    let socket = UdpSocket::bind(config.addr)?;
    socket.set_nonblocking(true)?;
    // The reply must come from the address that the request went to (TF-20).
    setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
    allow_fragments(&socket)?;
    let SocketAddr::V4(addr) = socket.local_addr()? else { return Err(io::ErrorKind::AddrNotAvailable.into()) };
    Ok(Bound { socket, addr, config })
}

/// Clears DF: a router on the way with a smaller MTU cuts the packet instead of dropping it (G52).
fn allow_fragments(socket: impl std::os::fd::AsFd) -> io::Result<()> {
    set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::DONT).map_err(io::Error::from)
}

/// How long transfers get to say goodbye when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long to wait after the socket failed, so that a lasting failure does not take a processor.
const PAUSE: Duration = Duration::from_millis(50);

/// How many messages wait for a transfer. More ACKs than this at once are copies.
const MAILBOX: usize = 32;

impl Bound {
    /// The address it listens on, with the real port.
    pub fn local_addr(&self) -> SocketAddrV4 {
        self.addr
    }

    /// Serves until `shutdown` becomes true or its sender is gone; then ends all transfers.
    ///
    /// # Errors
    /// Where the socket cannot be given to the runtime. Later failures end one request each.
    pub async fn run(
        self,
        files: Arc<dyn Files>,
        events: Arc<dyn Events>,
        mut shutdown: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let listener = Arc::new(Listener::new(self.socket)?);
        let limit = Limit::new(self.config.max_transfers, self.config.max_per_source);
        let stop = shutdown.clone();
        let config = Arc::new(self.config);
        let mut server = Server {
            config,
            listener,
            files,
            events,
            limit,
            stop,
            tasks: JoinSet::new(),
            sessions: HashMap::new(),
            peers: HashMap::new(),
        };
        let mut buf = vec![0; 4096];
        loop {
            tokio::select! {
                () = super::told_to_stop(&mut shutdown) => break,
                Some(ended) = server.tasks.join_next_with_id() => {
                    let (task, late) = ended.unwrap_or_else(|error| (error.id(), None));
                    server.forget(task);
                    if let Some(Late { peer, local, request }) = late {
                        server.read_request(peer, local, &request);
                    }
                }
                received = server.listener.receive(&mut buf) => match received {
                    Ok(datagram) => server.dispatch(datagram),
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
            }
        }
        // The transfers hear of the end themselves; whoever takes longer is cut off when the set is dropped.
        let _ = tokio::time::timeout(FAREWELL, async { while server.tasks.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

struct Server {
    config: Arc<Config>,
    listener: Arc<Listener>,
    files: Arc<dyn Files>,
    events: Arc<dyn Events>,
    limit: Arc<Limit>,
    stop: watch::Receiver<bool>,
    tasks: JoinSet<Option<Late>>,
    sessions: HashMap<SocketAddrV4, Running>,
    peers: HashMap<Id, SocketAddrV4>,
}

/// A transfer in its own task.
struct Running {
    task: Id,
    /// The request that began it, byte by byte.
    request: Box<[u8]>,
    /// Dropping this tells the transfer that the client asked for something else.
    inbox: mpsc::Sender<Mail>,
}

impl Server {
    fn dispatch(&mut self, datagram: Datagram<'_>) {
        let Datagram { peer, local, bytes } = datagram;
        // Nobody can answer from such an address, and a reply to it would go to many (SE-04).
        let ip = peer.ip();
        if ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() || peer.port() == 0 {
            return;
        }
        match Packet::parse(bytes) {
            Ok(Packet::ReadRequest(_)) => self.read_request(peer, local, bytes),
            Ok(Packet::WriteRequest { name }) => {
                self.refuse(peer, local, name, ErrorCode::AccessViolation, "write requests are refused");
            }
            Ok(Packet::Ack { .. } | Packet::Error { .. }) if self.config.single_port => {
                self.deliver(peer, local, bytes);
            }
            Err(reason @ Malformed::Request) => {
                self.refuse(peer, local, b"", ErrorCode::IllegalOperation, &reason.to_string());
            }
            // Stray packets and noise. An ERROR for these could start a war of ERRORs between two servers.
            Ok(_) | Err(_) => {}
        }
    }

    fn read_request(&mut self, peer: SocketAddrV4, local: Ipv4Addr, bytes: &[u8]) {
        if let Some(running) = self.sessions.get(&peer)
            && *running.request == *bytes
        {
            // The first reply was lost, or the client starts over (TF-28). A full box holds a repeated request already.
            match running.inbox.try_send(Mail::Repeated) {
                Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => return,
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
        // Another request from the same port: the client has given the old transfer up.
        self.sessions.remove(&peer);
        let permit = match self.limit.take(*peer.ip()) {
            Ok(permit) => permit,
            Err(reason) => {
                let name = match Packet::parse(bytes) {
                    Ok(Packet::ReadRequest(request)) => request.name,
                    _ => b"",
                };
                return self.refuse(peer, local, name, ErrorCode::NotDefined, reason);
            }
        };
        let request: Box<[u8]> = bytes.into();
        let (inbox, mail) = mpsc::channel(MAILBOX);
        let session = Session {
            config: self.config.clone(),
            listener: self.listener.clone(),
            files: self.files.clone(),
            events: self.events.clone(),
            stop: self.stop.clone(),
            peer,
            local,
            request: request.clone(),
            mail,
            asked_again: false,
        };
        let task = self.tasks.spawn(async move {
            let late = session.run().await;
            drop(permit);
            late
        });
        self.peers.insert(task.id(), peer);
        self.sessions.insert(peer, Running { task: task.id(), request, inbox });
    }

    /// Hands a packet that came to the single port to its transfer.
    fn deliver(&mut self, peer: SocketAddrV4, local: Ipv4Addr, bytes: &[u8]) {
        match self.sessions.get(&peer) {
            Some(running) => {
                // What does not fit is lost like a packet on the wire.
                let _ = running.inbox.try_send(Mail::Datagram(bytes.into()));
            }
            None if matches!(Packet::parse(bytes), Ok(Packet::Ack { .. })) => {
                let error = encode_error(ErrorCode::UnknownTransferId, "unknown transfer id");
                let _ = self.listener.send_now(&error, local, peer);
            }
            None => {}
        }
    }

    fn refuse(&self, peer: SocketAddrV4, local: Ipv4Addr, name: &[u8], code: ErrorCode, reason: &str) {
        // A reply that cannot be sent is like one that was lost.
        let _ = self.listener.send_now(&encode_error(code, reason), local, peer);
        self.events.emit(BootEvent::Refused {
            client: *peer.ip(),
            transport: Transport::Tftp,
            path: String::from_utf8_lossy(name).into_owned(),
            reason: reason.to_owned(),
            expected: false,
        });
    }

    fn forget(&mut self, task: Id) {
        if let Some(peer) = self.peers.remove(&task)
            && self.sessions.get(&peer).is_some_and(|running| running.task == task)
        {
            self.sessions.remove(&peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TF-25: what a spec without a word about TFTP means, and what one means that asks for 1 behind 65535.
    #[test]
    fn tf_25_a_spec_sets_the_number_behind_65535() {
        let config = |tftp: resolve::Tftp| {
            Config::of(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), &resolve::Server { tftp, ..Default::default() })
        };
        let usual = config(resolve::Tftp::default());
        assert_eq!((usual.wrap, usual.single_port, usual.options), (Wrap::ToZero, false, Limits::default()));
        assert_eq!(config(resolve::Tftp { wrap_to_one: true, ..Default::default() }).wrap, Wrap::ToOne);
    }
}
