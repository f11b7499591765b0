//! Reads the headers of a captured Ethernet frame, as far as a case judges by them.

use std::net::{Ipv4Addr, SocketAddrV4};

/// An Ethernet frame with an IPv4 packet in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The sender's hardware address.
    pub from: [u8; 6],
    /// The receiver's hardware address.
    pub to: [u8; 6],
    protocol: u8,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    rest: &'a [u8],
}

/// A UDP datagram or a TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Where it came from.
    pub source: SocketAddrV4,
    /// Where it goes.
    pub destination: SocketAddrV4,
    /// What it carries, as far as it was captured.
    pub payload: &'a [u8],
}

const TCP: u8 = 6;
const UDP: u8 = 17;

impl<'a> Frame<'a> {
    /// Reads a frame; nothing if it is no IPv4, too short or a later fragment.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (ethernet, packet) = bytes.split_at_checked(14)?;
        if ethernet[12..] != [0x08, 0x00] {
            return None;
        }
        let first = *packet.first()?;
        let header = usize::from(first & 0x0f) * 4;
        let (ip, rest) = packet.split_at_checked(header)?;
        if first >> 4 != 4 || header < 20 || u16::from_be_bytes([ip[6], ip[7]]) & 0x1fff != 0 {
            return None;
        }
        // What follows the packet's own length is Ethernet padding.
        let length = usize::from(u16::from_be_bytes([ip[2], ip[3]])).saturating_sub(header);
        Some(Self {
            from: ethernet[6..12].try_into().ok()?,
            to: ethernet[..6].try_into().ok()?,
            protocol: ip[9],
            source: Ipv4Addr::new(ip[12], ip[13], ip[14], ip[15]),
            destination: Ipv4Addr::new(ip[16], ip[17], ip[18], ip[19]),
            rest: &rest[..rest.len().min(length)],
        })
    }

    /// The UDP datagram in it.
    pub fn udp(&self) -> Option<Segment<'a>> {
        if self.protocol == UDP { self.segment(8) } else { None }
    }

    /// The TCP segment in it.
    pub fn tcp(&self) -> Option<Segment<'a>> {
        if self.protocol != TCP {
            return None;
        }
        self.segment(usize::from(*self.rest.get(12)? >> 4) * 4)
    }

    fn segment(&self, header: usize) -> Option<Segment<'a>> {
        let (head, payload) = self.rest.split_at_checked(header)?;
        let port = |at: usize| Some(u16::from_be_bytes([*head.get(at)?, *head.get(at + 1)?]));
        Some(Segment {
            source: SocketAddrV4::new(self.source, port(0)?),
            destination: SocketAddrV4::new(self.destination, port(2)?),
            payload,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn frame(protocol: u8, segment: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0];
        bytes.extend([0x45, 0]);
        bytes.extend(((20 + segment.len()) as u16).to_be_bytes());
        bytes.extend([0, 0, 0, 0, 64, protocol, 0, 0, 10, 77, 0, 2, 10, 77, 0, 9]);
        bytes.extend(segment);
        bytes
    }

    pub(crate) fn udp_frame(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
        let mut segment = [from.to_be_bytes(), to.to_be_bytes(), [0, 0], [0, 0]].concat();
        segment.extend(payload);
        frame(UDP, &segment)
    }

    pub(crate) fn tcp_frame(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
        let mut segment = [from.to_be_bytes(), to.to_be_bytes()].concat();
        segment.extend([0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0]);
        segment.extend(payload);
        frame(TCP, &segment)
    }

    #[test]
    fn addresses_ports_and_payload_are_read() {
        let bytes = udp_frame(67, 68, b"offer");
        let frame = Frame::parse(&bytes).unwrap();
        let datagram = frame.udp().unwrap();
        assert_eq!((frame.from, frame.to), ([2; 6], [1; 6]));
        assert_eq!(datagram.source.to_string(), "10.77.0.2:67");
        assert_eq!(datagram.destination.to_string(), "10.77.0.9:68");
        assert_eq!(datagram.payload, b"offer");
        assert_eq!(frame.tcp(), None);
        assert_eq!(Frame::parse(&tcp_frame(80, 9, b"hello")).unwrap().tcp().unwrap().payload, b"hello");
    }

    #[test]
    fn padding_is_not_payload() {
        let mut bytes = udp_frame(1, 2, b"x");
        bytes.extend([0; 18]);
        assert_eq!(Frame::parse(&bytes).unwrap().udp().unwrap().payload, b"x");
    }

    #[test]
    fn no_cut_makes_it_panic() {
        for whole in [udp_frame(1, 2, b"abc"), tcp_frame(1, 2, b"abc")] {
            for end in 0..whole.len() {
                let _ = Frame::parse(&whole[..end]).map(|frame| (frame.udp(), frame.tcp()));
            }
        }
    }
}
