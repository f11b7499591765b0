//! Names that boot loaders ask for without needing the file, so that a miss is no news.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// Whether a boot loader asks for a file of this name on the chance that it exists.
///
/// `path` is canonical. This decides how loud a miss is logged, nothing else.
pub fn is_probe(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let file = file.to_ascii_lowercase();
    // PXELINUX: per-client names, then `default`; modules in several folders, once without the slash (distros 1.5).
    folder.ends_with("pxelinux.cfg")
        || file.ends_with(".c32")
        // GRUB: per-client names, and its modules and fonts below the prefix.
        || file.starts_with("grub.cfg")
        || folder.split('/').any(|part| matches!(part, "x86_64-efi" | "i386-pc" | "i386-efi" | "arm64-efi"))
        // iPXE looks for a script beside itself and in the root (IP-05).
        || file == "autoexec.ipxe"
        // shim looks for updates of its revocations and for more certificates.
        || file.starts_with("revocations")
        || (file.starts_with("shim_certificate") && file.ends_with(".efi"))
        // cloud-init can do without one.
        || (file == "network-config" && folder.starts_with("answers/"))
        // The Raspberry Pi's ROM.
        || file == "bootsig.bin"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ip_05_names_that_loaders_only_try() {
        for path in [
            "pxelinux.cfg/01-52-54-00-aa-bb-cc",
            "iso/arch/boot/syslinux/pxelinux.cfg/default",
            "arch/boot/syslinuxldlinux.c32",
            "autoexec.ipxe",
            "EFI/BOOT/revocations_sbat.efi",
            "revocations.efi",
            "shim_certificate_0.efi",
            "grub/grub.cfg-01-52-54-00-aa-bb-cc",
            "grub/x86_64-efi/command.lst",
            "bootsig.bin",
        ] {
            assert!(is_probe(path), "{path}");
        }
        for path in ["vmlinuz", "ipxe.efi", "lpxelinux.0", "iso/arch/arch/x86_64/airootfs.sfs", "mmx64.efi"] {
            assert!(!is_probe(path), "{path}");
        }
    }
}
