//! The rules of the boot table, and what it holds for machines that need something else.

use super::{Plan, loader};
use crate::facts::{FIRST_FILES, Facts, LoaderFiles, Usual};
use crate::proto::dhcp::{Architecture, Condition, Effect, Mode, Program, Rule, quirks};
use crate::resolve::{self, ResolvedSpec};
use crate::spec::effect::Mode as Written;
use crate::spec::firmware::Arch;
use crate::spec::loader::{LoaderKind, Machine};

/// Adds the rules of the spec and then those that netspec brings for machines that the plan has a program for, so that the
/// spec's count first (VQ-01).
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) {
    plan.boot.raspberry_pi = facts.loaders.get(&LoaderKind::RaspberryPi).and_then(first_of_raspberry_pi);
    let rules: Vec<Rule> = spec.rules.iter().map(|written| rule(written, facts, plan)).collect();
    plan.boot.rules = rules;
    let is_met = |rule: &Rule| rule.when.architectures.iter().any(|arch| plan.boot.has_program_for(*arch));
    let quirks: Vec<Rule> = quirks().into_iter().filter(is_met).collect();
    plan.boot.rules.extend(quirks);
    plan.boot.vendor_prefixes = spec.vendor_classes.clone();
    add_complete_ipxe(facts, plan);
}

fn rule(written: &resolve::Rule, facts: &Facts, plan: &mut Plan) -> Rule {
    Rule {
        name: written.name.clone(),
        when: Condition {
            mac: written.mac.clone(),
            uuid: written.uuid,
            architectures: written.arches.iter().flat_map(|arch| arch.numbers()).copied().map(Architecture).collect(),
            vendor_class: written.vendor_class.clone(),
        },
        then: Effect {
            mode: written.mode.map(mode),
            delay_ms: u32::try_from(written.delay.as_millis()).unwrap_or(u32::MAX),
            loader: written.loader.as_ref().and_then(|kind| program(kind.value, facts, plan)),
        },
    }
}

fn mode(written: Written) -> Mode {
    match written {
        Written::Binl => Mode::Binl,
        Written::Pxe10 => Mode::Pxe10,
        Written::Both => Mode::Both,
        Written::Menu => Mode::Menu,
        Written::Silent => Mode::Silent,
        Written::Merged => Mode::Merged,
    }
}

/// A loader in the tree. PXELINUX and the files of a Raspberry Pi are what their machines are offered anyway, at the place
/// that the ISO or the ROM wants.
fn program(kind: LoaderKind, facts: &Facts, plan: &mut Plan) -> Option<Program> {
    let path = loader::place(kind, facts, plan)?;
    Some(Program { path, architectures: architectures(kind.machine()) })
}

/// The name that a Raspberry Pi is told. Its ROM knows by itself which file comes first, so any that is there will do.
fn first_of_raspberry_pi(loader: &LoaderFiles) -> Option<String> {
    let is_there = |name: &&&str| loader.in_folder().any(|path| path == **name);
    FIRST_FILES.iter().find(is_there).map(|name| (*name).to_owned())
}

/// The numbers of option 93 that a machine goes by.
fn architectures(machine: Machine) -> Vec<Architecture> {
    let of_machine = Arch::ALL.iter().filter(|arch| arch.machine() == Some(machine));
    of_machine.flat_map(|arch| arch.numbers()).copied().map(Architecture).collect()
}

/// An iPXE is complete where it speaks HTTP, which can be seen in a program for UEFI; those for legacy BIOS are compressed, and
/// what counts there is only that it is no `undionly.kpxe` (IP-03, IP-08).
fn add_complete_ipxe(facts: &Facts, plan: &mut Plan) {
    for row in Usual::all().filter(|row| row.kind.is_ipxe()) {
        let Some(found) = facts.loaders.get(&row.kind) else { continue };
        match loader::cpu(row.kind) {
            Some(cpu) if found.files.values().any(|pin| pin.speaks_http) => {
                if let Some(path) = loader::place(row.kind, facts, plan) {
                    plan.boot.complete_ipxe.efi.insert(cpu, path);
                }
            }
            Some(_) => {}
            None => plan.boot.complete_ipxe.bios = loader::place_program(row.kind, IPXE_PXE, facts, plan),
        }
    }
}

/// iPXE with drivers of its own for network cards, for legacy BIOS.
const IPXE_PXE: &str = "ipxe.pxe";
