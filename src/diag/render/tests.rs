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

#[test]
fn github_gets_one_command_each() {
    let (source, found) = sample();
    assert_eq!(
        github(&source, &found),
        "::error file=lab.kdl,line=2,col=29,endLine=2,endColumn=37,title=netspec%3A%3Aunknown-iso::\
         entry `Débian live` names an unknown ISO `debain`%0Ahelp: did you mean `debian`?\n\
         ::warning file=lab.kdl,title=netspec%3A%3Aunused-iso::no entry offers ISO `debian`\n"
    );
}

#[test]
fn github_commands_cannot_be_ended_by_what_they_say() {
    let source = SourceFile { path: "a,b:c%\r\n::error::x.kdl".into(), text: Arc::from("one\ntwo\n") }.into();
    let mut found = Diagnostics::default();
    found.push(Diagnostic::new(Code::Syntax, "100 %\r\n::warning::no, really: not").at(Span::new(2, 6), "here"));
    assert_eq!(
        github(&source, &found),
        "::error file=a%2Cb%3Ac%25%0D%0A%3A%3Aerror%3A%3Ax.kdl,line=1,endLine=2,title=netspec%3A%3Asyntax::\
         100 %25%0D%0A::warning::no, really: not\n"
    );
}

#[test]
fn sarif_has_rules_results_and_regions() {
    let (source, found) = sample();
    let log: serde_json::Value = serde_json::from_str(&sarif([(&source, &found), (&source, &found)])).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 2, "each kind once, also where several specs have it");
    assert_eq!(rules[0]["id"], "netspec::unknown-iso");
    assert_eq!(rules[0]["name"], "UnknownIso");
    assert!(rules[0]["help"]["markdown"].as_str().unwrap().contains("**How to fix it.**"));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(result["ruleId"], rule["id"]);
        assert_eq!(result["level"], rule["defaultConfiguration"]["level"]);
    }
    assert_eq!(
        results[0]["locations"],
        serde_json::json!([{ "physicalLocation": {
            "artifactLocation": { "uri": "lab.kdl" },
            "region": { "startLine": 2, "startColumn": 29, "endLine": 2, "endColumn": 37 },
        } }])
    );
    let message = "entry `Débian live` names an unknown ISO `debain`\ndid you mean `debian`?";
    assert_eq!(results[0]["message"]["text"], message);
    let place = serde_json::json!([{ "physicalLocation": { "artifactLocation": { "uri": "lab.kdl" } } }]);
    assert_eq!(results[1]["locations"], place, "a finding without a place has its file");
}

#[test]
fn sarif_shows_further_labels_as_related_places() {
    let source = source("a\nb\n");
    let mut found = Diagnostics::default();
    found.push(Diagnostic::new(Code::DuplicateName, "twice").at(Span::new(2, 3), "again").at(Span::new(0, 1), "first"));
    let log: serde_json::Value = serde_json::from_str(&sarif([(&source, &found)])).unwrap();
    let related = &log["runs"][0]["results"][0]["relatedLocations"];
    assert_eq!(related[0]["message"]["text"], "first");
    assert_eq!(related[0]["physicalLocation"]["region"]["startLine"], 1);
    assert_eq!(related.as_array().unwrap().len(), 1);
}

#[test]
fn a_page_is_wrapped_and_its_blocks_are_not() {
    let plain = |width| page(Code::UnknownIso, Style { width, unicode: true, color: false });
    for width in [40, 60, 100] {
        let text = plain(width);
        assert!(text.starts_with(Code::UnknownIso.page().title), "{text}");
        let prose = text.split("Examples").next().unwrap();
        assert!(prose.lines().all(|line| line.chars().count() <= width), "{prose}");
        assert!(!text.contains("**") && !text.contains("```") && !text.contains("\n#"), "{text}");
    }
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(plain(40)), words(plain(100)));
}

#[test]
fn a_wrapped_line_keeps_its_words_whole() {
    let style = Style { width: 24, unicode: true, color: false };
    assert_eq!(
        wrapped("  refused: `/live/vmlinuz` of ISO `x`", style),
        "  refused:\n    `/live/vmlinuz` of\n    ISO `x`"
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
                github(&source(text), &found);
                let sources = source(text);
                sarif([(&sources, &found)]);
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
