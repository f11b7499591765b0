//! Sorts tokens into nodes, heads and blocks, whatever is wrong with them.
//!
//! This finds the faults of braces, and it stands guard before the crate `kdl`: version 6.7.1 overflows the stack on deep nesting
//! of blocks and comments, and takes exponential time on nested `/-{` (kdl-rs issue 177).

use super::lex::{Kind, Token};
use super::parse::Faults;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// How deep blocks and comments may nest. The language needs one level; kdl 6.7.1, built for debugging, overflows the 2 MiB stack
/// of a thread at about fifty.
pub(super) const MAX_DEPTH: usize = 16;

/// How many switched-off blocks may stand in one another; each one doubles the work of kdl 6.7.1.
pub(super) const MAX_SLASHED: usize = 4;

/// A node as far as tokens tell.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// All tokens of the node outside its block.
    pub head: Vec<Token>,
    /// The nodes of its block, if it has one.
    pub body: Option<Body>,
    /// Whether it follows `}` without so much as a blank.
    pub glued: bool,
}

/// What stands in braces.
#[derive(Debug)]
pub(super) struct Body {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// From `{` to `}`, or to the end of the text.
    pub span: Span,
    /// Whether the `}` is there.
    pub closed: bool,
}

impl Node {
    /// The place of the head up to the block.
    pub(super) fn head_span(&self) -> Span {
        match (self.head.first(), self.head.last()) {
            (Some(first), Some(last)) => Span::new(first.span.start, last.span.end),
            _ => self.body.as_ref().map_or(Span::default(), |body| Span::new(body.span.start, body.span.start)),
        }
    }

    /// The place of the whole node.
    pub(super) fn span(&self) -> Span {
        let head = self.head_span();
        Span::new(head.start, self.body.as_ref().map_or(head.end, |body| body.span.end.max(head.end)))
    }
}

/// The tree of nodes, and whether `kdl` may be called on the text.
pub(super) struct Outline {
    /// The nodes at the top.
    pub nodes: Vec<Node>,
    /// Whether the text is harmless to `kdl`.
    pub safe: bool,
}

struct Frame {
    nodes: Vec<Node>,
    current: Option<Node>,
    open: Span,
    slashed: bool,
}

/// Builds the outline of a text.
pub(super) fn outline(text: &str, tokens: &[Token], faults: &mut Faults) -> Outline {
    let mut splitter = Splitter { text, stack: Vec::new(), top: Vec::new(), current: None, safe: true };
    let mut before = None;
    for &token in tokens {
        splitter.take(token, before, faults);
        if !splitter.safe {
            return Outline { nodes: Vec::new(), safe: false };
        }
        before = Some(token);
    }
    splitter.end(faults)
}

struct Splitter<'a> {
    text: &'a str,
    stack: Vec<Frame>,
    top: Vec<Node>,
    current: Option<Node>,
    safe: bool,
}

