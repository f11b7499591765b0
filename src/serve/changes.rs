//! Hears from the kernel that interfaces or addresses come and go (`rtnetlink(7)`).

use std::io;
use std::net;
use std::os::fd::AsRawFd as _;

use nix::libc;
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, socket};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// A subscription to the changes of interfaces and of their IPv4 addresses.
///
/// To the runtime all sockets of datagrams are one.
#[derive(Debug)]
pub(super) struct Changes(UdpSocket);

impl Changes {
    /// Subscribes. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn subscribe() -> io::Result<Self> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)?;
        let groups = libc::RTMGRP_LINK | libc::RTMGRP_IPV4_IFADDR;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, groups.try_into().map_err(io::Error::other)?))?;
        UdpSocket::from_std(net::UdpSocket::from(fd)).map(Self)
    }

    /// Waits until something has changed. What it was is not looked at: the list of interfaces is short, and read whole. So
    /// it does not matter either if the kernel had no room for a message.
    pub(super) async fn next(&self) -> io::Result<()> {
        self.0.readable().await?;
        let mut message = [0; 4096];
        loop {
            match self.0.try_io(Interest::READABLE, || {
                recv(self.0.as_raw_fd(), &mut message, MsgFlags::empty()).map_err(io::Error::from)
            }) {
                Ok(_) => {}
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
