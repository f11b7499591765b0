//! Loaders that a rule of the spec names have to be there.

use super::{Facts, Usual};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;
use crate::spec::loader::LoaderKind;

/// PXELINUX has a finding of its own, where a menu needs it.
pub(super) fn check(spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let named = spec.rules.iter().filter_map(|rule| rule.loader.as_ref());
    for loader in named.filter(|loader| loader.value != LoaderKind::Pxelinux) {
        let kind = loader.value;
        if facts.loaders.contains_key(&kind) {
            continue;
        }
        let name = kind.name();
        let help = match Usual::of(kind) {
            Some(row) => format!("install {}, or say where it is with a `loader \"{name}\"` node", row.packages()),
            None => format!("say where it is with a `loader \"{name}\"` node"),
        };
        findings.push(
            Diagnostic::new(Code::LoaderMissing, format!("a rule names loader `{name}`, which is not installed"))
                .at(loader.span, "not found")
                .help(help),
        );
    }
    findings
}
