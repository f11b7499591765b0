//! `netspec fmt`: files, links, modes, streams and exit codes; and the form of every spec that netspec shows.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::{Command, Output, Stdio};

use crate::support::{Folder, text};

const MESSY: &str =
    "network \"home\"{subnet   \"192.168.1.0/24\" // here\r\n}\niso \"arch\"  \"isos/arch.iso\" ; // there";
const RIGHT: &str =
    "network \"home\" {\n    subnet \"192.168.1.0/24\"   // here\n}\niso \"arch\" \"isos/arch.iso\"    // there\n";

fn fmt(folder: &Folder, args: &[&str]) -> (i32, String, String) {
    let output = folder.netspec(&[&["fmt"], args].concat());
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn spec(folder: &Folder) -> String {
    fs::read_to_string(folder.path("spec.kdl")).unwrap()
}

#[test]
fn a_file_is_brought_into_form_once() {
    let folder = Folder::with_spec(MESSY);
    assert_eq!(fmt(&folder, &["spec.kdl"]), (0, "spec.kdl: brought into form\n".into(), String::new()));
    assert_eq!(spec(&folder), RIGHT);
    let before = fs::metadata(folder.path("spec.kdl")).unwrap();
    assert_eq!(fmt(&folder, &["spec.kdl"]), (0, String::new(), String::new()));
    let after = fs::metadata(folder.path("spec.kdl")).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()), "it was not written again");
    assert_eq!(fmt(&folder, &["--check", "spec.kdl"]), (0, String::new(), String::new()));
}

#[test]
fn check_shows_the_difference_and_changes_nothing() {
    let folder = Folder::with_spec(MESSY);
    let (code, shown, errors) = fmt(&folder, &["--check", "spec.kdl"]);
    assert_eq!((code, errors.as_str()), (1, ""));
    assert_eq!(spec(&folder), MESSY);
    insta::assert_snapshot!(shown.replace('\r', "\\r"));

    // What is shown is a patch.
    fs::write(folder.path("patch"), shown).unwrap();
    let patched =
        Command::new("patch").args(["-p0", "--binary", "-i", "patch"]).current_dir(folder.dir.path()).output();
    let patched = patched.expect("patch is needed; `make setup` installs it");
    assert!(patched.status.success(), "{}", text(&patched.stdout));
    assert_eq!(spec(&folder), RIGHT);
}

#[test]
fn a_broken_file_is_left_alone_and_the_others_are_not() {
    let broken = "iso \"arch\"  isos/arch.iso\n";
    let folder = Folder::with_spec(MESSY);
    fs::write(folder.path("broken.kdl"), broken).unwrap();
    let (code, shown, errors) = fmt(&folder, &["broken.kdl", "missing.kdl", "spec.kdl"]);
    assert_eq!((code, shown.as_str()), (1, "spec.kdl: brought into form\n"));
    insta::assert_snapshot!(errors);
    assert_eq!(fs::read_to_string(folder.path("broken.kdl")).unwrap(), broken);
    assert_eq!(spec(&folder), RIGHT);
}

#[test]
fn the_mode_the_owner_and_the_link_stay() {
    let folder = Folder::with_spec(MESSY);
    let file = folder.path("spec.kdl");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    // Only root can give files away; others keep their own.
    let owner = if nix::unistd::geteuid().is_root() { 1234 } else { fs::metadata(&file).unwrap().uid() };
    std::os::unix::fs::chown(&file, Some(owner), None).unwrap();
    symlink("spec.kdl", folder.path("link.kdl")).unwrap();
    assert_eq!(fmt(&folder, &["link.kdl"]).0, 0);
    assert_eq!(spec(&folder), RIGHT);
    assert!(fs::symlink_metadata(folder.path("link.kdl")).unwrap().is_symlink());
    let now = fs::metadata(&file).unwrap();
    assert_eq!((now.mode() & 0o7777, now.uid()), (0o640, owner));
    let names: Vec<_> = fs::read_dir(folder.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing is left behind: {names:?}");
}

fn through_stdin(args: &[&str], bytes: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netspec"))
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A reader that has seen enough closes its end.
    let _ = stdin.write_all(bytes);
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let output = through_stdin(&["fmt", "-"], MESSY.as_bytes());
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), RIGHT));
    // An editor shows the text again, also where nothing changes.
    let output = through_stdin(&["fmt", "-"], RIGHT.as_bytes());
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), RIGHT));
    let output = through_stdin(&["fmt", "--check", "-"], MESSY.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("--- <stdin>\n+++ <stdin>\n@@ "), "{}", text(&output.stdout));

    for (bytes, why) in [
        (b"iso \"a\" {".as_slice(), "`{` is never closed"),
        (b"iso \xff", "line 1 is not UTF-8 text"),
        (&[b' '; 2_000_000], "more than the limit"),
    ] {
        let output = through_stdin(&["fmt", "-"], bytes);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
    assert_eq!(through_stdin(&["fmt", "-", "spec.kdl"], b"").status.code(), Some(2));
    assert_eq!(through_stdin(&["fmt"], b"").status.code(), Some(2));
}
