//! A spec names at least one network.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// Without one, nobody is answered.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.networks.is_empty() && !spec.incomplete {
        out.push(
            Diagnostic::new(Code::NoNetwork, "the spec defines no network")
                .help("say where clients are: `network \"home\" { subnet \"192.168.1.0/24\" }`"),
        );
    }
}
