//! What UEFI machines get: iPXE, and a script with a menu of one system.

use std::path::Path;

use super::super::Family;
use super::{ARCHISO_ENTRY, DEBIAN_LIVE_ENTRY, one_file};
use crate::error::{Context, Result};
use crate::lab::SERVER;

/// Debian's package `ipxe`.
const IPXE: &str = "/usr/lib/ipxe/snponly.efi";
const PROGRAM: &str = "snponly.efi";
const SCRIPT: &str = "boot.ipxe";

/// A system of the medium: where its files are and how their names start, and what its kernel is told.
struct System {
    title: &'static str,
    folder: &'static str,
    kernel: &'static str,
    initrd: &'static str,
    arguments: String,
}

fn system(family: Family) -> System {
    let archiso = |initrd| System {
        title: ARCHISO_ENTRY,
        folder: "arch/boot/x86_64",
        kernel: "vmlinuz",
        initrd,
        arguments: format!("archisobasedir=arch archiso_http_srv=http://{SERVER}/ ip=dhcp"),
    };
    match family {
        Family::ArchisoToday => archiso("initramfs"),
        Family::Archiso2014 => archiso("archiso"),
        Family::DebianLive => System {
            title: DEBIAN_LIVE_ENTRY,
            folder: "live",
            kernel: "vmlinuz",
            initrd: "initrd",
            arguments: format!(
                "boot=live components fetch=http://{SERVER}/live/filesystem.squashfs console=ttyS0,115200"
            ),
        },
    }
}

/// Adds iPXE and its script to the unpacked medium.
pub(super) fn prepare(family: Family, root: &Path) -> Result<()> {
    std::fs::copy(IPXE, root.join(PROGRAM)).context(IPXE)?;
    let System { title, folder, kernel, initrd, arguments } = system(family);
    let (kernel, initrd) = (one_file(&root.join(folder), kernel)?, one_file(&root.join(folder), initrd)?);
    let base = format!("http://{SERVER}/{folder}");
    // Linux finds its initial RAM disk on UEFI by the name on its command line.
    let text = format!(
        "#!ipxe\nmenu Network boot\nitem --gap Systems\nitem exit The next boot device\nitem live {title}\n\
         choose target && goto ${{target}}\n:exit\nexit 1\n\
         :live\nkernel {base}/{kernel} initrd=initrd {arguments}\ninitrd --name initrd {base}/{initrd}\nboot\n"
    );
    let file = root.join(SCRIPT);
    std::fs::write(&file, text).context(file.display())
}

/// What dnsmasq is told. A BIOS machine whose card has iPXE for its boot ROM is not to get the script.
pub(super) fn dnsmasq() -> [String; 4] {
    [
        "--dhcp-match=set:ipxe,175".to_owned(),
        "--dhcp-match=set:uefi,option:client-arch,7".to_owned(),
        format!("--pxe-service=tag:!ipxe,X86-64_EFI,Network boot,{PROGRAM}"),
        format!("--dhcp-boot=tag:ipxe,tag:uefi,http://{SERVER}/{SCRIPT}"),
    ]
}
