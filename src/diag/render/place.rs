//! Spans made fit to print, and byte offsets as lines and columns.

use std::collections::BTreeMap;
use std::path::Path;

use crate::source::{SourceFile, Sources, Span};

/// A place as people and editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(super) struct Place {
    /// In bytes, from 0.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    pub(super) fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        Place { offset, line: line + 1, column: before.chars().count() + 1 }
    }
}

/// A file, and the range in it that a span of all files stands for.
///
/// `None` where the file has nothing to point at.
pub(super) fn located(sources: &Sources, span: Span) -> Option<(&SourceFile, Span)> {
    let (file, start) = sources.file_at(span.start);
    let inside = Span::new(span.start.saturating_sub(start), span.end.saturating_sub(start));
    Some((file, clamp(&file.text, inside)?))
}

/// The lines of each file, found when they are first asked for.
#[derive(Default)]
pub(super) struct FileLines<'a> {
    known: BTreeMap<&'a Path, Lines<'a>>,
}

impl<'a> FileLines<'a> {
    pub(super) fn of(&mut self, file: &'a SourceFile) -> &Lines<'a> {
        self.known.entry(&file.path).or_insert_with(|| Lines::new(&file.text))
    }
}

/// A span as miette can draw it: inside the text, on character boundaries, at least one character long.
///
/// miette 7.6 loses an empty label at the end of the text and panics one byte behind it (issue 465), so such a span moves back
/// to the last character that is no line break. `None` where the text has no such character.
pub(super) fn clamp(text: &str, span: Span) -> Option<Span> {
    let mut start = floor(text, span.start);
    let mut end = floor(text, span.end.max(span.start));
    if start == text.len() {
        let (last, c) = text.char_indices().rev().find(|(_, c)| !matches!(c, '\n' | '\r'))?;
        (start, end) = (last, last + c.len_utf8());
    }
    if start >= end {
        end = start + text.get(start..)?.chars().next()?.len_utf8();
    }
    Some(Span::new(start, end))
}

fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_columns_in_characters() {
        let lines = Lines::new("é=1\nüber x\n");
        assert_eq!(lines.place(3), Place { offset: 3, line: 1, column: 3 });
        assert_eq!(lines.place(11), Place { offset: 11, line: 2, column: 6 });
        assert_eq!(lines.place(13), Place { offset: 13, line: 3, column: 1 });
    }

    #[test]
    fn any_span_becomes_one_that_can_be_drawn() {
        let text = "é {\n\n";
        assert_eq!(clamp(text, Span::new(0, 2)), Some(Span::new(0, 2)));
        assert_eq!(clamp(text, Span::new(1, 1)), Some(Span::new(0, 2)));
        assert_eq!(clamp(text, Span::new(6, 6)), Some(Span::new(3, 4)));
        assert_eq!(clamp(text, Span::new(6, 900)), Some(Span::new(3, 4)));
        assert_eq!(clamp(text, Span::new(900, 6)), Some(Span::new(3, 4)));
        assert_eq!(clamp(text, Span::new(3, 900)), Some(Span::new(3, 6)));
        assert_eq!(clamp("", Span::new(0, 0)), None);
        assert_eq!(clamp("\n", Span::new(1, 1)), None);
    }
}
