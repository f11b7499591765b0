//! Findings for programs.

use serde::Serialize;

use super::place::{Lines, Place, clamp};
use crate::diag::{Diagnostics, Severity};
use crate::source::SourceFile;

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    diagnostics: Vec<Finding<'a>>,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    labels: Vec<Range<'a>>,
}

#[derive(Serialize)]
struct Range<'a> {
    start: Place,
    end: Place,
    text: &'a str,
}

/// One JSON object with the file's name, all findings and their count.
///
/// Offsets are in bytes from 0; lines and columns count from 1, columns in characters. A label ends just behind its range.
pub fn json(source: &SourceFile, diagnostics: &Diagnostics) -> String {
    let lines = Lines::new(&source.text);
    let report = Report {
        file: source.name(),
        diagnostics: diagnostics
            .iter()
            .map(|diagnostic| Finding {
                code: diagnostic.code.as_str(),
                severity: diagnostic.severity,
                message: &diagnostic.message,
                help: diagnostic.help.as_deref(),
                labels: diagnostic
                    .labels
                    .iter()
                    .filter_map(|label| Some((clamp(&source.text, label.span)?, label)))
                    .map(|(span, label)| Range {
                        start: lines.place(span.start),
                        end: lines.place(span.end),
                        text: &label.text,
                    })
                    .collect(),
            })
            .collect(),
        errors: diagnostics.errors(),
        warnings: diagnostics.warnings(),
    };
    serde_json::to_string_pretty(&report).expect("strings and numbers always have a JSON form")
}
