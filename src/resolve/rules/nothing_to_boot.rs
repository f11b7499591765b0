//! A spec names something to boot.

use super::menus::boots_without_iso;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// An ISO, or an entry with a kernel or a `chain`. A menu that only leads to the local disk is what a PC does anyway.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.isos.is_empty() && !boots_without_iso(spec) && !spec.incomplete {
        out.push(
            Diagnostic::new(Code::NothingToBoot, "the spec defines no ISO, so there is nothing to boot")
                .help("name an ISO file: `iso \"debian\" \"isos/debian.iso\"`"),
        );
    }
}
