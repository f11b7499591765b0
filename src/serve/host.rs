//! Where the networks of a spec are on this machine.

use std::io;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::interface::{Interface, interfaces};
use crate::diag::nearest::{listed, nearest};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::{DhcpMode, Network};

/// A network of the spec, found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its name in the spec.
    pub network: String,
    /// The name of the interface that is on it.
    pub interface: String,
    /// The addresses that its clients may be told, at all of which files are served; never empty. Which one a client is told
    /// depends on how it asks (CO-07).
    pub addresses: Vec<Ipv4Addr>,
    /// Its own addresses, as the spec says.
    pub subnet: Option<Ipv4Net>,
    /// Subnets whose clients come through relays.
    pub relays: Vec<Ipv4Net>,
    /// How its clients are answered.
    pub dhcp: DhcpMode,
}

impl Located {
    /// Whether clients with this address belong to the network.
    pub fn holds(&self, address: Ipv4Addr) -> bool {
        self.subnet.iter().chain(&self.relays).any(|net| net.contains(&address))
    }
}

/// Finds all networks on this machine; the findings point at the subnet or interface to change.
pub fn locate(networks: &[Network]) -> (Vec<Located>, Diagnostics) {
    match interfaces() {
        Ok(interfaces) => locate_among(networks, &interfaces),
        Err(error) => (Vec::new(), unlisted(&error)),
    }
}

/// Finds all networks on a machine that has these interfaces.
pub fn locate_among(networks: &[Network], interfaces: &[Interface]) -> (Vec<Located>, Diagnostics) {
    let mut located = Vec::new();
    let mut findings = Diagnostics::default();
    for network in networks {
        match locate_one(network, interfaces) {
            Ok(found) => {
                findings.extend(own_address_in_range(network, &found));
                located.push(found);
            }
            Err(finding) => findings.push(*finding),
        }
    }
    (located, findings)
}

/// An address of this machine that would be given to a client.
fn own_address_in_range(network: &Network, found: &Located) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let DhcpMode::Server(pool) = &network.dhcp else { return findings };
    for address in found.addresses.iter().filter(|address| pool.range.contains(**address)) {
        let of = format!("`{address}` on `{}`", found.interface);
        let message = format!("range `{}` contains the address of this machine, {of}", pool.range);
        findings.push(
            Diagnostic::new(Code::RangeTaken, message)
                .at(pool.range_span, "gives it to a client")
                .help(format!("begin the range behind {address}, or end it before")),
        );
    }
    for (mac, address) in pool.reservations.iter().filter(|(_, address)| found.addresses.contains(address)) {
        let message = format!("the host with `mac \"{mac}\"` has the address of this machine, `{address}`");
        findings.push(
            Diagnostic::new(Code::DuplicateAddress, message)
                .at(network.span, format!("this machine is {address} here"))
                .help("give the host another address"),
        );
    }
    findings
}

fn unlisted(error: &io::Error) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let message = format!("the interfaces of this machine cannot be listed: {error}");
    findings.push(Diagnostic::new(Code::NoInterface, message).help("see what `ip address` says"));
    findings
}

/// What is wrong with the networks of a spec on this machine.
pub fn check(networks: &[Network]) -> Diagnostics {
    locate(networks).1
}

