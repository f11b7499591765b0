//! No two machines get one address from a kernel argument.

use std::net::Ipv4Addr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::words_at;
use crate::spec::Spec;

/// `ip=<address>:…` of the kernel, of klibc's ipconfig and of dracut (`Documentation/admin-guide/nfs/nfsroot.rst`).
///
/// In the arguments of an ISO that netspec has a recipe for, no `ip=` of the spec has an effect (`distros.md` 1.9 and 2.4).
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for word in super::menus::arguments_by_hand(spec).flat_map(words_at) {
        let Some(value) = word.value.strip_prefix("ip=") else { continue };
        let Some(address) = value.split(':').next().and_then(|address| address.parse::<Ipv4Addr>().ok()) else {
            continue;
        };
        if address.is_unspecified() {
            continue;
        }
        out.push(
            Diagnostic::new(Code::FixedAddress, format!("every PC that boots this takes the address {address}"))
                .at(word.span, "the same for all")
                .help("write `ip=dhcp`, so that each PC gets its own"),
        );
    }
}
