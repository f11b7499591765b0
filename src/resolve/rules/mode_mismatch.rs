//! A mode is for firmware that has it.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::spec::effect::Mode;
use crate::spec::firmware::Arch;
use crate::spec::{Firmware, Spec};

/// The forms of an offer are those of PXE; all else has one form, and a machine of which nothing is said is left alone.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for firmware in &spec.firmware {
        let Some(mode) = &firmware.effect.mode else { continue };
        if !matches!(mode.value, Mode::Binl | Mode::Pxe10 | Mode::Both | Mode::Menu) {
            continue;
        }
        for (what, cause) in without_forms(firmware) {
            let name = mode.value.name();
            out.push(
                Diagnostic::new(
                    Code::ModeMismatch,
                    format!("firmware `{}` has mode `{name}`, but {what}", shown(&firmware.name.value)),
                )
                .at(mode.span, "only for PXE")
                .at(cause, "not PXE")
                .help("remove the `mode`, or write `\"silent\"` to leave these machines without an answer"),
            );
        }
    }
}

/// What of it does not speak the forms of PXE, and where that is said.
fn without_forms(firmware: &Firmware) -> Vec<(String, Span)> {
    let arch = |arch: Arch| match arch {
        arch if arch.is_http() => Some(format!("`{}` boots over HTTP, which has no such modes", arch.name())),
        arch if arch.is_uboot() => Some(format!("`{}` reads only the name of its program", arch.name())),
        Arch::RaspberryPi => Some("a Raspberry Pi takes one form of offer only".to_owned()),
        _ => None,
    };
    let mut found: Vec<_> = firmware.arches.iter().filter_map(|named| Some((arch(named.value)?, named.span))).collect();
    let http = firmware.vendor_class.as_ref().filter(|class| class.value.starts_with("HTTPClient"));
    if let Some(class) = http
        && found.is_empty()
    {
        found.push(("its `vendor-class` is that of HTTP Boot, which has no such modes".to_owned(), class.span));
    }
    found
}
