//! The network interfaces of this machine, and which address of it a client is told.

use std::io;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;

use crate::proto::dhcp::ServerAddr;

/// One interface; a VLAN or a bridge counts as one of its own (CO-09).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name: `enp3s0`.
    pub name: String,
    /// The number that the kernel knows it by.
    pub index: u32,
    /// Its IPv4 addresses with their prefix lengths, in the kernel's order.
    pub addresses: Vec<Ipv4Net>,
    /// Whether it is switched on.
    pub up: bool,
    /// Whether it has a carrier.
    pub running: bool,
    /// Whether it leads back to this machine only.
    pub loopback: bool,
}

/// Reads the interfaces that there are now, by number.
///
/// # Errors
/// What the operating system says.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let entries: Vec<_> = getifaddrs()?.collect();
    let mut found: Vec<Interface> = entries
        .iter()
        .filter_map(|entry| {
            let index = entry.address.as_ref()?.as_link_addr()?.ifindex();
            Some(Interface {
                name: entry.interface_name.clone(),
                index: u32::try_from(index).ok()?,
                addresses: Vec::new(),
                up: entry.flags.contains(InterfaceFlags::IFF_UP),
                running: entry.flags.contains(InterfaceFlags::IFF_RUNNING),
                loopback: entry.flags.contains(InterfaceFlags::IFF_LOOPBACK),
            })
        })
        .collect();
    for entry in &entries {
        let addr = entry.address.as_ref().and_then(|addr| addr.as_sockaddr_in()).map(|addr| addr.ip());
        let mask = entry.netmask.as_ref().and_then(|mask| mask.as_sockaddr_in()).map(|mask| mask.ip());
        // An alias address comes under its label, `enp3s0:1`; a name itself cannot hold a colon.
        let name = entry.interface_name.split(':').next();
        let interface = found.iter_mut().find(|interface| Some(interface.name.as_str()) == name);
        if let (Some(addr), Some(mask), Some(interface)) = (addr, mask, interface)
            && let Ok(net) = Ipv4Net::with_netmask(addr, mask)
        {
            interface.addresses.push(net);
        }
    }
    found.sort_by_key(|interface| interface.index);
    Ok(found)
}

/// Which interfaces and networks are served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Names of interfaces; empty means all but the loopback.
    pub interfaces: Vec<String>,
    /// Networks in which the interface, the relay or the client has to be; empty means all.
    pub networks: Vec<Ipv4Net>,
    /// Addresses of this machine at which files are served, so that clients may be told them; empty means all.
    pub addresses: Vec<Ipv4Addr>,
}

impl Scope {
    /// Whether datagrams from this interface are looked at.
    pub fn listens_on(&self, interface: &Interface) -> bool {
        if self.interfaces.is_empty() { !interface.loopback } else { self.interfaces.contains(&interface.name) }
    }

    /// The one interface that is served, where the scope names just one.
    pub fn only_interface(&self) -> Option<&str> {
        match self.interfaces.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn serves_at(&self, addr: Ipv4Addr) -> bool {
        self.addresses.is_empty() || self.addresses.contains(&addr)
    }

    fn holds(&self, addr: Ipv4Addr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|net| net.contains(&addr))
    }
}

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
    /// On a served interface that has no IPv4 address at which files are served.
    NoAddress {
        /// The interface's name.
        interface: String,
    },
    /// Answered in the name of this address.
    Server(ServerAddr),
}

/// Chooses the address of this machine that a client is told, per interface and per subnet of the client (CO-07).
///
/// A relayed request gets our address in the relay's subnet where we have one (CO-10). Else a request by unicast gets the
/// address that it was sent to, and a broadcast the address of the receiving interface, one in a served network if there is
/// one. `giaddr` is 0.0.0.0 for a request without a relay.
pub fn place(interfaces: &[Interface], scope: &Scope, arrival: &Arrival, giaddr: Ipv4Addr) -> Place {
    let Some(receiving) = interfaces.iter().find(|i| i.index == arrival.ifindex).filter(|i| scope.listens_on(i)) else {
        return Place::Unserved;
    };
    let served = || interfaces.iter().filter(|interface| scope.listens_on(interface));
    let of_served = || served().flat_map(|i| &i.addresses).filter(|net| scope.serves_at(net.addr()));
    let relayed = !giaddr.is_unspecified();
    let in_scope = if relayed {
        scope.holds(giaddr)
    } else {
        scope.holds(arrival.source) || receiving.addresses.iter().any(|net| scope.holds(net.addr()))
    };
    // A datagram for an address of an interface that is not served is for whoever listens there (DH-54).
    let elsewhere = interfaces.iter().filter(|interface| !scope.listens_on(interface));
    let for_elsewhere =
        elsewhere.flat_map(|interface| &interface.addresses).any(|net| net.addr() == arrival.destination);
    if !in_scope || for_elsewhere {
        return Place::Unserved;
    }

    let beside_relay = of_served().find(|net| relayed && net.contains(&giaddr));
    let addressed = of_served().find(|net| net.addr() == arrival.destination);
    let own = receiving.addresses.iter().filter(|net| scope.serves_at(net.addr())).min_by_key(|net| {
        let addr = net.addr();
        (!scope.holds(addr), addr != arrival.suggested, addr.is_link_local())
    });
    match beside_relay.or(addressed).or(own).and_then(|net| ServerAddr::new(net.addr())) {
        Some(server) => Place::Server(server),
        None => Place::NoAddress { interface: receiving.name.clone() },
    }
}

/// Whether a datagram's source may be answered by unicast: it is in a served network or in one of the receiving interface.
///
/// Sources are forged easily, and an answer is longer than its question; whoever is elsewhere must not get it (SE-04). A
/// source of 0.0.0.0 has no address yet, so its answer stays on the wire.
pub fn is_near(interfaces: &[Interface], scope: &Scope, arrival: &Arrival) -> bool {
    let receiving = interfaces.iter().find(|interface| interface.index == arrival.ifindex);
    let mut attached = receiving.into_iter().flat_map(|interface| &interface.addresses);
    let source = arrival.source;
    source.is_unspecified()
        || scope.networks.iter().any(|net| net.contains(&source))
        || attached.any(|net| net.contains(&source))
}

#[cfg(test)]
mod tests;
