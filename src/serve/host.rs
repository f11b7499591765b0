//! Where the networks of a spec are on this machine.

use std::net::Ipv4Addr;

use super::interface::{Interface, interfaces};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::Network;

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
}

/// Finds all networks; the findings point at the subnet or interface to change.
pub fn locate(networks: &[Network]) -> (Vec<Located>, Diagnostics) {
    let mut located = Vec::new();
    let mut findings = Diagnostics::default();
    match interfaces() {
        Ok(interfaces) => {
            for network in networks {
                match locate_one(network, &interfaces) {
                    Ok(found) => located.push(found),
                    Err(finding) => findings.push(*finding),
                }
            }
        }
        Err(error) => {
            let message = format!("cannot list the interfaces of this machine: {error}");
            findings.push(Diagnostic::new(Code::NoInterface, message).help("run `ip address` to see whether it can"));
        }
    }
    (located, findings)
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
    };
    if let Some(name) = &network.interface {
        let interface = interfaces.iter().find(|interface| interface.name == *name).ok_or_else(|| {
            let message =
                format!("network `{}` names interface `{name}`, which this machine does not have", network.name);
            finding(network, message, "no such interface", &overview(interfaces))
        })?;
        return match in_subnet(network, interface) {
            Some(addresses) if interface.up => Ok(found(interface, addresses)),
            Some(_) => Err(is_down(network, interface)),
            None => Err(has_no_address(network, interface)),
        };
    }
    let mut matching: Vec<_> = interfaces.iter().filter_map(|i| Some((i, in_subnet(network, i)?))).collect();
    // Cable and radio may be on one network; the one that is on serves it. The sort keeps the kernel's order else.
    matching.sort_by_key(|(interface, _)| !interface.up);
    match matching.into_iter().next() {
        Some((interface, addresses)) if interface.up => Ok(found(interface, addresses)),
        Some((interface, _)) => Err(is_down(network, interface)),
        None => {
            let subnet = network.subnet.map_or_else(String::new, |subnet| format!(" `{subnet}`"));
            let message = format!("no interface of this machine is on network `{}`{subnet}", network.name);
            Err(finding(network, message, "not a network of this machine", &overview(interfaces)))
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
    let name = &interface.name;
    let (message, help) = match network.subnet {
        Some(subnet) => (
            format!("interface `{name}` has no address in `{subnet}`"),
            format!("it has {}; change `subnet`, or give the interface an address there", addresses(interface)),
        ),
        None => (
            format!("interface `{name}` of network `{}` has no IPv4 address", network.name),
            "give it one: clients are told this machine's address and fetch their files from it".to_owned(),
        ),
    };
    finding(network, message, "no address here", &help)
}

fn addresses(interface: &Interface) -> String {
    match interface.addresses.is_empty() {
        true => "no IPv4 address".to_owned(),
        false => interface.addresses.iter().map(|net| format!("`{net}`")).collect::<Vec<_>>().join(", "),
    }
}

/// What the user could write instead.
fn overview(interfaces: &[Interface]) -> String {
    let others: Vec<_> = interfaces
        .iter()
        .filter(|interface| !interface.loopback && !interface.addresses.is_empty())
        .map(|interface| {
            let subnets = interface.addresses.iter().map(|net| format!("`{}`", net.trunc()));
            format!("`{}` on {}", interface.name, subnets.collect::<Vec<_>>().join(", "))
        })
        .collect();
    match others.is_empty() {
        true => "this machine has no interface with an IPv4 address besides its loopback".to_owned(),
        false => format!("this machine has {}", others.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::DhcpMode;
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
    }

    #[test]
    fn says_what_is_wrong_and_what_there_is() {
        let interfaces = [
            interface("enp3s0", "192.168.1.5/24", true),
            interface("enp4s0", "10.0.0.1/8", false),
            interface("enp5s0", "", true),
        ];
        let text = |subnet, name| {
            let finding = locate_one(&network(subnet, name), &interfaces).unwrap_err();
            format!("{}: {} ({})", finding.code.as_str(), finding.message, finding.help.unwrap())
        };
        let cases = [("172.16.0.0/12", ""), ("", "eth0"), ("10.0.0.0/8", ""), ("10.0.0.0/8", "enp3s0"), ("", "enp5s0")];
        let all: String = cases.iter().map(|(subnet, name)| text(subnet, name) + "\n").collect();
        insta::assert_snapshot!(all, @r"
        netspec::no-interface: no interface of this machine is on network `home` `172.16.0.0/12` (this machine has `enp3s0` on `192.168.1.0/24`; `enp4s0` on `10.0.0.0/8`)
        netspec::no-interface: network `home` names interface `eth0`, which this machine does not have (this machine has `enp3s0` on `192.168.1.0/24`; `enp4s0` on `10.0.0.0/8`)
        netspec::interface-down: interface `enp4s0` of network `home` is down (switch it on with `ip link set enp4s0 up`)
        netspec::no-interface: interface `enp3s0` has no address in `10.0.0.0/8` (it has `192.168.1.5/24`; change `subnet`, or give the interface an address there)
        netspec::no-interface: interface `enp5s0` of network `home` has no IPv4 address (give it one: clients are told this machine's address and fetch their files from it)
        ");
    }
}
