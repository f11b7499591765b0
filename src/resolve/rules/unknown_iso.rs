//! An entry names an ISO of the spec.

use std::collections::BTreeSet;

use super::menus::{boots_without_iso, unknown_name_help};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::menu::Target;

/// Any ISO of the spec, before or behind the menu.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    // Where nothing can be booted at all there is one cause, and it has a finding of its own.
    if spec.incomplete || spec.isos.is_empty() && !boots_without_iso(spec) {
        return;
    }
    let known: BTreeSet<&str> = spec.isos.iter().map(|iso| iso.name.value.as_str()).collect();
    for entry in spec.menus.iter().flat_map(|menu| menu.entries()) {
        let Some(Target::Iso(iso)) = &entry.target else { continue };
        if known.contains(iso.value.as_str()) {
            continue;
        }
        let names = spec.isos.iter().map(|iso| iso.name.value.as_str());
        out.push(
            Diagnostic::new(
                Code::UnknownIso,
                format!("entry `{}` names an unknown ISO `{}`", shown(&entry.name.value), shown(&iso.value)),
            )
            .at(iso.span, "not defined")
            .help(unknown_name_help(&iso.value, "ISO", names, out.is_full())),
        );
    }
}
