//! Where there is a choice, there is a menu.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// A single ISO boots without a menu; of several ones none does.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let [first, second, ..] = spec.isos.as_slice() else { return };
    if !spec.menus.is_empty() || spec.incomplete {
        return;
    }
    let entry = |name: &str| format!("entry \"{0}\" iso=\"{0}\"", shown(name));
    out.push(
        Diagnostic::new(Code::NoMenu, format!("the spec defines {} ISOs, but no menu to choose from", spec.isos.len()))
            .at(second.span, "more than one ISO")
            .help(format!(
                "add a menu: `menu \"main\" {{ {}; {} }}`",
                entry(&first.name.value),
                entry(&second.name.value)
            )),
    );
}
