//! What the rules of a spec say about which loaders its clients need.

use crate::source::Span;
use crate::spec::Spec;
use crate::spec::effect::Mode;
use crate::spec::firmware::Arch;
use crate::spec::loader::{LoaderKind, Machine};

/// A loader that a rule gives to machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedLoader {
    /// Which one.
    pub kind: LoaderKind,
    /// The rule, as in ``host `desk` ``.
    pub what: String,
    /// Where its name was written.
    pub span: Span,
}

/// UEFI machines that a rule speaks of, and that are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareMachine {
    /// What they are.
    pub machine: Machine,
    /// The rule, as in ``firmware `boards` ``.
    pub what: String,
    /// Where the architecture was written.
    pub span: Span,
}

pub(super) fn loaders(spec: &Spec) -> Vec<WantedLoader> {
    let hosts = spec.hosts.iter().map(|host| (format!("host `{}`", host.name.value), &host.effect));
    let firmware = spec.firmware.iter().map(|class| (format!("firmware `{}`", class.name.value), &class.effect));
    hosts
        .chain(firmware)
        .filter(|(_, effect)| effect.mode.as_ref().is_none_or(|mode| mode.value != Mode::Silent))
        .filter_map(|(what, effect)| {
            let loader = effect.loader.as_ref()?;
            Some(WantedLoader { kind: loader.value, what, span: loader.span })
        })
        .collect()
}

pub(super) fn machines(spec: &Spec) -> Vec<FirmwareMachine> {
    let mut machines = Vec::new();
    for class in &spec.firmware {
        let is_silent = class.effect.mode.as_ref().is_some_and(|mode| mode.value == Mode::Silent);
        if is_silent || class.effect.loader.is_some() {
            continue;
        }
        for arch in &class.arches {
            if let Some(machine) = machine(arch.value) {
                let what = format!("firmware `{}`", class.name.value);
                machines.push(FirmwareMachine { machine, what, span: arch.span });
            }
        }
    }
    machines
}

/// The machine that iPXE for UEFI is there for; `None` for what is not UEFI, or has no iPXE.
fn machine(arch: Arch) -> Option<Machine> {
    Some(match arch {
        Arch::UefiIa32 | Arch::HttpIa32 => Machine::Ia32,
        Arch::UefiX64 | Arch::HttpX64 => Machine::X64,
        Arch::UefiArm64 | Arch::HttpArm64 => Machine::Arm64,
        Arch::UefiRiscv64 | Arch::HttpRiscv64 => Machine::Riscv64,
        Arch::UefiLoong64 | Arch::HttpLoong64 => Machine::Loong64,
        _ => return None,
    })
}
