//! A UUID belongs to one `host`.

use super::once;
use crate::diag::{Code, Diagnostics};
use crate::spec::Spec;

/// The first one would be the only one that counts. Two UUIDs that differ in their byte order alone are one.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let uuids = spec.hosts.iter().filter_map(|host| Some((&host.name, host.uuid.as_ref()?)));
    once(Code::DuplicateUuid, "UUID", "correct one of the two, or write both nodes as one", uuids, out);
}
