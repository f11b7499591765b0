//! The serial number that a machine's firmware has for it (SMBIOS type 1).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The longest serial number, in characters. Each becomes three in the name of a file, and those must fit into a TFTP request.
const MAX_SERIAL: usize = 64;

/// A serial number as `dmidecode -s system-serial-number` and iPXE's `${serial}` show it.
///
/// Blanks around it do not count, because firmware fills up with them; capital and small letters are the same.
#[derive(Clone)]
pub struct Serial(String);

impl Serial {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether makers of boards leave it in for all of them, so that it says nothing about one machine.
    pub fn is_placeholder(&self) -> bool {
        let key = self.key();
        let mut chars = key.chars();
        let first = chars.next();
        chars.all(|c| Some(c) == first) || PLACEHOLDERS.contains(&key.as_str())
    }

    fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// What boards have where nobody filled something in.
const PLACEHOLDERS: [&str; 18] = [
    "none",
    "n/a",
    "na",
    "null",
    "empty",
    "unknown",
    "invalid",
    "default string",
    "default",
    "not specified",
    "not applicable",
    "not available",
    "o.e.m.",
    "to be filled by o.e.m.",
    "system serial number",
    "chassis serial number",
    "0123456789",
    "123456789",
];

impl PartialEq for Serial {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Serial {}

impl PartialOrd for Serial {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Serial {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower = |serial: &'_ Self| serial.0.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<_>>();
        lower(self).cmp(&lower(other))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for Serial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The text is not a serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a serial number is 1 to 64 letters, digits, signs and blanks of ASCII")]
pub struct SerialError;

impl FromStr for Serial {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Self, SerialError> {
        let text = text.trim_matches(' ');
        let is_plain = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if text.is_empty() || text.len() > MAX_SERIAL || !is_plain {
            return Err(SerialError);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serial(text: &str) -> Serial {
        text.parse().unwrap()
    }

    #[test]
    fn blanks_around_it_and_the_size_of_letters_do_not_count() {
        assert_eq!(serial(" 7XK2Q13  "), serial("7xk2q13"));
        assert_eq!(serial("7xk2q13").cmp(&serial("7XK2Q13 ")), std::cmp::Ordering::Equal);
        assert_ne!(serial("7XK 2Q13"), serial("7XK2Q13"));
        assert_eq!(serial(" VMware-56 4d/a\"b ").as_str(), "VMware-56 4d/a\"b");
        for text in ["", "  ", "7XK\n", "7XK\u{e9}", &"x".repeat(65)] {
            assert_eq!(text.parse::<Serial>().err(), Some(SerialError), "{text:?}");
        }
    }

    #[test]
    fn knows_what_many_boards_share() {
        for text in
            ["To be filled by O.E.M.", "Default string", "NONE", "0", "00000000", "xxxxxxxx", "System Serial Number"]
        {
            assert!(serial(text).is_placeholder(), "{text}");
        }
        assert!(!serial("7XK2Q13").is_placeholder());
    }
}
