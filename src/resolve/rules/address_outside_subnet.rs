//! What clients are to reach directly is on their network.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let Some(DhcpMode::Server(server)) = network.dhcp.as_ref().map(|dhcp| &dhcp.value) else { continue };
        let (Some(subnet), Some(router)) = (&network.subnet, &server.router) else { continue };
        let net = subnet.value;
        let why = if !net.contains(&router.value) {
            "is not in"
        } else if net.prefix_len() < 31 && [net.network(), net.broadcast()].contains(&router.value) {
            "belongs to no machine of"
        } else {
            continue;
        };
        let name = &network.name.value;
        let message = format!("router `{}` {why} subnet `{net}` of network `{name}`", router.value);
        out.push(
            Diagnostic::new(Code::AddressOutsideSubnet, message)
                .at(router.span, "no client can reach it")
                .at(subnet.span, "the subnet")
                .help("write the router's address on this network, or remove `router` if the network has none"),
        );
    }
}
