//! The words of a kernel command line.

/// Splits a kernel command line at blanks that are not inside double quotes.
///
/// The kernel's own rule (`lib/cmdline.c`, `next_arg`): quotes may stand anywhere in a word and stay part of it here.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_quoted_blanks_together() {
        assert_eq!(words(r#"a  ocs_live_run="ocs live" b"#), ["a", r#"ocs_live_run="ocs live""#, "b"]);
        assert_eq!(words(r#" "open end "#), [r#""open end "#]);
    }
}
