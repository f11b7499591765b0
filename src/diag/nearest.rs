//! "Did you mean …": the nearest of the allowed words, and lists of words and numbers in a sentence.

use std::fmt::Display;

/// Longer words are not compared: the time is the product of the lengths.
const MAX_LEN: usize = 64;

/// Of more candidates than this only the first are compared, so that a spec of a thousand wrong references stays quick.
const MAX_CANDIDATES: usize = 500;

/// The candidate that differs from `word` by so little that it was probably meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_LEN {
        return None;
    }
    let lower = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len() <= MAX_LEN)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// A large number for people: `1,303,511,040`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn listed<T: Display>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// More file names than this are not listed in a help.
const MAX_LISTED: usize = 5;

/// Which of the files of a folder may be meant by a name that is not there; `None` where they tell nothing.
pub(crate) fn file_meant(name: &str, there: &[String]) -> Option<String> {
    match nearest(name, there.iter().map(String::as_str)) {
        Some(near) => Some(format!("did you mean `{}`?", shown(near))),
        None if there.is_empty() || there.len() > MAX_LISTED => None,
        None => Some(format!("the folder holds {}", listed(there.iter().map(|name| shown(name))))),
    }
}

/// A text of the user as it is shown in a message: short, on one line, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    const MAX_SHOWN: usize = 40;
    let mut shown: String = text.chars().take(MAX_SHOWN).map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character could change what a terminal shows around it.
pub(crate) fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_probably_meant() {
        assert_eq!(nearest("debain", ["fedora", "debian"]), Some("debian"));
        assert_eq!(nearest("Debian", ["debian"]), Some("debian"));
        assert_eq!(nearest("tftpp", ["http", "tftp"]), Some("tftp"));
        assert_eq!(nearest("windows", ["fedora", "debian"]), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest(&"a".repeat(100_000), ["a"]), None);
    }

    #[test]
    fn lists_words_as_a_sentence_does() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b"]), "`a` and `b`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn shows_no_control_characters_and_no_long_texts() {
        assert_eq!(shown("a\u{1b}[31m\nb"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(shown(&"é".repeat(50)).chars().count(), 41);
    }
}