fn locate_one(network: &Network, interfaces: &[Interface]) -> Result<Located, Box<Diagnostic>> {
    let found = |interface: &Interface, addresses: Vec<Ipv4Addr>| Located {
        network: network.name.clone(),
        interface: interface.name.clone(),
        addresses,
        subnet: network.subnet,
        relays: network.relays.clone(),
        dhcp: network.dhcp.clone(),
    };
    if let Some(name) = &network.interface {
        let interface = interfaces.iter().find(|interface| interface.name == *name).ok_or_else(|| {
            let message =
                format!("network `{}` names interface `{name}`, which this machine does not have", network.name);
            finding(network, message, "no such interface", &other_interface(name, interfaces))
        })?;
        return match in_subnet(network, interface) {
            Some(addresses) if interface.up => told(network, interface, addresses).map(|told| found(interface, told)),
            Some(_) => Err(is_down(network, interface)),
            None => Err(has_no_address(network, interface)),
        };
    }
    let mut matching: Vec<_> = interfaces.iter().filter_map(|i| Some((i, in_subnet(network, i)?))).collect();
    // Cable and radio may be on one network; the one that is on and has the address that clients are told serves it. The sort
    // keeps the kernel's order else.
    matching.sort_by_key(|(interface, addresses)| {
        (!interface.up, network.address.is_some_and(|address| !addresses.contains(&address)))
    });
    match matching.into_iter().next() {
        Some((interface, addresses)) if interface.up => {
            told(network, interface, addresses).map(|told| found(interface, told))
        }
        Some((interface, _)) => Err(is_down(network, interface)),
        None => {
            let subnet = network.subnet.map_or_else(String::new, |subnet| format!(" (`{subnet}`)"));
            let message = format!("no interface of this machine is on network `{}`{subnet}", network.name);
            Err(finding(network, message, "not a network of this machine", &other_subnet(interfaces)))
        }
    }
}

/// The addresses of an interface that are in a network, link-local ones last; `None` where there is none.
fn in_subnet(network: &Network, interface: &Interface) -> Option<Vec<Ipv4Addr>> {
    let is_inside = |address: &Ipv4Addr| network.subnet.is_none_or(|subnet| subnet.contains(address));
    let mut addresses: Vec<_> = interface.addresses.iter().map(|net| net.addr()).filter(is_inside).collect();
    addresses.sort_by_key(Ipv4Addr::is_link_local);
    (!addresses.is_empty()).then_some(addresses)
}

/// The addresses that clients may be told: the one that the spec names, or all.
fn told(network: &Network, interface: &Interface, addresses: Vec<Ipv4Addr>) -> Result<Vec<Ipv4Addr>, Box<Diagnostic>> {
    let Some(wanted) = network.address else { return Ok(addresses) };
    if addresses.contains(&wanted) {
        return Ok(vec![wanted]);
    }
    let message = format!("interface `{}` of network `{}` has no address `{wanted}`", interface.name, network.name);
    let help = match addresses.as_slice() {
        [only] => format!("write `\"{only}\"`, its only one here, or remove the line: netspec finds it"),
        _ => format!("write one that it has: {}", listed(&addresses)),
    };
    let at = network.address_span.unwrap_or(network.span);
    Err(Box::new(Diagnostic::new(Code::AddressNotHere, message).at(at, "not an address of this interface").help(help)))
}

fn finding(network: &Network, message: String, label: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(Code::NoInterface, message).at(network.span, label).help(help))
}

fn is_down(network: &Network, interface: &Interface) -> Box<Diagnostic> {
    let name = &interface.name;
    let message = format!("interface `{name}` of network `{}` is down", network.name);
    let help = format!("switch it on with `ip link set {name} up`");
    Box::new(Diagnostic::new(Code::InterfaceDown, message).at(network.span, "switched off").help(help))
}

fn has_no_address(network: &Network, interface: &Interface) -> Box<Diagnostic> {
    let of = format!("interface `{}` of network `{}`", interface.name, network.name);
    let subnets: Vec<_> = interface.addresses.iter().map(|net| net.trunc()).collect();
    let (message, help) = match network.subnet {
        Some(subnet) if !subnets.is_empty() => (
            format!("{of} has no address in `{subnet}`, only {}", listed(&interface.addresses)),
            format!("write {} as the subnet, or give the interface an address in `{subnet}`", either(subnets)),
        ),
        _ => (
            format!("{of} has no IPv4 address"),
            "give it one: clients are told this machine's address and fetch their files from it".to_owned(),
        ),
    };
    finding(network, message, "no address here", &help)
}

