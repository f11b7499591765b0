//! Whether another DHCP server answers on a network: two servers that do not know of each other give out one address twice.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::link::Link;
use crate::net::MacAddr;

const ETHERTYPE_IPV4: u16 = 0x0800;
/// Servers answer a DHCPDISCOVER at once, or after they have looked whether the address is in use, which may take a second.
const PATIENCE: Duration = Duration::from_millis(1000);
/// How often it is asked; a port of a switch that has just come up may lose the first question.
const TIMES: u32 = 2;
/// What tells our question from those of clients: "nets".
const XID: [u8; 4] = *b"nets";

/// Another DHCP server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rival {
    /// The network that it answers on.
    pub network: String,
    /// Our interface on it.
    pub interface: String,
    /// Its address.
    pub server: Ipv4Addr,
}

impl fmt::Display for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { network, interface, server } = self;
        write!(f, "the DHCP server {server} answers on network `{network}` (`{interface}`)")
    }
}

/// It cannot be found out.
#[derive(Debug, thiserror::Error)]
#[error("cannot look for other DHCP servers on `{interface}`: {source}")]
pub struct RivalError {
    /// The interface.
    pub interface: String,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

/// Asks a network for addresses, as a client would, and gives who offers one.
///
/// On the wire, because a socket at port 68 would not get what the machine's own DHCP client waits for, nor leave it alone.
pub(super) async fn search(network: String, interface: String) -> Result<Vec<Rival>, RivalError> {
    match servers(&interface).await {
        Ok(found) => Ok(found
            .into_iter()
            .map(|server| Rival { network: network.clone(), interface: interface.clone(), server })
            .collect()),
        Err(source) => Err(RivalError { interface, source }),
    }
}

async fn servers(interface: &str) -> io::Result<BTreeSet<Ipv4Addr>> {
    let link = Link::open(interface, ETHERTYPE_IPV4)?;
    let discover = discover(link.mac());
    let mut found = BTreeSet::new();
    for _ in 0..TIMES {
        link.broadcast(&discover)?;
        let end = Instant::now() + PATIENCE;
        while let Ok(payload) = timeout_at(end, link.receive()).await {
            found.extend(offering(&payload?));
        }
    }
    Ok(found)
}

/// A DHCPDISCOVER that asks for a broadcast, in UDP, in IPv4, from 0.0.0.0.
fn discover(mac: MacAddr) -> Vec<u8> {
    let mut dhcp = vec![1, 1, 6, 0];
    dhcp.extend_from_slice(&XID);
    dhcp.extend_from_slice(&[0, 0, 0x80, 0]);
    dhcp.extend_from_slice(&[0; 16]);
    dhcp.extend_from_slice(&mac.0);
    dhcp.resize(236, 0);
    dhcp.extend_from_slice(&[99, 130, 83, 99, 53, 1, 1, 55, 2, 1, 3, 255]);
    dhcp.resize(300, 0);

    let length = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes();
    let udp_length = length(8 + dhcp.len());
    let mut udp = [&[0, 68, 0, 67][..], &udp_length, &[0, 0], &dhcp].concat();
    let addresses = [[0; 4], [255; 4]].concat();
    let pseudo_header = [&addresses[..], &[0, 17], &udp_length].concat();
    // A sum of 0 would mean that there is none.
    let sum = match checksum(&[&pseudo_header, &udp]) {
        0 => 0xffff,
        sum => sum,
    };
    udp[6..8].copy_from_slice(&sum.to_be_bytes());

    let mut ip = vec![0x45, 0xc0];
    ip.extend_from_slice(&length(20 + udp.len()));
    ip.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0]);
    ip.extend_from_slice(&addresses);
    let sum = checksum(&[&ip]);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    [ip, udp].concat()
}

/// The checksum of the Internet (RFC 1071) over parts, each but the last of even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0u32;
    for part in parts {
        let (pairs, rest) = part.as_chunks::<2>();
        sum += pairs.iter().map(|pair| u32::from(u16::from_be_bytes(*pair))).sum::<u32>();
        sum += rest.iter().map(|last| u32::from(*last) << 8).sum::<u32>();
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The server of an IPv4 packet that offers an address in answer to our question.
fn offering(packet: &[u8]) -> Option<Ipv4Addr> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let is_udp = packet.first()? >> 4 == 4 && *packet.get(9)? == 17;
    let udp = packet.get(header..).filter(|_| is_udp)?;
    let dhcp = udp.strip_prefix(&[0, 67, 0, 68])?.get(4..)?;
    let is_answer = *dhcp.first()? == 2 && dhcp.get(4..8)? == XID;
    // A proxy offers no address (DH-21).
    let offers = is_answer && dhcp.get(16..20)? != [0; 4];
    let source = <[u8; 4]>::try_from(packet.get(12..16)?).ok()?;
    offers.then_some(source.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::dhcp::{BootRequest, MessageType};

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

    /// CO-04: with the right checksums, as the sum over what includes a right one is 0.
    #[test]
    fn asks_as_a_client_without_an_address() {
        let packet = discover(MAC);
        assert_eq!(packet.len(), 328);
        assert_eq!(checksum(&[&packet[..20]]), 0);
        let pseudo_header = [&packet[12..20], &[0, 17], &packet[24..26]].concat();
        assert_eq!(checksum(&[&pseudo_header, &packet[20..]]), 0);
        assert_eq!((&packet[12..20], &packet[20..24]), (&[0, 0, 0, 0, 255, 255, 255, 255][..], &[0, 68, 0, 67][..]));
        let request = BootRequest::parse(&packet[28..]).unwrap();
        assert_eq!((request.message_type(), request.mac()), (Some(MessageType::Discover), MAC));
        assert_eq!(request.flags, 0x8000);
    }

    #[test]
    fn hears_who_offers_an_address() {
        let mut packet = discover(MAC);
        assert_eq!(offering(&packet), None, "a question");
        packet[12..16].copy_from_slice(&[10, 0, 0, 9]);
        packet[20..24].copy_from_slice(&[0, 67, 0, 68]);
        packet[28] = 2;
        assert_eq!(offering(&packet), None, "a proxy");
        packet[44..48].copy_from_slice(&[10, 0, 0, 50]);
        assert_eq!(offering(&packet), Some(Ipv4Addr::new(10, 0, 0, 9)));
        for cut in 0..48 {
            assert_eq!(offering(&packet[..cut]), None, "{cut}");
        }
        packet[32] ^= 1;
        assert_eq!(offering(&packet), None, "an answer to another one");
    }
}
