//! No machine is given the address of the router.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

/// Whether the range contains an address of this machine is looked at where its interfaces are known
/// ([`crate::serve::host`]).
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let Some(DhcpMode::Server(server)) = network.dhcp.as_ref().map(|dhcp| &dhcp.value) else { continue };
        let (Some(range), Some(router)) = (&server.range, &server.router) else { continue };
        if range.value.contains(router.value) {
            let message = format!("range `{}` contains the address of the router, `{}`", range.value, router.value);
            out.push(
                Diagnostic::new(Code::RangeTaken, message)
                    .at(range.span, "gives it to a client")
                    .at(router.span, "the router")
                    .help("begin the range behind the router's address, or end it before"),
            );
        }
    }
}
