//! Values and texts of plans, as people read them.

use serde_json::Value;

/// More lines or names than this are only counted.
const MAX_SHOWN: usize = 6;

/// Generated text, with words in place of the address of the server; `None` for what is no text.
pub(super) fn reassembled(node: &Value) -> Option<String> {
    let parts = node.get("text")?.as_array()?;
    let part = |part: &Value| match (part.as_str(), part.get("insert").and_then(Value::as_str)) {
        (Some(text), _) => Some(text.to_owned()),
        (None, Some("http-origin")) => Some("http://SERVER".to_owned()),
        (None, Some(_)) => Some("SERVER".to_owned()),
        (None, None) => None,
    };
    parts.iter().map(part).collect()
}

/// A value in one line.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            some(&items.iter().map(shown).collect::<Vec<_>>())
        }
        Value::Object(fields) if fields.len() == 1 => match fields.iter().next() {
            Some((key, inner)) if key == "file" => shown(inner),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// A few names, and how many more.
pub(super) fn some(names: &[String]) -> String {
    let shown = names.iter().take(MAX_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The lines that are only in one of two texts.
pub(super) fn lines(old: &str, new: &str) -> (Option<String>, Option<String>) {
    let only = |text: &str, other: &str| {
        let others: std::collections::BTreeSet<&str> = other.lines().collect();
        let lines: Vec<_> = text.lines().filter(|line| !others.contains(line)).map(str::to_owned).collect();
        (!lines.is_empty()).then(|| some(&lines))
    };
    (only(old, new), only(new, old))
}
