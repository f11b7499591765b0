//! The sockets of TFTP: the one that listens, and one per transfer.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::sync::Arc;

use nix::libc::{in_addr, in_pktinfo};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvfrom, recvmsg, sendmsg};
use rustix::net::sockopt::ip_mtu;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::allow_fragments;

/// A datagram at the listening socket.
pub(super) struct Datagram<'b> {
    pub(super) peer: SocketAddrV4,
    /// The address of this machine that it was sent to.
    pub(super) local: Ipv4Addr,
    pub(super) bytes: &'b [u8],
}

/// The listening socket. It tells where a datagram was sent to, and sends from any address of this machine.
pub(super) struct Listener(UdpSocket);

impl Listener {
    /// # Errors
    /// Where the runtime cannot watch the socket.
    pub(super) fn new(socket: std::net::UdpSocket) -> io::Result<Self> {
        UdpSocket::from_std(socket).map(Self)
    }

    /// The next datagram that was sent to this machine alone; a request to all is not answered (RFC 1123 section 4.2.3.5).
    pub(super) async fn receive<'b>(&self, buf: &'b mut [u8]) -> io::Result<Datagram<'b>> {
        loop {
            let received = self.0.async_io(Interest::READABLE, || receive(&self.0, buf)).await?;
            if let Some((len, peer, local)) = received {
                return Ok(Datagram { peer, local, bytes: buf.get(..len).unwrap_or_default() });
            }
        }
    }

    /// Sends from `local` and the listening port; waits for room.
    pub(super) async fn send(&self, bytes: &[u8], local: Ipv4Addr, peer: SocketAddrV4) -> io::Result<()> {
        self.0.async_io(Interest::WRITABLE, || self.send_now(bytes, local, peer)).await
    }

    /// As [`Listener::send`], but where there is no room the packet is lost. Packets to forged neighbors fill the socket for
    /// seconds, until the kernel has given them up; requests of others must not wait for that (SE-04).
    pub(super) fn send_now(&self, bytes: &[u8], local: Ipv4Addr, peer: SocketAddrV4) -> io::Result<()> {
        let info = in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: raw(local), ipi_addr: raw(Ipv4Addr::UNSPECIFIED) };
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let parts = [IoSlice::new(bytes)];
        sendmsg(self.0.as_raw_fd(), &parts, &control, MsgFlags::MSG_DONTWAIT, Some(&SockaddrIn::from(peer)))?;
        Ok(())
    }
}

fn receive(socket: &UdpSocket, buf: &mut [u8]) -> io::Result<Option<(usize, SocketAddrV4, Ipv4Addr)>> {
    let mut control = nix::cmsg_space!(in_pktinfo);
    let mut parts = [IoSliceMut::new(buf)];
    let message = recvmsg::<SockaddrIn>(socket.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::empty())?;
    let destination = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some((address(info.ipi_addr), address(info.ipi_spec_dst))),
        _ => None,
    });
    // For a broadcast the two differ: the header's address is no address of this machine.
    Ok(match (message.address, destination) {
        (Some(peer), Some((to, local))) if to == local => Some((message.bytes, peer.into(), local)),
        _ => None,
    })
}

fn raw(address: Ipv4Addr) -> in_addr {
    in_addr { s_addr: u32::from_ne_bytes(address.octets()) }
}

fn address(raw: in_addr) -> Ipv4Addr {
    Ipv4Addr::from(raw.s_addr.to_ne_bytes())
}

/// Where a transfer sends from.
pub(super) enum Wire {
    /// Its own port, the transfer id of the server (RFC 1350 section 4).
    ///
    /// The socket is not connected, since a connected one would never see a stranger's packet, which gets an ERROR (TF-21).
    Own { socket: UdpSocket, peer: SocketAddrV4 },
    /// The listening port, for all transfers; packets come through the mailbox.
    Shared { listener: Arc<Listener>, local: Ipv4Addr, peer: SocketAddrV4 },
}

impl Wire {
    /// A fresh port on the address that the request was sent to. The kernel chooses at random (SE-13).
    pub(super) async fn own(local: Ipv4Addr, peer: SocketAddrV4) -> io::Result<Self> {
        let socket = UdpSocket::bind(SocketAddrV4::new(local, 0)).await?;
        allow_fragments(&socket)?;
        Ok(Self::Own { socket, peer })
    }

    /// Sends to the client.
    pub(super) async fn send(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Own { socket, peer } => socket.send_to(bytes, *peer).await.map(drop),
            Self::Shared { listener, local, peer } => listener.send(bytes, *local, *peer).await,
        }
    }

    /// The next datagram at the transfer's own port, and whether the client sent it; never where it has none.
    pub(super) async fn receive(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr, bool)> {
        match self {
            Self::Own { socket, peer } => {
                let (len, from) = socket.recv_from(buf).await?;
                Ok((len, from, from == SocketAddr::V4(*peer)))
            }
            Self::Shared { .. } => std::future::pending().await,
        }
    }

    /// A datagram that is at the transfer's own port already, also where the runtime has not noticed it yet.
    pub(super) fn waiting(&self, buf: &mut [u8]) -> Option<(usize, SocketAddr, bool)> {
        let Self::Own { socket, peer } = self else { return None };
        let (len, from) = recvfrom::<SockaddrIn>(socket.as_raw_fd(), buf).ok()?;
        let from = SocketAddrV4::from(from?);
        Some((len, from.into(), from == *peer))
    }

    /// Sends to somebody else from the transfer's own port.
    pub(super) async fn send_to_stranger(&self, bytes: &[u8], stranger: SocketAddr) {
        if let Self::Own { socket, .. } = self {
            // Nobody waits for this packet.
            let _ = socket.send_to(bytes, stranger).await;
        }
    }
}

/// The largest IPv4 packet that reaches the client whole, as far as the kernel knows; Ethernet's where it does not.
pub(super) fn path_mtu(local: Ipv4Addr, peer: SocketAddrV4) -> u32 {
    let ask = || {
        let socket = std::net::UdpSocket::bind(SocketAddrV4::new(local, 0))?;
        socket.connect(peer)?;
        ip_mtu(&socket).map_err(io::Error::from)
    };
    ask().unwrap_or(1500)
}
