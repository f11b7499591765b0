//! Spans of time with their unit: `"500ms"`, `"2s"`, `"30m"`, `"12h"`, `"7d"`.

use std::ops::RangeInclusive;
use std::time::Duration;

use kdl::KdlEntry;

use super::value::{self, Wanted};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

/// The units, and how many milliseconds each has; the longest one first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a span of time within `range`; `example` is one that fits.
pub(super) fn duration(
    entry: &KdlEntry,
    node: &str,
    range: RangeInclusive<Duration>,
    example: &str,
    out: &mut Diagnostics,
) -> Option<Spanned<Duration>> {
    if let Some(number) = entry.value().as_integer() {
        let span = value::value_span(entry);
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("`{node}` expects a time with its unit, found {number}"))
                .at(span, "has no unit")
                .help(format!("write the unit too, as in `\"{example}\"`")),
        );
        return None;
    }
    let text = value::string(entry, Wanted::argument(node), out)?;
    let Some(duration) = parse(&text.value) else {
        let seen = shown(&text.value);
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("`{node}` expects a time, found `{seen}`"))
                .at(text.span, "not a time")
                .help(format!("write a whole number and `ms`, `s`, `m`, `h` or `d`, as in `\"{example}\"`")),
        );
        return None;
    };
    if !range.contains(&duration) {
        let (from, to) = (written(*range.start()), written(*range.end()));
        let label = if duration < *range.start() { "too short" } else { "too long" };
        out.push(
            Diagnostic::new(
                Code::ValueOutOfRange,
                format!("`{node}` expects a time from {from} to {to}, found {}", shown(&text.value)),
            )
            .at(text.span, label)
            .help(format!("write a time from {from} to {to}")),
        );
        return None;
    }
    Some(Spanned::new(duration, text.span))
}

/// `None` where it is no whole number with a unit. More than fits counts as the longest time that there is.
fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).filter(|(number, _)| !number.is_empty())?;
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number = number.parse::<u64>().unwrap_or(u64::MAX);
    Some(Duration::from_millis(number.saturating_mul(*milliseconds)))
}

/// A time in the largest unit that needs no fraction.
pub(super) fn written(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    UNITS
        .iter()
        .find(|(_, unit)| milliseconds.is_multiple_of(u128::from(*unit)))
        .map_or_else(String::new, |(name, unit)| format!("{}{name}", milliseconds / u128::from(*unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_numbers_with_a_unit() {
        let seconds = |text: &str| parse(text).map(|duration| duration.as_secs_f64());
        assert_eq!(seconds("500ms"), Some(0.5));
        assert_eq!(seconds("0s"), Some(0.0));
        assert_eq!(seconds("90s"), Some(90.0));
        assert_eq!(seconds("30m"), Some(1800.0));
        assert_eq!(seconds("12h"), Some(43_200.0));
        assert_eq!(seconds("7d"), Some(604_800.0));
        for wrong in ["", "s", "2", "2 s", "1.5s", "-2s", "2S", "2sec", "é"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse(&format!("{}d", "9".repeat(40))), Some(Duration::from_millis(u64::MAX)));
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["0s", "500ms", "2s", "30m", "12h", "7d"] {
            assert_eq!(written(parse(text).unwrap()), text);
        }
    }
}
