//! The text of a document, with places as editors count them: lines from 0, columns in units of UTF-16 or of UTF-8.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::source::Span;

/// In what the columns of a line are counted (LSP 3.17, `PositionEncodingKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Units {
    /// Units of UTF-16, which every editor knows.
    Utf16,
    /// Bytes.
    Utf8,
}

/// A place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Position {
    pub line: u32,
    pub character: u32,
}

/// From a place up to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    pub start: Position,
    pub end: Position,
}

/// A text and where its lines begin.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub text: Arc<str>,
    starts: Vec<usize>,
    units: Units,
}

impl Text {
    pub(super) fn new(text: Arc<str>, units: Units) -> Self {
        let bytes = text.as_bytes();
        let ends = |&at: &usize| match bytes[at] {
            b'\n' => true,
            // `\r\n` is one line break.
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1)).collect();
        Self { text, starts, units }
    }

    /// The place of this byte. One inside a character counts as its beginning, one behind the text as its end.
    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        let units = match self.units {
            Units::Utf8 => before.len(),
            Units::Utf16 => before.chars().map(char::len_utf16).sum(),
        };
        Position { line: count(line), character: count(units) }
    }

    /// The byte at this place. A column behind the line counts as its end, a line behind the text as the end of the text.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let mut left = position.character as usize;
        let mut offset = start;
        for c in content.chars() {
            let units = match self.units {
                Units::Utf8 => c.len_utf8(),
                Units::Utf16 => c.len_utf16(),
            };
            if left < units {
                break;
            }
            left -= units;
            offset += c.len_utf8();
        }
        offset
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end.max(span.start)) }
    }

    /// The text with another one in place of this range.
    pub(super) fn replaced(&self, range: Range, with: &str) -> Self {
        let start = self.offset(range.start);
        let end = self.offset(range.end).max(start);
        let before = self.text.get(..start).unwrap_or_default();
        let behind = self.text.get(end..).unwrap_or_default();
        Self::new(Arc::from([before, with, behind].concat()), self.units)
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Where a span of an older text is now; `None` where it was changed.
///
/// What is the same at both ends of the texts did not change, whatever the edits between were.
pub(super) fn moved(span: Span, old: &str, new: &str) -> Option<Span> {
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let before = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let behind = behind.min(a.len().min(b.len()) - before);
    if span.end <= before {
        Some(span)
    } else if span.start >= a.len() - behind {
        Some(Span::new(span.start + b.len() - a.len(), span.end + b.len() - a.len()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_counted_as_was_agreed() {
        // U+1F5A5 is outside the basic plane: 4 bytes, two units of UTF-16.
        let text = "a \u{1f5a5} b\r\né x\rz\n";
        for (units, column) in [(Units::Utf16, 5), (Units::Utf8, 7)] {
            let text = Text::new(Arc::from(text), units);
            let b = text.text.find('b').unwrap();
            assert_eq!(text.position(b), at(0, column));
            assert_eq!(text.offset(at(0, column)), b);
            assert_eq!(text.offset(at(0, 3)), 2, "the middle of a character is its beginning");
            assert_eq!(text.offset(at(0, 99)), b + 1, "behind the line is its end");
            assert_eq!(text.offset(at(99, 0)), text.text.len());
            assert_eq!(text.position(text.text.len()), at(3, 0));
            for (offset, _) in text.text.char_indices().filter(|(_, c)| *c != '\n' && *c != '\r') {
                assert_eq!(text.offset(text.position(offset)), offset);
            }
        }
    }

    #[test]
    fn a_range_is_replaced() {
        let text = Text::new(Arc::from("a \u{1f5a5} b\nc\n"), Units::Utf16);
        let range = |start, end| Range { start, end };
        assert_eq!(&*text.replaced(range(at(0, 2), at(0, 4)), "x").text, "a x b\nc\n");
        assert_eq!(&*text.replaced(range(at(0, 5), at(1, 1)), "").text, "a \u{1f5a5} \n");
        assert_eq!(&*text.replaced(range(at(9, 0), at(9, 9)), "d").text, "a \u{1f5a5} b\nc\nd");
        assert_eq!(&*text.replaced(range(at(1, 1), at(0, 0)), "!").text, "a \u{1f5a5} b\nc!\n");
    }

    #[test]
    fn what_did_not_change_is_found_again() {
        let span = |text: &str, word: &str| {
            let start = text.find(word).unwrap();
            Span::new(start, start + word.len())
        };
        let (old, new) = ("one two three", "one 2222222 three");
        assert_eq!(moved(span(old, "one"), old, new), Some(span(new, "one")));
        assert_eq!(moved(span(old, "three"), old, new), Some(span(new, "three")));
        assert_eq!(moved(span(old, "two"), old, new), None);
        assert_eq!(moved(span(new, "three"), new, old), Some(span(old, "three")));
        assert_eq!(moved(span("aa", "aa"), "aa", "aaa"), Some(Span::new(0, 2)));
        assert_eq!(moved(Span::new(0, 0), "", ""), Some(Span::new(0, 0)));
    }
}
