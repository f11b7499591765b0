//! Findings with their lines of the spec, drawn by miette.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::place::{FileLines, Lines, located};
use crate::diag::nearest::is_harmful;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::{SourceFile, Sources, Span};

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
pub fn full(sources: &Sources, diagnostics: &Diagnostics, style: Style) -> String {
    let characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(style.width)
        .with_links(false)
        .with_break_words(false)
        // By default lines break behind a `/` as well, and a path could not be copied.
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_context_lines(1);
    let files: BTreeMap<&Path, ShownSource<'_>> =
        sources.iter().map(|file| (file.path.as_path(), ShownSource::new(file))).collect();
    let mut lines = FileLines::default();
    let mut text = String::new();
    for diagnostic in diagnostics {
        let report = report(diagnostic, sources, &files, &mut lines);
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

/// A finding about its file. Of labels in other files, the help says the place.
fn report<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
    files: &'a BTreeMap<&Path, ShownSource<'a>>,
    lines: &mut FileLines<'a>,
) -> Report<'a> {
    let mut places = diagnostic.labels.iter().filter_map(|label| Some((located(sources, label.span)?, &*label.text)));
    let first = places.next();
    let file = first.map_or(sources.main(), |((file, _), _)| file);
    let (here, elsewhere): (Vec<_>, Vec<_>) = places.partition(|((other, _), _)| other.path == file.path);
    let mut help = diagnostic.help.clone();
    for ((other, span), text) in elsewhere {
        let place = lines.of(other).place(span.start);
        let note = format!("{text}: {}:{}:{}", other.name(), place.line, place.column);
        help = Some(help.map_or_else(|| note.clone(), |help| format!("{help}\n{note}")));
    }
    let labels = first.into_iter().chain(here).map(|((_, span), text)| (span, text)).collect();
    Report { diagnostic, source: files.get(file.path.as_path()), labels, help }
}

struct ShownSource<'a> {
    name: String,
    text: String,
    lines: Lines<'a>,
}

impl<'a> ShownSource<'a> {
    fn new(file: &'a SourceFile) -> Self {
        Self { name: file.name(), text: harmless(&file.text), lines: Lines::new(&file.text) }
    }
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
    source: Option<&'a ShownSource<'a>>,
    labels: Vec<(Span, &'a str)>,
    help: Option<String>,
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
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels: Vec<_> = (self.labels.iter().enumerate())
            .map(|(position, (span, text))| {
                let text = (!text.is_empty()).then(|| (*text).to_owned());
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
