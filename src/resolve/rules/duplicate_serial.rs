//! A serial number belongs to one `host`.

use super::once;
use crate::diag::{Code, Diagnostics};
use crate::spec::Spec;

/// The first one would be the only one that counts.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let serials = spec.hosts.iter().filter_map(|host| Some((&host.name, host.serial.as_ref()?)));
    let help = "correct one of the two; where the maker gave both machines the same, write their `mac` instead";
    once(Code::DuplicateSerial, "serial number", help, serials, out);
}
