//! Entries that are no ISO, in every menu: from the spec to what each kind of PC is shown, and to the bytes that it gets.

use std::fs;
use std::net::Ipv4Addr;

use netspec::cli::compile::compile;
use netspec::plan::Role;
use netspec::serve::content::Files as _;
use netspec::serve::tree::FileTree;
use netspec::world::OsWorld;

use crate::support::{Folder, signed, trees};
use crate::tree::read;

const LOADERS: &str = "loader \"pxelinux\" \"boot/lpxelinux.0\" modules=\"boot\"\nloader \"ipxe-x64\" \"boot/snponly.efi\"\n\
    loader \"ipxe-bios\" \"boot/ipxe.lkrn\"\n";
const GRUB: &str = "loader \"shim-x64\" \"boot/shim.efi\"\nloader \"grub-x64\" \"boot/grub.efi\"\n";
const NETWORK: &str = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\n";

const ENTRIES: &str = "menu \"main\" title=\"Tools\" {\n\
    \x20   entry \"linux\" {\n        kernel \"tools/linux\"\n        initrd \"tools/a/initrd\"\n        initrd \"tools/b/initrd\"\n        arguments \"quiet log={server}\"\n    }\n\
    \x20   entry \"bios\" { kernel \"tools/bios kernel\"; }\n\
    \x20   entry \"program\" { kernel \"tools/program.efi\"; }\n\
    \x20   entry \"wimboot\" {\n        kernel \"tools/linux\"\n        file \"boot.wim\" \"tools/boot.wim\"\n    }\n\
    \x20   entry \"remote\" {\n        kernel \"http://10.0.0.9:8080/linux\"\n        initrd \"http://10.0.0.9/a,b\"\n    }\n\
    \x20   entry \"script\" chain=\"http://10.0.0.9/menu.ipxe\"\n\
    \x20   entry \"loader\" chain=\"tftp://10.0.0.9/boot.efi\"\n\
    \x20   entry \"shell\" boot=\"shell\"\n    entry \"setup\" boot=\"firmware-setup\"\n    entry \"restart\" boot=\"restart\"\n}\n";

/// A Linux kernel of 64 bits, as its header says; with an EFI stub it is a program of UEFI, too.
fn linux(has_stub: bool) -> Vec<u8> {
    let mut bytes = if has_stub { trees::x64_program() } else { Vec::new() };
    bytes.resize(1024, 0);
    bytes[0x202..0x206].copy_from_slice(b"HdrS");
    bytes[0x236] = 1;
    bytes
}

fn folder(spec: &str) -> Folder {
    let folder = Folder::with_spec(&format!("{NETWORK}{LOADERS}{spec}"));
    for path in ["boot", "tools/a", "tools/b"] {
        fs::create_dir_all(folder.path(path)).unwrap();
    }
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32", "reboot.c32", "ipxe.lkrn"] {
        fs::write(folder.path("boot").join(name), name).unwrap();
    }
    let files: [(&str, Vec<u8>); 9] = [
        ("boot/snponly.efi", trees::x64_program()),
        ("boot/shim.efi", signed::shim("Some CA")),
        ("boot/grub.efi", signed::grub("Some CA", true)),
        ("tools/linux", linux(true)),
        ("tools/bios kernel", linux(false)),
        ("tools/program.efi", trees::x64_program()),
        ("tools/a/initrd", b"first".to_vec()),
        ("tools/b/initrd", b"second".to_vec()),
        ("tools/boot.wim", b"image".to_vec()),
    ];
    for (path, bytes) in files {
        fs::write(folder.path(path), bytes).unwrap();
    }
    folder
}

/// The texts of a plan, with `$` where the address of the server goes.
fn texts(folder: &Folder, paths: &[&str]) -> String {
    let plan: serde_json::Value = serde_json::from_str(&folder.plan()).unwrap();
    let mut shown = String::new();
    for path in paths {
        let parts = plan["tree"][path]["text"].as_array().unwrap_or_else(|| panic!("no {path}"));
        let text: String = parts.iter().map(|part| part.as_str().unwrap_or("$")).collect();
        shown.push_str(&format!("=== {path}\n{text}"));
    }
    shown
}

#[test]
fn ipxe_can_do_everything_that_the_processor_can() {
    insta::assert_snapshot!(texts(&folder(ENTRIES), &["boot.ipxe"]));
}

#[test]
fn pxelinux_leaves_to_ipxe_what_only_ipxe_can_do() {
    let scripts = ["wimboot", "script", "shell"].map(|name| format!("pxelinux/ipxe/main/{name}.ipxe"));
    let paths: Vec<&str> = ["pxelinux/menu/main.cfg"].into_iter().chain(scripts.iter().map(String::as_str)).collect();
    insta::assert_snapshot!(texts(&folder(ENTRIES), &paths));
}

