//! `netspec build`: a folder is the same everywhere, is whole or not there, and shares what it can.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{Folder, text, trees};

const ORIGIN: &str = "server { origin \"http://cdn.example/boot/\" }\n";

fn spec(menu: &str) -> String {
    format!(
        "network \"home\" {{ subnet \"192.168.1.0/24\" }}\niso \"arch\" \"isos/arch.iso\"\niso \"debian\" \"isos/debian.iso\"\n\
         menu \"main\" title=\"{menu}\" {{\n    entry \"arch\" iso=\"arch\"\n    entry \"debian\" iso=\"debian\"\n}}\n{ORIGIN}"
    )
}

fn folder(spec: &str) -> Folder {
    let folder = Folder::with_spec(spec);
    folder.iso("arch.iso", "ARCH_202611", &trees::archiso()).iso("debian.iso", "DEBIAN", &trees::debian_live())
}

/// Builds and returns the folder with its index.
fn built(folder: &Folder, more: &[&str]) -> (PathBuf, Value) {
    let args = [&["build", "spec.kdl", "--format", "json"], more].concat();
    let result: Value = serde_json::from_str(&folder.netspec_ok(&args)).unwrap();
    let made = folder.path(result["folder"].as_str().unwrap());
    let index = fs::read(made.join("index.json")).unwrap();
    (made, serde_json::from_slice(&index).unwrap())
}

fn sizes(index: &Value) -> BTreeMap<String, u64> {
    let files = index["files"].as_array().unwrap();
    files.iter().map(|file| (file["path"].as_str().unwrap().to_owned(), file["size"].as_u64().unwrap())).collect()
}

/// All files and folders with their modes and times, links as such.
fn listing(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().display();
            let time = if metadata.is_file() { metadata.mtime() } else { 0 };
            found.push(format!("{name} {:o} {time}", metadata.permissions().mode()));
            if metadata.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn two_clones_with_other_file_times_build_the_same_bytes() {
    let (one, two) = (folder(&spec("Lab")), folder(&spec("Lab")));
    let shuffled = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for name in ["spec.kdl", "isos/arch.iso", "isos/debian.iso"] {
        fs::File::options().append(true).open(two.path(name)).unwrap().set_modified(shuffled).unwrap();
    }
    for more in [&[][..], &["--server", "192.168.1.5"]] {
        let ((first, _), (second, _)) = (built(&one, more), built(&two, more));
        assert_eq!(first.file_name(), second.file_name());
        let output = Command::new("diff").args(["-r", "--no-dereference"]).args([&first, &second]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stdout));
        assert_eq!(listing(&first), listing(&second));
    }
}

