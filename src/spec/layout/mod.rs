//! How a spec is laid out: the one form that `netspec fmt` gives to every file.
//!
//! [`format()`] moves blanks and line breaks, and nothing else: the words, strings, numbers and comments of the file stand in the
//! result as they were written and in their order. The crate `kdl` has a formatter too, but that of 6.7.1 deletes comments at
//! the ends of lines and writes numbers and strings anew (kdl-rs issue 179).
//!
//! # The form
//!
//! - A node to a line, four blanks for each block that it is in. A `;` between nodes becomes a line break.
//! - A block that was written on one line stays on one: `{ subnet "10.0.0.0/24"; dhcp "proxy" }`. Else `{` ends the line of its
//!   node, and `}` has a line of its own.
//! - One blank between values, none around `=`. `/-` stands right before the value or block that it switches off, and with a
//!   blank before a node.
//! - A `\` at the end of a line stays where it is, and the next line is indented by four more.
//! - Blank lines stay, but at most one in a row, and none at the start or end of a file or block.
//! - Comments that end lines of one paragraph, the lines between two blank ones, stand in one column: three blanks behind the
//!   longest of these lines. Behind lines of 60 characters and more, which are left out of this, they follow after three blanks.
//! - The lines inside `"""` and `/* */` are left as they are.
//! - Line ends are `\n`, also where they were `\r\n` or one of the others that KDL knows; the file begins without a byte order
//!   mark and ends with one line end.

mod pieces;
mod print;
#[cfg(test)]
mod tests;
mod tree;

use std::path::PathBuf;
use std::sync::Arc;

use super::parse::parse;
use crate::diag::Diagnostics;
use crate::source::SourceFile;

/// The spec in the form that the module's documentation describes.
///
/// It means the same as before, and what is in that form already comes back unchanged.
///
/// # Errors
/// The findings of [`parse()`], where the text is not KDL 2. What the language does not know, it can be brought into form.
pub fn format(text: &str) -> Result<String, Diagnostics> {
    // Both mean the same to KDL, in strings of several lines too.
    let text: Arc<str> = Arc::from(text.replace("\r\n", "\n"));
    let source = SourceFile { path: PathBuf::new(), text: text.clone() };
    let (_, found) = parse(&source);
    if found.has_errors() {
        return Err(found);
    }
    Ok(print::print(&tree::tree(pieces::pieces(&text))))
}
