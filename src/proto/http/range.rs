//! Which part of a file a `Range` header asks for (RFC 9110 section 14).

/// The answer to a `Range` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// The whole file, with status 200.
    Whole,
    /// The bytes from `first` to `last`, both included and inside of the file; status 206.
    Part {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte.
        last: u64,
    },
    /// Status 416.
    Unsatisfiable,
}

impl ByteRange {
    /// Decides on the value of a `Range` header for a file of `len` bytes.
    ///
    /// A range in bytes that cannot be read is answered with 416 and not ignored, as RFC 9110 would allow: block devices of
    /// iPXE builds with a bug ask for `bytes=u-u` or for negative offsets, and would get the whole image for each block
    /// (HT-11). Other units, and lists of ranges, get the whole file.
    pub fn decide(value: &[u8], len: u64) -> Self {
        let Some(equals) = value.iter().position(|b| *b == b'=') else { return Self::Unsatisfiable };
        if !value[..equals].trim_ascii().eq_ignore_ascii_case(b"bytes") {
            return Self::Whole;
        }
        let mut specs =
            value[equals + 1..].split(|b| *b == b',').map(<[u8]>::trim_ascii).filter(|spec| !spec.is_empty());
        let Some(range) = specs.next().map(|spec| Self::single(spec, len)) else { return Self::Unsatisfiable };
        let others: Vec<_> = specs.map(|spec| Self::single(spec, len)).collect();
        if others.is_empty() {
            range
        } else if others.iter().chain([&range]).any(|range| matches!(range, Self::Part { .. })) {
            Self::Whole
        } else {
            Self::Unsatisfiable
        }
    }

    fn single(spec: &[u8], len: u64) -> Self {
        let Some(hyphen) = spec.iter().position(|b| *b == b'-') else { return Self::Unsatisfiable };
        let (first, last) = match (&spec[..hyphen], &spec[hyphen + 1..]) {
            (b"", suffix) => match number(suffix) {
                Some(n) if n > 0 => (len.saturating_sub(n), len.saturating_sub(1)),
                _ => return Self::Unsatisfiable,
            },
            (first, last) => match (number(first), last) {
                (Some(first), b"") => (first, len.saturating_sub(1)),
                (Some(first), last) => match number(last) {
                    Some(last) => (first, last),
                    None => return Self::Unsatisfiable,
                },
                (None, _) => return Self::Unsatisfiable,
            },
        };
        if first > last || first >= len {
            return Self::Unsatisfiable;
        }
        Self::Part { first, last: last.min(len - 1) }
    }
}

/// Digits and nothing else; what is larger than any file is the largest number.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ht_10_g64_single_ranges() {
        for (value, first, last) in [
            ("bytes=0-0", 0, 0),
            ("bytes=10-19", 10, 19),
            ("bytes=90-", 90, 99),
            ("bytes=90-1000", 90, 99),
            ("bytes=0-99999999999999999999999", 0, 99),
            ("bytes=-1", 99, 99),
            ("bytes=-500", 0, 99),
            ("Bytes = 0-1 ", 0, 1),
        ] {
            assert_eq!(ByteRange::decide(value.as_bytes(), 100), ByteRange::Part { first, last }, "{value}");
        }
    }

    #[test]
    fn ht_11_g64_wrong_ranges_are_unsatisfiable() {
        for value in [
            "bytes=100-",
            "bytes=100-200",
            "bytes=9-8",
            "bytes=u-u",
            "bytes=-1543503872--1543503361",
            "bytes=-0",
            "bytes=-",
            "bytes=",
            "bytes=,",
            "bytes=5",
            "bytes=+1-2",
            "bytes=1 -2",
            "bytes=0x1-2",
            "bytes",
            "",
            "bytes=99999999999999999999999-",
            "bytes=u-u,5",
        ] {
            assert_eq!(ByteRange::decide(value.as_bytes(), 100), ByteRange::Unsatisfiable, "{value}");
        }
        for value in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            assert_eq!(ByteRange::decide(value.as_bytes(), 0), ByteRange::Unsatisfiable, "{value}");
        }
    }

    #[test]
    fn g64_lists_and_other_units_get_the_whole_file() {
        for value in ["bytes=0-0,5-9", "bytes=0-0, -1", "lines=1-2"] {
            assert_eq!(ByteRange::decide(value.as_bytes(), 100), ByteRange::Whole, "{value}");
        }
    }

    proptest! {
        #[test]
        fn se_08_a_part_is_inside_of_the_file(value in "(bytes)?=?[0-9u,-]{0,30}", len: u64) {
            if let ByteRange::Part { first, last } = ByteRange::decide(value.as_bytes(), len) {
                prop_assert!(first <= last && last < len);
            }
        }
    }
}
