//! No two machines get one address from a kernel argument.

use std::net::Ipv4Addr;

use super::menus::{links, reached};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::words_at;
use crate::spec::Spec;

/// `ip=<address>:…` of the kernel, of klibc's ipconfig and of dracut (`Documentation/admin-guide/nfs/nfsroot.rst`).
///
/// In the arguments of an ISO that netspec has a recipe for, no `ip=` of the spec has an effect (`distros.md` 1.9 and 2.4).
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let reached = reached(&links(spec), [0]);
    // A menu that only a host leads to may be for this one machine.
    let menus = spec.menus.iter().zip(reached).filter(|(_, for_all)| *for_all).map(|(menu, _)| menu);
    let arguments = menus.flat_map(|menu| menu.entries()).flat_map(|entry| &entry.arguments);
    for word in arguments.flat_map(words_at) {
        let Some(value) = word.value.strip_prefix("ip=") else { continue };
        let address = value.split(':').next().and_then(|address| address.parse::<Ipv4Addr>().ok());
        let Some(address) = address.filter(|address| !address.is_unspecified()) else { continue };
        out.push(
            Diagnostic::new(Code::FixedAddress, format!("every PC that boots this takes the address {address}"))
                .at(word.span, "the same for all")
                .help("write `ip=dhcp`, so that each PC gets its own"),
        );
    }
}
