//! A UDP socket that knows the interface of each datagram, in both directions.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsRawFd;

use nix::libc;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt, sockopt::Ipv4PacketInfo,
};
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use socket2::{Domain, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::serve::interface::Arrival;
use crate::serve::port_holder::{ListenError, Protocol};

/// The longest message that is read: no client of ours fills a second Ethernet frame, with or without a relay's additions.
const LONGEST: usize = 4096;
/// Differentiated services class CS6, network control, as dnsmasq marks its DHCP (DH-37).
const CS6: u32 = 0xc0;

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

impl DhcpSocket {
    /// Binds 0.0.0.0 on `port`, tied to `device` if given; `shared` lets other programs that share too bind the port as well.
    pub(super) fn bind(port: u16, device: Option<&str>, shared: bool) -> Result<Self, ListenError> {
        open(port, device, shared)
            .map(Self)
            .map_err(|error| ListenError::new(Protocol::Udp, Ipv4Addr::UNSPECIFIED, port, device, error))
    }

    pub(super) fn port(&self) -> io::Result<u16> {
        Ok(self.0.local_addr()?.port())
    }

    /// Waits for a datagram. Dropping the future loses none.
    pub(super) async fn receive(&self) -> io::Result<Received> {
        self.0.async_io(Interest::READABLE, || receive(&self.0)).await
    }

    /// Sends out of one interface, from one address. Never waits: a client whose answer finds no room asks again.
    pub(in crate::serve) fn send(
        &self,
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
        let sent = sendmsg(self.0.as_raw_fd(), &[IoSlice::new(bytes)], &control, MsgFlags::MSG_DONTWAIT, Some(&to))?;
        if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }
}

fn open(port: u16, device: Option<&str>, shared: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_nonblocking(true)?;
    // Not SO_REUSEPORT: with it the kernel would give each datagram, broadcasts too, to one of the sharers only (CO-03).
    socket.set_reuse_address(shared)?;
    socket.set_broadcast(true)?;
    setsockopt(&socket, Ipv4PacketInfo, &true)?;
    // Some ROMs drop packets that have the "don't fragment" bit (DH-37).
    set_ip_mtu_discover(&socket, Ipv4PathMtuDiscovery::DONT)?;
    socket.set_tos_v4(CS6)?;
    if let Some(device) = device {
        socket.bind_device(Some(device.as_bytes()))?;
    }
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into())?;
    UdpSocket::from_std(socket.into())
}

fn receive(socket: &UdpSocket) -> io::Result<Received> {
    let mut bytes = vec![0; LONGEST];
    let mut control = nix::cmsg_space!(libc::in_pktinfo);
    let (len, truncated, source, info) = {
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let message =
            recvmsg::<SockaddrIn>(socket.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::MSG_DONTWAIT)?;
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
        let socket = DhcpSocket::bind(0, Some("lo"), true).unwrap();
        assert_eq!(ip_mtu_discover(&socket.0).unwrap(), Ipv4PathMtuDiscovery::DONT);
        let socket = socket2::SockRef::from(&socket.0);
        assert!(socket.broadcast().unwrap() && socket.reuse_address().unwrap() && !socket.reuse_port().unwrap());
        assert_eq!(socket.tos_v4().unwrap(), CS6);
        assert_eq!(socket.device().unwrap().as_deref(), Some(&b"lo"[..]));
    }

    /// CO-08, DH-24: the source is the address that is asked for, not the one that routing would take.
    #[tokio::test]
    async fn sends_from_the_address_that_it_is_told() {
        let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let std::net::SocketAddr::V4(to) = client.local_addr().unwrap() else { panic!("no IPv4 address") };
        let socket = DhcpSocket::bind(0, None, false).unwrap();
        let lo = crate::serve::interface::interfaces().unwrap().into_iter().find(|i| i.name == "lo").unwrap();
        let from = Ipv4Addr::new(127, 0, 0, 5);
        socket.send(b"x", to, lo.index, from).unwrap();
        let (_, source) = client.recv_from(&mut [0; 8]).unwrap();
        assert_eq!(source, SocketAddrV4::new(from, socket.port().unwrap()).into());
    }
}
