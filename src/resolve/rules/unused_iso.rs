//! Every ISO is offered by an entry.

use std::collections::BTreeSet;

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::menu::Target;

/// Only where there is a menu: without one, the single ISO boots by itself.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.menus.is_empty() || spec.incomplete {
        return;
    }
    let entries = spec.menus.iter().flat_map(|menu| menu.entries());
    let offered: BTreeSet<&str> = entries
        .filter_map(|entry| match &entry.target {
            Some(Target::Iso(name)) => Some(name.value.as_str()),
            _ => None,
        })
        .collect();
    for iso in spec.isos.iter().filter(|iso| !offered.contains(iso.name.value.as_str())) {
        let name = shown(&iso.name.value);
        out.push(
            Diagnostic::new(Code::UnusedIso, format!("no entry offers ISO `{name}`"))
                .at(iso.name.span, "cannot be chosen")
                .help(format!("add `entry \"{name}\" iso=\"{name}\"` to a menu")),
        );
    }
}
