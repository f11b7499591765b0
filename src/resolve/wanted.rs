//! What the rules of a spec say about which loaders its clients need.

use crate::source::Span;
use crate::spec::Spec;
use crate::spec::effect::Mode;
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

/// Machines that a rule speaks of, and that are answered with what there is for them.
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
        // U-Boot is answered only with what a rule names.
        for arch in class.arches.iter().filter(|arch| !arch.value.is_uboot()) {
            if let Some(machine) = arch.value.machine() {
                let what = format!("firmware `{}`", class.name.value);
                machines.push(FirmwareMachine { machine, what, span: arch.span });
            }
        }
    }
    machines
}
