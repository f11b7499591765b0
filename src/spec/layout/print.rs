//! Lines and blocks as text.

use super::super::lex::Kind;
use super::tree::{Block, Item, Part};

/// Blanks for each level.
const INDENT: usize = 4;
/// The least number of blanks before a comment at the end of a line.
const BEFORE_COMMENT: usize = 3;
/// The width of lines from which on they do not push the comments of their neighbors to the right.
const WIDE: usize = 60;

/// Writes the items of a file.
pub(super) fn print(items: &[Item<'_>]) -> String {
    let mut printer = Printer::default();
    for item in items {
        printer.item(item, 0);
    }
    aligned(&printer.lines)
}

/// A line of the result. Strings and comments of several lines do not end it.
#[derive(Default)]
struct Line<'a> {
    after_blank: bool,
    text: String,
    comment: Option<&'a str>,
}

#[derive(Default)]
struct Printer<'a> {
    lines: Vec<Line<'a>>,
    line: Line<'a>,
    /// What the last thing of the node on this line was.
    before: Before,
}

/// What stands before a part.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Before {
    /// Nothing but the indent.
    #[default]
    Start,
    /// Something that wants no blank behind it.
    Tight,
    /// The `/-` of an entry or a block.
    Slashdash,
    /// Anything else.
    Other,
}

impl<'a> Printer<'a> {
    fn item(&mut self, item: &Item<'a>, level: usize) {
        self.line.after_blank = item.after_blank;
        self.indent(level);
        if item.parts.is_empty() {
            self.line.text.push_str(item.comment.unwrap_or_default());
            self.end_line(None);
            return;
        }
        self.parts(item, level);
        self.end_line(item.comment);
    }

    fn parts(&mut self, item: &Item<'a>, level: usize) {
        let mut has_begun = false;
        for part in &item.parts {
            match part {
                Part::Token(Kind::Slashdash, written) => {
                    self.separated(written);
                    self.before = if has_begun { Before::Slashdash } else { Before::Other };
                }
                Part::Token(kind, written) => {
                    if !matches!(kind, Kind::Equals | Kind::TypeClose) {
                        self.blank();
                    }
                    self.line.text.push_str(written);
                    let tight = matches!(kind, Kind::Equals | Kind::TypeOpen | Kind::TypeClose);
                    self.before = if tight { Before::Tight } else { Before::Other };
                }
                Part::BlockComment(written) => {
                    if self.before == Before::Slashdash {
                        self.before = Before::Other;
                    }
                    self.separated(written);
                    continue;
                }
                Part::Join(comment) => {
                    self.before = Before::Other;
                    self.separated("\\");
                    self.end_line(*comment);
                    self.indent(level + 1);
                }
                Part::LineComment(comment) => {
                    self.end_line(Some(comment));
                    self.indent(level + usize::from(has_begun));
                    continue;
                }
                Part::Block(block) => self.block(block, level),
            }
            has_begun = true;
        }
    }

    fn block(&mut self, block: &Block<'a>, level: usize) {
        self.separated("{");
        if block.items.is_empty() && block.comment.is_none() {
            self.line.text.push('}');
        } else if block.has_lines {
            self.end_line(block.comment);
            for item in &block.items {
                self.item(item, level + 1);
            }
            self.indent(level);
            self.line.text.push('}');
        } else {
            for (at, item) in block.items.iter().enumerate() {
                self.line.text.push_str(if at == 0 { " " } else { "; " });
                self.before = Before::Start;
                self.parts(item, level);
            }
            self.line.text.push_str(" }");
        }
        self.before = Before::Other;
    }

    fn blank(&mut self) {
        if self.before == Before::Other {
            self.line.text.push(' ');
        }
    }

    fn separated(&mut self, written: &str) {
        self.blank();
        self.line.text.push_str(written);
        self.before = Before::Other;
    }

    fn indent(&mut self, level: usize) {
        self.line.text.push_str(&" ".repeat(level * INDENT));
        self.before = Before::Start;
    }

    fn end_line(&mut self, comment: Option<&'a str>) {
        let line = std::mem::take(&mut self.line);
        self.lines.push(Line { comment, ..line });
    }
}

/// The text, its comments in one column for each paragraph.
fn aligned(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    for paragraph in lines.chunk_by(|_, next| !next.after_blank) {
        let widths = paragraph.iter().filter(|line| line.comment.is_some()).map(Line::width);
        let column = widths.filter(|width| *width < WIDE).max().unwrap_or_default();
        for line in paragraph {
            if line.after_blank {
                text.push('\n');
            }
            text.push_str(&line.text);
            if let Some(comment) = line.comment {
                text.push_str(&" ".repeat(column.saturating_sub(line.width()) + BEFORE_COMMENT));
                text.push_str(comment);
            }
            text.push('\n');
        }
    }
    text
}

impl Line<'_> {
    /// The characters of its last line.
    fn width(&self) -> usize {
        self.text.rsplit('\n').next().unwrap_or_default().chars().count()
    }
}
