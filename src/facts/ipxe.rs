//! iPXE for UEFI on this machine: the program that UEFI firmware loads, and that then shows netspec's menu.

use std::io;
use std::path::{Path, PathBuf};

use super::{Digest, FilePin};
use crate::diag::{Code, Diagnostic};
use crate::resolve::ResolvedSpec;
use crate::world::World;

/// Where distributions put iPXE for UEFI on x86-64. `snponly.efi` comes first: it works with the firmware's own driver, and so
/// with every card that the firmware can boot from.
const IPXE_X64_PLACES: &[&str] = &[
    "/usr/lib/ipxe/snponly.efi",
    "/usr/share/ipxe/ipxe-snponly-x86_64.efi",
    "/usr/share/ipxe/x86_64/snponly.efi",
    "/usr/share/ipxe/x86_64/ipxe.efi",
    "/usr/lib/ipxe/ipxe.efi",
    "/run/current-system/sw/share/ipxe/ipxe.efi",
];

const PACKAGES: &str = "`ipxe` (Debian, Ubuntu, Arch) or `ipxe-bootimgs-x86` (Fedora)";

/// The largest iPXE of today has 1.1 MiB.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Looks where the spec says, else in the usual places.
pub(super) fn find(spec: &ResolvedSpec, world: &dyn World) -> Result<Option<(FilePin, PathBuf)>, Box<Diagnostic>> {
    let Some(source) = &spec.ipxe_x64 else {
        let mut found =
            IPXE_X64_PLACES.iter().filter_map(|place| Some((read(Path::new(place), world).ok()?, place.into())));
        return Ok(found.next());
    };
    let path = source.program.display();
    let unusable = |message: String, help: &str| {
        Box::new(Diagnostic::new(Code::LoaderUnusable, message).at(source.span, "not an iPXE for UEFI").help(help))
    };
    let pin = read(&source.program, world).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => unusable(
            format!("loader `ipxe-x64` is not there: no file `{path}`"),
            "name `snponly.efi` or `ipxe.efi` of iPXE",
        ),
        io::ErrorKind::InvalidData => unusable(
            format!("loader `ipxe-x64` cannot be used: `{path}` is no UEFI program for x86-64"),
            "name `snponly.efi` or `ipxe.efi` of iPXE",
        ),
        _ => unusable(
            format!("loader `ipxe-x64` cannot be used: `{path}` cannot be read: {error}"),
            "let the user that runs netspec read it",
        ),
    })?;
    Ok(Some((pin, source.program.clone())))
}

/// # Errors
/// `InvalidData` for a file that is no PE program for x86-64, else what the operating system says.
fn read(path: &Path, world: &dyn World) -> io::Result<FilePin> {
    let bytes = world.read(path, MAX_FILE)?;
    if !is_x64_program(&bytes) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(FilePin { size: bytes.len() as u64, sha256: Digest::of(&bytes) })
}

/// Whether the bytes begin as a PE image with machine type x86-64 (PE Format, "MS-DOS Stub", "COFF File Header").
fn is_x64_program(bytes: &[u8]) -> bool {
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let header = bytes.get(0x3c..0x40).and_then(|offset| offset.try_into().ok()).map(u32::from_le_bytes);
    let header = header.and_then(|offset| usize::try_from(offset).ok()).filter(|offset| *offset < bytes.len());
    bytes.starts_with(b"MZ")
        && header.is_some_and(|at| bytes[at..].starts_with(b"PE\0\0") && word(at + 4) == Some(0x8664))
}

/// PCs with UEFI are most of today's, so their lack of an answer is worth a word.
pub(super) fn missing() -> Diagnostic {
    Diagnostic::new(Code::UefiLoaderMissing, "no iPXE for UEFI is installed: PCs with UEFI will get no answer")
        .help(format!("install {PACKAGES}, or say where it is with a `loader \"ipxe-x64\"` node"))
}
