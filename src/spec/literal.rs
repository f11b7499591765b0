//! What a word or string of KDL 2 is, character by character.

use super::lex::{is_newline, is_space};

/// The words that KDL 1 knew bare and KDL 2 wants with `#`.
pub(super) const KEYWORDS: [&str; 6] = ["true", "false", "null", "inf", "-inf", "nan"];

/// Characters that no bare word may contain. (Blanks, braces, quotes and `=` end a word and never get here.)
pub(super) fn is_forbidden(c: char) -> bool {
    matches!(c, '\\' | '/' | '[' | ']' | '"' | '#')
        || matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether a word begins with a digit, so that KDL takes it for a number.
pub(super) fn begins_like_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a word can be a name, or a string without quotes.
pub(super) fn is_identifier(word: &str) -> bool {
    !word.is_empty() && !begins_like_number(word) && !word.contains(is_forbidden) && !KEYWORDS.contains(&word)
}

/// Whether a word is a number; `#inf` and its like are keywords.
pub(super) fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let radix = |prefix: &str, radix: u32| {
        unsigned.strip_prefix(prefix).is_some_and(|digits| {
            digits.starts_with(|c: char| c.is_digit(radix)) && digits.chars().all(|c| c == '_' || c.is_digit(radix))
        })
    };
    if radix("0x", 16) || radix("0o", 8) || radix("0b", 2) {
        return true;
    }
    let digits = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(|c| c == '_' || c.is_ascii_digit())
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

/// The first `\` of a string in quotes that begins no escape of KDL 2, with the character behind it.
pub(super) fn wrong_escape(string: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    while let Some(next) = string.get(at..)?.find('\\') {
        let start = at + next;
        let escaped = string.get(start + 1..)?.chars().next()?;
        at = start + 1 + escaped.len_utf8();
        let right = match escaped {
            '"' | '\\' | 'b' | 'f' | 'n' | 'r' | 't' | 's' => true,
            'u' => is_code_point(string.get(at..)?),
            blank => is_space(blank) || is_newline(blank),
        };
        if !right {
            return Some((start, &string[start..at]));
        }
    }
    None
}

/// Whether `{…}` follows, with one to six hexadecimal digits that name a character.
fn is_code_point(rest: &str) -> bool {
    rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).is_some_and(|(digits, _)| {
        digits.len() <= 6
            && digits.chars().all(|c| c.is_ascii_hexdigit())
            && u32::from_str_radix(digits, 16).is_ok_and(|code| char::from_u32(code).is_some())
    })
}