impl Splitter<'_> {
    fn take(&mut self, token: Token, before: Option<Token>, faults: &mut Faults) {
        match token.kind {
            Kind::End => self.finish_node(),
            Kind::Open => self.open(token.span, before.is_some_and(|before| before.kind == Kind::Slashdash), faults),
            Kind::Close => self.close(token.span, faults),
            Kind::DeepComment => self.too_deep("comments", MAX_DEPTH, token.span, faults),
            Kind::Slashdash | Kind::OpenComment => self.current.get_or_insert_default().head.push(token),
            _ => {
                let glued = before
                    .filter(|before| {
                        before.kind == Kind::Close && self.current.as_ref().is_some_and(|n| n.body.is_some())
                    })
                    .is_some_and(|before| self.follows(before.span.end, token.span, faults));
                let node = self.current.get_or_insert_default();
                node.glued |= glued;
                node.head.push(token);
            }
        }
    }

    /// A node begins behind `}` on the same line. Says whether there is no room to put the line break that is missing.
    fn follows(&mut self, close: usize, span: Span, faults: &mut Faults) -> bool {
        faults.report(
            Diagnostic::new(Code::Syntax, "a node follows `}` on the same line")
                .at(span, "starts a new node")
                .help("put a line break or `;` after `}`"),
        );
        self.finish_node();
        let room = matches!(self.text.as_bytes().get(close), Some(b' ' | b'\t'));
        if room {
            faults.break_line(close);
        }
        !room
    }

    fn too_deep(&mut self, what: &str, limit: usize, span: Span, faults: &mut Faults) {
        self.safe = false;
        faults.report(
            Diagnostic::new(Code::NestingTooDeep, format!("{what} nest deeper than {limit} levels"))
                .at(span, format!("level {}", limit + 1))
                .help("close what is open above: the language needs one level of blocks"),
        );
    }

    fn finish_node(&mut self) {
        if let Some(node) = self.current.take() {
            self.top.push(node);
        }
    }

    fn open(&mut self, span: Span, slashdash: bool, faults: &mut Faults) {
        if self.current.is_none() {
            // What the node above seems to lack is in this block.
            if let Some(above) = self.top.last().filter(|above| above.body.is_none()) {
                faults.spoil(above.head_span());
            }
            faults.report(
                Diagnostic::new(Code::Syntax, "a block without a node before it")
                    .at(span, "no node on this line")
                    .help("write `{` on the line of its node, after its arguments and properties"),
            );
        }
        let node = self.current.get_or_insert_default();
        let slashed = slashdash || node.head.first().is_some_and(|token| token.kind == Kind::Slashdash);
        let frame = Frame { nodes: std::mem::take(&mut self.top), current: self.current.take(), open: span, slashed };
        self.stack.push(frame);
        if self.stack.len() > MAX_DEPTH {
            self.too_deep("blocks", MAX_DEPTH, span, faults);
        } else if self.stack.iter().filter(|frame| frame.slashed).count() > MAX_SLASHED {
            self.too_deep("blocks switched off by `/-`", MAX_SLASHED, span, faults);
        }
    }

    fn close(&mut self, span: Span, faults: &mut Faults) {
        self.finish_node();
        let Some(frame) = self.stack.pop() else {
            faults.report(
                Diagnostic::new(Code::UnmatchedBrace, "`}` without a block to close")
                    .at(span, "nothing is open here")
                    .help("remove this `}`, or look above for a block that was closed too early"),
            );
            faults.blank(span);
            return;
        };
        self.leave(frame, span.end, true, faults);
    }

    fn leave(&mut self, frame: Frame, end: usize, closed: bool, faults: &mut Faults) {
        let nodes = std::mem::replace(&mut self.top, frame.nodes);
        let mut node = frame.current.unwrap_or_default();
        if node.head.is_empty() {
            faults.blank(Span::new(frame.open.start, end));
        }
        match &mut node.body {
            Some(body) => {
                body.nodes.extend(nodes);
                body.span.end = end;
                body.closed = closed;
            }
            None => node.body = Some(Body { nodes, span: Span::new(frame.open.start, end), closed }),
        }
        self.current = Some(node);
    }

    fn end(mut self, faults: &mut Faults) -> Outline {
        self.finish_node();
        while let Some(frame) = self.stack.pop() {
            let open = frame.open;
            self.leave(frame, self.text.len(), false, faults);
            self.finish_node();
            faults.report(
                Diagnostic::new(Code::UnclosedBlock, "`{` is never closed")
                    .at(open, "opened here")
                    .help("add the missing `}` where this block ends"),
            );
            faults.spoil(Span::new(open.start, self.text.len()));
        }
        Outline { nodes: self.top, safe: self.safe }
    }
}

/// How many `}` are missing at the end of the text, once the faults are taken out of it.
pub(super) fn unclosed(nodes: &[Node], faults: &Faults) -> usize {
    let mut count = 0;
    let mut last = nodes.last();
    while let Some(body) = last.and_then(|node| node.body.as_ref()).filter(|body| !body.closed) {
        count += usize::from(!faults.is_blank(body.span.start));
        last = body.nodes.last();
    }
    count
}
