//! Addresses that are given out are addresses that a machine on the network can have.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::AddressRange;
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let Some(DhcpMode::Server(server)) = network.dhcp.as_ref().map(|dhcp| &dhcp.value) else { continue };
        let (Some(subnet), Some(range)) = (&network.subnet, &server.range) else { continue };
        let net = subnet.value;
        let hosts = AddressRange::new(
            net.network().to_bits().saturating_add(1).into(),
            net.broadcast().to_bits().saturating_sub(1).into(),
        );
        let is_inside = |address| net.contains(&address);
        let (why, label) = if !is_inside(range.value.first()) || !is_inside(range.value.last()) {
            ("is not in", "outside")
        } else if range.value.contains(net.network()) {
            ("contains the network address of", "begins too early")
        } else if range.value.contains(net.broadcast()) {
            ("contains the broadcast address of", "ends too late")
        } else {
            continue;
        };
        let help = match hosts {
            Some(hosts) => format!("write a part of `\"{hosts}\"`"),
            None => "write a larger subnet: this one has no addresses to give out".to_owned(),
        };
        let message = format!("range `{}` {why} subnet `{net}` of network `{}`", range.value, network.name.value);
        out.push(
            Diagnostic::new(Code::RangeOutsideSubnet, message)
                .at(range.span, label)
                .at(subnet.span, "the subnet")
                .help(help),
        );
    }
}
