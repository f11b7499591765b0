//! A port that is listened on without holding it: beside a DHCP server of this machine, or beside its DHCP client.
//!
//! A raw socket of IP gets a copy of every UDP packet that this machine accepts, whoever holds its port (`raw(7)`), and needs
//! CAP_NET_RAW when it is opened and nothing later. Unlike a packet socket it is behind the kernel's routing: fragments are
//! joined, a frame that a bridge and its port both see comes once (CO-09), and answers find their way to a relay.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::task::{Context, Poll};

use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};
use tokio::net::UdpSocket;

use super::socket::{self, Received, prepare};

/// IP's number for UDP, for its pseudo header.
const UDP: u16 = 17;
/// The instruction of a filter that says how many bytes of a packet are let in.
const RETURN: u16 = 0x06;
/// Source port, destination port, length and checksum (RFC 768).
const UDP_HEADER: usize = 8;

/// An open raw socket, which no runtime watches yet.
#[derive(Debug)]
pub(super) struct OpenRaw {
    socket: Socket,
    port: u16,
}

/// A raw socket that the runtime watches.
#[derive(Debug)]
pub(in crate::serve) struct RawSocket {
    /// To the runtime all sockets of datagrams are one.
    socket: UdpSocket,
    port: u16,
}

impl OpenRaw {
    /// Opens it for `port` of all interfaces. It hears nothing before [`OpenRaw::listen`] or [`RawSocket::listen`].
    pub(super) fn open(port: u16) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP))?;
        socket.attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])?;
        prepare(&socket)?;
        Ok(Self { socket, port })
    }

    /// Lets packets to the port in.
    pub(super) fn listen(self) -> io::Result<Self> {
        self.socket.attach_filter(&to_port(self.port))?;
        Ok(self)
    }

    /// Has the runtime watch it. Call it inside a tokio runtime.
    pub(super) fn watch(self) -> io::Result<RawSocket> {
        Ok(RawSocket { socket: UdpSocket::from_std(self.socket.into())?, port: self.port })
    }
}

impl RawSocket {
    /// Lets packets to the port in. Where it is called again, nothing changes.
    pub(super) fn listen(&self) -> io::Result<()> {
        SockRef::from(&self.socket).attach_filter(&to_port(self.port))
    }

    /// The next datagram to the port, if there is one; else the task is woken when there is.
    pub(super) fn poll_receive(&self, cx: &mut Context<'_>) -> Poll<io::Result<Received>> {
        socket::poll_receive(&self.socket, cx, |packet| {
            let (source_port, payload) = payload(&packet.bytes, self.port)?;
            let bytes = payload.to_vec();
            Some(Received { bytes, source_port, ..packet })
        })
    }

    /// Sends from the port, out of one interface and from one address (CO-04). Never waits.
    pub(super) fn send(&self, bytes: &[u8], to: SocketAddrV4, ifindex: u32, from: Ipv4Addr) -> io::Result<()> {
        let datagram = datagram(bytes, SocketAddrV4::new(from, self.port), to)?;
        // A raw socket takes no port here.
        socket::send(&self.socket, &datagram, SocketAddrV4::new(*to.ip(), 0), ifindex, from)
    }
}

