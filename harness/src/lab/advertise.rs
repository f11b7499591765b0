//! The IPv6 half of a home router: it answers router solicitations (RFC 4861 section 6.2.6), without any prefix.
//!
//! iPXE configures IPv6 beside DHCP and waits 16 seconds for a router before it goes on. Most homes have one.

use std::io::Read as _;
use std::net::{Ipv6Addr, SocketAddrV6};

use nix::net::if_::if_nametoindex;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::error::{Context, Result};

const SOLICITATION: u8 = 133;
const ADVERTISEMENT: u8 = 134;
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

/// An advertisement: hop limit 64, no flags, router lifetime 1800 s, nothing else. The kernel fills in the checksum.
const MESSAGE: [u8; 16] = [ADVERTISEMENT, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0];

/// Answers solicitations on an interface, on a thread that lasts as long as the process.
pub(super) fn start(interface: &str) -> Result<()> {
    let index = if_nametoindex(interface).context("the router's interface")?;
    let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6)).context("a socket for ICMPv6")?;
    socket.join_multicast_v6(&ALL_ROUTERS, index).context("joining the routers")?;
    // Receivers drop what came through a router (RFC 4861 section 6.1.2).
    socket.set_multicast_hops_v6(255).context("the hop limit")?;
    socket.set_multicast_if_v6(index).context("the router's interface")?;
    let to = SockAddr::from(SocketAddrV6::new(ALL_NODES, 0, 0, index));
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        // A raw socket for ICMPv6 gives the message without its IPv6 header (RFC 3542 section 3).
        while let Ok(length) = (&socket).read(&mut buffer) {
            if buffer[..length].first() == Some(&SOLICITATION) {
                // While the own address is still tentative this fails, and the client asks again.
                let _ = socket.send_to(&MESSAGE, &to);
            }
        }
    });
    Ok(())
}
