//! What a kernel, or another program in its place, is to boot loaders, as its first bytes say.

use std::collections::BTreeMap;

use serde::Serialize;

use super::loader::machine_of_program;
use crate::image::iso9660::Iso;
use crate::spec::loader::Machine;
use crate::world::ReadAt;

/// What is read of a kernel, in bytes; the headers lie in the first kilobyte.
pub(super) const HEAD: usize = 4096;

/// What a program is to boot loaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "is")]
pub enum FileKind {
    /// A Linux kernel, or what calls itself one, as memtest86+ does.
    Linux {
        /// What executes it.
        machine: Machine,
        /// Whether it is a UEFI program as well.
        uefi: bool,
    },
    /// A UEFI program that is no Linux kernel.
    Uefi {
        /// What executes it.
        machine: Machine,
    },
    /// A script for iPXE.
    Script,
    /// Anything else: whoever loads it will see.
    Other,
}

impl FileKind {
    /// What executes it, where it says so.
    pub fn machine(self) -> Option<Machine> {
        match self {
            Self::Linux { machine, .. } | Self::Uefi { machine } => Some(machine),
            Self::Script | Self::Other => None,
        }
    }
}

/// The processors of these kernels, by path. One that cannot be read or that is in none of the known formats is left out.
pub(super) fn machines<'a>(
    iso: &Iso,
    image: &dyn ReadAt,
    kernels: impl Iterator<Item = &'a str>,
) -> BTreeMap<String, Machine> {
    let machine = |path: &str| {
        let first = iso.tree.file(path)?.extents.first().copied()?;
        let mut head = vec![0; usize::try_from(first.len).map_or(HEAD, |len| len.min(HEAD))];
        image.read_exact_at(first.offset, &mut head).ok()?;
        kind_of(&head).machine()
    };
    kernels.filter_map(|path| Some((path.to_owned(), machine(path)?))).collect()
}

/// A kernel with an EFI stub is a UEFI program; one for x86 without says the same in the header of the Linux boot protocol
/// (`Documentation/arch/x86/boot.rst`): the magic `HdrS` at 0x202, and bit 0 of `xloadflags` for 64 bits at 0x236. Kernels of
/// other processors have a magic at 0x38 (`Documentation/arch/arm64/booting.rst`, `riscv/boot-image-header.rst`, and
/// `LINUX_PE_MAGIC`), compressed ones `zimg` at 4.
pub(super) fn kind_of(head: &[u8]) -> FileKind {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let program = machine_of_program(head);
    let x86 = at(0x202, b"HdrS").then(|| head.get(0x236)).flatten();
    let x86 = x86.map(|flags| if flags & 1 == 1 { Machine::X64 } else { Machine::Ia32 });
    let other = at(0x38, b"ARM\x64") || at(0x38, b"RSC\x05") || at(0x38, b"\xcd\x23\x82\x81") || at(4, b"zimg");
    match (program, x86) {
        (Some(machine), Some(_)) => FileKind::Linux { machine, uefi: true },
        (None, Some(machine)) => FileKind::Linux { machine, uefi: false },
        (Some(machine), None) if other => FileKind::Linux { machine, uefi: true },
        (Some(machine), None) => FileKind::Uefi { machine },
        (None, None) if at(0, b"#!ipxe") || at(0, b"#!gpxe") => FileKind::Script,
        (None, None) => FileKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bz_image(xloadflags: u8) -> Vec<u8> {
        let mut head = vec![0; 0x240];
        head[0x202..0x206].copy_from_slice(b"HdrS");
        head[0x236] = xloadflags;
        head
    }

    fn program(machine: [u8; 2]) -> Vec<u8> {
        let mut head = vec![0; 0x240];
        head[..2].copy_from_slice(b"MZ");
        head[0x3c] = 0x40;
        head[0x40..0x46].copy_from_slice(&[b'P', b'E', 0, 0, machine[0], machine[1]]);
        head
    }

    #[test]
    fn kernels_say_their_processor() {
        assert_eq!(kind_of(&bz_image(0x7f)), FileKind::Linux { machine: Machine::X64, uefi: false });
        assert_eq!(kind_of(&bz_image(0)), FileKind::Linux { machine: Machine::Ia32, uefi: false });
        assert_eq!(kind_of(&bz_image(0)[..0x230]), FileKind::Other);
        assert_eq!(kind_of(b"kernel"), FileKind::Other);
        assert_eq!(kind_of(&program([0x64, 0xaa])), FileKind::Uefi { machine: Machine::Arm64 });
        let mut arm = program([0x64, 0xaa]);
        arm[0x38..0x3c].copy_from_slice(b"ARM\x64");
        assert_eq!(kind_of(&arm), FileKind::Linux { machine: Machine::Arm64, uefi: true });
        let mut both = program([0x64, 0x86]);
        both[0x202..0x206].copy_from_slice(b"HdrS");
        assert_eq!(kind_of(&both), FileKind::Linux { machine: Machine::X64, uefi: true });
        assert_eq!(kind_of(b"#!ipxe\n"), FileKind::Script);
    }
}
