//! What is wrong with the words of a node, in words that say what to write instead.

use super::lex::{Closing, Kind, Token, is_newline};
use super::literal::{KEYWORDS, begins_like_number, is_forbidden, is_identifier, is_number, wrong_escape};
use super::parse::Faults;
use super::split::Node;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// A file that says itself that it is KDL 1.
pub(super) fn check_version(text: &str, faults: &mut Faults) {
    let start = text.strip_prefix('\u{feff}').map_or(0, |_| '\u{feff}'.len_utf8());
    let Some(marker) = text.get(start..).and_then(|text| text.strip_prefix("/-")) else { return };
    let line = marker.split(is_newline).next().unwrap_or_default();
    let mut words = line.split_whitespace();
    if words.next() == Some("kdl-version") && words.next() == Some("1") {
        faults.report(
            Diagnostic::new(Code::KdlVersion, "the file says that it is KDL 1")
                .at(Span::new(start, start + 2 + line.trim_end().len()), "netspec reads KDL 2")
                .help("write `true` as `#true` and `r\"…\"` as `#\"…\"#`, then remove this line"),
        );
    }
}

/// Looks at the heads of all nodes, in their blocks too.
pub(super) fn check_nodes(text: &str, nodes: &[Node], faults: &mut Faults) {
    for node in nodes {
        let mut head = Head { text, node, tokens: &node.head, at: 0, faults, faulty: false, prefix: None };
        head.check();
        if head.faulty {
            faults.spoil(node.head_span());
        }
        if node.glued {
            faults.blank(node.span());
            faults.spoil(node.span());
        }
        if let Some(body) = &node.body {
            check_nodes(text, &body.nodes, faults);
        }
    }
}

struct Head<'a> {
    text: &'a str,
    node: &'a Node,
    tokens: &'a [Token],
    at: usize,
    faults: &'a mut Faults,
    faulty: bool,
    /// Where the `/-` and the type annotation before the present entry begin. They go with it: alone they are a fault again.
    prefix: Option<usize>,
}

