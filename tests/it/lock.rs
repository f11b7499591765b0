//! `netspec.lock`: the same bytes on every machine with the same files, and a word about every file that is another one.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use netspec::cli::compile::compile_as;
use netspec::facts::Use;
use netspec::lock::{Cache, Current, Lock, LockError, LockMode, LockedLoader, Quiet, Seen, Setting, Stale, stale};
use netspec::spec::loader::LoaderKind;

use crate::support::counting::Counting;
use crate::support::{Folder, text, trees};

const NETWORK: &str = "network \"home\" { subnet \"192.168.1.0/24\" }\n";
const ISOS: &str = "iso \"arch\" \"isos/arch.iso\"\niso \"debian\" \"isos/debian.iso\"\n";
const LOADERS: &str =
    "loader \"pxelinux\" \"boot/lpxelinux.0\" modules=\"boot\"\nloader \"ipxe-x64\" \"boot/snponly.efi\"\n";
const MENU: &str = "menu \"main\" {\n    entry \"arch\" iso=\"arch\"\n    entry \"debian\" iso=\"debian\"\n}\n";

fn lab() -> Folder {
    let folder = Folder::with_spec(&format!("{NETWORK}{ISOS}{LOADERS}{MENU}"));
    let boot = folder.path("boot");
    fs::create_dir(&boot).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        fs::write(boot.join(name), name).unwrap();
    }
    fs::write(boot.join("snponly.efi"), trees::x64_program()).unwrap();
    folder.iso("arch.iso", "ARCH_202611", &trees::archiso()).iso("debian.iso", "DEBIAN", &trees::debian_live())
}

fn locked() -> Folder {
    let folder = lab();
    folder.netspec_ok(&["lock", "spec.kdl"]);
    folder
}

fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// What a command says that must fail.
fn refused(folder: &Folder, args: &[&str]) -> String {
    let output = folder.netspec(args);
    assert!(!output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

fn set_modified(path: &Path, time: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Overwrites one byte in the middle, in place, and sets the time of the last change back.
fn change_a_byte(path: &Path) {
    let before = fs::metadata(path).unwrap();
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let at = before.len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[!byte[0]], at).unwrap();
    drop(file);
    set_modified(path, before.modified().unwrap());
}

#[test]
fn a_lock_names_every_file_and_what_was_found_in_it() {
    insta::assert_snapshot!(lab().lock().to_text());
}

#[test]
fn a_lock_reads_back_as_it_was_written() {
    let lock = lab().lock();
    assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);
}

#[test]
fn two_clones_in_two_folders_with_other_times_lock_and_plan_alike() {
    let (one, other) = (lab(), lab());
    for (age, name) in (1..).zip(["isos/debian.iso", "spec.kdl", "boot/menu.c32", "isos/arch.iso"]) {
        set_modified(&other.path(name), SystemTime::now() - Duration::from_secs(age * 86_400));
    }
    let made = |folder: &Folder| {
        folder.netspec_ok(&["lock", "spec.kdl"]);
        let lock = fs::read_to_string(folder.path("netspec.lock")).unwrap();
        [&["plan", "spec.kdl"][..], &["plan", "--locked", "spec.kdl"], &["plan", "--frozen", "spec.kdl"]]
            .map(|args| folder.netspec_ok(args))
            .into_iter()
            .chain([lock])
            .collect::<Vec<_>>()
    };
    let (one, other) = (made(&one), made(&other));
    assert_eq!(one, other);
    assert!(one[0] == one[1] && one[1] == one[2], "a plan depends on how it is made");
    assert!(one[0].contains("\"sha256\""), "{}", one[0]);
}

#[test]
fn a_plan_needs_no_iso_where_there_is_a_lock() {
    let folder = locked();
    let plan = folder.netspec_ok(&["plan", "spec.kdl"]);
    let explained = folder.netspec_ok(&["explain", "spec.kdl", "--arch", "bios"]);
    fs::remove_dir_all(folder.path("isos")).unwrap();
    fs::remove_dir_all(folder.path("boot")).unwrap();
    assert_eq!(folder.netspec_ok(&["plan", "--frozen", "spec.kdl"]), plan);
    let checked = folder.netspec_ok(&["check", "--frozen", "--no-host", "spec.kdl"]);
    assert!(checked.contains("no errors"), "{checked}");
    // Only where a loader is on this machine is not known.
    let frozen = folder.netspec_ok(&["explain", "--frozen", "spec.kdl", "--arch", "bios"]);
    assert_eq!(frozen, explained.replace("boot/lpxelinux.0", "lpxelinux.0"));
    assert!(refused(&folder, &["plan", "spec.kdl"]).contains("netspec::iso-not-found"));
}

#[test]
fn one_changed_byte_is_refused_and_named() {
    let folder = locked();
    // What is known about the file must be old enough to be relied on.
    folder.netspec_ok(&["check", "--locked", "--no-host", "spec.kdl"]);
    change_a_byte(&folder.path("isos/debian.iso"));
    for command in ["check", "plan", "explain"] {
        let said = refused(&folder, &[command, "--locked", "spec.kdl"]);
        assert!(said.contains("netspec::iso-changed"), "{said}");
        assert!(said.contains("ISO `debian` had the SHA-256 digest"), "{said}");
        assert!(said.contains("spec.kdl:3:14"), "{said}");
        assert!(!said.contains("ISO `arch`"), "{said}");
    }
    let said = refused(&folder, &["lock", "--check", "spec.kdl"]);
    assert!(said.contains("ISO `debian` had the SHA-256 digest"), "{said}");
    // Now that it was read, its digest is known without `--locked`, too.
    let checked = folder.netspec_ok(&["check", "--no-host", "spec.kdl"]);
    assert!(checked.contains("netspec::iso-changed"), "{checked}");
}

#[test]
fn without_locked_no_iso_is_read_whole() {
    let folder = locked();
    change_a_byte(&folder.path("isos/debian.iso"));
    let checked = folder.netspec_ok(&["check", "--no-host", "spec.kdl"]);
    assert!(!checked.contains("netspec::iso-changed"), "{checked}");
}

#[test]
fn a_cut_iso_is_named_with_both_sizes() {
    let folder = locked();
    let path = folder.path("isos/arch.iso");
    let size = fs::metadata(&path).unwrap().len();
    fs::File::options().append(true).open(&path).unwrap().set_len(size + 2048).unwrap();
    folder.netspec_ok(&["lock", "spec.kdl"]);
    fs::File::options().append(true).open(&path).unwrap().set_len(size).unwrap();
    let said = refused(&folder, &["check", "--locked", "--no-host", "--format", "short", "spec.kdl"]);
    assert!(said.contains("iso-changed"), "{said}");
    let grouped = |n: u64| format!("{},{:03}", n / 1000, n % 1000);
    assert!(said.contains(&format!("had {} bytes and has {}", grouped(size + 2048), grouped(size))), "{said}");
}

#[test]
fn a_lock_that_is_right_is_not_written_again() {
    let folder = locked();
    let lock = folder.path("netspec.lock");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    set_modified(&lock, long_ago);
    let said = folder.netspec_ok(&["lock", "spec.kdl"]);
    assert!(said.contains("is up to date"), "{said}");
    folder.netspec_ok(&["lock", "--check", "spec.kdl"]);
    assert_eq!(fs::metadata(&lock).unwrap().modified().unwrap(), long_ago);
    assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 5, "a file was left behind");
}

#[test]
fn lock_says_what_changed_and_check_writes_nothing() {
    let folder = locked();
    let before = fs::read_to_string(folder.path("netspec.lock")).unwrap();
    fs::write(folder.path("boot/menu.c32"), "another menu").unwrap();
    let spec = format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\n{LOADERS}");
    fs::write(folder.path("spec.kdl"), spec).unwrap();
    let said = refused(&folder, &["lock", "--check", "spec.kdl"]);
    assert!(said.contains("is not up to date"), "{said}");
    assert_eq!(fs::read_to_string(folder.path("netspec.lock")).unwrap(), before);
    let said = folder.netspec_ok(&["lock", "spec.kdl"]);
    assert!(said.contains("ISO `debian` is gone"), "{said}");
    assert!(said.contains("`menu.c32` of loader `pxelinux` had the SHA-256 digest"), "{said}");
    assert_ne!(fs::read_to_string(folder.path("netspec.lock")).unwrap(), before);
}

