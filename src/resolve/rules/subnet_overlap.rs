//! Networks have no addresses in common.

use ipnet::Ipv4Net;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;
use crate::spec::Spec;

/// Two subnets either have nothing in common, or one contains the other; so it is enough to look, in the order of
/// addresses, at the subnets that contain the present one.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let mut subnets: Vec<&Spanned<Ipv4Net>> =
        spec.networks.iter().filter_map(|network| network.subnet.as_ref()).collect();
    subnets.sort_by_key(|subnet| (subnet.value.network(), subnet.value.prefix_len(), subnet.span));
    let mut around: Vec<&Spanned<Ipv4Net>> = Vec::new();
    for subnet in subnets {
        while around.pop_if(|outer| !outer.value.contains(&subnet.value)).is_some() {}
        if let Some(outer) = around.last() {
            out.push(overlap(outer, subnet));
        }
        around.push(subnet);
    }
}

fn overlap(outer: &Spanned<Ipv4Net>, inner: &Spanned<Ipv4Net>) -> Diagnostic {
    let (first, second) = if outer.span < inner.span { (outer, inner) } else { (inner, outer) };
    if outer.value == inner.value {
        return Diagnostic::new(Code::SubnetOverlap, format!("subnet `{}` belongs to two networks", outer.value))
            .at(second.span, "the same subnet")
            .at(first.span, "first written here")
            .help("remove one of the two networks, or correct its subnet");
    }
    Diagnostic::new(Code::SubnetOverlap, format!("subnet `{}` overlaps subnet `{}`", second.value, first.value))
        .at(second.span, if second == inner { "lies inside" } else { "lies around" })
        .at(first.span, "the other subnet")
        .help(format!("correct one of them: both contain {} to {}", inner.value.network(), inner.value.broadcast()))
}
