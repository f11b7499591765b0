//! Which lines of a menu are for which processor, where a spec has systems or loaders for more than x86.
//!
//! iPXE knows by `${buildarch}` for which processor it was built. A PC never sees a kernel that it cannot execute.

use crate::facts::Facts;
use crate::plan::reach;
use crate::resolve::{FilesTarget, KernelTarget};
use crate::spec::loader::{LoaderKind, Machine};

/// A family of processors that execute the same kernels here, or the one that a UEFI program was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cpu(&'static str);

/// What iPXE calls the processors of x86, for a program that only one of them executes.
const IA32: Cpu = Cpu("i386");
const X64: Cpu = Cpu("x86_64");

impl Cpu {
    const X86: Self = Self("x86");
    /// All but x86, which iPXE has several names for; these it calls as netspec does.
    const OTHERS: &[Self] = &[Self("arm64"), Self("riscv64"), Self("loong64")];

    fn of(machine: Machine) -> Option<Self> {
        match machine {
            Machine::Ia32 | Machine::X64 => Some(Self::X86),
            Machine::Arm64 => Some(Self("arm64")),
            Machine::Riscv64 => Some(Self("riscv64")),
            Machine::Loong64 => Some(Self("loong64")),
            Machine::Bios | Machine::RaspberryPi => None,
        }
    }

    /// The condition that a line begins with.
    pub(super) fn is_met(self) -> String {
        match self {
            IA32 | X64 => format!("iseq ${{buildarch}} {}", self.0),
            Self(name) => format!("iseq ${{cpu}} {name}"),
        }
    }
}

/// The lines that set `${cpu}`; none where all that is offered, and all that is answered, is x86.
pub(super) fn detection(facts: &Facts) -> String {
    if !matters(facts) {
        return String::new();
    }
    let others = Cpu::OTHERS.iter().map(|Cpu(name)| format!("iseq ${{buildarch}} {name} && set cpu {name} ||\n"));
    std::iter::once(format!("set cpu {}\n", Cpu::X86.0)).chain(others).collect()
}

fn matters(facts: &Facts) -> bool {
    let is_other = |machine: Machine| Cpu::of(machine).is_some_and(|cpu| cpu != Cpu::X86);
    let ipxes = facts.loaders.keys().filter(|kind| kind.is_ipxe()).map(|kind| LoaderKind::machine(*kind));
    let kernels = facts.images.values().flat_map(|image| image.kernels.values().copied());
    let files = facts.files.values().filter_map(|file| file.kind.machine());
    ipxes.chain(kernels).chain(files).any(is_other)
}

/// The only processors that execute a kernel of an ISO; `None` where it does not say, or where it does not matter.
pub(super) fn of_kernel(iso: &str, kernel: &str, facts: &Facts) -> Option<Cpu> {
    let machine = facts.images.get(iso)?.kernels.get(kernel)?;
    Cpu::of(*machine).filter(|_| matters(facts))
}

/// The same for a kernel by hand.
pub(super) fn of_target(target: &KernelTarget, facts: &Facts) -> Option<Cpu> {
    of_kernel(&target.iso, &target.kernel.value, facts)
}

/// The same for a file: UEFI starts it as a program, and then 32 and 64 bits are different processors.
pub(super) fn of_file(target: &FilesTarget, facts: &Facts) -> Option<Cpu> {
    match reach::kind(&target.kernel, facts).machine()? {
        Machine::Ia32 => Some(IA32),
        Machine::X64 if facts.loaders.contains_key(&LoaderKind::IpxeIa32) => Some(X64),
        machine => Cpu::of(machine).filter(|_| matters(facts)),
    }
}

/// The only processors that can do something with an ISO.
pub(super) fn of_iso(iso: &str, facts: &Facts) -> Option<Cpu> {
    let recipe = facts.images.get(iso)?.recipe.as_ref()?;
    let mut cpus = recipe.entries().iter().map(|entry| of_kernel(iso, &entry.kernel, facts));
    let first = cpus.next()??;
    cpus.all(|cpu| cpu == Some(first)).then_some(first)
}