/// The program for the kernel that lets only packets to one UDP port through. It sees them from the IP header on.
fn to_port(port: u16) -> [SockFilter; 5] {
    let port = u32::from(port);
    [
        // ldx 4*([0]&0xf): the length of the IP header.
        SockFilter::new(0xb1, 0, 0, 0),
        // ldh [x + 2]: the destination port behind it.
        SockFilter::new(0x48, 0, 0, 2),
        // jeq #port
        SockFilter::new(0x15, 0, 1, port),
        // ret: all of it, or nothing.
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

/// The source port and the payload of an IP packet that carries a datagram to `port`. The checksum is not looked at: the
/// kernel leaves it unset on packets that never were on a wire.
fn payload(packet: &[u8], port: u16) -> Option<(u16, &[u8])> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let (udp, rest) = packet.get(header..)?.split_first_chunk::<UDP_HEADER>()?;
    let [s0, s1, d0, d1, l0, l1, _, _] = *udp;
    let len = usize::from(u16::from_be_bytes([l0, l1])).checked_sub(UDP_HEADER)?;
    (u16::from_be_bytes([d0, d1]) == port).then(|| (u16::from_be_bytes([s0, s1]), rest.get(..len).unwrap_or(rest)))
}

/// A UDP header with its checksum, and the payload (RFC 768).
fn datagram(payload: &[u8], from: SocketAddrV4, to: SocketAddrV4) -> io::Result<Vec<u8>> {
    let len = u16::try_from(UDP_HEADER + payload.len()).map_err(io::Error::other)?;
    let mut datagram = Vec::with_capacity(usize::from(len));
    for field in [from.port(), to.port(), len, 0] {
        datagram.extend_from_slice(&field.to_be_bytes());
    }
    datagram.extend_from_slice(payload);
    // An outcome of zero is sent as all ones: zero stands for "no checksum".
    let sum = match !sum(&datagram, *from.ip(), *to.ip(), len) {
        0 => u16::MAX,
        sum => sum,
    };
    if let Some(field) = datagram.get_mut(6..8) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
    Ok(datagram)
}

/// The sum in ones' complement over the pseudo header and the datagram.
fn sum(datagram: &[u8], from: Ipv4Addr, to: Ipv4Addr, len: u16) -> u16 {
    let words = |bytes: &[u8]| -> u32 {
        let word = |pair: &[u8]| match *pair {
            [high, low] => u32::from(u16::from_be_bytes([high, low])),
            [high] => u32::from(high) << 8,
            _ => 0,
        };
        bytes.chunks(2).map(word).sum()
    };
    let mut sum = words(&from.octets()) + words(&to.octets()) + u32::from(UDP) + u32::from(len) + words(datagram);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CO-04: a receiver that adds up header and payload, checksum included, gets all ones.
    #[test]
    fn co_04_writes_checksums_that_add_up() {
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 67);
        let to = SocketAddrV4::new(Ipv4Addr::BROADCAST, 68);
        for payload in [&b""[..], b"\xff", b"odd", b"even", &[0xff; 600], &[0; 301]] {
            let datagram = datagram(payload, from, to).unwrap();
            assert_eq!(datagram[..4], [0, 67, 0, 68]);
            assert_eq!(datagram[4..6], (datagram.len() as u16).to_be_bytes());
            assert_eq!(datagram[8..], *payload);
            assert_eq!(sum(&datagram, *from.ip(), *to.ip(), datagram.len() as u16), 0xffff);
        }
        let known = datagram(
            b"hi",
            SocketAddrV4::new([192, 168, 0, 1].into(), 1000),
            SocketAddrV4::new([192, 168, 0, 2].into(), 2000),
        );
        // Worked out by hand: c0a8 + 0001 + c0a8 + 0002 + 0011 + 000a + 03e8 + 07d0 + 000a + 6869, carries added, inverted.
        assert_eq!(known.unwrap()[6..8], [0x0a, 0x65]);
        datagram(&[0; 65_528], from, to).expect_err("longer than UDP can say");
    }

    #[test]
    fn takes_packets_apart() {
        let mut packet = vec![0x46; 24];
        packet.extend([0, 68, 0, 67, 0, 11, 0, 0]);
        packet.extend(b"abcd, of which one is padding");
        assert_eq!(payload(&packet, 67), Some((68, &b"abc"[..])));
        assert_eq!(payload(&packet, 68), None, "another port");
        packet.truncate(34);
        assert_eq!(payload(&packet, 67), Some((68, &b"ab"[..])), "cut short");
        for len in 0..32 {
            assert_eq!(payload(&packet[..len], 67), None, "{len} bytes");
        }
    }
}
