//! A lock changes how much is read, and not what is found.

use std::fs;

use crate::support::{Folder, text, trees};

const HEAD: &str = r#"network "home" { subnet "192.168.1.0/24" }
iso "arch" "isos/arch.iso"
loader "pxelinux" "isos/lpxelinux.0"
loader "ipxe-x64" "isos/ipxe.efi"
host "thin" {
    mac "52:54:00:12:34:56"
    memory "512MiB"
}
menu "main" {
    entry "arch" iso="arch"
"#;

/// A menu line by hand, with these arguments.
fn by_hand(arguments: &str) -> String {
    format!(
        "{HEAD}    entry \"by-hand\" iso=\"arch\" {{\n        kernel \"/arch/boot/x86_64/vmlinuz-linux\"\n        \
         initrd \"/arch/boot/x86_64/initramfs-linux.img\"\n        arguments \"{arguments}\"\n    }}\n}}\n"
    )
}

fn check(folder: &Folder) -> String {
    let output = folder.netspec(&["check", "--no-host", "--format", "short", "spec.kdl"]);
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout)
}

#[test]
fn findings_about_isos_are_the_same_beside_a_lock() {
    let good = by_hand("archisobasedir=arch archiso_http_srv={iso}/ ip=dhcp checksum=y");
    let folder = Folder::with_spec(&good).iso("arch.iso", "ARCH_202611", &trees::archiso());
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        fs::write(folder.path(&format!("isos/{name}")), name).unwrap();
    }
    fs::write(folder.path("isos/ipxe.efi"), trees::x64_program()).unwrap();
    let cold = check(&folder);
    assert!(cold.contains("netspec::memory-too-small") && !cold.contains("error"), "{cold}");
    folder.netspec_ok(&["lock", "spec.kdl"]);
    assert_eq!(check(&folder), cold);
    for (arguments, code) in [
        ("archisobasedir=arch archiso_http_srv={iso}/ ip=dhcp verify=y", "verification-missing"),
        ("archisobasedir=arch archiso_http_srv={iso} ip=dhcp", "url-argument"),
        ("archisobasedir=arch archiso_http_srv={iso}/", "ip-argument"),
        ("archisobasedir=arch fetch={iso}/arch/x86_64/airotfs.sfs", "path-not-in-iso"),
        ("boot=live fetch={iso}/arch/x86_64/airootfs.sfs", "url-argument"),
    ] {
        fs::write(folder.path("spec.kdl"), by_hand(arguments)).unwrap();
        let beside_lock = check(&folder);
        assert!(beside_lock.contains(&format!("netspec::{code}")), "{arguments}: {beside_lock}");
        fs::rename(folder.path("netspec.lock"), folder.path("aside")).unwrap();
        assert_eq!(check(&folder), beside_lock, "{arguments}");
        fs::rename(folder.path("aside"), folder.path("netspec.lock")).unwrap();
    }
}
