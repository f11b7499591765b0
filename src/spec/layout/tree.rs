//! Pieces put together to the lines and blocks that a reader sees.

use std::vec::IntoIter;

use super::super::lex::{Kind, is_newline};
use super::pieces::Piece;

/// A node, or a line that has only comments.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    /// Whether a blank line stands before it.
    pub after_blank: bool,
    /// The node; nothing where the line has only a `//` comment.
    pub parts: Vec<Part<'a>>,
    /// The `//` comment at its end.
    pub comment: Option<&'a str>,
}

/// A part of a node.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// A word, a string or a mark.
    Token(Kind, &'a str),
    /// `/* … */`
    BlockComment(&'a str),
    /// The end of a line within the node behind `\`, and its comment.
    Join(Option<&'a str>),
    /// The end of a line within the node behind `/-` and a comment.
    LineComment(&'a str),
    /// `{ … }`
    Block(Block<'a>),
}

/// What stands in braces.
#[derive(Debug, Default)]
pub(super) struct Block<'a> {
    /// Whether it has more than one line.
    pub has_lines: bool,
    /// The comment behind its `{`.
    pub comment: Option<&'a str>,
    /// The nodes in it.
    pub items: Vec<Item<'a>>,
}

/// Builds the items at the top of a file.
pub(super) fn tree(pieces: Vec<Piece<'_>>) -> Vec<Item<'_>> {
    let mut pieces = pieces.into_iter();
    // The file begins as the line behind a line end does.
    Builder { breaks: 1, ..Builder::default() }.read(&mut pieces).items
}

/// A block that is being read.
#[derive(Default)]
struct Builder<'a> {
    block: Block<'a>,
    item: Item<'a>,
    /// Line ends since the last node or the `{`.
    breaks: usize,
}

impl<'a> Builder<'a> {
    /// Takes the pieces up to the end of the block, its `}` included. The parser has seen to it that blocks nest a few levels.
    fn read(mut self, pieces: &mut IntoIter<Piece<'a>>) -> Block<'a> {
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Break => self.end_line(),
                Piece::Semicolon => self.end_item(),
                Piece::LineComment(comment) => self.line_comment(comment),
                Piece::Join(comment) => self.join(comment),
                Piece::BlockComment(comment) => {
                    self.block.has_lines |= comment.contains(is_newline);
                    self.push(Part::BlockComment(comment));
                }
                Piece::Token(Kind::Open, _) => {
                    if matches!(self.item.parts.last(), Some(Part::Join(None))) {
                        self.item.parts.pop();
                    }
                    let block = Builder::default().read(pieces);
                    self.block.has_lines |= block.has_lines;
                    self.push(Part::Block(block));
                }
                Piece::Token(Kind::Close, _) => break,
                Piece::Token(kind, written) => {
                    self.block.has_lines |= written.contains(is_newline);
                    self.push(Part::Token(kind, written));
                }
            }
        }
        self.end_item();
        self.block
    }

    fn push(&mut self, part: Part<'a>) {
        self.item.parts.push(part);
    }

    /// Whether the place is behind `/-`, where a line end ends nothing.
    fn behind_slashdash(&self) -> bool {
        let mut parts = self.item.parts.iter().rev();
        let last = parts.find(|part| !matches!(part, Part::BlockComment(_) | Part::LineComment(_)));
        matches!(last, Some(Part::Token(Kind::Slashdash, _)))
    }

    fn end_line(&mut self) {
        self.block.has_lines = true;
        self.end_item();
        self.breaks += 1;
    }

    fn end_item(&mut self) {
        // A `\` joins nothing where the node ends anyway.
        while let Some(Part::Join(comment)) = self.item.parts.last() {
            if comment.is_some() && self.item.comment.is_some() {
                break;
            }
            self.item.comment = self.item.comment.or(*comment);
            self.item.parts.pop();
        }
        let item = std::mem::take(&mut self.item);
        if item.parts.is_empty() && item.comment.is_none() {
            return;
        }
        let after_blank = self.breaks > 1 && !self.block.items.is_empty();
        self.block.items.push(Item { after_blank, ..item });
        self.breaks = 0;
    }

    fn line_comment(&mut self, comment: &'a str) {
        self.block.has_lines = true;
        if self.behind_slashdash() {
            self.push(Part::LineComment(comment));
            return;
        }
        let behind = match self.block.items.last_mut() {
            _ if self.breaks > 0 || !self.item.parts.is_empty() => &mut self.item.comment,
            // Behind a `;`, or behind the `{`.
            Some(last) if last.comment.is_none() => &mut last.comment,
            None => &mut self.block.comment,
            _ => &mut self.item.comment,
        };
        *behind = Some(comment);
    }

    fn join(&mut self, comment: Option<&'a str>) {
        self.block.has_lines = true;
        if self.item.parts.is_empty() || self.behind_slashdash() {
            // Between nodes it is a line end like others.
            if let Some(comment) = comment {
                self.line_comment(comment);
            }
            if self.item.parts.is_empty() {
                self.end_line();
            }
            return;
        }
        match self.item.parts.last_mut() {
            Some(Part::Join(before)) if comment.is_none() || before.is_none() => *before = before.or(comment),
            _ => self.push(Part::Join(comment)),
        }
    }
}
