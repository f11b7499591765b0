//! Text to KDL document, with all syntax errors at once.
//!
//! The crate `kdl` gives no document when there is a single fault; on hostile text it may hang or overflow the stack, and on text
//! with a few hundred faults too (6.7.1 recurses at stray braces and missing values, and takes quadratic time for a raw string that is not closed). So our own [`lex`](super::lex),
//! [`split`](super::split) and [`words`] look first and say in our words what is wrong. The faulty places are blanked
//! out, byte for byte, and `kdl` reads what is left. Spans stay right, and all that is well written is still checked.

use kdl::{KdlDiagnostic, KdlDocument};

use super::lex::{Kind, lex};
use super::split::{Node, Outline, outline, unclosed};
use super::{plain, words};
use crate::diag::nearest::is_harmful;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceFile, Span};

/// The largest spec that is read, in bytes.
pub const MAX_SPEC_BYTES: usize = 1 << 20;

/// A document, and where it is not what the user wrote.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The nodes, with the faulty words left out.
    pub document: KdlDocument,
    /// Heads and blocks that lack words of the text. What seems to be wrong there follows from a reported fault.
    pub damaged: Vec<Span>,
}

/// Reads the text of a spec as KDL 2 and reports every syntax error in it.
pub fn parse(source: &SourceFile) -> (Parsed, Diagnostics) {
    let text: &str = &source.text;
    let mut faults = Faults::default();
    if text.len() > MAX_SPEC_BYTES {
        faults.report(super::open::too_large(text.len() as u64));
        faults.spoil(Span::new(0, text.len()));
        return faults.finish(KdlDocument::new());
    }
    let tokens = lex(text);
    let outline = outline(text, &tokens, &mut faults);
    if !outline.safe {
        faults.spoil(Span::new(0, text.len()));
        return faults.finish(KdlDocument::new());
    }
    words::check_version(text, &mut faults);
    for token in tokens.iter().filter(|token| token.kind == Kind::OpenComment) {
        faults.report(
            Diagnostic::new(Code::UnclosedComment, "`/*` is never closed")
                .at(Span::new(token.span.start, token.span.start + 2), "the rest of the file is a comment")
                .help("add `*/`, one for each `/*`: comments nest"),
        );
        faults.blank(token.span);
        faults.spoil(Span::new(token.span.start, text.len()));
    }
    words::check_nodes(text, &outline.nodes, &mut faults);
    let plain = if faults.is_clean() { plain::read(text, &tokens) } else { None };
    let document = plain.unwrap_or_else(|| recover(text, &outline, &mut faults));
    faults.finish(document)
}

/// Reads what is left of the text without its faults; faults that only `kdl` knows are found node by node.
fn recover(text: &str, outline: &Outline, faults: &mut Faults) -> KdlDocument {
    let rest = |faults: &Faults| faults.masked(text) + &"\n}".repeat(unclosed(&outline.nodes, faults));
    if let Ok(document) = KdlDocument::parse_v2(&rest(faults)) {
        return document;
    }
    let masked = faults.masked(text);
    find_in_nodes(&masked, &outline.nodes, faults);
    KdlDocument::parse_v2(&rest(faults)).unwrap_or_else(|error| {
        if faults.is_clean() {
            faults.report(reworded(text, Span::new(0, text.len()), error.diagnostics.first()));
        }
        faults.spoil(Span::new(0, text.len()));
        KdlDocument::new()
    })
}

fn find_in_nodes(masked: &str, nodes: &[Node], faults: &mut Faults) {
    for node in nodes {
        let Err(whole) = parse_piece(masked, node.span()) else { continue };
        let head = node.head_span();
        let (span, error) = match &node.body {
            None => (head, whole),
            Some(body) => {
                let before = Span::new(head.start, body.span.start);
                match parse_piece(masked, before) {
                    Err(error) => (before, error),
                    Ok(()) => {
                        let known = faults.len();
                        find_in_nodes(masked, &body.nodes, faults);
                        if faults.len() > known {
                            continue;
                        }
                        (node.span(), whole)
                    }
                }
            }
        };
        if !faults.covers(span) {
            faults.report(reworded(masked, span, error.first()));
        }
        faults.blank(node.span());
        faults.spoil(node.span());
    }
}

