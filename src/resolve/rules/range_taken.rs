//! No machine is given the address of the router or of a DNS server.

use std::net::Ipv4Addr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

/// Whether the range contains an address of this machine is looked at where its interfaces are known
/// ([`crate::serve::host`]).
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let Some(DhcpMode::Server(server)) = network.dhcp.as_ref().map(|dhcp| &dhcp.value) else { continue };
        let Some(range) = &server.range else { continue };
        let router = server.router.as_ref();
        let told_apart = |address: &&Spanned<Ipv4Addr>| router.is_none_or(|router| router.value != address.value);
        let servers = server.dns.iter().filter(told_apart).map(|dns| ("DNS server", dns));
        for (what, address) in router.map(|router| ("router", router)).into_iter().chain(servers) {
            if !range.value.contains(address.value) {
                continue;
            }
            let message = format!("range `{}` contains the address of the {what}, `{}`", range.value, address.value);
            out.push(
                Diagnostic::new(Code::RangeTaken, message)
                    .at(range.span, "gives it to a client")
                    .at(address.span, format!("the {what}"))
                    .help(format!("begin the range behind the {what}'s address, or end it before")),
            );
        }
    }
}