#[test]
fn grub_starts_kernels_and_programs_and_has_a_prompt() {
    insta::assert_snapshot!(texts(
        &folder(&format!("{GRUB}{ENTRIES}")),
        &["grub/menu/main.cfg", "grub/prompt.cfg", "grub/nothing.cfg"]
    ));
}

/// The lines of the menu that a PC is shown, as `netspec explain` reads them back from the served text.
#[test]
fn each_pc_is_shown_what_it_can_do() {
    let folder = folder(&format!("{GRUB}{ENTRIES}"));
    let mut shown = String::new();
    for arch in ["bios", "uefi-x64", "http-x64"] {
        let text = folder.netspec_ok(&["explain", "spec.kdl", "--arch", arch]);
        let menu: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.contains("Menu 1"))
            .take_while(|line| !line.contains("Kernel 1"))
            .collect();
        shown.push_str(&format!("=== {arch}\n{}\n", menu.join("\n").trim_end()));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn files_of_entries_are_served_in_place() {
    let folder = folder(ENTRIES);
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    let outcome = compiled.outcome.unwrap_or_else(|| panic!("{:?}", compiled.findings));
    let tree = FileTree::open(&outcome.plan, &outcome.gathered).unwrap();
    let open = |path: &str| tree.open(path, Ipv4Addr::LOCALHOST).unwrap_or_else(|| panic!("no {path}"));
    let kernel = open("file/main/linux/linux");
    assert_eq!((kernel.role, kernel.len), (Role::Kernel, 1024));
    let initrds = ["file/main/linux/initrd", "file/main/linux/2-initrd"].map(open);
    assert_eq!(initrds.clone().map(|opened| read(&opened)), ["first", "second"]);
    assert!(initrds.iter().all(|opened| opened.role == Role::Initrd));
    assert_eq!(open("file/main/bios/bios-kernel").len, 1024, "a name that every loader writes alike");
    assert!(tree.open("file/main/linux", Ipv4Addr::LOCALHOST).is_none());
    assert!(tree.open("tools/linux", Ipv4Addr::LOCALHOST).is_none());
}

/// What is pinned by content is in the plan, and what is not there is not served.
#[test]
fn a_changed_file_changes_the_plan_and_stops_a_start() {
    let folder = folder(ENTRIES);
    let before = folder.netspec_ok(&["plan", "--digest", "spec.kdl"]);
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    fs::write(folder.path("tools/boot.wim"), "another image").unwrap();
    assert_ne!(folder.netspec_ok(&["plan", "--digest", "spec.kdl"]), before);
    let outcome = compiled.outcome.unwrap();
    let error = FileTree::open(&outcome.plan, &outcome.gathered).err().unwrap().to_string();
    assert!(error.contains("it changed from 5 to 13 bytes since it was planned"), "{error}");
}

#[test]
fn a_lock_knows_the_files_of_entries() {
    let folder = folder(ENTRIES);
    let plan = folder.netspec_ok(&["plan", "spec.kdl"]);
    let said = folder.netspec_ok(&["lock", "spec.kdl"]);
    assert!(said.contains("7 files of entries"), "{said}");
    let lock = fs::read_to_string(folder.path("netspec.lock")).unwrap();
    assert!(
        lock.contains("\"path\": \"tools/bios kernel\"") && lock.contains("\"kind\": \"linux-and-uefi\""),
        "{lock}"
    );
    fs::write(folder.path("tools/boot.wim"), "another image").unwrap();
    let locked = folder.netspec(&["check", "--no-host", "--locked", "--format", "short", "spec.kdl"]);
    let said = String::from_utf8(locked.stdout).unwrap();
    assert!(said.contains("`file/main/wimboot/boot.wim` had the SHA-256 digest "), "{said}");
    assert_eq!(locked.status.code(), Some(1));
    // The lock alone is enough for the same plan.
    fs::remove_dir_all(folder.path("tools")).unwrap();
    assert_eq!(folder.netspec_ok(&["plan", "--frozen", "spec.kdl"]), plan);
}

/// `specs/tools.kdl` with the file that it names, on a machine that has the usual loaders.
#[test]
fn the_gallery_of_tools_passes_check() {
    let spec = include_str!("../../specs/tools.kdl");
    let folder = folder("");
    fs::write(folder.path("spec.kdl"), format!("{spec}{LOADERS}")).unwrap();
    fs::write(folder.path("tools/memtest86+x64.efi"), linux(true)).unwrap();
    let said = folder.netspec_ok(&["check", "--no-host", "spec.kdl"]);
    assert_eq!(said, "spec.kdl: no errors; boots one file\n");
}
