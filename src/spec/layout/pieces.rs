//! Everything in a text that is no blank, in order.

use super::super::lex::{Aside, Kind, lex_all};

/// A word, a mark, a comment or a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A token that belongs to a node, as written.
    Token(Kind, &'a str),
    /// A line break.
    Break,
    /// `;`
    Semicolon,
    /// `// …`, without blanks behind it.
    LineComment(&'a str),
    /// `/* … */`
    BlockComment(&'a str),
    /// A `\` that joins this line with the next one, and its comment, if it has one.
    Join(Option<&'a str>),
}

/// Takes a text apart.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (tokens, asides) = lex_all(text);
    let tokens = tokens.into_iter().map(|token| {
        let written = text.get(token.span.start..token.span.end).unwrap_or_default();
        let piece = match token.kind {
            Kind::End if written == ";" => Piece::Semicolon,
            Kind::End => Piece::Break,
            kind => Piece::Token(kind, written),
        };
        (token.span.start, piece)
    });
    let asides = asides.into_iter().map(|(aside, span)| {
        let written = text.get(span.start..span.end).unwrap_or_default();
        let piece = match aside {
            Aside::LineComment => Piece::LineComment(written.trim_end()),
            Aside::BlockComment => Piece::BlockComment(written),
            Aside::Join => Piece::Join(written.find("//").and_then(|at| written.get(at..)).map(str::trim_end)),
        };
        (span.start, piece)
    });
    let mut all: Vec<_> = tokens.chain(asides).collect();
    all.sort_by_key(|(start, _)| *start);
    all.into_iter().map(|(_, piece)| piece).collect()
}
