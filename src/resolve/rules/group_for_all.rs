//! A `group` says which machines it is for.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// What all machines boot is said by the first menu.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    for group in spec.groups.iter().filter(|group| group.is_for_all()) {
        out.push(
            Diagnostic::new(
                Code::GroupForAll,
                format!("group `{}` has no condition, so that every machine belongs to it", shown(&group.name.value)),
            )
            .at(group.name.span, "for all machines")
            .help("add a `mac`, `arch` or `subnet`; what all others boot is the first `menu` of the spec"),
        );
    }
}
