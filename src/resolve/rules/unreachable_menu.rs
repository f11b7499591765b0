//! Every menu can be reached from the first one.

use super::menus::{links, reached};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// The first menu of the spec is the one that clients see first.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let Some(first) = spec.menus.first() else { return };
    if spec.incomplete {
        return;
    }
    let reached = reached(&links(spec), [0]);
    for (menu, reached) in spec.menus.iter().zip(reached) {
        // A second menu of the same name has a finding of its own.
        let duplicate = menu.name.value == first.name.value;
        if !reached && !duplicate {
            let name = shown(&menu.name.value);
            out.push(
                Diagnostic::new(Code::UnreachableMenu, format!("no entry leads to menu `{name}`"))
                    .at(menu.name.span, "never shown")
                    .at(first.name.span, "clients see this menu first")
                    .help(format!("add `entry \"{name}\" menu=\"{name}\"` to a menu that is shown")),
            );
        }
    }
}
