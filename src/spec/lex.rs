//! Cuts any text into the tokens of KDL 2, and never fails.
//!
//! The crate `kdl` reads all or nothing; these tokens are what is left to reason with when it reads nothing. A string that is
//! not closed ends with its line, so that one missing quote spoils one line.

use super::split::MAX_DEPTH;
use crate::source::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bare word, number or `#keyword`, and anything else without blanks that stands where one of these could.
    Word,
    /// A string in quotes, also raw or of several lines.
    Text(Closing),
    /// `=`
    Equals,
    /// `{`
    Open,
    /// `}`
    Close,
    /// `(`
    TypeOpen,
    /// `)`
    TypeClose,
    /// `/-`
    Slashdash,
    /// A line break or `;`.
    End,
    /// `/*` without its `*/`; it reaches to the end of the text.
    OpenComment,
    /// A `/*` in more comments than kdl 6.7.1 has stack for.
    DeepComment,
}

/// How a string ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// With its closing quote.
    Closed,
    /// With its line (or, for `"""`, with the text): the closing quote is missing.
    Unclosed,
    /// Text on the line of the opening `"""`, where KDL 2 wants a line break.
    OneLine,
}

/// A token and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it is; on character boundaries.
    pub span: Span,
}

/// What stands between tokens and matters to a reader of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aside {
    /// `//` up to the end of its line, without that.
    LineComment,
    /// `/* … */`
    BlockComment,
    /// `\` with the end of its line, and the comment before that.
    Join,
}

/// All tokens of a text; blanks, comments and joined line ends fall out.
pub(super) fn lex(text: &str) -> Vec<Token> {
    lex_all(text).0
}

