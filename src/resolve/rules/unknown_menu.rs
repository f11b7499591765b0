//! An entry names a menu of the spec.

use std::collections::BTreeSet;

use super::menus::unknown_name_help;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::menu::Target;

/// Any menu of the spec, before or behind this one.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    let known: BTreeSet<&str> = spec.menus.iter().map(|menu| menu.name.value.as_str()).collect();
    for entry in spec.menus.iter().flat_map(|menu| menu.entries()) {
        let Some(Target::Menu(menu)) = &entry.target else { continue };
        if known.contains(menu.value.as_str()) {
            continue;
        }
        let names = spec.menus.iter().map(|menu| menu.name.value.as_str());
        out.push(
            Diagnostic::new(
                Code::UnknownMenu,
                format!("entry `{}` names an unknown menu `{}`", shown(&entry.name.value), shown(&menu.value)),
            )
            .at(menu.span, "not defined")
            .help(unknown_name_help(&menu.value, "menu", names, out.is_full())),
        );
    }
}
