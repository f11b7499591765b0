//! Findings in the Static Analysis Results Interchange Format (SARIF 2.1.0, OASIS), which code hosts and editors read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::place::{FileLines, located};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::{SourceFile, Sources, Span};

/// One log with one run: the findings about all specs, each a result; the kinds that occur are the rules, with their pages as
/// help.
///
/// Places are those of editors: lines and columns count from 1, columns in Unicode code points, an end is just behind its range.
/// A relative path becomes a relative URI, so the log fits the checkout that it was made in.
pub fn sarif<'a>(specs: impl IntoIterator<Item = (&'a Sources, &'a Diagnostics)>) -> String {
    let mut results = Vec::new();
    let mut rules: Vec<Code> = Vec::new();
    let mut positions: BTreeMap<Code, usize> = BTreeMap::new();
    for (sources, diagnostics) in specs {
        let mut lines = FileLines::default();
        for diagnostic in diagnostics {
            let position = *positions.entry(diagnostic.code).or_insert_with(|| {
                rules.push(diagnostic.code);
                rules.len() - 1
            });
            results.push(result(diagnostic, position, sources, &mut lines));
        }
    }
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "netspec",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules.into_iter().map(rule).collect::<Vec<_>>(),
                }
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }]
    });
    format!("{log:#}")
}

fn rule(code: Code) -> Value {
    let page = code.page();
    json!({
        "id": code.as_str(),
        "name": pascal_case(code.name()),
        "shortDescription": { "text": page.title },
        "fullDescription": { "text": page.summary },
        "help": { "text": page.body, "markdown": page.body },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// `unknown-iso` as `UnknownIso`, which is how names of rules are written (SARIF 2.1.0 section 3.49.7).
fn pascal_case(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(word).collect()
}

fn result<'a>(diagnostic: &Diagnostic, rule: usize, sources: &'a Sources, lines: &mut FileLines<'a>) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\n{help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut labels = diagnostic.labels.iter();
    let primary = labels.next().and_then(|label| place(sources, lines, label.span));
    let primary = primary.unwrap_or_else(|| json!({ "artifactLocation": artifact(sources.main()) }));
    let related: Vec<_> = labels
        .filter_map(|label| Some((place(sources, lines, label.span)?, label)))
        .enumerate()
        .map(|(id, (place, label))| json!({ "id": id, "physicalLocation": place, "message": { "text": label.text } }))
        .collect();
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": rule,
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": primary }],
    });
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

fn artifact(file: &SourceFile) -> Value {
    json!({ "uri": uri(&file.name()) })
}

fn place<'a>(sources: &'a Sources, lines: &mut FileLines<'a>, span: Span) -> Option<Value> {
    let (file, span) = located(sources, span)?;
    let lines = lines.of(file);
    let (start, end) = (lines.place(span.start), lines.place(span.end));
    Some(json!({
        "artifactLocation": artifact(file),
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        },
    }))
}

/// A path as a URI reference (RFC 3986 section 4.1): relative where it is relative, with the scheme `file` where it is not.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.strip_prefix("./").unwrap_or(path).bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("specs/home.kdl"), "specs/home.kdl");
        assert_eq!(uri("./a b:c/é%.kdl"), "a%20b%3Ac/%C3%A9%25.kdl");
        assert_eq!(uri("/etc/netspec/lab.kdl"), "file:///etc/netspec/lab.kdl");
        assert_eq!(pascal_case("ip-v6"), "IpV6");
    }
}
