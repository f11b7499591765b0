//! The UUID that a machine's firmware has for it (SMBIOS type 1; DHCP option 97, RFC 4578 section 2.3).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A system UUID, written `4c4c4544-0031-3510-8052-b7c04f4b3232`. The bytes are those that are written, from left to right.
///
/// Two that differ only in the byte order of their first three fields are equal, because they are one machine: SMBIOS has these
/// fields with their last byte first since version 2.6, older firmware has not, and who reads them does not always know.
/// `dmidecode` and iPXE since 2013 show them as the maker prints them; option 97, and so the name that PXELINUX asks for below
/// `pxelinux.cfg/`, has the bytes as they lie in the memory (ipxe-devel 2013-03-20, "uuid mangling patch").
#[derive(Clone, Copy)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// From bytes as they are written, or as option 97 has them.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Whether makers of boards leave it in for all of them, so that it says nothing about one machine.
    pub fn is_placeholder(self) -> bool {
        let [first, ..] = self.0;
        self.0.iter().all(|byte| *byte == first) || PLACEHOLDERS.contains(&self)
    }

    /// The bytes as they lie in SMBIOS and in option 97, if `self` was written as `dmidecode` shows it.
    pub fn as_in_smbios(self) -> [u8; 16] {
        self.swapped().0
    }

    /// The same with the bytes of the first three fields the other way round.
    fn swapped(self) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = self.0;
        let [i, j, k, l, m, n, o, p] = rest;
        Self([d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p])
    }

    /// What two UUIDs of one machine have in common.
    fn key(self) -> [u8; 16] {
        self.0.min(self.swapped().0)
    }
}

/// Found on boards of several makers: AMI's sample values.
const PLACEHOLDERS: [Uuid; 2] = [
    Uuid([0x03, 0, 0x02, 0, 0x04, 0, 0x05, 0, 0, 0x06, 0, 0x07, 0, 0x08, 0, 0x09]),
    Uuid([0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x56, 0x78, 0x90, 0xab, 0xcd, 0xde, 0xef, 0xaa, 0xbb, 0xcc]),
];

impl PartialEq for Uuid {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Uuid {}

impl PartialOrd for Uuid {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Uuid {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a UUID is 32 hexadecimal digits, as in `4c4c4544-0031-3510-8052-b7c04f4b3232`")]
pub struct UuidError;

impl FromStr for Uuid {
    type Err = UuidError;

    /// Takes capital and small letters; the hyphens stand where they belong, or nowhere.
    fn from_str(text: &str) -> Result<Self, UuidError> {
        let bytes = text.as_bytes();
        let is_hyphen = |at: usize| bytes.len() == 36 && matches!(at, 8 | 13 | 18 | 23);
        if !matches!(bytes.len(), 32 | 36) || bytes.iter().enumerate().any(|(at, b)| is_hyphen(at) != (*b == b'-')) {
            return Err(UuidError);
        }
        let mut digits = bytes.iter().filter(|byte| **byte != b'-').map(|byte| char::from(*byte).to_digit(16));
        let mut digit = || digits.next().flatten().and_then(|digit| u8::try_from(digit).ok()).ok_or(UuidError);
        let mut uuid = [0; 16];
        for byte in &mut uuid {
            *byte = digit()? << 4 | digit()?;
        }
        Ok(Self(uuid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uuid(text: &str) -> Uuid {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_dmidecode_and_ipxe_show() {
        let written = "4c4c4544-0031-3510-8052-b7c04f4b3232";
        assert_eq!(uuid(written).to_string(), written);
        assert_eq!(uuid("4C4C4544-0031-3510-8052-B7C04F4B3232").to_string(), written);
        assert_eq!(uuid("4c4c45440031351080 52b7c04f4b3232".replace(' ', "").as_str()).to_string(), written);
        for text in ["", "4c4c4544", "4c4c4544-0031-3510-8052-b7c04f4b323", "4c4c4544-00313510--8052-b7c04f4b3232"] {
            assert_eq!(text.parse::<Uuid>().err(), Some(UuidError), "{text}");
        }
        assert_eq!("{4c4c4544-0031-3510-8052-b7c04f4b323}".parse::<Uuid>().err(), Some(UuidError));
        assert_eq!("4c4c4544-0031-3510-8052-b7c04f4b32é".parse::<Uuid>().err(), Some(UuidError));
    }

    #[test]
    fn one_machine_has_one_uuid_in_either_byte_order() {
        let shown = uuid("b78bca22-4ea4-4d0c-9efd-e3c9a210ac79");
        let in_option_97 = uuid("22ca8bb7-a44e-0c4d-9efd-e3c9a210ac79");
        assert_eq!(shown, in_option_97);
        assert_eq!(shown.cmp(&in_option_97), std::cmp::Ordering::Equal);
        assert_ne!(shown, uuid("b78bca22-4ea4-4d0c-9efd-e3c9a210ac7a"));
        assert_ne!(shown, uuid("22ca8bb7-4ea4-4d0c-9efd-e3c9a210ac79"), "one field alone is not turned");
    }

    #[test]
    fn knows_what_many_boards_share() {
        for text in [
            "00000000-0000-0000-0000-000000000000",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "03000200-0400-0500-0006-000700080009",
            "00020003-0004-0005-0006-000700080009",
        ] {
            assert!(uuid(text).is_placeholder(), "{text}");
        }
        assert!(!uuid("4c4c4544-0031-3510-8052-b7c04f4b3232").is_placeholder());
    }
}
