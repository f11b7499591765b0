//! The command line: exit codes, streams, and findings about files.

use std::fs;

use crate::support::{Folder, text, trees};

const NETWORK: &str = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\n";

fn one_iso() -> Folder {
    let spec = format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\n");
    Folder::with_spec(&spec).iso("arch.iso", "ARCH_202611", &trees::archiso())
}

/// Exit code and standard output of a check that looks at no interface of this machine.
fn check(folder: &Folder, more: &[&str]) -> (i32, String) {
    let output = folder.netspec(&[&["check", "spec.kdl", "--no-host"], more].concat());
    assert_eq!(text(&output.stderr), "");
    (output.status.code().unwrap(), text(&output.stdout))
}

#[test]
fn a_clean_spec_says_what_it_boots() {
    insta::assert_snapshot!(check(&one_iso(), &[]).1, @"spec.kdl: no errors; boots arch: Arch Linux (archiso)");
    assert_eq!(check(&one_iso(), &[]).0, 0);
    assert_eq!(check(&one_iso(), &["--format", "short"]), (0, String::new()));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = one_iso();
    for args in [&[][..], &["check"], &["plan"], &["check", "spec.kdl", "--format", "xml"], &["boot"]] {
        assert_eq!(folder.netspec(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_spec_that_is_not_there_is_exit_code_1() {
    let folder = one_iso();
    for command in ["check", "plan", "serve"] {
        let output = folder.netspec(&[command, "other.kdl"]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(all.contains("cannot read `other.kdl`: there is no such file"), "{all}");
    }
}

#[test]
fn an_iso_that_is_not_there_is_shown_beside_other_errors() {
    let folder =
        Folder::with_spec(&format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\nserver {{\n    http 99999\n}}\n"));
    let (code, output) = check(&folder, &["--format", "short"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(output);
}

#[test]
fn an_iso_cut_short_is_told_from_a_file_that_is_no_iso() {
    let folder = one_iso();
    let path = folder.path("isos/arch.iso");
    let size = fs::metadata(&path).unwrap().len();
    fs::File::options().write(true).open(&path).unwrap().set_len(size / 2).unwrap();
    let (code, cut) = check(&folder, &[]);
    assert_eq!(code, 1);
    fs::write(&path, "<html>Not found</html>".repeat(4000)).unwrap();
    let (code, page) = check(&folder, &[]);
    assert_eq!(code, 1);
    let (code, empty) = {
        fs::write(&path, "").unwrap();
        check(&folder, &[])
    };
    assert_eq!(code, 1);
    insta::assert_snapshot!(format!("{cut}\n{page}\n{empty}"));
}

#[test]
fn a_folder_and_an_unknown_iso_say_what_to_do() {
    let folder = Folder::with_spec(&format!("{NETWORK}iso \"arch\" \"isos\"\n"));
    let (code, directory) = check(&folder, &[]);
    assert_eq!(code, 1);
    let folder = Folder::with_spec(&format!("{NETWORK}iso \"x\" \"isos/x.iso\"\n")).iso(
        "x.iso",
        "SOMETHING",
        &[("readme.txt", "nothing to boot".into())],
    );
    let (code, unknown) = check(&folder, &[]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(format!("{directory}\n{unknown}"));
}

#[test]
fn a_loader_that_the_spec_names_must_be_complete() {
    let spec = format!("{NETWORK}iso \"d\" \"isos/d.iso\"\nloader \"pxelinux\" \"isos/lpxelinux.0\"\n");
    let folder = Folder::with_spec(&spec).iso("d.iso", "Debian", &trees::debian_live());
    fs::write(folder.path("isos/lpxelinux.0"), "loader").unwrap();
    let (code, output) = check(&folder, &[]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(output);
}

#[test]
fn a_subnet_that_this_machine_is_not_on_is_found_unless_told_not_to_look() {
    // 198.51.100.0/24 is set apart for documentation (RFC 5737), so no machine is on it.
    let spec = "network \"home\" {\n    subnet \"198.51.100.0/24\"\n}\niso \"arch\" \"isos/arch.iso\"\n";
    let folder = Folder::with_spec(spec).iso("arch.iso", "ARCH_202611", &trees::archiso());
    assert_eq!(check(&folder, &[]).0, 0);
    let output = folder.netspec(&["check", "spec.kdl", "--format", "short"]);
    assert_eq!(output.status.code(), Some(1));
    let text = text(&output.stdout);
    assert!(text.starts_with("spec.kdl:2:12: error[netspec::no-interface]: "), "{text}");
}

#[test]
fn without_files_only_the_spec_counts() {
    let folder = Folder::with_spec(&format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\n"));
    let shown = "spec.kdl: no errors; ISOs and loaders were not looked at\n".to_owned();
    assert_eq!(check(&folder, &["--no-files"]), (0, shown));
    fs::write(folder.path("spec.kdl"), format!("{NETWORK}iso \"arch\" \"isos/arch.iso\" boot=1\n")).unwrap();
    let (code, shown) = check(&folder, &["--no-files", "--format", "short"]);
    assert_eq!(code, 1);
    assert!(shown.contains("netspec::unknown-property"), "{shown}");
    assert_eq!(folder.netspec(&["check", "spec.kdl", "--no-files", "--frozen"]).status.code(), Some(2));
}

#[test]
fn json_is_one_object_with_places() {
    let folder = Folder::with_spec(&format!("{NETWORK}iso \"arch\" \"isos/arch.iso\"\n"));
    let (code, output) = check(&folder, &["--format", "json"]);
    assert_eq!(code, 1);
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(json["errors"], 1);
    assert_eq!(json["diagnostics"][0]["code"], "netspec::iso-not-found");
    assert_eq!(json["diagnostics"][0]["labels"][0]["start"]["line"], 4);
}
