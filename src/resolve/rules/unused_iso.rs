//! Every ISO is offered by an entry. One that a misspelled entry means is left to that finding.

use std::collections::BTreeSet;

use crate::diag::nearest::{nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::menu::Target;

/// Of more misspelled names than this only the first are compared, so that a hostile spec stays quick.
const MAX_COMPARED: usize = 100;

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
    let names: BTreeSet<&str> = spec.isos.iter().map(|iso| iso.name.value.as_str()).collect();
    let unknown = offered.difference(&names).take(MAX_COMPARED);
    let meant: BTreeSet<&str> = unknown.filter_map(|name| nearest(name, names.iter().copied())).collect();
    let is_free = |name: &str| !offered.contains(name) && !meant.contains(name);
    for iso in spec.isos.iter().filter(|iso| is_free(&iso.name.value)) {
        let name = shown(&iso.name.value);
        out.push(
            Diagnostic::new(Code::UnusedIso, format!("no entry offers ISO `{name}`"))
                .at(iso.name.span, "cannot be chosen")
                .help(format!("add `entry \"{name}\" iso=\"{name}\"` to a menu")),
        );
    }
}
