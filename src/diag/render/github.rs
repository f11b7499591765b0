//! Findings as commands of GitHub Actions, which shows them beside the lines of a change.

use std::fmt::Write as _;

use super::place::{Lines, clamp};
use crate::diag::{Diagnostics, Severity};
use crate::source::SourceFile;

/// `::error file=lab.kdl,line=2,col=29,endLine=2,endColumn=37,title=netspec::code::message`, a line each.
///
/// Lines and columns count from 1, columns in characters. The help stands behind the message, in a line of its own (`%0A`).
/// GitHub shows columns only where a range is on one line, so a longer one has lines alone.
pub fn github(source: &SourceFile, diagnostics: &Diagnostics) -> String {
    let lines = Lines::new(&source.text);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        // Writing to a String cannot fail.
        let _ = write!(text, "::{command} file={}", property(&source.name()));
        if let Some(span) = diagnostic.labels.first().and_then(|label| clamp(&source.text, label.span)) {
            let (start, end) = (lines.place(span.start), lines.place(span.end));
            let _ = match start.line == end.line {
                true => write!(
                    text,
                    ",line={},col={},endLine={},endColumn={}",
                    start.line, start.column, end.line, end.column
                ),
                false => write!(text, ",line={},endLine={}", start.line, end.line),
            };
        }
        let _ = write!(text, ",title={}::{}", property(diagnostic.code.as_str()), data(&diagnostic.message));
        if let Some(help) = &diagnostic.help {
            let _ = write!(text, "{}", data(&format!("\nhelp: {help}")));
        }
        text.push('\n');
    }
    text
}

/// The text behind a command: `%` and line ends are escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a colon or a comma would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