/// What could be written instead of a name that no interface has.
fn other_interface(wanted: &str, interfaces: &[Interface]) -> String {
    let names = || interfaces.iter().filter(|i| !i.loopback).map(|interface| interface.name.as_str());
    match nearest(wanted, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names().next().is_some() => format!("this machine has {}", listed(names())),
        None => "connect it: this machine has no interface besides its loopback".to_owned(),
    }
}

/// What could be written instead of a subnet that this machine is not on.
fn other_subnet(interfaces: &[Interface]) -> String {
    let others = interfaces.iter().filter(|interface| !interface.loopback);
    let subnets: Vec<_> = others
        .flat_map(|interface| {
            interface.addresses.iter().map(|net| format!("`{}` on `{}`", net.trunc(), interface.name))
        })
        .collect();
    match subnets.is_empty() {
        true => "give an interface an address in it: this machine has none besides that of its loopback".to_owned(),
        false => format!("write a subnet that this machine is on: {}", subnets.join(" or ")),
    }
}

fn either(subnets: Vec<Ipv4Net>) -> String {
    subnets.iter().map(|subnet| format!("`{subnet}`")).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn interface(name: &str, address: &str, up: bool) -> Interface {
        let addresses = if address.is_empty() { Vec::new() } else { vec![address.parse().unwrap()] };
        Interface { name: name.into(), index: 1, addresses, up, running: up, loopback: false }
    }

    fn network(subnet: &str, name: &str) -> Network {
        Network {
            name: "home".into(),
            subnet: subnet.parse().ok(),
            interface: (!name.is_empty()).then(|| name.into()),
            dhcp: DhcpMode::Proxy,
            relays: Vec::new(),
            address: None,
            address_span: None,
            span: Span::new(0, 1),
        }
    }

    #[test]
    fn finds_the_interface_by_subnet_or_by_name() {
        let interfaces = [interface("enp3s0", "192.168.1.5/24", true), interface("enp4s0", "10.0.0.1/8", true)];
        let address = |network: &Network| locate_one(network, &interfaces).unwrap().addresses[0];
        assert_eq!(address(&network("10.0.0.0/8", "")), Ipv4Addr::new(10, 0, 0, 1));
        assert_eq!(address(&network("", "enp3s0")), Ipv4Addr::new(192, 168, 1, 5));
        assert_eq!(address(&network("192.168.1.0/24", "enp3s0")), Ipv4Addr::new(192, 168, 1, 5));
    }

    #[test]
    fn takes_all_addresses_of_the_network_link_local_ones_last() {
        let mut lan = interface("lan", "169.254.7.7/16", true);
        lan.addresses.extend(["10.0.0.2/24".parse::<ipnet::Ipv4Net>().unwrap(), "10.0.5.2/24".parse().unwrap()]);
        let addresses = |network: &Network| {
            let found = locate_one(network, std::slice::from_ref(&lan)).unwrap().addresses;
            found.iter().map(Ipv4Addr::to_string).collect::<Vec<_>>()
        };
        assert_eq!(addresses(&network("", "lan")), ["10.0.0.2", "10.0.5.2", "169.254.7.7"]);
        assert_eq!(addresses(&network("10.0.5.0/24", "")), ["10.0.5.2"]);
        let pinned = Network { address: Some(Ipv4Addr::new(10, 0, 5, 2)), ..network("", "lan") };
        assert_eq!(addresses(&pinned), ["10.0.5.2"], "the one that the spec names");
    }

    /// What is wrong otherwise is shown by the pages on `no-interface` and `interface-down`.
    #[test]
    fn says_when_the_kernel_does_not_answer() {
        let found = unlisted(&io::Error::other("netlink is gone"));
        let finding = found.iter().next().unwrap();
        assert_eq!(finding.message, "the interfaces of this machine cannot be listed: netlink is gone");
        assert_eq!(finding.help.as_deref(), Some("see what `ip address` says"));
    }
}