fn parse_piece(masked: &str, span: Span) -> Result<(), Vec<KdlDiagnostic>> {
    let piece = masked.get(span.start..span.end).unwrap_or_default();
    KdlDocument::parse_v2(piece).map(|_| ()).map_err(|error| {
        let shift = |mut diagnostic: KdlDiagnostic| {
            diagnostic.span = (diagnostic.span.offset() + span.start, diagnostic.span.len()).into();
            diagnostic
        };
        error.diagnostics.into_iter().map(shift).collect()
    })
}

/// A finding of `kdl` in the shape of ours: inside its node, and on one line.
fn reworded(text: &str, within: Span, found: Option<&KdlDiagnostic>) -> Diagnostic {
    let mut message = String::from("this is not KDL 2");
    let mut span = within;
    let mut help = None;
    if let Some(found) = found {
        if let Some(said) = &found.message {
            let said: String =
                said.trim_end_matches('.').chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect();
            let mut chars = said.chars();
            message = chars.next().map_or(message, |first| first.to_lowercase().chain(chars).collect());
        }
        let start = found.span.offset().clamp(within.start, within.end);
        let end = found.span.offset().saturating_add(found.span.len()).clamp(start, within.end);
        if start < end {
            span = Span::new(start, end);
        }
        help = found.help.clone();
    }
    while !text.is_char_boundary(span.start) {
        span.start -= 1;
    }
    while !text.is_char_boundary(span.end) {
        span.end += 1;
    }
    let line = text.get(span.start..span.end).unwrap_or_default().lines().next().unwrap_or_default().trim_end();
    span.end = span.start + line.len().max(text[span.start..].chars().next().map_or(0, char::len_utf8));
    let diagnostic = Diagnostic::new(Code::Syntax, message).at(span, "here");
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic.help("compare with the nodes around it: a name, then values in quotes, then `{ … }`"),
    }
}

/// Syntax errors, and what to take out of the text so that the rest can be read.
#[derive(Default)]
pub(super) struct Faults {
    found: Diagnostics,
    blanks: Vec<Span>,
    breaks: Vec<usize>,
    damaged: Vec<Span>,
}

impl Faults {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Takes these bytes out.
    pub(super) fn blank(&mut self, span: Span) {
        self.blanks.push(span);
    }

    /// Puts a line break in place of this byte.
    pub(super) fn break_line(&mut self, at: usize) {
        self.breaks.push(at);
    }

    /// Whether this byte is taken out.
    pub(super) fn is_blank(&self, at: usize) -> bool {
        self.blanks.iter().any(|span| span.start <= at && at < span.end)
    }

    /// Findings of later phases in this place are followers.
    pub(super) fn spoil(&mut self, span: Span) {
        self.damaged.push(span);
    }

    fn is_clean(&self) -> bool {
        self.found.is_empty()
    }

    fn len(&self) -> usize {
        self.found.errors()
    }

    /// Whether something in this place was reported already.
    fn covers(&self, span: Span) -> bool {
        let inside = |at: &Span| at.start >= span.start && at.end <= span.end;
        self.found.iter().flat_map(|d| &d.labels).any(|label| inside(&label.span))
    }

    /// The text without its faults; byte offsets are the same.
    fn masked(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for span in &self.blanks {
            for byte in bytes.get_mut(span.start..span.end).unwrap_or_default() {
                if !matches!(*byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        }
        for &at in &self.breaks {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = b'\n';
            }
        }
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn finish(mut self, document: KdlDocument) -> (Parsed, Diagnostics) {
        self.found.sort();
        self.damaged.sort();
        (Parsed { document, damaged: self.damaged }, self.found)
    }
}
