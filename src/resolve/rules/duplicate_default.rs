//! A menu has one default.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// `default=#false` is none.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for menu in &spec.menus {
        let mut defaults = menu.entries().filter_map(|entry| entry.default.as_ref()).filter(|default| default.value);
        let Some(first) = defaults.next() else { continue };
        for default in defaults {
            out.push(
                Diagnostic::new(
                    Code::DuplicateDefault,
                    format!("menu `{}` has two default entries", shown(&menu.name.value)),
                )
                .at(default.span, "default again")
                .at(first.span, "first default here")
                .help("keep `default=#true` at one entry"),
            );
        }
    }
}
