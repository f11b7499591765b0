//! One line for each finding, for editors and `grep`.

use super::place::{FileLines, located};
use crate::diag::{Diagnostics, Severity};
use crate::source::Sources;

/// `file:line:col: error[netspec::code]: message`, a line each; lines and columns count from 1, columns in characters.
///
/// A finding without a place has the main file alone before its severity.
pub fn short(sources: &Sources, diagnostics: &Diagnostics) -> String {
    let mut lines = FileLines::default();
    let mut text = String::new();
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        match diagnostic.labels.first().and_then(|label| located(sources, label.span)) {
            Some((file, span)) => {
                let place = lines.of(file).place(span.start);
                text.push_str(&format!("{}:{}:{}", file.name(), place.line, place.column));
            }
            None => text.push_str(&sources.main().name()),
        }
        text.push_str(&format!(": {severity}[{}]: {}\n", diagnostic.code.as_str(), diagnostic.message));
    }
    text
}
