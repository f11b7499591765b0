//! Every ISO is offered by an entry.

use super::menus::offered;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// Only where there is a menu: without one, the single ISO boots by itself.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.menus.is_empty() || spec.incomplete {
        return;
    }
    // A menu without entries has a finding of its own, and this one follows from it.
    if spec.menus.iter().any(|menu| menu.entries().next().is_none()) {
        return;
    }
    let offered = offered(spec);
    for iso in spec.isos.iter().filter(|iso| !offered.contains(iso.name.value.as_str())) {
        let name = shown(&iso.name.value);
        out.push(
            Diagnostic::new(Code::UnusedIso, format!("no entry offers ISO `{name}`"))
                .at(iso.name.span, "cannot be chosen")
                .help(format!("add `entry \"{name}\" iso=\"{name}\"` to a menu")),
        );
    }
}
