//! Findings as text for people ([`full()`], [`short()`]) and as JSON for programs ([`json()`]).
//!
//! Each gives a text; nothing here prints, looks at a terminal or ends with a count. [`count`] says the count.

mod full;
mod json;
mod place;
mod short;

pub use self::full::{Style, full};
pub use self::json::json;
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

#[cfg(test)]
mod tests;
