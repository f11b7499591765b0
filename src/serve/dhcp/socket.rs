//! A UDP socket that knows the interface of each datagram, in both directions.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd};
use std::task::{Context, Poll, ready};

use nix::libc;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt, sockopt::Ipv4PacketInfo,
};
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use socket2::{Domain, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::serve::place::Arrival;
use crate::serve::port_holder::{ListenError, Protocol};

/// The longest message that is read: no client of ours fills a second Ethernet frame, with or without a relay's additions.
pub(super) const LONGEST: usize = 4096;
/// What the kernel keeps of unread datagrams, in bytes, where it allows so much: a classroom that is switched on at once.
const UNREAD: usize = 1 << 20;
/// Differentiated services class CS6, network control, as dnsmasq marks its DHCP (DH-37).
const CS6: u32 = 0xc0;

/// An open port, which no runtime watches yet.
#[derive(Debug)]
pub(super) struct OpenSocket(std::net::UdpSocket);

/// A port that the runtime watches.
#[derive(Debug)]
pub(in crate::serve) struct DhcpSocket(UdpSocket);

/// One datagram.
#[derive(Debug)]
pub(super) struct Received {
    /// Its payload, or the first [`LONGEST`] bytes of it.
    pub(super) bytes: Vec<u8>,
    /// Whether the payload is longer.
    pub(super) truncated: bool,
    /// Where it came in.
    pub(super) arrival: Arrival,
    /// The port that it came from.
    pub(super) source_port: u16,
}

impl OpenSocket {
    /// Binds 0.0.0.0 on `port`, tied to `device` if given, where no other program holds it.
    ///
    /// `shared` lets programs that share too bind the port as well: later ones, and those that are there already only where
    /// [`OpenSocket::beside`] is asked.
    pub(super) fn bind(port: u16, device: Option<&str>, shared: bool) -> Result<Self, ListenError> {
        let open = || {
            let socket = bind(port, device, false)?;
            socket.set_reuse_address(shared)?;
            Ok(Self(socket.into()))
        };
        open().map_err(|error| ListenError::new(Protocol::Udp, Ipv4Addr::UNSPECIFIED, port, device, error))
    }

    /// Binds a port that another program holds and shares.
    pub(super) fn beside(port: u16, device: Option<&str>) -> Result<Self, ListenError> {
        bind(port, device, true)
            .map(|socket| Self(socket.into()))
            .map_err(|error| ListenError::new(Protocol::Udp, Ipv4Addr::UNSPECIFIED, port, device, error))
    }

    pub(super) fn port(&self) -> io::Result<u16> {
        Ok(self.0.local_addr()?.port())
    }

    /// Has the runtime watch it. Call it inside a tokio runtime.
    pub(super) fn watch(self) -> io::Result<DhcpSocket> {
        UdpSocket::from_std(self.0).map(DhcpSocket)
    }
}

impl DhcpSocket {
    /// The next datagram, if there is one; else the task is woken when there is.
    pub(super) fn poll_receive(&self, cx: &mut Context<'_>) -> Poll<io::Result<Received>> {
        poll_receive(&self.0, cx, Some)
    }

    /// Sends out of one interface, from one address. Never waits: a client whose answer finds no room asks again.
    pub(super) fn send(&self, bytes: &[u8], to: SocketAddrV4, ifindex: u32, from: Ipv4Addr) -> io::Result<()> {
        send(&self.0, bytes, to, ifindex, from)
    }
}

/// Reads the next datagram that `take` does not refuse. The socket may be of any kind that reads whole datagrams.
pub(super) fn poll_receive(
    socket: &UdpSocket,
    cx: &mut Context<'_>,
    take: impl Fn(Received) -> Option<Received>,
) -> Poll<io::Result<Received>> {
    loop {
        ready!(socket.poll_recv_ready(cx))?;
        match socket.try_io(Interest::READABLE, || receive(socket.as_raw_fd())) {
            Ok(received) => match take(received) {
                Some(taken) => return Poll::Ready(Ok(taken)),
                None => continue,
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}

/// Sends one datagram or packet out of one interface, from one address.
pub(super) fn send(
    socket: &impl AsRawFd,
    bytes: &[u8],
    to: SocketAddrV4,
    ifindex: u32,
    from: Ipv4Addr,
) -> io::Result<()> {
    let info = libc::in_pktinfo {
        ipi_ifindex: ifindex.try_into().map_err(io::Error::other)?,
        ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(from.octets()) },
        ipi_addr: libc::in_addr { s_addr: 0 },
    };
    let control = [ControlMessage::Ipv4PacketInfo(&info)];
    let to = SockaddrIn::from(to);
    let sent = sendmsg(socket.as_raw_fd(), &[IoSlice::new(bytes)], &control, MsgFlags::MSG_DONTWAIT, Some(&to))?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

fn bind(port: u16, device: Option<&str>, beside: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // Not SO_REUSEPORT: with it the kernel would give each datagram, broadcasts too, to one of the sharers only (CO-03).
    socket.set_reuse_address(beside)?;
    prepare(&socket)?;
    if let Some(device) = device {
        socket.bind_device(Some(device.as_bytes()))?;
    }
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into())?;
    Ok(socket)
}

/// What every socket of DHCP is set to.
pub(super) fn prepare(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    socket.set_broadcast(true)?;
    socket.set_recv_buffer_size(UNREAD)?;
    setsockopt(&socket.as_fd(), Ipv4PacketInfo, &true)?;
    // Some ROMs drop packets that have the "don't fragment" bit (DH-37).
    set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::DONT)?;
    socket.set_tos_v4(CS6)
}

fn receive(socket: std::os::fd::RawFd) -> io::Result<Received> {
    let mut bytes = vec![0; LONGEST];
    let mut control = nix::cmsg_space!(libc::in_pktinfo);
    let (len, truncated, source, info) = {
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let message = recvmsg::<SockaddrIn>(socket, &mut parts, Some(&mut control), MsgFlags::MSG_DONTWAIT)?;
        let info = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::Ipv4PacketInfo(info) => Some(info),
            _ => None,
        });
        (message.bytes, message.flags.contains(MsgFlags::MSG_TRUNC), message.address, info)
    };
    let (Some(source), Some(info)) = (source, info) else { return Err(io::ErrorKind::InvalidData.into()) };
    bytes.truncate(len);
    let addr = |addr: libc::in_addr| Ipv4Addr::from(addr.s_addr.to_ne_bytes());
    let arrival = Arrival {
        ifindex: u32::try_from(info.ipi_ifindex).map_err(io::Error::other)?,
        source: source.ip(),
        destination: addr(info.ipi_addr),
        suggested: addr(info.ipi_spec_dst),
    };
    Ok(Received { bytes, truncated, arrival, source_port: source.port() })
}

