//! Findings as text for people ([`full()`], [`short()`]) and for programs ([`json()`], [`sarif()`], [`github()`]), and the pages of
//! the manual about them ([`page()`]).
//!
//! Each gives a text; nothing here prints, looks at a terminal or ends with a count. [`count`] says the count.

mod full;
mod github;
mod json;
mod page;
mod place;
mod sarif;
mod short;

pub use self::full::{Style, full};
pub use self::github::github;
pub use self::json::json;
pub use self::page::page;
pub use self::sarif::sarif;
pub use self::short::short;
use super::Diagnostics;

/// How many there are, as in `2 errors, 1 warning`; what is zero is left out.
pub fn count(diagnostics: &Diagnostics) -> String {
    let plural = |count: usize, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{many} {one}s")),
    };
    let parts = [plural(diagnostics.errors(), "error"), plural(diagnostics.warnings(), "warning")];
    let mut line = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if line.is_empty() {
        line.push_str("no errors");
    }
    let kept = diagnostics.iter().count();
    if kept < diagnostics.errors() + diagnostics.warnings() {
        line.push_str(&format!(" ({kept} of them shown)"));
    }
    line
}

/// A line broken before words that would go beyond the width, the further ones indented by two blanks more.
pub fn wrapped(line: &str, style: Style) -> String {
    let indent = line.len() - line.trim_start().len();
    wrap(line, style, &" ".repeat(indent + 2))
}

/// No word is broken, so that paths and commands can be copied.
fn wrap(text: &str, style: Style, indent: &str) -> String {
    let options = textwrap::Options::new(style.width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .subsequent_indent(indent);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests;
