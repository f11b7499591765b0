//! There are enough addresses for the machines that the spec names.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

/// Only where there is one network, for hosts do not say on which one they are. An address that is kept for a host is given to
/// no other.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let [network] = spec.networks.as_slice() else { return };
    let Some(DhcpMode::Server(server)) = network.dhcp.as_ref().map(|dhcp| &dhcp.value) else { return };
    let Some(range) = &server.range else { return };
    let kept = spec.hosts.iter().filter_map(|host| host.address.as_ref());
    let kept = kept.filter(|address| range.value.contains(address.value)).count();
    let machines = spec.hosts.iter().filter(|host| host.address.is_none()).count();
    let free = range.value.count().saturating_sub(kept as u64);
    if machines as u64 > free {
        let addresses = if free == 1 { "1 address".to_owned() } else { format!("{free} addresses") };
        let message =
            format!("range `{}` has {addresses} for {machines} hosts that have none of their own", range.value);
        out.push(
            Diagnostic::new(Code::RangeTooSmall, message)
                .at(range.span, "too few")
                .help("give the range more addresses, or each host its own `address`"),
        );
    }
}
