//! An origin that speaks TLS, which boot loaders do not.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// PXELINUX and GRUB have HTTP without TLS (`lpxelinux.0` of Syslinux 6, GRUB's `http` module), and every spec offers PXELINUX to
/// PCs with legacy BIOS.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let Some(origin) = spec.server.as_ref().and_then(|server| server.origin.as_ref()) else { return };
    if !origin.value.is_https() {
        return;
    }
    let name = origin.value.to_string();
    let plain = name.replacen("https://", "http://", 1);
    out.push(
        Diagnostic::new(
            Code::OriginNeedsTls,
            format!("origin `{}` needs TLS, which PXELINUX and GRUB cannot do", shown(&name)),
        )
        .at(origin.span, "no legacy BIOS boots from it")
        .help(format!("publish the files without TLS, too, and write `\"{plain}\"`")),
    );
}
