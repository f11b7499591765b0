//! What specs mean: plans as snapshots, and the promise that they depend on the spec and its files alone.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::support::{Folder, text, trees};

const NETWORK: &str = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\n";

/// A PXELINUX and an iPXE of a few bytes, so that snapshots do not depend on the one of this machine.
fn with_pxelinux(folder: Folder) -> Folder {
    let place = folder.path("pxelinux");
    fs::create_dir(&place).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32", "whichsys.c32"] {
        fs::write(place.join(name), name).unwrap();
    }
    fs::write(place.join("snponly.efi"), trees::x64_program()).unwrap();
    folder
}

const PXELINUX: &str = "loader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\n\
                        loader \"ipxe-x64\" \"pxelinux/snponly.efi\"\n";

fn one_iso() -> Folder {
    let spec = format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\n");
    with_pxelinux(Folder::with_spec(&format!("{spec}{PXELINUX}"))).iso("arch.iso", "ARCH_202611", &trees::archiso())
}

#[test]
fn one_archiso_goes_straight_to_its_own_menu() {
    insta::assert_snapshot!(one_iso().plan());
}

#[test]
fn archiso_of_2014_keeps_its_names_relative_to_arch() {
    let spec = format!("{NETWORK}iso \"old\" \"isos/old.iso\"\n{PXELINUX}");
    let folder = with_pxelinux(Folder::with_spec(&spec)).iso("old.iso", "ARCH_201409", &trees::archiso_2014());
    insta::assert_snapshot!(folder.plan());
}

#[test]
fn debian_live_gets_a_menu_made_from_its_own() {
    let spec = format!(
        "{NETWORK}iso \"debian\" \"isos/debian.iso\" {{\n    arguments \"console=ttyS0,115200\" \"quiet\"\n}}\n{PXELINUX}"
    );
    let folder = with_pxelinux(Folder::with_spec(&spec)).iso("debian.iso", "Debian bookworm", &trees::debian_live());
    insta::assert_snapshot!(folder.plan());
}

#[test]
fn a_menu_leads_to_each_of_its_entries() {
    let spec = format!(
        "{NETWORK}iso \"arch\" \"isos/arch.iso\"\niso \"debian\" \"isos/debian.iso\"\n{PXELINUX}\
         menu \"main\" title=\"Home ^netboot\" timeout=30 {{\n    entry \"disk\" boot=\"local-disk\" default=#true\n    separator\n\
         entry \"arch\" iso=\"arch\"\n    entry \"more\" menu=\"more\"\n}}\n\
         menu \"more\" title=\"Other systems\" {{\n    entry \"debian\" iso=\"debian\" title=\"Debian\"\n}}\n"
    );
    let folder = with_pxelinux(Folder::with_spec(&spec)).iso("arch.iso", "ARCH_202611", &trees::archiso()).iso(
        "debian.iso",
        "Debian bookworm",
        &trees::debian_live(),
    );
    insta::assert_snapshot!(folder.plan());
}

#[test]
fn an_entry_may_name_its_kernel() {
    let spec = format!(
        "{NETWORK}iso \"ubuntu\" \"isos/ubuntu.iso\"\n{PXELINUX}menu \"main\" {{\n    entry \"live\" iso=\"ubuntu\" {{\n\
         kernel \"/casper/vmlinuz\"\n        initrd \"/casper/initrd\"\n\
         arguments \"boot=casper netboot=url url={{iso}}.iso\" \"ip=dhcp log={{server}}\"\n    }}\n}}\n"
    );
    let files = [("casper/vmlinuz", "kernel".to_owned()), ("casper/initrd", "initrd".to_owned())];
    let folder = with_pxelinux(Folder::with_spec(&spec)).iso("ubuntu.iso", "Ubuntu", &files);
    let plan = folder.netspec_ok(&["plan", "spec.kdl"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let menu = plan["tree"]["pxelinux/menu/main.cfg"]["text"].as_array().unwrap();
    let menu: String = menu.iter().map(|part| part.as_str().unwrap_or("$")).collect();
    insta::assert_snapshot!(menu, @r"
    SERIAL 0 115200
    UI menu.c32
    MENU TITLE main
    LABEL live
    MENU LABEL live
    LINUX $/iso/ubuntu/casper/vmlinuz
    INITRD $/iso/ubuntu/casper/initrd
    APPEND boot=casper netboot=url url=$/iso/ubuntu.iso ip=dhcp log=$
    SYSAPPEND 2
    ");
    assert_eq!(plan["roles"]["iso/ubuntu/casper/vmlinuz"], "kernel");
    assert_eq!(plan["roles"]["iso/ubuntu/casper/initrd"], "initrd");
}

#[test]
fn an_archiso_without_signature_is_not_asked_to_check_one() {
    let mut files = trees::archiso();
    files.retain(|(path, _)| !path.ends_with(".cms.sig"));
    let folder = Folder::with_spec(&format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\n")).iso("arch.iso", "X", &files);
    let plan = folder.netspec_ok(&["plan", "spec.kdl"]);
    let http = plan.lines().find(|line| line.contains("/iso/arch/ ")).expect("the words of the HTTP entry");
    assert!(http.contains("checksum=y") && !http.contains("cms_verify"), "{http}");
}

#[test]
fn the_same_spec_and_files_give_the_same_bytes_in_any_folder() {
    let (first, second) = (one_iso(), one_iso());
    let newer = SystemTime::now() + Duration::from_secs(3600);
    let iso = fs::File::options().append(true).open(second.path("isos/arch.iso")).unwrap();
    iso.set_modified(newer).unwrap();
    let plan = first.netspec_ok(&["plan", "spec.kdl"]);
    assert_eq!(plan, second.netspec_ok(&["plan", "spec.kdl"]));
    let digest = first.netspec_ok(&["plan", "--digest", "spec.kdl"]);
    assert_eq!(digest, second.netspec_ok(&["plan", "--digest", "spec.kdl"]));
    for place in [first.dir.path(), std::env::temp_dir().as_path()] {
        assert!(!plan.contains(place.to_str().unwrap()), "a plan holds no path of the machine");
    }
}

#[test]
fn one_changed_file_in_an_iso_changes_the_digest() {
    let before = one_iso().netspec_ok(&["plan", "--digest", "spec.kdl"]);
    let mut files = trees::archiso();
    files.push(("arch/version", "2026.11.01".into()));
    let spec = format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\n{PXELINUX}");
    let after = with_pxelinux(Folder::with_spec(&spec)).iso("arch.iso", "ARCH_202611", &files);
    assert_ne!(before, after.netspec_ok(&["plan", "--digest", "spec.kdl"]));
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let folder = one_iso();
    let netspec = env!("CARGO_BIN_EXE_netspec");
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("{netspec} plan spec.kdl | head -c 1")])
        .current_dir(folder.dir.path())
        .output()
        .unwrap();
    assert_eq!(text(&output.stderr), "");
}
