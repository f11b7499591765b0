//! A spec names at least one ISO.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// Without one, there is nothing to boot.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.isos.is_empty() && !spec.incomplete {
        out.push(
            Diagnostic::new(Code::NothingToBoot, "the spec defines no ISO, so there is nothing to boot")
                .help("name an ISO file: `iso \"debian\" \"isos/debian.iso\"`"),
        );
    }
}