/// All tokens of a text, and what stands between them, both in order.
pub(super) fn lex_all(text: &str) -> (Vec<Token>, Vec<(Aside, Span)>) {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), asides: Vec::new() };
    lexer.eat("\u{feff}");
    while let Some(c) = lexer.peek() {
        lexer.token(c);
    }
    (lexer.tokens, lexer.asides)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    asides: Vec<(Aside, Span)>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn eat_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    fn aside(&mut self, aside: Aside, start: usize) {
        self.asides.push((aside, Span::new(start, self.at)));
    }

    fn token(&mut self, c: char) {
        let start = self.at;
        if is_space(c) {
            self.eat_while(is_space);
        } else if self.eat("\r\n") {
            self.push(Kind::End, start);
        } else if is_newline(c) || c == ';' {
            self.at += c.len_utf8();
            self.push(Kind::End, start);
        } else if self.comment() || self.join() {
            // Whoever needs it finds it in the asides.
        } else if self.eat("/-") {
            self.push(Kind::Slashdash, start);
            self.lines_behind_slashdash();
        } else if let Some(hashes) = raw_string(self.rest()) {
            let closing = self.string(hashes);
            self.push(Kind::Text(closing), start);
        } else if let Some(kind) = punctuation(c) {
            self.at += c.len_utf8();
            self.push(kind, start);
        } else {
            self.word();
            self.push(Kind::Word, start);
        }
    }

    /// Takes a comment, if there is one here.
    fn comment(&mut self) -> bool {
        let start = self.at;
        if self.eat("//") {
            self.eat_while(|c| !is_newline(c));
            self.aside(Aside::LineComment, start);
        } else if self.eat("/*") {
            if self.block_comment() {
                self.aside(Aside::BlockComment, start);
            } else {
                self.push(Kind::OpenComment, start);
            }
        } else {
            return false;
        }
        true
    }

    /// Takes the `\` that joins this line with the next one, if there is one here.
    fn join(&mut self) -> bool {
        let Some(len) = line_join(self.rest()) else { return false };
        let start = self.at;
        self.at += len;
        self.aside(Aside::Join, start);
        true
    }

    /// Skips a comment behind its `/*`; comments nest.
    fn block_comment(&mut self) -> bool {
        let mut depth = 1_usize;
        let mut deep = false;
        while depth > 0 {
            let Some(next) = self.rest().find(['*', '/']) else {
                self.at = self.text.len();
                return false;
            };
            self.at += next;
            if self.eat("*/") {
                depth -= 1;
            } else if self.eat("/*") {
                depth += 1;
                if depth > MAX_DEPTH && !deep {
                    deep = true;
                    self.push(Kind::DeepComment, self.at - 2);
                }
            } else {
                self.at += 1;
            }
        }
        true
    }

    /// A node, entry or block that `/-` switches off may stand on a later line.
    fn lines_behind_slashdash(&mut self) {
        loop {
            self.eat_while(|c| is_space(c) || is_newline(c));
            if !self.comment() && !self.join() {
                return;
            }
        }
    }

    /// Reads a string with this many `#` before its quote; none means that `\` escapes.
    fn string(&mut self, hashes: usize) -> Closing {
        self.at += hashes;
        let guard = &"#".repeat(hashes);
        if !self.rest().starts_with("\"\"\"") {
            // `""` is an empty string, and `#""#` too.
            self.at += 1;
            return self.until(&format!("\"{guard}"), hashes == 0, true);
        }
        self.at += 3;
        let close = format!("\"\"\"{guard}");
        let blank = self.rest().trim_start_matches(is_space);
        if blank.starts_with(is_newline) {
            self.until(&close, hashes == 0, false)
        } else {
            match self.until(&close, hashes == 0, true) {
                Closing::Closed => Closing::OneLine,
                other => other,
            }
        }
    }

    fn until(&mut self, close: &str, escapes: bool, one_line: bool) -> Closing {
        while let Some(c) = self.peek() {
            if self.eat(close) {
                return Closing::Closed;
            }
            if one_line && is_newline(c) {
                return Closing::Unclosed;
            }
            self.at += c.len_utf8();
            if escapes && c == '\\' {
                // `\` before blanks takes all of them away, line breaks too.
                let before = self.at;
                self.eat_while(|c| is_space(c) || is_newline(c));
                if self.at == before {
                    self.at += self.peek().map_or(0, char::len_utf8);
                }
            }
        }
        Closing::Unclosed
    }

    fn word(&mut self) {
        let start = self.at;
        while let Some(c) = self.peek() {
            let rest = self.rest();
            let ends = is_space(c)
                || is_newline(c)
                || c == ';'
                || punctuation(c).is_some()
                || rest.starts_with("//")
                || rest.starts_with("/*")
                || line_join(rest).is_some()
                || raw_string(rest).is_some();
            if ends && self.at > start {
                return;
            }
            self.at += c.len_utf8();
        }
    }
}

fn punctuation(c: char) -> Option<Kind> {
    Some(match c {
        '=' => Kind::Equals,
        '{' => Kind::Open,
        '}' => Kind::Close,
        '(' => Kind::TypeOpen,
        ')' => Kind::TypeClose,
        _ => return None,
    })
}

/// How many `#` stand before the quote that opens a string here.
fn raw_string(rest: &str) -> Option<usize> {
    let quote = rest.find(|c| c != '#')?;
    rest[quote..].starts_with('"').then_some(quote)
}

/// The length of a `\` that joins this line with the next one, up to the next line.
fn line_join(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix('\\')?.trim_start_matches(is_space);
    let behind = match behind.strip_prefix("//") {
        Some(comment) => comment.trim_start_matches(|c| !is_newline(c)),
        None => behind,
    };
    let next = match behind.strip_prefix("\r\n") {
        Some(next) => next,
        None if behind.is_empty() => behind,
        None => behind.strip_prefix(is_newline)?,
    };
    Some(rest.len() - next.len())
}

/// Line breaks, as the KDL 2 specification lists them.
pub(super) fn is_newline(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

/// Blanks, as the KDL 2 specification lists them.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}
