//! A menu has entries.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// Separators alone are nothing to choose.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for menu in spec.menus.iter().filter(|menu| !menu.incomplete && menu.entries().next().is_none()) {
        let example = spec.isos.first().map_or("debian", |iso| &iso.name.value);
        out.push(
            Diagnostic::new(Code::EmptyMenu, format!("menu `{}` has no entries", shown(&menu.name.value)))
                .at(menu.name.span, "nothing to choose")
                .help(format!("add an entry in its block: `entry \"{0}\" iso=\"{0}\"`", shown(example))),
        );
    }
}
