//! File trees of ISOs, in the layouts of `distros.md`, with a few bytes in place of kernels and images.

use super::File;

fn file(path: &'static str, text: impl Into<String>) -> File {
    (path, text.into())
}

/// archiso of today: names relative to `/boot/syslinux`, kernels from the root of the TFTP server.
pub(crate) fn archiso() -> Vec<File> {
    vec![
        file("arch/boot/x86_64/vmlinuz-linux", "kernel"),
        file("arch/boot/x86_64/initramfs-linux.img", "initramfs"),
        file("arch/x86_64/airootfs.sfs", "root image"),
        file("arch/x86_64/airootfs.sha512", "digest  airootfs.sfs\n"),
        file("arch/x86_64/airootfs.sfs.cms.sig", "signature"),
        file("boot/memtest86+/memtest", "memtest"),
        file("boot/syslinux/lpxelinux.0", "loader"),
        file("boot/syslinux/ldlinux.c32", "module"),
        file("boot/syslinux/whichsys.c32", "module"),
        file("boot/syslinux/vesamenu.c32", "module"),
        file("boot/syslinux/reboot.c32", "module"),
        file(
            "boot/syslinux/syslinux.cfg",
            "DEFAULT select\n\nLABEL select\nCOM32 whichsys.c32\nAPPEND -pxe- pxe -sys- sys -iso- sys\n\n\
             LABEL pxe\nCONFIG archiso_pxe.cfg\n\nLABEL sys\nCONFIG archiso_sys.cfg\n",
        ),
        file(
            "boot/syslinux/archiso_pxe.cfg",
            "INCLUDE archiso_head.cfg\n\nINCLUDE archiso_pxe-linux.cfg\n\nINCLUDE archiso_tail.cfg\n",
        ),
        file(
            "boot/syslinux/archiso_head.cfg",
            "SERIAL 0 115200\nUI vesamenu.c32\nMENU TITLE Arch Linux\nMENU BACKGROUND splash.png\n",
        ),
        file("boot/syslinux/archiso_pxe-linux.cfg", PXE_TODAY),
        file(
            "boot/syslinux/archiso_tail.cfg",
            "LABEL memtest\nMENU LABEL Run Memtest86+ (RAM test)\nLINUX /boot/memtest86+/memtest\n\n\
             LABEL reboot\nMENU LABEL Reboot\nCOM32 reboot.c32\n",
        ),
    ]
}

const PXE_TODAY: &str = "\
LABEL arch_nbd
MENU LABEL Arch Linux install medium (x86_64, NBD)
LINUX ::/arch/boot/x86_64/vmlinuz-linux
INITRD ::/arch/boot/x86_64/initramfs-linux.img
APPEND archisobasedir=arch archisosearchuuid=2026-11-01-00-00-00-00 archiso_nbd_srv=${pxeserver} cms_verify=y
SYSAPPEND 3

LABEL arch_http
TEXT HELP
Boot the medium using HTTP.
ENDTEXT
MENU LABEL Arch Linux install medium (x86_64, HTTP)
LINUX ::/arch/boot/x86_64/vmlinuz-linux
INITRD ::/arch/boot/x86_64/initramfs-linux.img
APPEND archisobasedir=arch archiso_http_srv=http://${pxeserver}/ cms_verify=y
SYSAPPEND 3
";

/// archiso of September 2014: names relative to `/arch`, two CPUs.
pub(crate) fn archiso_2014() -> Vec<File> {
    let entry = |cpu: &str, kind: &str| {
        format!(
            "LABEL arch_{cpu}_{kind}\nMENU LABEL Boot Arch Linux ({cpu}) ({kind})\nLINUX boot/{cpu}/vmlinuz\n\
             INITRD boot/{cpu}/archiso.img\nAPPEND archisobasedir=arch archiso_{kind}_srv=http://${{pxeserver}}/\nSYSAPPEND 3\n\n"
        )
    };
    let entries = |cpu: &str| format!("{}{}", entry(cpu, "nfs"), entry(cpu, "http"));
    vec![
        file("arch/boot/x86_64/vmlinuz", "kernel"),
        file("arch/boot/x86_64/archiso.img", "initramfs"),
        file("arch/boot/i686/vmlinuz", "kernel"),
        file("arch/boot/i686/archiso.img", "initramfs"),
        file("arch/boot/memtest", "memtest"),
        file("arch/x86_64/airootfs.sfs", "root image"),
        file("arch/x86_64/airootfs.md5", "digest  airootfs.sfs\n"),
        file("arch/i686/airootfs.sfs", "root image"),
        file("arch/i686/airootfs.md5", "digest  airootfs.sfs\n"),
        file("arch/boot/syslinux/lpxelinux.0", "loader"),
        file("arch/boot/syslinux/whichsys.c32", "module"),
        file("arch/boot/syslinux/vesamenu.c32", "module"),
        file(
            "arch/boot/syslinux/archiso.cfg",
            "DEFAULT select\n\nLABEL select\nCOM32 boot/syslinux/whichsys.c32\nAPPEND -pxe- pxe -sys- sys -iso- sys\n\n\
             LABEL pxe\nCONFIG boot/syslinux/archiso_pxe_both_inc.cfg\n",
        ),
        file(
            "arch/boot/syslinux/archiso_pxe_both_inc.cfg",
            "INCLUDE boot/syslinux/archiso_pxe64.cfg\nINCLUDE boot/syslinux/archiso_pxe32.cfg\n",
        ),
        file("arch/boot/syslinux/archiso_pxe64.cfg", entries("x86_64")),
        file("arch/boot/syslinux/archiso_pxe32.cfg", entries("i686")),
        file(
            "arch/boot/syslinux/syslinux.cfg",
            "DEFAULT loadconfig\n\nLABEL loadconfig\nCONFIG archiso.cfg\nAPPEND ../../\n",
        ),
    ]
}

/// Debian Live as live-build makes it.
pub(crate) fn debian_live() -> Vec<File> {
    vec![
        file(".disk/info", "Debian GNU/Linux 12 \"Bookworm\" - live\n"),
        file("live/vmlinuz", "kernel"),
        file("live/initrd.img", "initrd"),
        file("live/filesystem.squashfs", "root image"),
        file("isolinux/isolinux.cfg", "include menu.cfg\ndefault vesamenu.c32\nprompt 0\ntimeout 0\n"),
        file("isolinux/menu.cfg", "menu hshift 0\nmenu title Boot menu\ninclude live.cfg\n"),
        file(
            "isolinux/live.cfg",
            "label live-amd64\n\tmenu label ^Live system (amd64)\n\tmenu default\n\tlinux /live/vmlinuz\n\tinitrd /live/initrd.img\n\
             \tappend boot=live components findiso=${iso_path}\n\n\
             label live-amd64-failsafe\n\tmenu label Live system (amd64 fail-safe mode)\n\tlinux /live/vmlinuz\n\
             \tinitrd /live/initrd.img\n\tappend boot=live components memtest noapic\n\n\
             label hdt\n\tmenu label Hardware\n\tcom32 hdt.c32\n",
        ),
    ]
}

/// The headers of a UEFI program for x86-64, and nothing behind them.
pub(crate) fn x64_program() -> Vec<u8> {
    uefi_program(0x8664)
}

/// The same for another machine type.
pub(crate) fn uefi_program(machine_type: u16) -> Vec<u8> {
    let mut bytes = vec![0; 0x80];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x40;
    bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
    bytes[0x44..0x46].copy_from_slice(&machine_type.to_le_bytes());
    bytes
}
