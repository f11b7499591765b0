//! `12h`: a whole number and its unit.

use std::ops::RangeInclusive;
use std::time::Duration;

use kdl::KdlEntry;

use super::value::{self, Wanted};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

/// The units with their seconds, from the largest.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a duration of whole seconds that lies in `range`.
pub(super) fn duration(
    entry: &KdlEntry,
    wanted: Wanted<'_>,
    range: RangeInclusive<Duration>,
    out: &mut Diagnostics,
) -> Option<Spanned<Duration>> {
    let text = value::string(entry, wanted, out)?;
    let seen = shown(&text.value);
    let limits = format!("from {} to {}", written(*range.start()), written(*range.end()));
    let Some(seconds) = seconds(&text.value) else {
        out.push(
            Diagnostic::new(Code::InvalidDuration, format!("`{seen}` is not a duration"))
                .at(text.span, "not a number and a unit")
                .help(
                    "write a whole number and `s`, `m`, `h` or `d`, as in `\"90s\"`, `\"30m\"`, `\"12h\"` or `\"7d\"`",
                ),
        );
        return None;
    };
    let duration = Duration::from_secs(seconds);
    if !range.contains(&duration) {
        out.push(
            Diagnostic::new(
                Code::ValueOutOfRange,
                format!("`{}` expects a duration {limits}, found {seen}", wanted.holder),
            )
            .at(text.span, if duration < *range.start() { "too short" } else { "too long" })
            .help(format!("write a duration {limits}")),
        );
        return None;
    }
    Some(Spanned::new(duration, text.span))
}

/// A number too large for the seconds counts as the largest one, so that it is found to be too long.
fn seconds(text: &str) -> Option<u64> {
    let (digits, unit) = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)))?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(unit))
}

/// The duration in the largest unit that gives a whole number.
pub(crate) fn written(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let fits = UNITS.iter().find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit));
    fits.map_or_else(|| format!("{seconds}s"), |(letter, unit)| format!("{}{letter}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_a_unit() {
        for (text, expected) in [("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("0s", 0)] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "s", "12", "12 h", "1.5h", "-1h", "+1h", "12hours", "1h30m", "h12", "１h"] {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert_eq!(seconds("99999999999999999999d"), Some(u64::MAX));
        assert_eq!(seconds("18446744073709551615d"), Some(u64::MAX));
    }

    #[test]
    fn writes_the_largest_unit_that_is_whole() {
        for text in ["0s", "59s", "90s", "2m", "12h", "25h", "365d"] {
            assert_eq!(written(Duration::from_secs(seconds(text).unwrap())), text);
        }
        assert_eq!(written(Duration::from_secs(60)), "1m");
    }
}
