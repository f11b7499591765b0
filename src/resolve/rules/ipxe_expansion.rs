//! No kernel argument holds `${`: iPXE would put a setting of its own there, and has no way to write it otherwise.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;
use crate::spec::Spec;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let of_isos = spec.isos.iter().flat_map(|iso| &iso.arguments);
    let of_entries = spec.menus.iter().flat_map(|menu| menu.entries()).flat_map(|entry| &entry.arguments);
    for Spanned { value, span } in of_isos.chain(of_entries) {
        if value.contains("${") {
            out.push(
                Diagnostic::new(Code::IpxeExpansion, "a kernel argument with `${` cannot be passed on by iPXE")
                    .at(*span, "iPXE would expand this")
                    .help(
                        "write the value itself; `{iso}` and `{server}` in an entry stand for netspec's own addresses",
                    ),
            );
        }
    }
}