#[test]
fn payload_has_every_file_of_the_isos_and_leaves_menus_to_the_server() {
    let folder = folder(&spec("Lab"));
    let (made, index) = built(&folder, &[]);
    let sizes = sizes(&index);
    assert!(
        !sizes.contains_key("boot.ipxe") && !sizes.keys().any(|path| path.starts_with("pxelinux/menu/")),
        "{sizes:?}"
    );
    assert!(sizes.keys().any(|path| path == "ipxe/x64/ipxe.efi"), "{sizes:?}");
    for (path, size) in &sizes {
        let bytes = fs::read(made.join(path)).unwrap();
        assert_eq!(bytes.len() as u64, *size, "{path}");
    }
    // Byte for byte what is in the ISO, by another reader.
    let extracted = folder.path("extracted");
    let output = Command::new("xorriso")
        .args(["-osirrox", "on", "-indev"])
        .arg(folder.path("isos/debian.iso"))
        .args(["-extract", "/live"])
        .arg(&extracted)
        .output()
        .unwrap();
    assert!(output.status.success());
    let output = Command::new("diff").arg("-r").args([&extracted, &made.join("iso/debian/live")]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
    let left: Vec<&str> = index["left"].as_array().unwrap().iter().map(|left| left["what"].as_str().unwrap()).collect();
    assert_eq!(left, ["menus-and-scripts", "in-every-folder", "whole-isos"]);
}

#[test]
fn an_edited_menu_needs_no_new_payload_and_a_second_build_writes_nothing() {
    let folder = folder(&spec("Lab"));
    let (made, _) = built(&folder, &[]);
    let before = listing(&made);
    fs::write(folder.path("spec.kdl"), spec("Another title").replace("192.168.1.0", "10.0.0.0")).unwrap();
    let said = folder.netspec_ok(&["build", "spec.kdl"]);
    assert!(said.contains("built before"), "{said}");
    assert_eq!(listing(&made), before);
    assert_eq!(fs::read_dir(folder.path("out")).unwrap().count(), 1, "a payload has no link `current`");
}

#[test]
fn a_whole_tree_names_its_servers_and_shares_files_with_the_payload() {
    let folder = folder(&spec("Lab"));
    let (payload, _) = built(&folder, &[]);
    let (whole, index) = built(&folder, &["--server", "192.168.1.5", "--origin", "http://web.example:8080/x"]);
    assert_ne!(payload, whole);
    let read = |path: &str| fs::read_to_string(whole.join(path)).unwrap();
    assert!(read("boot.ipxe").contains("http://web.example:8080/x/iso/debian/live/vmlinuz"), "{}", read("boot.ipxe"));
    assert!(read("boot.ipxe").contains("chain tftp://192.168.1.5/pxelinux/lpxelinux.0"), "{}", read("boot.ipxe"));
    let beside = read("ipxe/x64/autoexec.ipxe");
    assert!(
        beside.contains("chain --replace http://web.example:8080/x/boot.ipxe || chain --replace tftp://192.168.1.5/"),
        "{beside}"
    );
    let inode = |root: &Path| fs::metadata(root.join("iso/debian/live/filesystem.squashfs")).unwrap().ino();
    assert_eq!(inode(&payload), inode(&whole));
    assert_eq!(index["server"], "192.168.1.5");
    assert_eq!(fs::read_link(folder.path("out/current")).unwrap(), Path::new(whole.file_name().unwrap()));

    // The next one takes the link over, and shares what did not change.
    fs::write(folder.path("spec.kdl"), spec("Another title")).unwrap();
    let (next, _) = built(&folder, &["--server", "192.168.1.5", "--origin", "http://web.example:8080/x"]);
    assert_ne!(next, whole);
    assert_eq!(inode(&next), inode(&whole));
    assert_eq!(fs::read_link(folder.path("out/current")).unwrap(), Path::new(next.file_name().unwrap()));
}

#[test]
fn an_iso_that_a_menu_asks_for_is_built_whole() {
    let by_hand = "menu \"main\" {\n    entry \"live\" iso=\"debian\" {\n        kernel \"live/vmlinuz\"\n        \
                   initrd \"live/initrd.img\"\n        arguments \"url={iso}.iso\"\n    }\n}\n";
    let spec = format!(
        "network \"home\" {{ subnet \"192.168.1.0/24\" }}\niso \"debian\" \"isos/debian.iso\"\n{by_hand}{ORIGIN}"
    );
    let folder = Folder::with_spec(&spec).iso("debian.iso", "DEBIAN", &trees::debian_live());
    let (made, _) = built(&folder, &[]);
    assert_eq!(fs::read(made.join("iso/debian.iso")).unwrap(), fs::read(folder.path("isos/debian.iso")).unwrap());
}

/// A build that cannot be: the message, and nothing of it left.
fn fails(folder: &Folder, out: &str, wanted: &str, help: &str) {
    let output = folder.netspec(&["build", "spec.kdl", "-o", out]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains(wanted) && said.contains(help), "{said}");
}

#[test]
fn what_stands_in_the_way_is_left_alone_and_named() {
    let folder = folder(&spec("Lab"));
    let (made, index) = built(&folder, &[]);
    let file = made.join(index["files"][0]["path"].as_str().unwrap());
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[1..]).unwrap();
    fails(&folder, "out", "is not as it was", "and build again");
    fs::remove_dir_all(&made).unwrap();
    fs::create_dir(&made).unwrap();
    fs::write(made.join("mine"), "mine").unwrap();
    fails(&folder, "out", "was not made by `netspec build`", "move it away");
    assert_eq!(fs::read_to_string(made.join("mine")).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path("out")).unwrap().count(), 1, "nothing half is left");
    fs::write(folder.path("a-file"), "").unwrap();
    fails(&folder, "a-file", "cannot write `a-file`", "help: ");
}

#[test]
fn what_a_killed_build_has_left_is_cleared_away() {
    let folder = folder(&spec("Lab"));
    let half = folder.path("out/.netspec-partial-0123");
    fs::create_dir_all(half.join("iso")).unwrap();
    fs::write(half.join("iso/half"), "half").unwrap();
    built(&folder, &[]);
    assert!(!half.exists());
}

#[test]
fn two_builds_do_not_write_to_one_folder() {
    let folder = folder(&spec("Lab"));
    fs::create_dir(folder.path("out")).unwrap();
    let held = fs::File::open(folder.path("out")).unwrap();
    held.lock().unwrap();
    fails(&folder, "out", "another `netspec build` writes to `out`", "wait until it is ready");
    drop(held);
    built(&folder, &[]);
}

/// In a mount namespace of its own: a file system without room, and one that cannot be written to.
#[test]
fn a_full_disk_and_a_read_only_one_are_named_and_nothing_half_is_left() {
    let folder = folder(&spec("Lab"));
    fs::create_dir(folder.path("out")).unwrap();
    for (options, wanted, help) in [
        ("size=256k", "No space left on device", "bytes together; make room"),
        ("ro", "Read-only file system", "on a file system that can be written to"),
    ] {
        let script = format!(
            "mount -t tmpfs -o {options} none out && {{ \"$0\" build spec.kdl; code=$?; ls -A out >&2; exit $code; }}"
        );
        let output = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, env!("CARGO_BIN_EXE_netspec")])
            .current_dir(folder.dir.path())
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(wanted) && said.contains(help), "{said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.starts_with("  help: "), "the folder is empty, so `ls` says nothing: {said}");
    }
}
