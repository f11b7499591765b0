//! How each format writes a value, so that it stays a value.

use minijinja::Value;
use minijinja::value::ValueKind;

use crate::diag::nearest::shown;
use crate::spec::answers::Format;

/// A value in the words of the format.
///
/// # Errors
/// Where the format has no words for it; the reason is a phrase that follows the value.
pub(super) fn escaped(format: Format, value: &Value) -> Result<String, String> {
    match format {
        Format::Preseed => preseed(value),
        Format::Kickstart => one_line(value, "a command of kickstart").map(|text| shell_word(&text)),
        Format::CloudInit | Format::Archinstall => json(value),
    }
}

/// The rest of a line, as debconf takes it: no quotes, and no way to write a line break or to end in a backslash, which would
/// join the next line (debconf-set-selections(1)).
fn preseed(value: &Value) -> Result<String, String> {
    let text = one_line(value, "a line of a preseed file")?;
    if text.ends_with('\\') {
        return Err(format!(
            "`{}` ends in a backslash, which joins it with the next line of a preseed file",
            shown(&text)
        ));
    }
    Ok(text)
}

fn one_line(value: &Value, place: &str) -> Result<String, String> {
    let text = match value.kind() {
        ValueKind::String | ValueKind::Number => value.to_string(),
        ValueKind::Bool => value.to_string().to_ascii_lowercase(),
        other => return Err(format!("a value of the type {other} has no place in {place}")),
    };
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(format!("`{}` has control characters or line breaks, which {place} cannot hold", shown(&text)));
    }
    Ok(text)
}

/// A word as a shell and as Python's `shlex` read it: Anaconda splits commands by the latter, and runs scripts by the former.
pub(super) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r#"'"'"'"#))
}

/// JSON, which is YAML, too, once the characters are escaped that YAML does not print (YAML 1.2 section 5.1).
pub(super) fn json(value: &Value) -> Result<String, String> {
    let text = serde_json::to_string(value).map_err(|error| format!("a value cannot be written as JSON: {error}"))?;
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            code @ (0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                escaped.push_str(&format!("\\u{code:04x}"));
            }
            _ => escaped.push(c),
        }
    }
    Ok(escaped)
}
