use std::sync::Arc;

use super::*;
use crate::diag::{Code, Diagnostic};
use crate::source::{SourceFile, Sources, Span};

fn source(text: &str) -> Sources {
    SourceFile { path: "lab.kdl".into(), text: Arc::from(text) }.into()
}

fn sample() -> (Sources, Diagnostics) {
    let text = "menu \"é\" {\n    entry \"Débian live\" iso=\"debain\"\n}\n";
    let at = text.find("\"debain\"").unwrap();
    let mut found = Diagnostics::default();
    found.push(
        Diagnostic::new(Code::UnknownIso, "entry `Débian live` names an unknown ISO `debain`")
            .at(Span::new(at, at + 8), "not defined")
            .help("did you mean `debian`?"),
    );
    found.push(Diagnostic::new(Code::UnusedIso, "no entry offers ISO `debian`"));
    (source(text), found)
}

#[test]
fn full_counts_the_column_in_characters_and_needs_no_color() {
    let (source, found) = sample();
    assert_eq!(
        full(&source, &found, Style { width: 60, unicode: true, color: false }),
        r#"netspec::unknown-iso

  × entry `Débian live` names an unknown ISO `debain`
   ╭─[lab.kdl:2:29]
 1 │ menu "é" {
 2 │     entry "Débian live" iso="debain"
   ·                             ────┬───
   ·                                 ╰── not defined
 3 │ }
   ╰────
  help: did you mean `debian`?

netspec::unused-iso

  ⚠ no entry offers ISO `debian`

"#
    );
}

#[test]
fn full_draws_in_ascii() {
    let (source, found) = sample();
    let drawn = full(&source, &found, Style { width: 80, unicode: false, color: false });
    let labels = "éDébian".chars().filter(|c| !c.is_ascii()).collect::<String>();
    assert!(drawn.chars().all(|c| c.is_ascii() || labels.contains(c)), "{drawn}");
}

#[test]
fn color_is_the_only_difference_that_color_makes() {
    let (source, found) = sample();
    let plain = full(&source, &found, Style { width: 80, unicode: true, color: false });
    let colored = full(&source, &found, Style { width: 80, unicode: true, color: true });
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, escape)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = escape.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_ne!(plain, colored);
    assert_eq!(plain, stripped.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>());
}

#[test]
fn short_is_one_line_each() {
    let (source, found) = sample();
    assert_eq!(
        short(&source, &found),
        "lab.kdl:2:29: error[netspec::unknown-iso]: entry `Débian live` names an unknown ISO `debain`\n\
         lab.kdl: warning[netspec::unused-iso]: no entry offers ISO `debian`\n"
    );
}

#[test]
fn json_has_lines_columns_and_ends() {
    let (source, found) = sample();
    let report: serde_json::Value = serde_json::from_str(&json(&source, &found)).unwrap();
    assert_eq!(
        report,
        serde_json::json!({
            "file": "lab.kdl",
            "diagnostics": [
                {
                    "code": "netspec::unknown-iso",
                    "severity": "error",
                    "message": "entry `Débian live` names an unknown ISO `debain`",
                    "help": "did you mean `debian`?",
                    "labels": [{
                    "file": "lab.kdl",
                        "start": { "offset": 41, "line": 2, "column": 29 },
                        "end": { "offset": 49, "line": 2, "column": 37 },
                        "text": "not defined"
                    }]
                },
                {
                    "code": "netspec::unused-iso",
                    "severity": "warning",
                    "message": "no entry offers ISO `debian`",
                    "help": null,
                    "labels": []
                }
            ],
            "errors": 1,
            "warnings": 1
        })
    );
}

/// The trap of miette issue 465: a label at the end of the text, behind it, and in an empty text.
#[test]
fn a_label_at_or_behind_the_end_is_drawn_or_left_out() {
    for text in ["", "\n", "a", "a {\n", "é", "é\n\n"] {
        for start in 0..=text.len() + 2 {
            for end in 0..=text.len() + 2 {
                let mut found = Diagnostics::default();
                found.push(Diagnostic::new(Code::Syntax, "wrong").at(Span::new(start, end), "here"));
                let drawn = full(&source(text), &found, Style { width: 80, unicode: true, color: false });
                let drawable = place::clamp(text, Span::new(start, end)).is_some();
                assert_eq!(drawn.contains("here"), drawable, "{text:?} {start}..{end}\n{drawn}");
                assert!(drawable || text.trim().is_empty());
                short(&source(text), &found);
                json(&source(text), &found);
            }
        }
    }
}

#[test]
fn escape_sequences_of_the_spec_do_not_reach_the_terminal() {
    let mut found = Diagnostics::default();
    found.push(Diagnostic::new(Code::Syntax, "wrong").at(Span::new(0, 1), "here"));
    let drawn =
        full(&source("a \u{1b}[31m\u{202e}\u{9b}x\r\n"), &found, Style { width: 80, unicode: true, color: false });
    assert!(!drawn.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\r']), "{drawn:?}");
}

#[test]
fn counts_with_the_right_plurals() {
    let mut found = Diagnostics::default();
    assert_eq!(count(&found), "no errors");
    found.push(Diagnostic::new(Code::UnusedIso, "a"));
    assert_eq!(count(&found), "1 warning");
    found.push(Diagnostic::new(Code::Syntax, "b"));
    assert_eq!(count(&found), "1 error, 1 warning");
    for i in 0..1200 {
        found.push(Diagnostic::new(Code::Syntax, format!("{i}")));
    }
    assert_eq!(count(&found), "1201 errors, 1 warning (1000 of them shown)");
}
