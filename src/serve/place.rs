//! Which network a datagram belongs to, and which address of this machine its client is told.

use std::net::Ipv4Addr;

use super::host::Located;
use super::interface::Interface;
use crate::proto::dhcp::ServerAddr;

/// What the kernel says about a received datagram (`IP_PKTINFO`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The interface that it came in on.
    pub ifindex: u32,
    /// Where it came from.
    pub source: Ipv4Addr,
    /// Where it was sent to; 255.255.255.255 for a broadcast.
    pub destination: Ipv4Addr,
    /// The address of this machine that the kernel would answer from.
    pub suggested: Ipv4Addr,
}

/// What a datagram's arrival means for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Not ours to look at.
    Unserved,
    /// Through a relay that is in no network of the spec.
    UnknownRelay,
    /// Answered in the name of this address.
    Server(ServerAddr),
}

/// Chooses the address of this machine that a client is told, per interface and per subnet of the client (CO-07).
///
/// `networks` are those that are answered on the port of the datagram. A client behind a relay belongs to the network that
/// the relay's address, `giaddr`, lies in (CO-10), and is told that network's address: the one in the relay's subnet, the one
/// that the relay sent to, or else the first (CO-13). A request by unicast gets the address that it was sent to, and a
/// broadcast one of the receiving interface. `giaddr` is 0.0.0.0 for a request without a relay.
pub fn place(interfaces: &[Interface], networks: &[&Located], arrival: &Arrival, giaddr: Ipv4Addr) -> Place {
    let named = |name: &str| interfaces.iter().find(|interface| interface.name == name);
    let is_served = |interface: &Interface| networks.iter().any(|network| network.interface == interface.name);
    let receiving = interfaces.iter().find(|i| i.index == arrival.ifindex).filter(|i| is_served(i));
    let Some(receiving) = receiving else { return Place::Unserved };
    // A datagram for an address of an interface that is not served is for whoever listens there (DH-54).
    let mut elsewhere = interfaces.iter().filter(|interface| !is_served(interface)).flat_map(|i| &i.addresses);
    if elsewhere.any(|net| net.addr() == arrival.destination) {
        return Place::Unserved;
    }
    let told = if giaddr.is_unspecified() {
        let addressed = networks.iter().flat_map(|network| &network.addresses).find(|a| **a == arrival.destination);
        let here = networks.iter().filter(|network| network.interface == receiving.name);
        let here: Vec<Ipv4Addr> = here.flat_map(|network| &network.addresses).copied().collect();
        let own = receiving.addresses.iter().filter(|net| here.contains(&net.addr())).min_by_key(|net| {
            let addr = net.addr();
            (!net.contains(&arrival.source), addr != arrival.suggested, addr.is_link_local())
        });
        addressed.copied().or(own.map(|net| net.addr()))
    } else {
        let beside = |network: &Located| {
            let nets = named(&network.interface).into_iter().flat_map(|interface| &interface.addresses);
            nets.filter(|net| network.addresses.contains(&net.addr())).find(|net| net.contains(&giaddr))
        };
        let network = networks.iter().find(|network| network.holds(giaddr) || beside(network).is_some());
        let Some(network) = network else { return Place::UnknownRelay };
        let addressed = network.addresses.iter().find(|address| **address == arrival.destination);
        beside(network).map(|net| net.addr()).or(addressed.or(network.addresses.first()).copied())
    };
    told.and_then(ServerAddr::new).map_or(Place::Unserved, Place::Server)
}

/// Whether a datagram's source may be answered by unicast: it is in a served network, in a subnet behind a relay of one, or in
/// a subnet of the receiving interface.
///
/// Sources are forged easily, and an answer is longer than its question; whoever is elsewhere must not get it (SE-04). A
/// source of 0.0.0.0 has no address yet, so its answer stays on the wire.
pub fn is_near(interfaces: &[Interface], networks: &[Located], arrival: &Arrival) -> bool {
    let receiving = interfaces.iter().find(|interface| interface.index == arrival.ifindex);
    let mut attached = receiving.into_iter().flat_map(|interface| &interface.addresses);
    let source = arrival.source;
    source.is_unspecified()
        || networks.iter().any(|network| network.holds(source))
        || attached.any(|net| net.contains(&source))
}

#[cfg(test)]
mod tests;
