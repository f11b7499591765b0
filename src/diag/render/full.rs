//! Findings with their lines of the spec, drawn by miette.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::place::{Lines, clamp};
use crate::diag::nearest::is_harmful;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::SourceFile;

/// How [`full`] draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The width that messages and helps are wrapped to, in columns; lines of the spec are never wrapped.
    pub width: usize,
    /// Whether lines and arrows are drawn in Unicode; else in ASCII.
    pub unicode: bool,
    /// Whether ANSI colors are used.
    pub color: bool,
}

/// Draws each finding as a report of its own, with an empty line behind it.
pub fn full(source: &SourceFile, diagnostics: &Diagnostics, style: Style) -> String {
    let characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(style.width)
        .with_links(false)
        .with_break_words(false)
        // By default lines break behind a `/` as well, and a path could not be copied.
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_context_lines(1);
    let shown = ShownSource { name: source.name(), text: harmless(&source.text), lines: Lines::new(&source.text) };
    let mut text = String::new();
    for diagnostic in diagnostics {
        let report = Report { diagnostic, source: &shown };
        if handler.render_report(&mut text, &report).is_err() {
            // miette draws into a string, so this means a label that it cannot place; the message must not get lost.
            text.push_str(&format!("{}\n\n  {}\n", diagnostic.code.as_str(), diagnostic.message));
        }
        text.push('\n');
    }
    // miette pads some lines to the width of the longest.
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The text with every character that could upset a terminal replaced by one of the same length.
fn harmless(text: &str) -> String {
    text.replace("\r\n", " \n")
        .chars()
        .flat_map(|c| match c {
            '\n' | '\t' => vec![c],
            c if is_harmful(c) => match c.len_utf8() {
                1 => vec!['?'],
                2 => vec!['\u{b7}'],
                _ => vec!['\u{fffd}'],
            },
            c => vec![c],
        })
        .collect()
}

struct ShownSource<'a> {
    name: String,
    text: String,
    lines: Lines<'a>,
}

impl SourceCode for ShownSource<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.as_str().read_span(span, before, after)?;
        // Asked without context, miette wants the place for the headline, and counts its column in bytes.
        let column = match before {
            0 => self.lines.place(span.offset()).column - 1,
            _ => contents.column(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            column,
            contents.line_count(),
        )))
    }
}

/// A finding as miette sees it.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: &'a ShownSource<'a>,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code.as_str()))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels: Vec<_> = self
            .diagnostic
            .labels
            .iter()
            .filter_map(|label| Some((clamp(&self.source.text, label.span)?, label)))
            .enumerate()
            .map(|(position, (span, label))| {
                let text = (!label.text.is_empty()).then(|| label.text.clone());
                let range = (span.start, span.end - span.start);
                if position == 0 {
                    LabeledSpan::new_primary_with_span(text, range)
                } else {
                    LabeledSpan::new_with_span(text, range)
                }
            })
            .collect();
        (!labels.is_empty()).then(|| Box::new(labels.into_iter()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
