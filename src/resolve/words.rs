//! The words of a kernel command line.

use crate::source::{Span, Spanned};

/// Splits a kernel command line at blanks that are not inside double quotes.
///
/// The kernel's own rule (`lib/cmdline.c`, `next_arg`): quotes may stand anywhere in a word and stay part of it here.
pub fn words(line: &str) -> Vec<String> {
    placed(line).into_iter().map(|(_, word)| word.to_owned()).collect()
}

/// The words of a text of the spec, each with its own place where the text was written without escapes.
pub fn words_at(text: &Spanned<String>) -> Vec<Spanned<String>> {
    let Spanned { value, span } = text;
    // The quotes around it are the only difference then.
    let is_plain = span.end.saturating_sub(span.start) == value.len() + 2;
    let place = |at: usize, word: &str| match is_plain {
        true => Span::new(span.start + 1 + at, span.start + 1 + at + word.len()),
        false => *span,
    };
    placed(value).into_iter().map(|(at, word)| Spanned::new(word.to_owned(), place(at, word))).collect()
}

/// The words and where they begin, in bytes.
fn placed(line: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        quoted ^= c == '"';
        match (c.is_whitespace() && !quoted, start) {
            (true, Some(from)) => {
                words.push((from, &line[from..at]));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.map(|from| (from, &line[from..])));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_quoted_blanks_together() {
        assert_eq!(words(r#"a  ocs_live_run="ocs live" b"#), ["a", r#"ocs_live_run="ocs live""#, "b"]);
        assert_eq!(words(r#" "open end "#), [r#""open end "#]);
    }

    #[test]
    fn a_word_has_its_own_place_unless_the_text_has_escapes() {
        let places = |span| -> Vec<_> {
            let words = words_at(&Spanned::new("é quiet  x=1".to_owned(), span));
            words.into_iter().map(|word| (word.span.start, word.span.end)).collect()
        };
        assert_eq!(places(Span::new(10, 25)), [(11, 13), (14, 19), (21, 24)]);
        assert_eq!(places(Span::new(10, 30)), [(10, 30); 3]);
    }
}
