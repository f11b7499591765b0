//! Bytes that a client controls, made fit for a log line (SE-06).

use std::fmt;

/// How many bytes are shown; the rest is named by an ellipsis.
const SHOWN: usize = 96;

/// Displays bytes in double quotes, on one line, in printable ASCII only.
///
/// Everything else, the quote and the backslash are written as in a Rust byte string; long values are cut with `…`.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..SHOWN).unwrap_or(self.0);
        let ellipsis = if shown.len() < self.0.len() { "…" } else { "" };
        write!(f, "\"{}{ellipsis}\"", shown.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-06, G81
    #[test]
    fn keeps_hostile_bytes_on_one_printable_line() {
        assert_eq!(Escaped(b"MSFT 5.0").to_string(), r#""MSFT 5.0""#);
        assert_eq!(Escaped(b"a\n\x1b[31m\"\\\xff").to_string(), r#""a\n\x1b[31m\"\\\xff""#);
        let long = Escaped(&[7; 5000]).to_string();
        assert!(long.ends_with("…\"") && long.len() < 500, "{long}");
    }
}
