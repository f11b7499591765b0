//! Every `host` and `firmware` changes something.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::effect::Mode;
use crate::spec::{Firmware, Spec};

/// A `host` may stand for its `address` alone, and a `firmware` for a vendor class that is answered because it is named.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    for host in
        spec.hosts.iter().filter(|host| host.effect.is_empty() && host.address.is_none() && host.variables.is_empty())
    {
        out.push(
            Diagnostic::new(
                Code::RuleWithoutEffect,
                format!("host `{}` is answered like any other machine", shown(&host.name.value)),
            )
            .at(host.name.span, "changes nothing")
            .help("add a `mode`, `delay`, `loader` or `address` to its block, or remove it"),
        );
    }
    for firmware in &spec.firmware {
        let name = shown(&firmware.name.value);
        if firmware.effect.is_empty() && !firmware.names_new_class() {
            out.push(
                Diagnostic::new(
                    Code::RuleWithoutEffect,
                    format!("firmware `{name}` is answered like any other firmware"),
                )
                .at(firmware.name.span, "changes nothing")
                .help("add a `mode`, `delay` or `loader` to its block, or remove it"),
            );
        } else if needs_loader(firmware) {
            out.push(
                Diagnostic::new(
                    Code::RuleWithoutEffect,
                    format!("firmware `{name}` is U-Boot, which is answered only where a `loader` is named"),
                )
                .at(firmware.name.span, "still gets no answer")
                .help("add `loader \"ipxe-arm64\"` or another loader for it to its block"),
            );
        }
    }
}

/// U-Boot boots from its own list of devices, so it is answered only by those who mean to.
fn needs_loader(firmware: &Firmware) -> bool {
    let uboot = !firmware.arches.is_empty() && firmware.arches.iter().all(|arch| arch.value.is_uboot());
    let silent = firmware.effect.mode.as_ref().is_some_and(|mode| mode.value == Mode::Silent);
    uboot && !silent && firmware.effect.loader.is_none()
}
