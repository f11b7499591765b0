//! The ports of one interface: 67 and 4011, or what stands in for them.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::task::{Context, Poll};

use super::DhcpPorts;
use super::raw::RawSocket;
use super::socket::{DhcpSocket, OpenSocket, Received};
use crate::proto::dhcp::ReceivedOn;
use crate::serve::port_holder::{Holder, ListenError};

/// How the port of DHCP servers is listened on (CO-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// By a socket of our own.
    Socket,
    /// By a raw socket, beside the programs that hold the port; empty where it is not known who does.
    Beside(Vec<Holder>),
    /// By a socket that shares the port with another program. Requests by unicast come to one of the two only.
    Shared,
    /// Not at all: port 4011 only.
    BootServerOnly,
}

/// The open ports of one interface, which no runtime watches yet.
#[derive(Debug)]
pub struct OpenLink {
    pub(super) interface: String,
    pub(super) index: u32,
    pub(super) mode: Mode,
    dhcp: Option<OpenSocket>,
    boot_server: OpenSocket,
}

/// The ports of one interface that is served.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) index: u32,
    /// The port of DHCP servers; `None` where it is not listened on.
    pub(super) dhcp: Option<Arc<Front>>,
    boot_server: DhcpSocket,
}

/// What listens on the port of DHCP servers.
#[derive(Debug)]
pub(in crate::serve) enum Front {
    /// A socket of the interface's own.
    Socket(DhcpSocket),
    /// The raw socket of all interfaces.
    Beside(Arc<RawSocket>),
}

impl Front {
    /// Sends out of one interface, from one address and from the port. Never waits.
    pub(in crate::serve) fn send(
        &self,
        bytes: &[u8],
        to: SocketAddrV4,
        ifindex: u32,
        from: Ipv4Addr,
    ) -> io::Result<()> {
        match self {
            Self::Socket(socket) => socket.send(bytes, to, ifindex, from),
            Self::Beside(raw) => raw.send(bytes, to, ifindex, from),
        }
    }
}

impl OpenLink {
    /// Opens the ports of an interface. Both are tied to it, so that other servers may hold them on others (CO-01, CO-03).
    ///
    /// Without `discovery`, port 4011 only. Where another program holds port 67, a raw socket is to listen if there is one,
    /// and else the port is shared if the other program shares it as well.
    ///
    /// # Errors
    /// Every port that cannot be had, with who holds it as far as that can be seen.
    pub fn open(
        interface: &str,
        index: u32,
        discovery: bool,
        ports: DhcpPorts,
        raw: bool,
    ) -> Result<Self, Vec<ListenError>> {
        let dhcp = match discovery {
            true => front(interface, ports.dhcp, raw),
            false => Ok((Mode::BootServerOnly, None)),
        };
        // Port 4011 is not shared: the kernel gives a datagram by unicast to one of the sharers only, so a second boot server
        // on this machine would starve us or be starved in silence.
        let boot_server = OpenSocket::bind(ports.boot_server, Some(interface), false);
        match (dhcp, boot_server) {
            (Ok((mode, dhcp)), Ok(boot_server)) => {
                Ok(Self { interface: interface.to_owned(), index, mode, dhcp, boot_server })
            }
            (dhcp, boot_server) => Err([dhcp.err(), boot_server.err()].into_iter().flatten().collect()),
        }
    }

    /// The ports that are bound: for discovery, unless that is a raw socket's, and of the boot server.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn ports(&self) -> io::Result<(Option<u16>, u16)> {
        Ok((self.dhcp.as_ref().map(OpenSocket::port).transpose()?, self.boot_server.port()?))
    }

    /// Has the runtime watch it. `raw` stands in for port 67 where another program holds that.
    pub(super) fn watch(self, raw: Option<&Arc<RawSocket>>) -> io::Result<Link> {
        let dhcp = match (self.dhcp, self.mode) {
            (Some(socket), _) => Some(Front::Socket(socket.watch()?)),
            (None, Mode::Beside(_)) => match raw {
                Some(raw) => {
                    raw.listen()?;
                    Some(Front::Beside(raw.clone()))
                }
                None => None,
            },
            (None, _) => None,
        };
        Ok(Link { index: self.index, dhcp: dhcp.map(Arc::new), boot_server: self.boot_server.watch()? })
    }
}

/// Opens the port of DHCP servers alone where it is free. Whoever comes later may share it, so that no DHCP server fails to
/// start because of us.
fn front(interface: &str, port: u16, raw: bool) -> Result<(Mode, Option<OpenSocket>), ListenError> {
    let error = match OpenSocket::bind(port, Some(interface), true) {
        Ok(socket) => return Ok((Mode::Socket, Some(socket))),
        Err(error) => error,
    };
    if error.source.kind() != io::ErrorKind::AddrInUse {
        return Err(error);
    }
    if raw {
        return Ok((Mode::Beside(error.holders), None));
    }
    match OpenSocket::beside(port, Some(interface)) {
        Ok(socket) => Ok((Mode::Shared, Some(socket))),
        Err(_) => Err(error),
    }
}

impl Link {
    /// The next datagram to one of its own sockets.
    pub(super) fn poll_receive(&self, cx: &mut Context<'_>) -> Poll<(ReceivedOn, io::Result<Received>)> {
        let own = match self.dhcp.as_deref() {
            Some(Front::Socket(socket)) => Some((ReceivedOn::Dhcp67, socket)),
            _ => None,
        };
        for (port, socket) in own.into_iter().chain([(ReceivedOn::Boot4011, &self.boot_server)]) {
            if let Poll::Ready(received) = socket.poll_receive(cx) {
                return Poll::Ready((port, received));
            }
        }
        Poll::Pending
    }

    /// Whether the raw socket stands in for port 67.
    pub(super) fn is_beside(&self) -> bool {
        matches!(self.dhcp.as_deref(), Some(Front::Beside(_)))
    }

    /// Answers from the port that the question came to.
    pub(super) fn send(&self, port: ReceivedOn, bytes: &[u8], to: SocketAddrV4, from: Ipv4Addr) -> io::Result<()> {
        match (port, &self.dhcp) {
            (ReceivedOn::Boot4011, _) => self.boot_server.send(bytes, to, self.index, from),
            (ReceivedOn::Dhcp67, Some(front)) => front.send(bytes, to, self.index, from),
            (ReceivedOn::Dhcp67, None) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}
