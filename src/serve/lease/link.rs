//! Ethernet frames on one interface, for what has to be said without an address.

use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, MsgFlags, bind, send};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use crate::net::MacAddr;

/// The kernel's number for Ethernet hardware (`ARPHRD_ETHER`).
const ETHERNET: u16 = 1;
/// The longest frame that is read; what is asked for here is shorter.
const LONGEST: usize = 2048;

/// Both addresses and the type.
const HEADER: usize = 14;

const BROADCAST: MacAddr = MacAddr([0xff; 6]);

/// A socket for frames of one type of one interface. Needs CAP_NET_RAW to be opened, and nothing afterwards.
#[derive(Debug)]
pub(super) struct Link {
    /// A packet socket. tokio waits for it as for any other, and has no safe way to be told so but this type.
    socket: UdpSocket,
    mac: MacAddr,
    ethertype: u16,
}

impl Link {
    /// Opens it. Call it inside a tokio runtime.
    pub(super) fn open(interface: &str, ethertype: u16) -> io::Result<Self> {
        let (address, mac) = ethernet(interface)?;
        let protocol = Protocol::from(i32::from(ethertype.to_be()));
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(protocol))?;
        socket.set_nonblocking(true)?;
        // The address names the interface and leaves the type as it is.
        bind(socket.as_raw_fd(), &address)?;
        // Between the two calls above, frames of other interfaces may have come in.
        let mut frame = [0; LONGEST];
        while (&socket).read(&mut frame).is_ok() {}
        Ok(Self { socket: UdpSocket::from_std(socket.into())?, mac, ethertype })
    }

    /// The hardware address of the interface.
    pub(super) fn mac(&self) -> MacAddr {
        self.mac
    }

    /// Sends a payload to all. Never waits.
    pub(super) fn broadcast(&self, payload: &[u8]) -> io::Result<()> {
        let frame = [&BROADCAST.0[..], &self.mac.0, &self.ethertype.to_be_bytes(), payload].concat();
        send(self.socket.as_raw_fd(), &frame, MsgFlags::MSG_DONTWAIT)?;
        Ok(())
    }

    /// Waits for a frame, and gives its payload. Dropping the future loses none.
    pub(super) async fn receive(&self) -> io::Result<Vec<u8>> {
        let mut frame = vec![0; LONGEST];
        let len = self.socket.recv(&mut frame).await?;
        frame.truncate(len);
        Ok(frame.split_off(len.min(HEADER)))
    }
}

/// The address that a packet socket is bound to, which says which interface, and the hardware address.
fn ethernet(interface: &str) -> io::Result<(LinkAddr, MacAddr)> {
    let link = |address: nix::ifaddrs::InterfaceAddress| {
        let link = *address.address.as_ref()?.as_link_addr()?;
        (address.interface_name == interface && link.hatype() == ETHERNET).then_some((link, MacAddr(link.addr()?)))
    };
    getifaddrs()?.find_map(link).ok_or_else(|| io::Error::other(format!("interface `{interface}` is no Ethernet")))
}
