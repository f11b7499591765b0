//! Every menu can be reached from the first one, or from where a host or group begins.

use std::collections::BTreeSet;

use super::menus::{links, reached};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::start::Names;
use crate::spec::{Choice, Spec};

/// The first menu of the spec is the one that clients see first.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let Some(first) = spec.menus.first() else { return };
    if spec.incomplete {
        return;
    }
    let names = Names::of(spec);
    let begins = super::choices(spec).flat_map(|(_, _, choice)| match choice {
        Choice::Menu(menu) => vec![menu.value.as_str()],
        Choice::Boot(entry) => names.menus_of(&entry.value),
    });
    let begins: BTreeSet<&str> = begins.collect();
    let starts = (0..).zip(&spec.menus).filter(|(at, menu)| *at == 0 || begins.contains(&*menu.name.value));
    let reached = reached(&links(spec), starts.map(|(at, _)| at));
    for (menu, reached) in spec.menus.iter().zip(reached) {
        // A second menu of the same name has a finding of its own.
        let duplicate = menu.name.value == first.name.value;
        if !reached && !duplicate {
            let name = shown(&menu.name.value);
            out.push(
                Diagnostic::new(Code::UnreachableMenu, format!("no entry leads to menu `{name}`"))
                    .at(menu.name.span, "never shown")
                    .at(first.name.span, "clients see this menu first")
                    .help(format!("add `entry \"{name}\" menu=\"{name}\"` to a menu that is shown, or let a `host` or `group` begin with it")),
            );
        }
    }
}
