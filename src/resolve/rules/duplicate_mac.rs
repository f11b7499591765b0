//! A machine has one `host`.

use super::once;
use crate::diag::{Code, Diagnostics};
use crate::spec::Spec;

/// The first one would be the only one that counts.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let macs = spec.hosts.iter().filter_map(|host| Some((&host.name, host.mac.as_ref()?)));
    let help = "correct one of the two addresses, or write both nodes as one";
    once(Code::DuplicateMac, "hardware address", help, macs, out);
}