#[cfg(test)]
mod tests {
    use rustix::net::sockopt::ip_mtu_discover;

    use super::*;

    /// DH-37, CO-01, CO-03: what the sockets are set to.
    #[tokio::test]
    async fn sets_the_options_that_clients_and_neighbors_need() {
        let socket = OpenSocket::bind(0, Some("lo"), true).unwrap().0;
        assert_eq!(ip_mtu_discover(&socket).unwrap(), Ipv4PathMtuDiscovery::DONT);
        let socket = socket2::SockRef::from(&socket);
        assert!(socket.broadcast().unwrap() && socket.reuse_address().unwrap() && !socket.reuse_port().unwrap());
        assert_eq!(socket.tos_v4().unwrap(), CS6);
        assert_eq!(socket.device().unwrap().as_deref(), Some(&b"lo"[..]));
    }

    /// CO-08, DH-24: the source is the address that is asked for, not the one that routing would take.
    #[tokio::test]
    async fn sends_from_the_address_that_it_is_told() {
        let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let std::net::SocketAddr::V4(to) = client.local_addr().unwrap() else { panic!("no IPv4 address") };
        let socket = OpenSocket::bind(0, None, false).unwrap();
        let port = socket.port().unwrap();
        let socket = socket.watch().unwrap();
        let lo = crate::serve::interface::interfaces().unwrap().into_iter().find(|i| i.name == "lo").unwrap();
        let from = Ipv4Addr::new(127, 0, 0, 5);
        socket.send(b"x", to, lo.index, from).unwrap();
        let (_, source) = client.recv_from(&mut [0; 8]).unwrap();
        assert_eq!(source, SocketAddrV4::new(from, port).into());
    }
}
