//! `iso "debian" "isos/debian.iso" { arguments "console=ttyS0,115200" }`, `iso "debian" "https://…/debian.iso" sha256="…"`

use kdl::KdlNode;

use super::file::sha256;
use super::name::name;
use super::shape::{Checked, Child, Shape};
use super::url::{self, Scheme, Url};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "iso",
    arguments: &["name", "path"],
    more: None,
    properties: &["sha256"],
    children: &[Child { name: "arguments", once: false }],
};
pub(super) const ARGUMENTS: Shape =
    Shape { name: "arguments", arguments: &["word"], more: Some("word"), properties: &[], children: &[] };

/// A file that can be booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iso {
    /// Its name.
    pub name: Spanned<String>,
    /// Its path, relative to the folder of the spec file, or its URL.
    pub path: Option<Spanned<String>>,
    /// The path, where it is a URL.
    pub url: Option<Url>,
    /// The SHA-256 digest that the file at a URL must have.
    pub sha256: Option<Spanned<[u8; 32]>>,
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
        let sha256 = sha256(&checked, out);
        let is_url = path.as_ref().is_some_and(|path| url::is_meant(&path.value));
        let url =
            path.as_ref().filter(|_| is_url).and_then(|path| url::read(path, &[Scheme::Http, Scheme::Https], out));
        let clean = checked.clean && checked.property("sha256").is_none();
        if let (Some(url), Some(name), true) = (&url, &name, clean) {
            out.push(without_digest(&name.value, url));
        }
        // A URL that cannot be one has its finding; without a path, none follows from it.
        let path = path.filter(|_| url.is_some() == is_url);
        let url = url.map(|url| url.value);
        let arguments = checked.children.iter().flat_map(|child| arguments(child, out)).collect();
        Some(Self { name: name?, path, url, sha256, arguments, span: name_span(node) })
    }
}

/// An ISO of which nobody knows what it must be would be another one tomorrow.
fn without_digest(name: &str, url: &Spanned<Url>) -> Diagnostic {
    Diagnostic::new(Code::Missing, format!("ISO `{}` is at a URL, and its digest is missing", shown(name)))
        .at(url.span, "`sha256` missing")
        .help(
            "add `sha256=\"…\"` with the digest that the distribution publishes beside the ISO, or with what `sha256sum` says \
             about a copy that you trust",
        )
}

/// The words of a node `arguments`.
pub(super) fn arguments(node: &KdlNode, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let checked = Checked::new(node, &ARGUMENTS, out);
    checked.argument(0, out);
    checked.arguments().filter_map(|entry| value::string(entry, Wanted::argument("arguments"), out)).collect()
}
