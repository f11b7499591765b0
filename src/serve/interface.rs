//! The network interfaces of this machine.

use std::io;

use ipnet::Ipv4Net;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_loopback_of_this_machine() {
        let found = interfaces().unwrap();
        let lo = found.iter().find(|interface| interface.name == "lo").unwrap();
        assert!(lo.loopback && lo.index > 0);
        assert!(!lo.up || lo.addresses.contains(&"127.0.0.1/8".parse().unwrap()), "{lo:?}");
    }
}
