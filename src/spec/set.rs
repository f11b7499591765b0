//! `set "disk" "/dev/vda"`: the value of a variable, in the block of an `answers` or of a machine.

use kdl::{KdlEntry, KdlNode, KdlValue};
use serde::Serialize;

use super::shape::{Checked, Shape};
use super::value::{self, Wanted, value_span};
use crate::diag::nearest::{listed, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

pub(super) const SHAPE: Shape =
    Shape { name: "set", arguments: &["variable", "value"], more: None, properties: &[], children: &[] };

/// The longest value, in bytes: a few SSH keys.
const MAX_VALUE: usize = 16 * 1024;
/// The longest name, in bytes.
const MAX_NAME: usize = 64;

/// What templates call by these names without a `set`.
pub const GIVEN: &[&str] = &["host", "server", "origin", "iso"];
/// Words that mean something else in a template.
const WORDS: &[&str] = &[
    "true",
    "false",
    "none",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "elif",
    "for",
    "loop",
    "set",
    "with",
    "filter",
    "self",
    "range",
    "dict",
    "namespace",
    "debug",
];

/// A variable and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name in templates.
    pub name: Spanned<String>,
    /// What it is.
    pub value: Spanned<VariableValue>,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum VariableValue {
    /// A text of any number of lines.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `#true` or `#false`.
    Truth(bool),
}

/// The `set` nodes of a block, each variable once.
pub(super) fn decode_all(checked: &Checked<'_>, holder: &str, out: &mut Diagnostics) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for node in checked.children.iter().filter(|child| child.name().value() == "set") {
        let Some(variable) = decode(node, out) else { continue };
        match variables.iter().find(|first| first.name.value == variable.name.value) {
            Some(first) => out.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("variable `{}` is set twice in one `{holder}`", shown(&variable.name.value)),
                )
                .at(variable.name.span, "set again")
                .at(first.name.span, "first set here")
                .help("keep one of the two"),
            ),
            None => variables.push(variable),
        }
    }
    variables
}

fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Variable> {
    let checked = Checked::new(node, &SHAPE, out);
    let name = checked.argument(0, out).and_then(|entry| name(entry, out));
    let value = checked.argument(1, out).and_then(|entry| variable_value(entry, out));
    Some(Variable { name: name?, value: value? })
}

fn name(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let name = value::string(entry, Wanted::argument("set"), out)?;
    let word = name.value.as_str();
    let (why, label, help) = if GIVEN.contains(&word) {
        let help = format!("choose another name: templates have {} anyway", listed(GIVEN));
        (format!("variable `{word}` is given by netspec"), "taken", help)
    } else if WORDS.contains(&word) {
        let why = format!("variable `{word}` has the name of a word of templates");
        (why, "taken", "choose another name".to_owned())
    } else if !is_variable(word) {
        let better: String = word.to_ascii_lowercase().chars().map(|c| if is_inner(c) { c } else { '_' }).collect();
        let help = match is_variable(&better) {
            true => format!("write `\"{better}\"`, and `{{{{ {better} }}}}` in the template"),
            false => "write a word of small letters, digits and `_`, as in `\"disk_1\"`".to_owned(),
        };
        (format!("variable `{}` is not made of small letters, digits and `_`", shown(word)), "not for templates", help)
    } else {
        return Some(name);
    };
    out.push(Diagnostic::new(Code::InvalidName, why).at(name.span, label).help(help));
    None
}

fn is_inner(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

/// `[a-z_][a-z0-9_]*`
fn is_variable(word: &str) -> bool {
    word.len() <= MAX_NAME && word.chars().all(is_inner) && word.starts_with(|c: char| !c.is_ascii_digit())
}

/// Other than most texts of a spec, this one may be empty or have several lines, as a list of SSH keys has.
fn variable_value(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<VariableValue>> {
    let span = value_span(entry);
    let value = match entry.value() {
        KdlValue::String(text) if text.len() <= MAX_VALUE => Some(VariableValue::Text(text.clone())),
        KdlValue::Integer(number) => i64::try_from(*number).ok().map(VariableValue::Number),
        KdlValue::Bool(truth) => Some(VariableValue::Truth(*truth)),
        _ => None,
    };
    if value.is_none() {
        let message =
            format!("the value of a variable is a text of at most {MAX_VALUE} bytes, a whole number or a truth");
        out.push(
            Diagnostic::new(Code::InvalidValue, message)
                .at(span, "not such a value")
                .help("write a text in quotes; what is longer belongs into the template"),
        );
    }
    Some(Spanned::new(value?, span))
}
