//! Which loaders the clients of a spec need, and what is said where one is not there.
//!
//! PCs with UEFI on x86-64 are most of today's, so each spec can meet them. Other firmware is rare: a spec that neither mentions
//! it nor has a system for it has no use for its loader, and `netspec loaders` shows the lack of it to who asks.

use super::super::{Facts, ImageFacts};
use super::Usual;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;
use crate::spec::loader::{LoaderKind, Machine};

/// A finding for each loader that is wanted and was not found.
pub(in crate::facts) fn wanted(spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    // One that the spec names has a finding of its own.
    let is_missing = |kind: &LoaderKind| !facts.loaders.contains_key(kind) && !spec.loaders.contains_key(kind);
    // PXELINUX has one of its own, too, where a menu needs it.
    let named = spec.wanted_loaders.iter().filter(|named| named.kind != LoaderKind::Pxelinux);
    for named in named.filter(|named| is_missing(&named.kind)) {
        let name = named.kind.name();
        let message = format!("{} wants loader `{name}`, and none was found", named.what);
        let finding = Diagnostic::new(Code::LoaderMissing, message).at(named.span, "not on this machine");
        findings.push(finding.help(help(named.kind)));
    }
    let is_wanted =
        |kind: &LoaderKind| !spec.wanted_loaders.iter().any(|named| named.kind == *kind) && is_missing(kind);
    for machine in [Machine::X64, Machine::Ia32, Machine::Arm64, Machine::Riscv64, Machine::Loong64] {
        let Some(kind) = LoaderKind::ipxe_of(machine).filter(is_wanted) else { continue };
        let cpu = machine.name();
        if let Some(rule) = spec.firmware_machines.iter().find(|rule| rule.machine == machine) {
            let message = format!("no iPXE for UEFI on {cpu} was found: PCs of {} will get no answer", rule.what);
            let finding = Diagnostic::new(Code::UefiLoaderMissing, message).at(rule.span, "no program for these");
            findings.push(finding.help(help(kind)));
        } else if machine == Machine::X64 {
            let message = "no iPXE for UEFI is installed: PCs with UEFI will get no answer";
            findings.push(Diagnostic::new(Code::UefiLoaderMissing, message).help(help(kind)));
        } else if let Some(iso) = spec.isos.iter().find(|iso| is_for(facts.images.get(&iso.name), machine)) {
            let message =
                format!("ISO `{}` is for {cpu}, and no iPXE for UEFI on {cpu} was found to start it", iso.name);
            let finding = Diagnostic::new(Code::UefiLoaderMissing, message).at(iso.span, format!("for {cpu}"));
            findings.push(finding.help(help(kind)));
        }
    }
    findings
}

/// Whether all kernels of an ISO are for one processor. 32-bit x86 does not count: its systems start on legacy BIOS.
fn is_for(image: Option<&ImageFacts>, machine: Machine) -> bool {
    image.is_some_and(|image| {
        machine != Machine::Ia32
            && !image.kernels.is_empty()
            && image.kernels.values().all(|of_kernel| *of_kernel == machine)
    })
}

fn help(kind: LoaderKind) -> String {
    let node = format!("with a `loader \"{}\"` node", kind.name());
    match Usual::of(kind) {
        Some(row) => format!("install {}, or say where it is {node}", row.packages()),
        None if kind.is_folder() => format!("name the folder of its files {node}"),
        None => format!("say where it is {node}"),
    }
}
