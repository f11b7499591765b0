//! Amounts of memory with their unit: `"512MiB"`, `"2GiB"`, `"8GB"`.

use kdl::KdlEntry;

use super::value::{self, Wanted};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

/// The units, and how many bytes each has. Memory comes in powers of two, whatever its label says, but who writes `8GB` gets
/// what the letters mean.
const UNITS: [(&str, u64); 6] = [
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// The least and the most memory of a machine, in bytes: a kernel of today does not unpack itself in less than the one, and no
/// PC has more than the other.
const RANGE: std::ops::RangeInclusive<u64> = (16 << 20)..=(64 << 40);

/// Reads an amount of memory, in bytes.
pub(super) fn memory(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<u64>> {
    let span = value::value_span(entry);
    if let Some(number) = entry.value().as_integer() {
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("`memory` expects an amount with its unit, found {number}"))
                .at(span, "has no unit")
                .help("write the unit too, as in `\"2GiB\"`"),
        );
        return None;
    }
    let text = value::string(entry, Wanted::argument("memory"), out)?;
    let Some(bytes) = bytes(&text.value) else {
        let message = format!("`memory` expects an amount such as `2GiB`, found `{}`", shown(&text.value));
        out.push(
            Diagnostic::new(Code::InvalidValue, message)
                .at(span, "not an amount of memory")
                .help("write a number and `MiB` or `GiB`, as in `\"2GiB\"` or `\"1.5GiB\"`"),
        );
        return None;
    };
    if RANGE.contains(&bytes) {
        return Some(Spanned::new(bytes, span));
    }
    let small = bytes < *RANGE.start();
    out.push(
        Diagnostic::new(
            Code::ValueOutOfRange,
            format!("`memory` expects an amount from 16MiB to 64TiB, found {}", shown(&text.value)),
        )
        .at(span, if small { "too little" } else { "too much" })
        .help("write how much memory the machine has, as in `\"2GiB\"`"),
    );
    None
}

/// `None` where it is no amount. A fraction is taken in thousandths.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let (_, size) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.is_empty() || fraction.len() > 3 {
        return None;
    }
    let thousandths = fraction.parse::<u64>().ok()? * 10_u64.pow(3 - u32::try_from(fraction.len()).ok()?);
    whole.parse::<u64>().ok()?.checked_mul(*size)?.checked_add(size / 1000 * thousandths)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn reads_numbers_with_units() {
        assert_eq!(bytes("2GiB"), Some(2 << 30));
        assert_eq!(bytes("512 mib"), Some(512 << 20));
        assert_eq!(bytes("8GB"), Some(8_000_000_000));
        assert_eq!(bytes("1.5GB"), Some(1_500_000_000));
        for text in ["", "GiB", "2", "2G", "2.GiB", "2.1234GiB", "1.5.2GiB", "-2GiB", "99999999999999999999GiB", "2é"]
        {
            assert_eq!(bytes(text), None, "{text}");
        }
        assert_eq!(bytes("18446744073709551615TiB"), None);
    }
}
