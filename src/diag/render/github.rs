//! Findings as commands of GitHub Actions, which shows them beside the lines of a change.

use std::fmt::Write as _;

use super::place::{FileLines, located};
use crate::diag::{Diagnostics, Severity};
use crate::source::Sources;

/// `::error file=lab.kdl,line=2,col=29,endLine=2,endColumn=37,title=netspec::code::message`, a line each.
///
/// Lines and columns count from 1, columns in characters. The help stands behind the message, in a line of its own (`%0A`).
/// GitHub shows columns only where a range is on one line, so a longer one has lines alone.
pub fn github(sources: &Sources, diagnostics: &Diagnostics) -> String {
    let mut lines = FileLines::default();
    let mut text = String::new();
    for diagnostic in diagnostics {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = diagnostic.labels.first().and_then(|label| located(sources, label.span));
        let file = place.map_or(sources.main(), |(file, _)| file);
        // Writing to a String cannot fail.
        let _ = write!(text, "::{command} file={}", property(&file.name()));
        if let Some((file, span)) = place {
            let lines = lines.of(file);
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
