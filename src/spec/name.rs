//! Names of networks, ISOs, menus and entries.

use kdl::KdlEntry;

use super::value::{self, Wanted};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

/// The longest name, in characters.
pub const MAX_NAME: usize = 32;

/// Reads a name. One that breaks the rule is reported and kept, so that references to it still find it.
pub(super) fn name(entry: &KdlEntry, node: &str, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let name = value::string(entry, Wanted::argument(node), out)?;
    if !is_name(&name.value) {
        let help = match name_like(&name.value) {
            Some(better) => format!("write `\"{better}\"`; what people read goes into `title`"),
            None => "write a word of small letters and digits, as in `\"debian-12\"`".to_owned(),
        };
        let why = if name.value.chars().count() > MAX_NAME {
            "is longer than 32 characters"
        } else {
            "is not made of small letters, digits, `.`, `_` and `-`"
        };
        out.push(
            Diagnostic::new(Code::InvalidName, format!("name `{}` {why}", shown(&name.value)))
                .at(name.span, "becomes part of a URL")
                .help(help),
        );
    }
    Some(name)
}

/// Whether a name can stand in a URL path as it is: `[a-z0-9][a-z0-9._-]{0,31}`.
pub fn is_name(name: &str) -> bool {
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(small) && name.len() <= MAX_NAME && name.chars().all(|c| small(c) || matches!(c, '.' | '_' | '-'))
}

/// The name that is nearest to a text, if anything of it can be part of a name.
pub fn name_like(text: &str) -> Option<String> {
    let mut better = String::new();
    for c in text.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
            better.push(c);
        } else if !better.is_empty() && !better.ends_with('-') {
            better.push('-');
        }
    }
    better.truncate(MAX_NAME);
    let better = better.trim_start_matches(['.', '_', '-']).trim_end_matches('-');
    is_name(better).then(|| better.to_owned())
}
