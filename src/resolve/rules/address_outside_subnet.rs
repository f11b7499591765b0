//! What clients are to reach directly is on their network, and so are the addresses that they get.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::diag::nearest::{listed, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;
use crate::spec::Spec;
use crate::spec::dhcp::DhcpServer;
use crate::spec::network::DhcpMode;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let served: Vec<_> = spec
        .networks
        .iter()
        .filter_map(|network| match &network.dhcp.as_ref()?.value {
            DhcpMode::Server(server) => Some((network.name.value.as_str(), network.subnet.as_ref()?, server)),
            DhcpMode::Proxy | DhcpMode::BootServer => None,
        })
        .collect();
    check_told(spec, out);
    check_routers(&served, out);
    // Where a part of the spec could not be read, the network may be there.
    if !spec.incomplete {
        check_hosts(spec, &served, out);
    }
}

type Served<'a> = (&'a str, &'a Spanned<Ipv4Net>, &'a DhcpServer);

/// The address of this machine that clients are told.
fn check_told(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let (Some(subnet), Some(address)) = (&network.subnet, &network.address) else { continue };
        let Some(why) = why_not_in(subnet.value, address.value) else { continue };
        out.push(
            Diagnostic::new(
                Code::AddressOutsideSubnet,
                format!("address `{}` {why} subnet `{}`", address.value, subnet.value),
            )
            .at(address.span, "not of this network")
            .at(subnet.span, "the subnet")
            .help("write the address that this machine has in the subnet, or remove the line: netspec finds it"),
        );
    }
}

fn check_routers(served: &[Served<'_>], out: &mut Diagnostics) {
    for (name, subnet, server) in served {
        let Some(router) = &server.router else { continue };
        let Some(why) = why_not_in(subnet.value, router.value) else { continue };
        let message = format!("router `{}` {why} subnet `{}` of network `{name}`", router.value, subnet.value);
        out.push(
            Diagnostic::new(Code::AddressOutsideSubnet, message)
                .at(router.span, "no client can reach it")
                .at(subnet.span, "the subnet")
                .help("write the router's address on this network, or remove `router` if the network has none"),
        );
    }
}

fn check_hosts(spec: &Spec, served: &[Served<'_>], out: &mut Diagnostics) {
    let has_unknown_subnet = spec.networks.iter().any(|network| {
        matches!(&network.dhcp, Some(Spanned { value: DhcpMode::Server(_), .. })) && network.subnet.is_none()
    });
    for host in &spec.hosts {
        let Some(address) = host.address.as_ref().filter(|_| !has_unknown_subnet) else { continue };
        if served.iter().any(|(_, subnet, _)| why_not_in(subnet.value, address.value).is_none()) {
            continue;
        }
        let (why, help) = match served {
            [] => (
                "no network gives out addresses".to_owned(),
                "remove `address`: the DHCP server of the network gives the machine its address, not netspec"
                    .to_owned(),
            ),
            served => (
                match served.iter().find(|(_, subnet, _)| subnet.value.contains(&address.value)) {
                    Some((name, subnet, _)) => {
                        format!("it belongs to no machine of subnet `{}` of network `{name}`", subnet.value)
                    }
                    None => "it is in no subnet whose addresses are given out".to_owned(),
                },
                format!("write an address in {}", listed(served.iter().map(|(_, subnet, _)| subnet.value))),
            ),
        };
        let message = format!("host `{}` cannot get the address `{}`: {why}", shown(&host.name.value), address.value);
        out.push(Diagnostic::new(Code::AddressOutsideSubnet, message).at(address.span, "never given out").help(help));
    }
}

/// Why no machine in the subnet can have the address.
fn why_not_in(net: Ipv4Net, address: Ipv4Addr) -> Option<&'static str> {
    if !net.contains(&address) {
        Some("is not in")
    } else if [net.network(), net.broadcast()].contains(&address) {
        Some("belongs to no machine of")
    } else {
        None
    }
}
