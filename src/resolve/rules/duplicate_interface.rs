//! An interface belongs to one network.

use std::collections::BTreeMap;

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::spec::Spec;

/// By name only; which interface a subnet is found on is not known before serving.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for interface in spec.networks.iter().filter_map(|network| network.interface.as_ref()) {
        let named = *first.entry(&interface.value).or_insert(interface.span);
        if named != interface.span {
            out.push(
                Diagnostic::new(
                    Code::DuplicateInterface,
                    format!("interface `{}` belongs to two networks", shown(&interface.value)),
                )
                .at(interface.span, "named again")
                .at(named, "first named here")
                .help("name another interface, or remove one of the two networks"),
            );
        }
    }
}