#[test]
fn another_loader_is_a_warning_and_with_locked_an_error() {
    let folder = locked();
    let mut program = trees::x64_program();
    program.extend(b"another version");
    fs::write(folder.path("boot/snponly.efi"), program).unwrap();
    let checked = folder.netspec_ok(&["check", "--no-host", "spec.kdl"]);
    assert!(checked.contains("netspec::lock-stale") && checked.contains("`ipxe-x64.efi` of loader"), "{checked}");
    let said = refused(&folder, &["check", "--locked", "--no-host", "spec.kdl"]);
    assert!(said.contains("netspec::lock-stale") && said.contains("`ipxe-x64.efi` of loader"), "{said}");
}

#[test]
fn frozen_does_not_guess_what_is_not_locked() {
    let folder = locked();
    let menu = "menu \"main\" {\n    entry \"arch\" iso=\"arch\" { kernel \"arch/boot/x86_64/other\" }\n    entry \"debian\" iso=\"debian\"\n}\n";
    fs::write(folder.path("spec.kdl"), format!("{NETWORK}{ISOS}{LOADERS}{menu}")).unwrap();
    let said = refused(&folder, &["plan", "--frozen", "spec.kdl"]);
    assert!(said.contains("`/arch/boot/x86_64/other` of ISO `arch` is not in it"), "{said}");
    // The file itself says that it has no such path.
    assert!(refused(&folder, &["plan", "spec.kdl"]).contains("netspec::path-not-in-iso"));
    fs::write(folder.path("other.kdl"), format!("{NETWORK}{ISOS}{LOADERS}{MENU}")).unwrap();
    let said = refused(&folder, &["plan", "--frozen", "other.kdl"]);
    assert!(said.contains("the spec is not in it"), "{said}");
    fs::remove_file(folder.path("netspec.lock")).unwrap();
    for option in ["--frozen", "--locked"] {
        let said = refused(&folder, &["check", option, "--no-host", "other.kdl"]);
        assert!(said.contains("netspec::lock-missing") && said.contains(option), "{said}");
    }
}

