//! An address belongs to one machine.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let routers = spec.networks.iter().filter_map(|network| match &network.dhcp.as_ref()?.value {
        DhcpMode::Server(server) => server.router.as_ref(),
        DhcpMode::Proxy | DhcpMode::BootServer => None,
    });
    let mut owners: BTreeMap<Ipv4Addr, (Span, String)> =
        routers.map(|router| (router.value, (router.span, "the router".to_owned()))).collect();
    for host in &spec.hosts {
        let Some(address) = &host.address else { continue };
        let this = format!("host `{}`", shown(&host.name.value));
        match owners.get(&address.value) {
            Some((first, owner)) => out.push(
                Diagnostic::new(
                    Code::DuplicateAddress,
                    format!("{owner} and {this} have the address `{}`", address.value),
                )
                .at(address.span, "given again")
                .at(*first, "first given here")
                .help("give one of them another address"),
            ),
            None => {
                owners.insert(address.value, (address.span, this));
            }
        }
    }
}
