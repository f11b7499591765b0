//! What an installer would not read, as far as that can be told without it.

use saphyr_parser::{Event, Parser};

use crate::diag::nearest::{is_harmful, listed, nearest, shown};
use crate::spec::answers::Format;

/// A result that its installer would refuse or misread.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Invalid {
    /// The line of the result, from 1 on.
    pub line: usize,
    /// What is wrong, as a phrase.
    pub reason: String,
    /// What to write instead.
    pub help: String,
}

fn invalid(line: usize, reason: impl Into<String>, help: impl Into<String>) -> Invalid {
    Invalid { line, reason: reason.into(), help: help.into() }
}

/// Whether an installer reads this.
///
/// # Errors
/// The first line that it would not read.
pub fn answers(format: Format, text: &str) -> Result<(), Invalid> {
    match format {
        Format::Preseed => preseed(text),
        Format::Kickstart => kickstart(text),
        Format::CloudInit => user_data(text),
        Format::Archinstall => archinstall(text),
    }
}

/// The types of debconf, and `seen`, which sets the flag of that name (debconf-set-selections(1)).
const TYPES: &[&str] =
    &["string", "boolean", "select", "multiselect", "note", "password", "text", "error", "title", "seen"];

fn preseed(text: &str) -> Result<(), Invalid> {
    let mut lines = (1..).zip(text.lines());
    while let Some((at, line)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, next)) = lines.next() else { break };
            whole.push_str(next);
        }
        let whole = whole.trim();
        if whole.is_empty() || whole.starts_with('#') {
            continue;
        }
        let mut words = whole.split_whitespace();
        let (Some(_), Some(question), Some(kind)) = (words.next(), words.next(), words.next()) else {
            return Err(invalid(
                at,
                format!("`{}` is no line of a preseed file", shown(whole)),
                "write an owner, a question, a type and a value: `d-i netcfg/get_hostname string desk`",
            ));
        };
        if !TYPES.contains(&kind) {
            let help = match nearest(kind, TYPES.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "write an owner, a question, a type and a value: `d-i netcfg/get_hostname string desk`".to_owned()
                }
            };
            return Err(invalid(at, format!("`{}` is no type of debconf", shown(kind)), help));
        }
        let value = words.next();
        if matches!(kind, "boolean" | "seen") && !matches!(value, Some("true" | "false")) {
            let found = value.map_or_else(|| "nothing".to_owned(), |value| format!("`{}`", shown(value)));
            let reason = format!("`{}` is {kind} and has {found}", shown(question));
            return Err(invalid(at, reason, "write `true` or `false` behind the type"));
        }
    }
    Ok(())
}

/// Sections that go on up to `%end` (pykickstart, "Kickstart syntax reference").
const SECTIONS: &[&str] = &[
    "%packages",
    "%pre",
    "%pre-install",
    "%post",
    "%onerror",
    "%error",
    "%traceback",
    "%addon",
    "%anaconda",
    "%certificate",
];
/// Lines with a percent sign that have no end.
const LINES: &[&str] = &["%include", "%ksappend"];

fn kickstart(text: &str) -> Result<(), Invalid> {
    let mut open: Option<(usize, &str)> = None;
    for (at, line) in (1..).zip(text.lines()) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if let Some((_, section)) = open {
            if word == "%end" {
                open = None;
            } else if SECTIONS.contains(&word) {
                let reason = format!("`{word}` begins inside of `{section}`");
                return Err(invalid(at, reason, format!("write `%end` at the end of `{section}`")));
            }
            continue;
        }
        if word.starts_with('#') || word.is_empty() || LINES.contains(&word) {
            continue;
        }
        if SECTIONS.contains(&word) {
            open = Some((at, word));
        } else if word == "%end" {
            return Err(invalid(at, "`%end` ends no section", "remove it, or write the line that begins the section"));
        } else if word.starts_with('%') {
            let help = match nearest(word, SECTIONS.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a kickstart file has {}", listed(SECTIONS)),
            };
            return Err(invalid(at, format!("`{}` is no section of a kickstart file", shown(word)), help));
        } else if let Some(quote) = open_quote(line) {
            let help = "close it; values from the template bring their own quotes, so write none around them";
            return Err(invalid(at, format!("the quote {quote} is not closed"), help));
        }
    }
    match open {
        Some((at, section)) => {
            Err(invalid(at, format!("`{section}` has no `%end`"), "write `%end` in a line of its own behind it"))
        }
        None => Ok(()),
    }
}

