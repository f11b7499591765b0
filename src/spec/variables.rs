//! `let "isos" "/srv/isos"`: a value that is used more than once, as `{isos}` in other strings.

use std::collections::BTreeMap;

use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};

use super::name::name;
use super::shape::{Checked, Shape};
use super::value::{self, Wanted, value_span};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Sources, Span, Spanned};

pub(super) const SHAPE: Shape =
    Shape { name: "let", arguments: &["name", "text"], more: None, properties: &[], children: &[] };

/// What stands for values that only the running server knows. They are left as they are where they have a meaning.
const OF_SERVER: [&str; 3] = ["iso", "server", "answers"];

/// The nodes in whose texts they have one.
const WITH_SERVER: [&str; 1] = ["arguments"];

/// The longest text after its variables are filled in, in bytes. Variables in variables could double it each time.
const MAX_FILLED: usize = 4096;

/// A variable of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value, in which the variables before it are filled in.
    pub value: String,
    /// Where its value was written.
    pub value_span: Span,
    /// The texts that use it.
    pub uses: Vec<Span>,
}

/// Takes the `let` nodes out of the nodes of a spec.
pub(super) fn take(nodes: &mut Vec<KdlNode>, out: &mut Diagnostics) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    nodes.retain(|node| {
        if node.name().value() != SHAPE.name {
            return true;
        }
        if let Some(variable) = variable(node, out) {
            match variables.iter().find(|other| other.name.value == variable.name.value) {
                Some(first) => out.push(twice(&variable.name, first.name.span)),
                None => variables.push(variable),
            }
        }
        false
    });
    variables
}

fn variable(node: &KdlNode, out: &mut Diagnostics) -> Option<Variable> {
    let checked = Checked::new(node, &SHAPE, out);
    let name = checked.argument(0, out).and_then(|entry| name(entry, "let", out));
    let value = checked.argument(1, out).and_then(|entry| value::string(entry, Wanted::argument("let"), out));
    let name = name?;
    let why = if OF_SERVER.contains(&name.value.as_str()) {
        Some(("stands for a value of the running server", "has a meaning already"))
    } else {
        let is_letter = name.value.starts_with(|c: char| c.is_ascii_lowercase());
        (!is_letter).then_some(("does not begin with a letter", "not a letter"))
    };
    if let Some((why, label)) = why {
        out.push(
            Diagnostic::new(Code::InvalidName, format!("variable `{}` {why}", shown(&name.value)))
                .at(name.span, label)
                .help("give it another name, as in `let \"folder\" \"/srv/isos\"`"),
        );
    }
    // One without a usable value is known all the same, so that its uses are no findings.
    let (value, value_span) = value.map_or_else(|| (String::new(), name.span), |value| (value.value, value.span));
    Some(Variable { name, value, value_span, uses: Vec::new() })
}

fn twice(again: &Spanned<String>, first: Span) -> Diagnostic {
    Diagnostic::new(Code::DuplicateName, format!("variable `{}` is defined twice", shown(&again.value)))
        .at(again.span, "defined again")
        .at(first, "first defined here")
        .help("give one of the two another name")
}

/// Fills the variables into each other, in the order of writing, and into every text of the document.
///
/// Where a part of the spec could not be read, what is missing may stand there.
pub(super) fn fill(
    document: &mut KdlDocument,
    variables: &mut [Variable],
    sources: &Sources,
    incomplete: bool,
    out: &mut Diagnostics,
) {
    let mut filler = Filler { known: BTreeMap::new(), variables, sources, incomplete, out };
    for at in 0..filler.variables.len() {
        let Variable { value, value_span, .. } = filler.variables[at].clone();
        if let Some(filled) = filler.filled(&value, value_span, false) {
            filler.variables[at].value = filled;
        }
        filler.known.insert(filler.variables[at].name.value.clone(), at);
    }
    for node in document.nodes_mut() {
        filler.fill_node(node);
    }
    if incomplete {
        return;
    }
    for unused in variables.iter().filter(|variable| variable.uses.is_empty()) {
        let name = shown(&unused.name.value);
        out.push(
            Diagnostic::new(Code::UnusedVariable, format!("no text uses variable `{name}`"))
                .at(unused.name.span, "not used")
                .help(format!("write `{{{name}}}` in a text, or remove this `let`")),
        );
    }
}