#[test]
fn specs_of_one_folder_share_a_lock_and_leave_it_with_their_file() {
    let folder = locked();
    fs::copy(folder.path("spec.kdl"), folder.path("second.kdl")).unwrap();
    folder.netspec_ok(&["lock", "second.kdl"]);
    let sections = |folder: &Folder| {
        let text = fs::read_to_string(folder.path("netspec.lock")).unwrap();
        Lock::parse(&text).unwrap().specs.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(sections(&folder), ["second.kdl", "spec.kdl"]);
    fs::remove_file(folder.path("second.kdl")).unwrap();
    let said = folder.netspec_ok(&["lock", "spec.kdl"]);
    assert!(said.contains("second.kdl is gone"), "{said}");
    assert_eq!(sections(&folder), ["spec.kdl"]);
}

#[test]
fn a_spec_with_errors_is_not_locked() {
    let folder = lab();
    fs::remove_file(folder.path("isos/arch.iso")).unwrap();
    let said = refused(&folder, &["lock", "spec.kdl"]);
    assert!(said.contains("netspec::iso-not-found"), "{said}");
    assert!(!folder.path("netspec.lock").exists());
}

#[test]
fn other_versions_and_damaged_locks_are_told_apart() {
    let parse = |text: &str| Lock::parse(text).unwrap_err();
    assert_eq!(parse("{\"version\": 2, \"what\": [\"else\"]}"), LockError::Newer { found: 2 });
    assert_eq!(parse("{\"version\": 0, \"specs\": {}}"), LockError::Unknown { found: 0 });
    assert_eq!(parse("{\n<<<<<<< HEAD\n"), LockError::Conflict(2));
    for text in ["", "[]", "{}", "{\"version\": \"1\"}", "{\"version\": 1}", "{\"version\": 1, \"specs\": {\"a\": {}}}"]
    {
        assert!(matches!(parse(text), LockError::Damaged(_)), "{text}");
    }
    let good = lab().lock().to_text();
    for (old, new) in [("\"archiso\"", "\"other\""), ("\"cms\"", "\"pgp\""), ("\"ipxe-x64\"", "\"ipxe-z80\"")] {
        assert!(good.contains(old), "{old}");
        assert!(matches!(parse(&good.replacen(old, new, 1)), LockError::Damaged(_)), "{new}");
    }
    assert_eq!(Lock::parse("{\"version\": 1, \"specs\": {}}").unwrap(), Lock::default());
}

#[test]
fn a_newer_lock_is_not_overwritten_and_a_damaged_one_is() {
    let folder = lab();
    let lock = folder.path("netspec.lock");
    fs::write(&lock, "{\"version\": 7}").unwrap();
    assert!(refused(&folder, &["lock", "spec.kdl"]).contains("version 7"));
    assert!(refused(&folder, &["check", "--no-host", "spec.kdl"]).contains("netspec::lock-version"));
    fs::write(&lock, "{\n<<<<<<< HEAD\n").unwrap();
    assert!(refused(&folder, &["check", "--no-host", "spec.kdl"]).contains("netspec::lock-unreadable"));
    let said = folder.netspec_ok(&["lock", "spec.kdl"]);
    assert!(said.contains("written anew") && said.contains("line 2"), "{said}");
    folder.netspec_ok(&["check", "--locked", "--no-host", "spec.kdl"]);
}

#[test]
fn a_cache_that_cannot_be_used_costs_nothing_but_time() {
    let folder = locked();
    let cache = folder.path(".cache/digests.json");
    assert!(cache.exists());
    for damaged in ["", "{\"version\":1,\"files\":[", "{\"version\":9,\"files\":[]}", "\u{0}\u{0}"] {
        fs::write(&cache, damaged).unwrap();
        folder.netspec_ok(&["check", "--locked", "--no-host", "spec.kdl"]);
    }
    fs::remove_dir_all(folder.path(".cache")).unwrap();
    // A file in place of the folder can neither be read nor be written.
    fs::write(folder.path(".cache"), "").unwrap();
    let output = folder.netspec(&["check", "--locked", "--no-host", "spec.kdl"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
}

#[test]
fn hashing_is_quiet_where_no_terminal_is() {
    let output = lab().netspec(&["lock", "spec.kdl"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
}

/// Each way in which a lock can be stale, and no other beside it.
#[test]
fn every_difference_has_a_reason_with_both_values() {
    let section = lab().lock().specs.remove("spec.kdl").unwrap();
    let differences = |change: &dyn Fn(&mut Current)| {
        let mut current = Current::of_section(&section);
        change(&mut current);
        stale(&section, &current)
    };
    assert_eq!(differences(&|_| ()), []);
    let arch = || "arch".to_owned();
    let of_arch = section.isos["arch"].clone();
    let other = section.isos["debian"].clone();
    let of_iso = |change: &dyn Fn(&mut Seen)| differences(&|current| change(current.isos.get_mut("arch").unwrap()));

    let renamed = differences(&|current| {
        let iso = current.isos.remove("arch").unwrap();
        current.isos.insert("new".into(), iso);
    });
    assert_eq!(renamed, [Stale::IsoAdded { iso: "new".into() }, Stale::IsoRemoved { iso: arch() }]);

    let moved = of_iso(&|iso| iso.path = "b.iso".into());
    assert_eq!(moved, [Stale::IsoPath { iso: arch(), old: "isos/arch.iso".into(), new: "b.iso".into() }]);

    let resized = of_iso(&|iso| iso.size = Some(7));
    assert_eq!(resized, [Stale::IsoSize { iso: arch(), old: of_arch.size, new: 7 }]);

    let changed = of_iso(&|iso| iso.sha256 = Some(other.sha256));
    assert_eq!(changed, [Stale::IsoDigest { iso: arch(), old: of_arch.sha256, new: other.sha256 }]);

    let (old, new) = (of_arch.facts.index_digest, other.facts.index_digest);
    let rebuilt = of_iso(&|iso| {
        iso.sha256 = None;
        iso.facts.as_mut().unwrap().index_digest = new;
    });
    assert_eq!(rebuilt, [Stale::IsoIndex { iso: arch(), old, new }]);

    let otherwise = of_iso(&|iso| iso.facts.as_mut().unwrap().volume_id = "OTHER".into());
    assert_eq!(otherwise, [Stale::IsoFacts { iso: arch() }]);

    let named = of_iso(&|iso| _ = iso.named.insert("memtest".into()));
    assert_eq!(named, [Stale::PathAdded { iso: arch(), path: "memtest".into() }]);

    let (path, _) = of_arch.facts.files.first_key_value().unwrap();
    let unnamed = of_iso(&|iso| {
        iso.named.remove(path);
        iso.facts.as_mut().unwrap().files.remove(path);
    });
    assert_eq!(unnamed, [Stale::PathRemoved { iso: arch(), path: path.clone() }]);

    let mut without_system = section.clone();
    without_system.isos.get_mut("arch").unwrap().facts.recipe = None;
    let found = stale(&without_system, &Current::of_section(&section));
    assert_eq!(found, [Stale::NoSystem { iso: arch() }]);

    let loaders = |change: &dyn Fn(&mut LockedLoader)| {
        differences(&|current| change(current.loaders.as_mut().unwrap().get_mut(&LoaderKind::IpxeX64).unwrap()))
    };
    let loader = LoaderKind::IpxeX64;
    let pin = section.loaders[&loader].files.files["ipxe-x64.efi"].clone();
    let usual = loaders(&|loader| loader.path = None);
    assert_eq!(usual, [Stale::LoaderPath { loader, old: Some("boot/snponly.efi".into()), new: None }]);
    let added = loaders(&|loader| _ = loader.files.files.insert("more".into(), pin.clone()));
    assert_eq!(added, [Stale::LoaderAdded { loader, file: "more".into() }]);
    let removed = loaders(&|loader| _ = loader.files.files.remove("ipxe-x64.efi"));
    assert_eq!(removed, [Stale::LoaderRemoved { loader, file: "ipxe-x64.efi".into() }]);
    let new = netspec::facts::FilePin { sha256: other.sha256, ..pin.clone() };
    let changed = loaders(&|loader| _ = loader.files.files.insert("ipxe-x64.efi".into(), new.clone()));
    assert_eq!(changed, [Stale::LoaderChanged { loader, file: "ipxe-x64.efi".into(), old: pin, new }]);
}

#[test]
fn a_warm_check_reads_the_spec_and_the_lock_and_nothing_else() {
    let folder = locked();
    // Files that changed a moment ago are read again.
    sleep(Duration::from_millis(60));
    let cache = Cache::open(Some(&folder.path(".cache")));
    let check = |mode| {
        let world = Counting::default();
        let setting = Setting { lock: Some(mode), what_for: Use::Planning, cache: &cache, progress: &Quiet };
        let compiled = compile_as(&folder.path("spec.kdl"), &world, &setting);
        assert!(!compiled.findings.has_errors(), "{:?}", compiled.findings);
        world.0.load(Ordering::Relaxed)
    };
    check(LockMode::Locked);
    let of = |name: &str| fs::metadata(folder.path(name)).unwrap().len();
    assert_eq!(check(LockMode::Use), of("spec.kdl") + of("netspec.lock"));
    assert_eq!(check(LockMode::Locked), of("spec.kdl") + of("netspec.lock"));
}
