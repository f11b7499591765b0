//! A loader is for firmware that can execute it.

use crate::diag::nearest::{listed, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::loader::LoaderKind;

/// Firmware of an architecture that is not named keeps its usual loader where this one is not for it.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for firmware in &spec.firmware {
        let Some(loader) = &firmware.effect.loader else { continue };
        for arch in firmware.arches.iter().filter(|arch| arch.value.machine() != Some(loader.value.machine())) {
            let (kind, arch_name) = (loader.value.name(), arch.value.name());
            let fitting: Vec<_> =
                LoaderKind::ALL.iter().filter(|kind| Some(kind.machine()) == arch.value.machine()).collect();
            let help = match &fitting[..] {
                [] => format!("remove `{arch_name}`: netspec knows no loader for it"),
                kinds => format!("loaders for `{arch_name}`: {}", listed(kinds.iter().map(|kind| kind.name()))),
            };
            out.push(
                Diagnostic::new(
                    Code::LoaderMismatch,
                    format!(
                        "firmware `{}` gets loader `{kind}`, which `{arch_name}` cannot execute",
                        shown(&firmware.name.value)
                    ),
                )
                .at(loader.span, "for another machine")
                .at(arch.span, "cannot execute it")
                .help(help),
            );
        }
    }
}
