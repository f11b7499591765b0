//! Whether what entries name as kernels and initial RAM disks is that, as far as the first bytes tell.

use std::collections::BTreeMap;

use super::ImageFacts;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::image::iso9660::Iso;
use crate::resolve::ResolvedSpec;
use crate::source::Spanned;
use crate::world::ReadAt;

/// What is read of a file: the magic of the Linux boot protocol is the last that is looked for.
const HEAD: usize = 0x206;

/// What a file begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// A kernel.
    Kernel,
    /// An initial RAM disk.
    RamDisk,
}

/// What these files of an ISO begin as. What cannot be read or told is left out.
pub(super) fn kinds<'a>(
    iso: &Iso,
    image: &dyn ReadAt,
    paths: impl Iterator<Item = &'a str>,
) -> BTreeMap<String, Begins> {
    let kind = |path: &str| {
        let extent = iso.tree.file(path)?.extents.first().copied()?;
        let mut head = vec![0; usize::try_from(extent.len).map_or(HEAD, |len| len.min(HEAD))];
        image.read_exact_at(extent.offset, &mut head).ok()?;
        kind_of(&head)
    };
    paths.filter_map(|path| Some((path.to_owned(), kind(path)?))).collect()
}

/// One finding for each file that is the other kind.
pub(super) fn check(spec: &ResolvedSpec, facts: &BTreeMap<String, ImageFacts>) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for line in &spec.command_lines {
        let (Some(kernel), Some(image)) = (&line.kernel, facts.get(&line.iso)) else { continue };
        let kind = |path: &Spanned<String>| image.kinds.get(&path.value).copied();
        if kind(&kernel.path) == Some(Begins::RamDisk) {
            findings.push(wrong(&kernel.path, "an initial RAM disk, not a kernel", "initrd"));
        }
        for initrd in kernel.initrds.iter().filter(|initrd| kind(initrd) == Some(Begins::Kernel)) {
            findings.push(wrong(initrd, "a kernel, not an initial RAM disk", "kernel"));
        }
    }
    findings
}

fn wrong(path: &Spanned<String>, what: &str, node: &str) -> Diagnostic {
    Diagnostic::new(Code::WrongKindOfFile, format!("`/{}` is {what}", shown(&path.value)))
        .at(path.span, "the wrong kind of file")
        .help(format!("write it as `{node}`, and the other file here"))
}

/// The formats of Linux: EFI stub, boot protocol of x86, ELF; archives of cpio, bare or compressed with what only they are
/// compressed with. gzip tells nothing, for kernels of 64-bit ARM come in it, too.
fn kind_of(head: &[u8]) -> Option<Begins> {
    const RAM_DISKS: &[&[u8]] =
        &[b"070701", b"070702", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"\x02\x21\x4c\x18", b"BZh"];
    let is_kernel = head.starts_with(b"MZ") || head.starts_with(b"\x7fELF") || head.get(0x202..0x206) == Some(b"HdrS");
    if is_kernel {
        Some(Begins::Kernel)
    } else {
        RAM_DISKS.iter().any(|magic| head.starts_with(magic)).then_some(Begins::RamDisk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_kernels_from_ram_disks() {
        let mut x86 = vec![0; HEAD];
        x86[0x202..].copy_from_slice(b"HdrS");
        assert_eq!(kind_of(&x86), Some(Begins::Kernel));
        assert_eq!(kind_of(b"MZ\x90"), Some(Begins::Kernel));
        assert_eq!(kind_of(b"070701000"), Some(Begins::RamDisk));
        assert_eq!(kind_of(b"\xfd7zXZ\0\0"), Some(Begins::RamDisk));
        for head in [&b""[..], b"\x1f\x8b\x08", b"kernel"] {
            assert_eq!(kind_of(head), None, "{head:?}");
        }
    }
}
