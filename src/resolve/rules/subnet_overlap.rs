//! Networks have no addresses in common, and neither have the subnets that relays serve.

use ipnet::Ipv4Net;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;
use crate::spec::Spec;

/// A subnet and the node that it is the value of.
struct Written<'a> {
    node: &'static str,
    subnet: &'a Spanned<Ipv4Net>,
}

/// Two subnets either have nothing in common, or one contains the other; so it is enough to look, in the order of
/// addresses, at the subnets that contain the present one.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let subnets = spec.networks.iter().filter_map(|network| network.subnet.as_ref());
    let subnets = subnets.map(|subnet| Written { node: "subnet", subnet });
    let relays = spec.networks.iter().flat_map(|network| &network.relays);
    let mut subnets: Vec<_> = subnets.chain(relays.map(|subnet| Written { node: "relay", subnet })).collect();
    subnets.sort_by_key(|Written { subnet, .. }| (subnet.value.network(), subnet.value.prefix_len(), subnet.span));
    let mut around: Vec<&Written> = Vec::new();
    for written in &subnets {
        while around.pop_if(|outer| !outer.subnet.value.contains(&written.subnet.value)).is_some() {}
        if let Some(outer) = around.last() {
            out.push(overlap(outer, written));
        }
        around.push(written);
    }
}

fn overlap(outer: &Written, inner: &Written) -> Diagnostic {
    let (first, second) = if outer.subnet.span < inner.subnet.span { (outer, inner) } else { (inner, outer) };
    let (one, other) = (second.subnet.value, first.subnet.value);
    let is_relay = |written: &Written| written.node == "relay";
    if one == other {
        let (label, help) = match (is_relay(first), is_relay(second)) {
            (false, false) => ("the same subnet", "remove one of the two networks, or correct its subnet"),
            _ => ("the same subnet", "remove this one, or correct it: a client belongs to one network"),
        };
        let twice = match (first.node, second.node) {
            ("subnet", "subnet") => format!("subnet `{one}` belongs to two networks"),
            ("relay", "relay") => format!("relay subnet `{one}` is named twice"),
            _ => format!("subnet `{one}` is on this machine and behind a relay"),
        };
        return Diagnostic::new(Code::SubnetOverlap, twice)
            .at(second.subnet.span, label)
            .at(first.subnet.span, "first written here")
            .help(help);
    }
    let named = |written: &Written| if is_relay(written) { "relay subnet" } else { "subnet" };
    let message = format!("{} `{one}` overlaps {} `{other}`", named(second), named(first));
    Diagnostic::new(Code::SubnetOverlap, message)
        .at(second.subnet.span, if std::ptr::eq(second, inner) { "lies inside" } else { "lies around" })
        .at(first.subnet.span, "the other subnet")
        .help(format!(
            "correct one of them: both contain {} to {}",
            inner.subnet.value.network(),
            inner.subnet.value.broadcast()
        ))
}
