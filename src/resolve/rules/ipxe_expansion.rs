//! No kernel argument holds `${`: iPXE would put a setting of its own there, and has no way to write it otherwise.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;
use crate::spec::Spec;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for Spanned { value, span } in super::menus::arguments(spec) {
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
