//! Values of the right type, with the place of the value alone.

use std::ops::RangeInclusive;

use kdl::{KdlEntry, KdlIdentifier, KdlNode, KdlValue};

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

/// The place of a node's name.
pub(super) fn name_span(node: &KdlNode) -> Span {
    key_span(node.name())
}

/// The place of a property's name.
///
/// kdl 6.7.1 counts blanks behind some names in, so the length is that of the text.
pub(super) fn key_span(key: &KdlIdentifier) -> Span {
    let start = key.span().offset();
    Span::new(start, start + key.repr().map_or(key.span().len(), str::len))
}

/// The place of a type annotation, with its parentheses if they hold nothing else.
pub(super) fn annotation_span(ty: &KdlIdentifier) -> Span {
    key_span(ty)
}

/// The place of the value alone.
///
/// `KdlEntry::span` covers `(type)key=value`; the value stands last in it.
pub(super) fn value_span(entry: &KdlEntry) -> Span {
    let span = entry.span();
    let end = span.offset() + span.len();
    let length = entry.format().map_or(span.len(), |format| format.value_repr.len());
    Span::new(end - length.min(span.len()), end)
}

/// What a value should be, for messages.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The node or property that holds the value.
    pub holder: &'a str,
    /// Whether the value follows `holder=`; else it stands alone.
    pub property: bool,
}

impl<'a> Wanted<'a> {
    /// An argument of this node.
    pub(super) fn argument(node: &'a str) -> Self {
        Self { holder: node, property: false }
    }

    /// The value of this property.
    pub(super) fn property(name: &'a str) -> Self {
        Self { holder: name, property: true }
    }

    fn example(self, value: &str) -> String {
        if self.property { format!("`{}={value}`", self.holder) } else { format!("`{value}`") }
    }
}

/// Reads a string.
pub(super) fn string(entry: &KdlEntry, wanted: Wanted<'_>, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let span = value_span(entry);
    let KdlValue::String(text) = entry.value() else {
        let quoted = match entry.value() {
            KdlValue::Integer(_) | KdlValue::Float(_) => written(entry),
            _ => "…".to_owned(),
        };
        out.push(
            wrong_type(entry, wanted, "a string")
                .help(format!("write {}, in quotes", wanted.example(&format!("\"{quoted}\"")))),
        );
        return None;
    };
    if text.trim().is_empty() {
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("`{}` expects a text, found an empty string", wanted.holder))
                .at(span, "empty")
                .help("write a text between the quotes, or remove this"),
        );
        return None;
    }
    if text.chars().any(char::is_control) {
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("`{}` expects a text of one line", wanted.holder))
                .at(span, "has control characters")
                .help("write it without line breaks and tabs"),
        );
        return None;
    }
    Some(Spanned::new(text.clone(), span))
}

/// Reads `#true` or `#false`.
pub(super) fn boolean(entry: &KdlEntry, wanted: Wanted<'_>, out: &mut Diagnostics) -> Option<Spanned<bool>> {
    let span = value_span(entry);
    if let Some(value) = entry.value().as_bool() {
        return Some(Spanned::new(value, span));
    }
    out.push(
        wrong_type(entry, wanted, "`#true` or `#false`")
            .help(format!("write {}, or leave it out for `#false`", wanted.example("#true"))),
    );
    None
}

/// Reads a whole number in `range`; `what` says with its unit what it is, as in "a number of seconds".
pub(super) fn integer(
    entry: &KdlEntry,
    wanted: Wanted<'_>,
    range: RangeInclusive<u16>,
    what: &str,
    out: &mut Diagnostics,
) -> Option<Spanned<u16>> {
    let span = value_span(entry);
    let (from, to) = (*range.start(), *range.end());
    let expected = format!("{what} from {from} to {to}");
    let Some(number) = entry.value().as_integer() else {
        let whole =
            &if entry.value().as_float().is_some() { format!("{what} without a fraction") } else { what.to_owned() };
        let inside = entry.value().as_string().and_then(|text| text.trim().parse::<u16>().ok());
        let help = match inside.filter(|number| range.contains(number)) {
            Some(number) => format!("write {}, without quotes", wanted.example(&number.to_string())),
            None => format!("write {expected}, without quotes and without a unit"),
        };
        out.push(wrong_type(entry, wanted, whole).help(help));
        return None;
    };
    match u16::try_from(number).ok().filter(|number| range.contains(number)) {
        Some(number) => Some(Spanned::new(number, span)),
        None => {
            out.push(
                Diagnostic::new(
                    Code::ValueOutOfRange,
                    format!("`{}` expects {expected}, found {}", wanted.holder, written(entry)),
                )
                .at(span, if number < i128::from(from) { "too small" } else { "too large" })
                .help(format!("write {expected}")),
            );
            None
        }
    }
}

fn wrong_type(entry: &KdlEntry, wanted: Wanted<'_>, expected: &str) -> Diagnostic {
    let (found, label) = match entry.value() {
        KdlValue::String(text) => (format!("the string \"{}\"", shown(text)), "a string"),
        KdlValue::Integer(_) | KdlValue::Float(_) => (format!("the number {}", written(entry)), "a number"),
        KdlValue::Bool(value) => (format!("`#{value}`"), "a keyword"),
        KdlValue::Null => ("`#null`".to_owned(), "a keyword"),
    };
    Diagnostic::new(Code::InvalidValue, format!("`{}` expects {expected}, found {found}", wanted.holder))
        .at(value_span(entry), label)
}

/// The value as the user wrote it.
fn written(entry: &KdlEntry) -> String {
    entry.format().map_or_else(|| entry.value().to_string(), |format| shown(&format.value_repr))
}