/// The quote that is open at the end of a line, as Python's `shlex` reads it.
fn open_quote(line: &str) -> Option<char> {
    let mut open = None;
    let mut chars = line.chars();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        match (open, c) {
            (None, '#') if before.is_whitespace() => return None,
            (None | Some('"'), '\\') => {
                chars.next();
            }
            (None, '"' | '\'') => open = Some(c),
            (Some(quote), c) if c == quote => open = None,
            _ => {}
        }
        before = c;
    }
    open
}

/// Other beginnings of user-data that cloud-init knows ("User-data formats").
const OTHER_USER_DATA: &[&str] = &[
    "#!",
    "#include",
    "#cloud-boothook",
    "#cloud-config-archive",
    "#cloud-config-jsonp",
    "#part-handler",
    "## template:",
    "Content-Type:",
    "MIME-Version:",
    "From nobody",
];

fn user_data(text: &str) -> Result<(), Invalid> {
    let first = text.lines().next().unwrap_or_default();
    if OTHER_USER_DATA.iter().any(|start| first.starts_with(start)) {
        return Ok(());
    }
    if first.trim_end() != "#cloud-config" {
        return Err(invalid(
            1,
            "the first line is not `#cloud-config`, so cloud-init ignores the file",
            "make `#cloud-config` the first line of the template, without anything before it",
        ));
    }
    mapping(text, None)
}

/// Whether cloud-init reads this as `meta-data`.
///
/// # Errors
/// The first line that it would not read.
pub fn meta_data(text: &str) -> Result<(), Invalid> {
    mapping(text, Some("instance-id"))
}

/// Whether this is a YAML mapping, with this key in it.
///
/// The events of the parser are looked at one by one, so that no alias can grow into more than the text has.
fn mapping(text: &str, wanted: Option<&str>) -> Result<(), Invalid> {
    let quotes = "values come in quotes from the template: write none around them, and join texts inside, as in \
                  `{{ host.name ~ \".lan\" }}`";
    let mut depth = 0_usize;
    let mut at_key = true;
    let mut is_mapping = false;
    let mut has_wanted = wanted.is_none();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let said: String = error.info().chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect();
            invalid(error.marker().line().max(1), format!("this is not YAML: {said}"), quotes)
        })?;
        let line = span.start.line().max(1);
        let is_key = depth == 1 && at_key;
        // Keys and values take turns, whatever they are.
        if depth == 1 && !matches!(event, Event::MappingEnd | Event::SequenceEnd) {
            at_key = !at_key;
        }
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if depth == 0 {
                    is_mapping = matches!(event, Event::MappingStart(..));
                }
                depth += 1;
            }
            Event::MappingEnd | Event::SequenceEnd => depth = depth.saturating_sub(1),
            Event::Scalar(value, ..) => match depth {
                0 if value.is_empty() => {}
                0 => {
                    return Err(invalid(
                        line,
                        "this is a text and no mapping",
                        "write keys and values: `hostname: desk`",
                    ));
                }
                _ => has_wanted |= is_key && wanted.is_some_and(|wanted| wanted == value),
            },
            _ => {}
        }
    }
    match wanted {
        _ if !is_mapping => Err(invalid(1, "this is no mapping", "write keys and values: `hostname: desk`")),
        Some(wanted) if !has_wanted => {
            Err(invalid(1, format!("`{wanted}` is missing"), format!("add `{wanted}: {{{{ host.mac }}}}`")))
        }
        _ => Ok(()),
    }
}

fn archinstall(text: &str) -> Result<(), Invalid> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => Err(invalid(1, "this is JSON and no object", "put all of it in `{ … }`")),
        Err(error) => {
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default().to_owned();
            Err(invalid(
                error.line().max(1),
                format!("this is not JSON: {said}"),
                "values bring their own quotes: write `\"hostname\": {{ host.name }}`",
            ))
        }
    }
}
