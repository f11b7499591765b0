//! One line for each finding, for editors and `grep`.

use super::place::{Lines, clamp};
use crate::diag::{Diagnostics, Severity};
use crate::source::SourceFile;

/// `file:line:col: error[netspec::code]: message`, a line each; lines and columns count from 1, columns in characters.
///
/// A finding without a place has the file alone before its severity.
pub fn short(source: &SourceFile, diagnostics: &Diagnostics) -> String {
    let name = source.name();
    let lines = Lines::new(&source.text);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        text.push_str(&name);
        if let Some(span) = diagnostic.labels.first().and_then(|label| clamp(&source.text, label.span)) {
            let place = lines.place(span.start);
            text.push_str(&format!(":{}:{}", place.line, place.column));
        }
        text.push_str(&format!(": {severity}[{}]: {}\n", diagnostic.code.as_str(), diagnostic.message));
    }
    text
}
