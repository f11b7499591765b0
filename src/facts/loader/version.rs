//! Which version of a loader a file is, as far as the file says so itself.

use super::super::pe::Pe;
use crate::spec::loader::LoaderKind;

/// More characters than this are no version.
const MAX_LEN: usize = 64;

/// The version in a loader's own words; `None` where it holds none that can be read, as in a compressed iPXE for legacy BIOS.
pub(super) fn version(kind: LoaderKind, bytes: &[u8]) -> Option<String> {
    match kind {
        LoaderKind::Pxelinux => word_after(bytes, b"PXELINUX "),
        LoaderKind::ShimX64 | LoaderKind::ShimArm64 => word_after(bytes, b"$Version: ").or_else(|| sbat(bytes, "shim")),
        LoaderKind::GrubX64 | LoaderKind::GrubArm64 => sbat(bytes, "grub"),
        kind if kind.is_ipxe() => sbat(bytes, "ipxe").or_else(|| behind_product(bytes)),
        _ => None,
    }
}

/// The version that a program states about itself for revocation (shim's `SBAT.md`): lines of component, generation, vendor,
/// package, version and URL. The distribution's line, such as that of `grub.debian`, has the version of its package.
fn sbat(bytes: &[u8], component: &str) -> Option<String> {
    let section = std::str::from_utf8(Pe::new(bytes)?.section(".sbat")?).ok()?;
    let line = |wanted: &dyn Fn(&str) -> bool| {
        let mut lines = section.lines().map(|line| line.split(',').collect::<Vec<_>>());
        lines.find(|fields| wanted(fields[0])).and_then(|fields| plausible(fields.get(4)?.as_bytes()))
    };
    line(&|name| name.strip_prefix(component).is_some_and(|rest| rest.starts_with('.')))
        .or(line(&|name| name == component))
}

/// The word that follows some text.
fn word_after(bytes: &[u8], text: &[u8]) -> Option<String> {
    let at = bytes.windows(text.len()).position(|window| window == text)?;
    let rest = bytes.get(at + text.len()..)?;
    plausible(rest.split(|byte| byte.is_ascii_whitespace() || *byte == 0).next()?)
}

/// iPXE's product name as a string of C, and then, behind zeros, its version as another one (iPXE `core/version.c`).
fn behind_product(bytes: &[u8]) -> Option<String> {
    const PRODUCT: &[u8] = b"iPXE\0";
    let ends = bytes.windows(PRODUCT.len()).enumerate().filter(|(_, window)| *window == PRODUCT).map(|(at, _)| at);
    ends.filter_map(|at| {
        let rest = &bytes[at + PRODUCT.len()..];
        // Strings are aligned to at most 32 bytes.
        let zeros = rest.iter().take(32).take_while(|byte| **byte == 0).count();
        plausible(rest[zeros..].split(|byte| *byte == 0).next()?)
    })
    .next()
}

/// A text that begins with a digit and has a dot, as every version here has.
fn plausible(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text.get(..text.len().min(MAX_LEN + 1))?).ok()?.trim();
    let is_version = text.len() <= MAX_LEN
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains('.')
        && text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    is_version.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::program;

    fn with_sbat(text: &str) -> Vec<u8> {
        program(0x8664, &[(".sbat", text.as_bytes())], &[])
    }

    #[test]
    fn the_package_of_the_distribution_tells_more_than_upstream() {
        let text = "sbat,1,SBAT Version,sbat,1,url\ngrub,5,Free Software Foundation,grub,2.06,url\n\
                    grub.debian,5,Debian,grub2,2.06-13+deb12u2,url\n\0\0";
        assert_eq!(version(LoaderKind::GrubX64, &with_sbat(text)).unwrap(), "2.06-13+deb12u2");
        let text = "sbat,1,SBAT Version,sbat,1,url\nipxe,1,iPXE,ipxe.efi,2.0.0+dfsg-5,url\n";
        assert_eq!(version(LoaderKind::IpxeArm64, &with_sbat(text)).unwrap(), "2.0.0+dfsg-5");
        assert_eq!(version(LoaderKind::GrubX64, &with_sbat(text)), None);
    }

    #[test]
    fn loaders_say_their_version_in_their_text() {
        let of = |kind, text: &[u8]| version(kind, text);
        assert_eq!(of(LoaderKind::Pxelinux, b"\0\r\nPXELINUX 6.04 lwIP 20200816 \0").unwrap(), "6.04");
        assert_eq!(of(LoaderKind::ShimX64, b"UEFI SHIM\n$Version: 16.1 $\n").unwrap(), "16.1");
        let ipxe = b"snponly.efi\0iPXE\0\0\0\0\0\0\0\0\0\0\0\x001.0.0+git-20190125.36a4c85-5.1\0";
        assert_eq!(of(LoaderKind::IpxeX64, ipxe).unwrap(), "1.0.0+git-20190125.36a4c85-5.1");
        let built = b"iPXE\0\0\0menu\0iPXE\x001.21.1+ (g4bd0)\0";
        assert_eq!(of(LoaderKind::IpxeBios, built).unwrap(), "1.21.1+ (g4bd0)");
    }

    #[test]
    fn what_is_no_version_is_not_shown() {
        for text in [&b"iPXE\0\x1b[2J1.0\0"[..], b"iPXE\0", b"iPXE", b"", b"iPXE\x001\0", b"iPXE\0v1.0\0"] {
            assert_eq!(version(LoaderKind::IpxeX64, text), None, "{text:?}");
        }
        assert_eq!(version(LoaderKind::IpxeX64, &[b"iPXE\x001.".to_vec(), vec![b'0'; 100]].concat()), None);
        assert_eq!(version(LoaderKind::RaspberryPi, b"iPXE\x001.0\0"), None);
    }
}
