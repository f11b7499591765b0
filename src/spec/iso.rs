//! `iso "debian" "isos/debian.iso" { arguments "console=ttyS0,115200" }`

use kdl::KdlNode;

use super::name::name;
use super::shape::{Checked, Child, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::Diagnostics;
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "iso",
    arguments: &["name", "path"],
    more: None,
    properties: &[],
    children: &[Child { name: "arguments", once: false }],
};
pub(super) const ARGUMENTS: Shape =
    Shape { name: "arguments", arguments: &["word"], more: Some("word"), properties: &[], children: &[] };

/// A file that can be booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iso {
    /// Its name.
    pub name: Spanned<String>,
    /// Its path, relative to the folder of the spec file.
    pub path: Option<Spanned<String>>,
    /// What is added to the kernel command line: each one word, or several with blanks between them.
    pub arguments: Vec<Spanned<String>>,
    /// The place of the word `iso`.
    pub span: Span,
}

impl Iso {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "iso", out));
        // A lone argument that is a path is a name that was forgotten; the path is then missing, as the help shows.
        let path = checked.argument(1, out).and_then(|entry| value::string(entry, Wanted::argument("iso"), out));
        let arguments = checked.children.iter().flat_map(|child| arguments(child, out)).collect();
        Some(Self { name: name?, path, arguments, span: name_span(node) })
    }
}

/// The words of a node `arguments`.
pub(super) fn arguments(node: &KdlNode, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let checked = Checked::new(node, &ARGUMENTS, out);
    checked.argument(0, out);
    checked.arguments().filter_map(|entry| value::string(entry, Wanted::argument("arguments"), out)).collect()
}
