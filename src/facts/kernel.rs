//! For which processors the kernels of an ISO were built, as their first bytes say.

use std::collections::BTreeMap;

use super::loader::machine_of_program;
use crate::image::iso9660::Iso;
use crate::spec::loader::Machine;
use crate::world::ReadAt;

/// What is read of a kernel, in bytes; the headers lie in the first kilobyte.
const HEAD: usize = 4096;

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
        machine_of(&head)
    };
    kernels.filter_map(|path| Some((path.to_owned(), machine(path)?))).collect()
}

/// A kernel with an EFI stub is a UEFI program; one for x86 without says the same in the header of the Linux boot protocol
/// (`Documentation/arch/x86/boot.rst`): the magic `HdrS` at 0x202, and bit 0 of `xloadflags` for 64 bits at 0x236.
fn machine_of(head: &[u8]) -> Option<Machine> {
    machine_of_program(head).or_else(|| {
        let flags = head.get(0x202..)?.strip_prefix(b"HdrS").and_then(|_| head.get(0x236))?;
        Some(if flags & 1 == 1 { Machine::X64 } else { Machine::Ia32 })
    })
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

    #[test]
    fn kernels_say_their_processor() {
        assert_eq!(machine_of(&bz_image(0x7f)), Some(Machine::X64));
        assert_eq!(machine_of(&bz_image(0)), Some(Machine::Ia32));
        assert_eq!(machine_of(&bz_image(0)[..0x230]), None);
        assert_eq!(machine_of(b"kernel"), None);
        let mut arm = vec![0; 0x60];
        arm[..2].copy_from_slice(b"MZ");
        arm[0x3c] = 0x40;
        arm[0x40..0x46].copy_from_slice(b"PE\0\0\x64\xaa");
        assert_eq!(machine_of(&arm), Some(Machine::Arm64));
    }
}
