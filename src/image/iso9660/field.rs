//! Numbers, texts and dates as ECMA-119 records them (sections 7 and 8.4.26.1).

/// Bytes `at..at + N`; `None` where `bytes` ends before.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A little-endian number of two bytes.
pub(super) fn le_u16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// A little-endian number of four bytes.
pub(super) fn le_u32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// A number in both byte orders (7.2.3); `None` where the two differ or are missing.
pub(super) fn both_u16(bytes: &[u8], at: usize) -> Option<u16> {
    let big = u16::from_be_bytes(array(bytes, at + 2)?);
    le_u16(bytes, at).filter(|little| *little == big)
}

/// A number in both byte orders (7.3.3); `None` where the two differ or are missing.
pub(super) fn both_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let big = u32::from_be_bytes(array(bytes, at + 4)?);
    le_u32(bytes, at).filter(|little| *little == big)
}

/// A text padded with spaces, or with zeros as some programs do.
pub(super) fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end_matches([' ', '\0']).trim_start().replace(char::is_control, "\u{fffd}")
}

/// A date and time of 17 bytes as RFC 3339 text, hundredths dropped; `None` where it is unset or no date.
pub(super) fn date(bytes: &[u8]) -> Option<String> {
    let digits = std::str::from_utf8(bytes.get(..16)?).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    let part = |at: std::ops::Range<usize>, allowed: std::ops::RangeInclusive<u32>| {
        let text = digits.get(at)?;
        text.parse().ok().filter(|number| allowed.contains(number)).map(|_: u32| text)
    };
    let (year, month, day) = (part(0..4, 1..=9999)?, part(4..6, 1..=12)?, part(6..8, 1..=31)?);
    let (hour, minute, second) = (part(8..10, 0..=23)?, part(10..12, 0..=59)?, part(12..14, 0..=59)?);
    let quarters = i8::from_le_bytes(array(bytes, 16)?);
    let zone = match quarters {
        0 => "Z".to_owned(),
        -48..=52 => {
            let minutes = quarters.unsigned_abs() as u32 * 15;
            format!("{}{:02}:{:02}", if quarters < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
        }
        _ => return None,
    };
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"))
}
