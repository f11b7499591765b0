//! An entry, a host or a group names a menu of the spec.

use std::collections::BTreeSet;

use super::menus::unknown_name_help;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::menu::Target;
use crate::spec::{Choice, Spec};

/// Any menu of the spec, before or behind this one.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    let known: BTreeSet<&str> = spec.menus.iter().map(|menu| menu.name.value.as_str()).collect();
    let entries = spec.menus.iter().flat_map(|menu| menu.entries()).filter_map(|entry| match &entry.target {
        Some(Target::Menu(menu)) => Some(("entry", entry.name.value.as_str(), menu)),
        _ => None,
    });
    let choices = super::choices(spec).filter_map(|(node, name, choice)| match choice {
        Choice::Menu(menu) => Some((node, name, menu)),
        Choice::Boot(_) => None,
    });
    for (node, name, menu) in entries.chain(choices) {
        if known.contains(menu.value.as_str()) {
            continue;
        }
        let names = spec.menus.iter().map(|menu| menu.name.value.as_str());
        out.push(
            Diagnostic::new(
                Code::UnknownMenu,
                format!("{node} `{}` names an unknown menu `{}`", shown(name), shown(&menu.value)),
            )
            .at(menu.span, "not defined")
            .help(unknown_name_help(&menu.value, "menu", names, out.is_full())),
        );
    }
}
