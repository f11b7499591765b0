//! What is wrong with what clients would see and start, where nothing forbids to serve it.

use std::collections::BTreeMap;

use super::{command_line, title};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::facts::Facts;
use crate::resolve::{MenuItem, ResolvedSpec};
use crate::source::Span;
use crate::spec::Spec;

/// Every finding about menus and command lines as they would be. `written` is the spec that `spec` was resolved from.
pub fn check(written: &Spec, spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = command_line::check(spec, facts);
    for (written, menu) in written.menus.iter().zip(&spec.menus) {
        let places: BTreeMap<&str, Span> = written
            .entries()
            .map(|entry| (entry.name.value.as_str(), entry.title.as_ref().unwrap_or(&entry.name).span))
            .collect();
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for item in &menu.items {
            let MenuItem::Entry { name, title, target, .. } = item else { continue };
            let title = title.as_deref().unwrap_or(title::of_target(name, target, spec, facts)).trim();
            let known = *first.entry(title).or_insert(name);
            let (true, Some(place), Some(before)) = (known != name, places.get(name.as_str()), places.get(known))
            else {
                continue;
            };
            let message = format!(
                "entries `{}` and `{}` of menu `{}` both show `{}`",
                shown(known),
                shown(name),
                shown(&menu.name),
                shown(title)
            );
            findings.push(
                Diagnostic::new(Code::DuplicateTitle, message)
                    .at(*place, "looks the same")
                    .at(*before, "as this one")
                    .help("give one of the two another `title=\"…\"`"),
            );
        }
    }
    findings
}
