//! Findings for programs.

use serde::Serialize;

use super::place::{FileLines, Place, located};
use crate::diag::{Diagnostics, Severity};
use crate::source::Sources;

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
    file: String,
    start: Place,
    end: Place,
    text: &'a str,
}

/// One JSON object with the file's name, all findings and their count.
///
/// Each label names its file, since a spec may include others. Offsets are in bytes from 0; lines and columns count from 1, columns in characters. A label ends just behind its range.
pub fn json(sources: &Sources, diagnostics: &Diagnostics) -> String {
    let mut lines = FileLines::default();
    let report = Report {
        file: sources.main().name(),
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
                    .filter_map(|label| Some((located(sources, label.span)?, label)))
                    .map(|((file, span), label)| Range {
                        file: file.name(),
                        start: lines.of(file).place(span.start),
                        end: lines.of(file).place(span.end),
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
