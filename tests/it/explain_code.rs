//! `netspec explain-code`: the manual about findings, in a terminal and for programs.

use std::fs;
use std::path::Path;

use netspec::diag::Code;

use crate::support::{Folder, text};

fn run(args: &[&str]) -> (i32, String, String) {
    let output = Folder::with_spec("").netspec(&[&["explain-code"], args].concat());
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_page_is_shown_as_text() {
    let (code, printed, _) = run(&["duplicate-default"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(printed);
    assert_eq!(run(&["netspec::duplicate-default"]).1, printed, "with its prefix, as findings show it");
}

#[test]
fn several_pages_stand_one_below_the_other() {
    let (code, printed, _) = run(&["no-menu", "empty-menu"]);
    assert_eq!(code, 0);
    let (first, second) = (run(&["no-menu"]).1, run(&["empty-menu"]).1);
    assert_eq!(printed, format!("{first}\n\n{second}"));
}

#[test]
fn without_a_name_all_are_listed() {
    let (code, printed, _) = run(&[]);
    assert_eq!(code, 0);
    assert_eq!(run(&["--list"]).1, printed);
    assert_eq!(printed.lines().count(), Code::ALL.len());
    for (line, code) in printed.lines().zip(Code::ALL) {
        assert!(line.starts_with(&format!("{} ", code.name())) && line.ends_with(code.page().title), "{line}");
    }
}

#[test]
fn a_slip_is_told_what_was_probably_meant() {
    let (code, printed, complaint) = run(&["unknwon-iso"]);
    assert_eq!((code, printed.as_str()), (2, ""));
    assert!(complaint.contains("there is no finding `unknwon-iso`; did you mean `unknown-iso`?"), "{complaint}");
}

#[test]
fn programs_get_an_array() {
    let all: serde_json::Value = serde_json::from_str(&run(&["--format", "json"]).1).unwrap();
    assert_eq!(all.as_array().unwrap().len(), Code::ALL.len());
    let one: serde_json::Value = serde_json::from_str(&run(&["menu-cycle", "--format", "json"]).1).unwrap();
    assert_eq!(one[0]["code"], "netspec::menu-cycle");
    assert_eq!(one[0]["severity"], "warning");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/menu-cycle.md");
    let page = fs::read_to_string(file).unwrap();
    assert!(page.trim_end().ends_with(one[0]["markdown"].as_str().unwrap()));
}