impl Head<'_> {
    fn check(&mut self) {
        let mut first = true;
        while let Some(token) = self.peek(0) {
            match token.kind {
                Kind::Slashdash => self.slashdash(token),
                Kind::OpenComment | Kind::DeepComment => {
                    self.faulty = true;
                    self.at += 1;
                }
                Kind::TypeOpen => self.annotation(),
                Kind::Word | Kind::Text(_) => {
                    if std::mem::take(&mut first) {
                        self.node_name(token);
                    } else {
                        self.entry(token);
                    }
                    self.prefix = None;
                }
                Kind::Equals => {
                    let what = if first { "`=` where a node name is expected" } else { "`=` without a property name" };
                    self.fault(
                        Diagnostic::new(Code::Syntax, what)
                            .at(token.span, "nothing to set")
                            .help("a property is written `name=value`"),
                        token.span,
                    );
                    self.at += 1;
                }
                Kind::TypeClose => {
                    self.fault(
                        Diagnostic::new(Code::Syntax, "`)` without `(`")
                            .at(token.span, "not expected here")
                            .help("remove it, or put the value in quotes"),
                        token.span,
                    );
                    self.at += 1;
                }
                Kind::Open | Kind::Close | Kind::End => self.at += 1,
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn written(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn fault(&mut self, diagnostic: Diagnostic, blank: Span) {
        self.faults.report(diagnostic);
        self.faults.blank(Span::new(self.prefix.unwrap_or(blank.start).min(blank.start), blank.end));
        self.faulty = true;
    }

    /// `/-` switches off what follows it: an entry, a block or the whole node.
    fn slashdash(&mut self, token: Token) {
        self.at += 1;
        let nothing = match self.peek(0) {
            Some(next) => matches!(next.kind, Kind::Slashdash | Kind::Equals | Kind::TypeClose),
            None => self.node.body.as_ref().is_none_or(|body| body.span.end <= token.span.start),
        };
        if nothing {
            self.fault(
                Diagnostic::new(Code::Syntax, "`/-` without anything to switch off")
                    .at(token.span, "nothing follows")
                    .help("write `/-` before a node, a value or a block, or `//` before a comment"),
                token.span,
            );
        } else {
            self.prefix.get_or_insert(token.span.start);
        }
    }

    /// Steps over `(type)`.
    fn annotation(&mut self) {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        match rest {
            [open, name, close, rest @ ..]
                if matches!(name.kind, Kind::Word | Kind::Text(_)) && close.kind == Kind::TypeClose =>
            {
                self.at += 3;
                let span = Span::new(open.span.start, close.span.end);
                let typed = rest.first().is_some_and(|next| matches!(next.kind, Kind::Word | Kind::Text(_)));
                if let Some(diagnostic) = self.wrong_text(*name).or_else(|| self.wrong_identifier(*name, "type name")) {
                    self.fault(diagnostic, span);
                } else if !typed {
                    self.fault(
                        Diagnostic::new(Code::Syntax, "a type annotation without a value")
                            .at(span, "nothing follows")
                            .help("remove it, or put a text that contains `(` in quotes"),
                        span,
                    );
                } else {
                    self.prefix.get_or_insert(span.start);
                }
            }
            _ => {
                let close = rest.iter().position(|token| token.kind == Kind::TypeClose);
                let taken = close.map_or(rest.len(), |close| close + 1);
                let Some([open, .., last] | [open @ last]) = rest.get(..taken) else {
                    self.at += 1;
                    return;
                };
                let message = if close.is_some() { "`(…)` does not hold one word" } else { "`(` is never closed" };
                let span = Span::new(open.span.start, last.span.end);
                self.fault(
                    Diagnostic::new(Code::Syntax, message)
                        .at(open.span, "opened here")
                        .help("put a text that contains `(` in quotes"),
                    span,
                );
                self.at += taken;
            }
        }
    }

    fn node_name(&mut self, token: Token) {
        self.at += 1;
        if self.raw_string_of_kdl_1(token) {
            self.faults.blank(self.node.span());
            return;
        }
        if let Some(diagnostic) = self.wrong_text(token).or_else(|| self.wrong_identifier(token, "node name")) {
            // Without its name the node means nothing, so all of it goes.
            self.fault(diagnostic, self.node.span());
            self.faults.spoil(self.node.span());
        }
    }

    /// A property or an argument, with its value.
    fn entry(&mut self, token: Token) {
        let glued = self.tokens.get(self.at.wrapping_sub(1)).is_some_and(|before| {
            before.span.end == token.span.start && matches!(before.kind, Kind::Word | Kind::Text(_))
        });
        self.at += 1;
        if self.raw_string_of_kdl_1(token) {
            return;
        }
        if glued {
            let word = shown(self.written(token.span));
            self.fault(
                Diagnostic::new(Code::Syntax, format!("no space before `{word}`"))
                    .at(token.span, "starts a new value")
                    .help("put a space between two values, or `\\\"` for a quote inside a string"),
                token.span,
            );
            return;
        }
        let Some(equals) = self.peek(0).filter(|next| next.kind == Kind::Equals) else {
            self.value(token, token.span.start);
            return;
        };
        self.at += 1;
        let wrong_name = self.wrong_text(token).or_else(|| self.wrong_identifier(token, "property name"));
        while self.peek(0).is_some_and(|next| next.kind == Kind::TypeOpen) {
            self.annotation();
        }
        match self.peek(0).filter(|next| matches!(next.kind, Kind::Word | Kind::Text(_))) {
            // `a= b=1`: the next word is a property of its own.
            Some(value) if self.peek(1).is_none_or(|next| next.kind != Kind::Equals) => {
                self.at += 1;
                if let Some(diagnostic) = wrong_name {
                    self.fault(diagnostic, Span::new(token.span.start, value.span.end));
                } else if !self.raw_string_of_kdl_1(value) {
                    self.value(value, token.span.start);
                }
            }
            _ => {
                let name = shown(self.written(token.span));
                let span = Span::new(token.span.start, equals.span.end);
                self.fault(
                    Diagnostic::new(Code::MissingValue, format!("property `{name}` has no value"))
                        .at(span, "a value belongs after `=`")
                        .help(format!("write `{name}=\"…\"`, without a space after `=`")),
                    span,
                );
            }
        }
    }

    /// KDL 1 wrote raw strings `r"…"` and `r#"…"#`.
    fn raw_string_of_kdl_1(&mut self, token: Token) -> bool {
        let Some(string) = self.peek(0).filter(|next| {
            matches!(next.kind, Kind::Text(_)) && next.span.start == token.span.end && token.kind == Kind::Word
        }) else {
            return false;
        };
        if self.written(token.span) != "r" {
            return false;
        }
        self.at += 1;
        let span = Span::new(token.span.start, string.span.end);
        self.fault(
            Diagnostic::new(Code::KdlVersion, "a raw string in the form of KDL 1")
                .at(span, "KDL 2 has no `r` here")
                .help("write `#\"…\"#`, or `\"…\"` where nothing needs to be raw"),
            span,
        );
        true
    }

    /// Checks a value; `start` is where its entry begins.
    fn value(&mut self, token: Token, start: usize) {
        if let Some(diagnostic) = self.wrong_text(token) {
            self.fault(diagnostic, Span::new(start, token.span.end));
        } else if token.kind == Kind::Word && self.wrong_word(token.span).is_some() {
            // Quotes were meant around all that is written without a blank.
            let mut span = token.span;
            while let Some(next) = self.peek(0).filter(|next| next.span.start == span.end) {
                span.end = next.span.end;
                self.at += 1;
            }
            if let Some(diagnostic) = self.wrong_word(span) {
                self.fault(diagnostic, Span::new(start, span.end));
            }
        }
    }

    fn wrong_text(&self, token: Token) -> Option<Diagnostic> {
        match token.kind {
            Kind::Text(Closing::Unclosed) => Some(
                Diagnostic::new(Code::UnclosedString, "a string is never closed")
                    .at(first_line(self.text, token.span), "no closing quote")
                    .help("add the missing `\"`"),
            ),
            Kind::Text(Closing::Closed) if self.written(token.span).starts_with('"') => {
                let (at, escape) = wrong_escape(self.written(token.span))?;
                let start = token.span.start + at;
                let label = Span::new(start, start + escape.len());
                Some(
                    Diagnostic::new(Code::Syntax, format!("`{}` in a string means nothing", shown(escape)))
                        .at(label, "not an escape")
                        .help("write `\\\\` for a backslash, and `/` in paths"),
                )
            }
            Kind::Text(Closing::OneLine) => Some(
                Diagnostic::new(Code::Syntax, "text on the line of the opening `\"\"\"`")
                    .at(first_line(self.text, token.span), "one line only")
                    .help("write `\"…\"` for a text of one line"),
            ),
            _ => None,
        }
    }

    /// Names of nodes and properties are words or strings, never numbers.
    fn wrong_identifier(&self, token: Token, what: &str) -> Option<Diagnostic> {
        if token.kind != Kind::Word {
            return None;
        }
        let word = self.written(token.span);
        if is_identifier(word) {
            return None;
        }
        let shown = shown(word);
        Some(
            Diagnostic::new(Code::Syntax, format!("`{shown}` cannot be a {what}"))
                .at(token.span, format!("not a {what}"))
                .help(if KEYWORDS.contains(&word.trim_start_matches('#')) {
                    format!("a keyword is a value; a {what} stands before it")
                } else {
                    format!("a {what} is a word of letters, digits and `-` that begins with a letter")
                }),
        )
    }

    fn wrong_word(&self, span: Span) -> Option<Diagnostic> {
        let word = self.written(span);
        if is_identifier(word) || is_number(word) {
            return None;
        }
        let seen = shown(word);
        if KEYWORDS.contains(&word) {
            return Some(
                Diagnostic::new(Code::BareKeyword, format!("`{word}` needs a `#` in KDL 2"))
                    .at(span, "a bare keyword")
                    .replace(format!("#{word}")),
            );
        }
        if let Some(keyword) = word.strip_prefix('#') {
            if KEYWORDS.contains(&keyword) {
                return None;
            }
            return Some(
                Diagnostic::new(Code::Syntax, format!("`{seen}` is no keyword"))
                    .at(span, "not known")
                    .help("the keywords are `#true`, `#false` and `#null`; put a text in quotes"),
            );
        }
        let what = if word.contains(is_forbidden) && !begins_like_number(word) {
            let forbidden = word.chars().find(|&c| is_forbidden(c)).unwrap_or_default();
            format!("`{seen}` needs quotes because of its `{}`", shown(&forbidden.to_string()))
        } else {
            format!("`{seen}` needs quotes: it is neither a number nor a word")
        };
        Some(
            Diagnostic::new(Code::UnquotedValue, what)
                .at(span, "not in quotes")
                .help(format!("put it in quotes: `\"{}\"`", seen.replace('\\', "/"))),
        )
    }
}

fn first_line(text: &str, span: Span) -> Span {
    let written = text.get(span.start..span.end).unwrap_or_default();
    let line = written.split(is_newline).next().unwrap_or_default();
    Span::new(span.start, span.start + line.trim_end().len())
}
