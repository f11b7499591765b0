//! From the bytes of a link to UDP and TCP payloads: Ethernet with VLAN tags, Linux "cooked" captures and bare IP.
//!
//! Fragments behind the first one have no ports and are left out: no message of a boot is that long, but for TFTP data, which
//! nobody looks at here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use pcap_parser::Linktype;

use crate::net::MacAddr;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Udp,
    Tcp,
}

/// A datagram or segment with its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Datagram<'a> {
    /// The hardware address of the sender, where the link has one.
    pub(super) mac: Option<MacAddr>,
    pub(super) carrier: Carrier,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) payload: &'a [u8],
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// Reads a packet; `None` where it is anything else.
pub(super) fn read(link: Linktype, data: &[u8]) -> Option<Datagram<'_>> {
    match link {
        Linktype::ETHERNET => {
            let mac = MacAddr(*data.get(6..)?.first_chunk()?);
            let mut rest = data.get(12..)?;
            // Up to four tags: 802.1Q, 802.1ad and what was in use before it.
            for _ in 0..4 {
                match be16(rest, 0)? {
                    0x8100 | 0x88a8 | 0x9100 => rest = rest.get(4..)?,
                    _ => break,
                }
            }
            by_type(be16(rest, 0)?, rest.get(2..)?, Some(mac))
        }
        Linktype::LINUX_SLL => by_type(be16(data, 14)?, data.get(16..)?, mac_of_length(be16(data, 4)?, data.get(6..)?)),
        Linktype::LINUX_SLL2 => {
            let len = u16::from(*data.get(11)?);
            by_type(be16(data, 0)?, data.get(20..)?, mac_of_length(len, data.get(12..)?))
        }
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 => match data.first()? >> 4 {
            4 => ipv4(data, None),
            6 => ipv6(data, None),
            _ => None,
        },
        _ => None,
    }
}

fn mac_of_length(len: u16, address: &[u8]) -> Option<MacAddr> {
    if len == 6 { address.first_chunk().copied().map(MacAddr) } else { None }
}

fn by_type(kind: u16, data: &[u8], mac: Option<MacAddr>) -> Option<Datagram<'_>> {
    match kind {
        IPV4 => ipv4(data, mac),
        IPV6 => ipv6(data, mac),
        _ => None,
    }
}

fn ipv4(data: &[u8], mac: Option<MacAddr>) -> Option<Datagram<'_>> {
    let first = *data.first()?;
    let header = usize::from(first & 15) * 4;
    if first >> 4 != 4 || header < 20 || be16(data, 6)? & 0x1fff != 0 {
        return None;
    }
    // Short frames are padded; what is behind the packet's own length is no part of it.
    let total = usize::from(be16(data, 2)?);
    let data = data.get(..total).filter(|_| total >= header).unwrap_or(data);
    let from = Ipv4Addr::from(*data.get(12..)?.first_chunk::<4>()?);
    let to = Ipv4Addr::from(*data.get(16..)?.first_chunk::<4>()?);
    transport(*data.get(9)?, data.get(header..)?, from.into(), to.into(), mac)
}

fn ipv6(data: &[u8], mac: Option<MacAddr>) -> Option<Datagram<'_>> {
    if data.first()? >> 4 != 6 {
        return None;
    }
    let from = Ipv6Addr::from(*data.get(8..)?.first_chunk::<16>()?);
    let to = Ipv6Addr::from(*data.get(24..)?.first_chunk::<16>()?);
    // DHCPv6 has no extension headers in front.
    transport(*data.get(6)?, data.get(40..)?, from.into(), to.into(), mac)
}

fn transport(protocol: u8, data: &[u8], from: IpAddr, to: IpAddr, mac: Option<MacAddr>) -> Option<Datagram<'_>> {
    let (from, to) = (SocketAddr::new(from, be16(data, 0)?), SocketAddr::new(to, be16(data, 2)?));
    let (carrier, payload) = match protocol {
        17 => {
            let len = usize::from(be16(data, 4)?);
            let payload = data.get(8..)?;
            (Carrier::Udp, len.checked_sub(8).and_then(|len| payload.get(..len)).unwrap_or(payload))
        }
        6 => (Carrier::Tcp, data.get(usize::from(*data.get(12)? >> 4) * 4..)?),
        _ => return None,
    };
    Some(Datagram { mac, carrier, from, to, payload })
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*data.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn udp(payload: &[u8]) -> Vec<u8> {
        let len = u16::try_from(8 + payload.len()).unwrap();
        let mut ip = vec![0x45, 0];
        ip.extend((20 + len).to_be_bytes());
        ip.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        ip.extend([0, 68, 0, 67]);
        ip.extend(len.to_be_bytes());
        ip.extend([0, 0]);
        ip.extend(payload);
        ip
    }

    fn ethernet(tags: &[u8], behind: &[u8]) -> Vec<u8> {
        [&[0xff; 6][..], &[2, 0, 0, 0, 0, 1], tags, &[8, 0], behind].concat()
    }

    #[test]
    fn reads_the_links_that_captures_come_from() {
        let bare = udp(b"hi");
        let padded = [bare.clone(), vec![0; 30]].concat();
        let tagged = [0x88, 0xa8, 0, 5, 0x81, 0, 0, 7];
        let sll = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..], &bare].concat();
        let sll2 = [&[8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &bare].concat();
        for (link, data, has_mac) in [
            (Linktype::ETHERNET, ethernet(&[], &padded), true),
            (Linktype::ETHERNET, ethernet(&tagged, &bare), true),
            (Linktype::LINUX_SLL, sll, true),
            (Linktype::LINUX_SLL2, sll2, true),
            (Linktype::RAW, bare.clone(), false),
        ] {
            let read = read(link, &data).unwrap();
            assert_eq!((read.from.to_string().as_str(), read.to.to_string().as_str()), ("10.0.0.1:68", "10.0.0.2:67"));
            assert_eq!((read.payload, read.carrier, read.mac.is_some()), (&b"hi"[..], Carrier::Udp, has_mac), "{link}");
        }
        assert_eq!(read(Linktype::ETHERNET, &[0; 60]), None);
        let mut fragment = bare;
        fragment[7] = 9;
        assert_eq!(read(Linktype::RAW, &fragment), None);
    }

    proptest! {
        #[test]
        fn survives_any_bytes(mut bytes in prop::collection::vec(any::<u8>(), 0..120), kind in 0..6) {
            if let Some(first) = bytes.first_mut() {
                *first = if kind % 2 == 0 { 0x45 } else { 0x60 };
            }
            let link = [Linktype::ETHERNET, Linktype::LINUX_SLL, Linktype::LINUX_SLL2, Linktype::RAW, Linktype::IPV4, Linktype::NULL];
            let _ = read(link[usize::try_from(kind).unwrap()], &bytes);
            let _ = read(Linktype::ETHERNET, &ethernet(&[], &bytes));
        }
    }
}