struct Filler<'a> {
    /// The variables that may be used now, by their names.
    known: BTreeMap<String, usize>,
    variables: &'a mut [Variable],
    sources: &'a Sources,
    incomplete: bool,
    out: &'a mut Diagnostics,
}

impl Filler<'_> {
    fn fill_node(&mut self, node: &mut KdlNode) {
        let with_server = WITH_SERVER.contains(&node.name().value());
        for entry in node.entries_mut() {
            self.fill_entry(entry, with_server);
        }
        for node in node.children_mut().iter_mut().flat_map(|block| block.nodes_mut()) {
            self.fill_node(node);
        }
    }

    fn fill_entry(&mut self, entry: &mut KdlEntry, with_server: bool) {
        let KdlValue::String(text) = entry.value() else { return };
        if !text.contains('{') {
            return;
        }
        let (text, span) = (text.clone(), value_span(entry));
        if let Some(filled) = self.filled(&text, span, with_server) {
            // The value alone: how it was written still tells its place.
            *entry.value_mut() = KdlValue::String(filled);
        }
    }

    /// The text with the values of its variables; `None` where it has none that is known.
    fn filled(&mut self, text: &str, span: Span, with_server: bool) -> Option<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('{') {
                filled.push('{');
                rest = behind;
                continue;
            }
            // `${net0/ip}` and the like are another language's, about which there are findings where it does not belong.
            let name = if filled.ends_with('$') { None } else { placeholder(rest) };
            let Some(name) = name else {
                filled.push('{');
                continue;
            };
            rest = &rest[name.len() + 1..];
            match self.known.get(name) {
                Some(&variable) => {
                    self.variables[variable].uses.push(span);
                    filled.push_str(&self.variables[variable].value);
                }
                None if with_server && OF_SERVER.contains(&name) => filled.push_str(&format!("{{{name}}}")),
                None => {
                    self.undefined(name, span);
                    return None;
                }
            }
            if filled.len() > MAX_FILLED {
                self.out.push(
                    Diagnostic::new(
                        Code::InvalidValue,
                        format!("with its variables this text has more than {MAX_FILLED} bytes"),
                    )
                    .at(span, "too long")
                    .help("write shorter values, or the text itself"),
                );
                return None;
            }
        }
        filled.push_str(rest);
        Some(filled)
    }

    fn undefined(&mut self, name: &str, text: Span) {
        if self.incomplete {
            return;
        }
        let span = self.place(name, text);
        let defined_later = self.variables.iter().find(|variable| variable.name.value == name);
        let names = || self.known.keys().map(String::as_str);
        let finding = Diagnostic::new(Code::UndefinedVariable, format!("there is no variable `{name}`"));
        self.out.push(match defined_later {
            Some(later) => finding
                .at(span, "not defined yet")
                .at(later.name.span, "defined here")
                .help("put the `let` of a variable before those that use it"),
            None => finding.at(span, "not defined").help(if OF_SERVER.contains(&name) {
                format!("`{{{name}}}` is known only in the {} of an entry", listed(WITH_SERVER))
            } else if let Some(near) = nearest(name, names()) {
                format!("did you mean `{{{near}}}`?")
            } else {
                format!("define it with `let \"{name}\" \"…\"`, or write `{{{{` for a brace")
            }),
        });
    }

    /// The placeholder alone, where the text is written as it is read.
    fn place(&self, name: &str, text: Span) -> Span {
        let (file, start) = self.sources.file_at(text.start);
        let written =
            file.text.get(text.start.saturating_sub(start)..text.end.saturating_sub(start)).unwrap_or_default();
        match written.find(&format!("{{{name}}}")) {
            Some(at) => Span::new(text.start + at, text.start + at + name.len() + 2),
            None => text,
        }
    }
}

/// The name in `name}…`: what could be a variable. Other braces, as in `{a,b}` and `{1}`, are text.
pub(super) fn placeholder(behind_brace: &str) -> Option<&str> {
    let (name, _) = behind_brace.split_once('}')?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    (name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_in_braces_are_variables() {
        assert_eq!(placeholder("isos}/arch.iso"), Some("isos"));
        assert_eq!(placeholder("a-b.c_1}"), Some("a-b.c_1"));
        for text in ["a,b}", "1}", "Isos}", "}", "isos", " isos}", "a b}"] {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }
}
