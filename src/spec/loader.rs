//! `loader "pxelinux" "path/to/lpxelinux.0" modules="path/to/modules/bios"`

use kdl::KdlNode;

use super::shape::{Checked, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::{nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

const SHAPE: Shape =
    Shape { name: "loader", arguments: &["kind", "path"], more: None, properties: &["modules"], children: &[] };

/// Where a boot loader is, if not in the usual places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loader {
    /// Which loader.
    pub kind: Spanned<LoaderKind>,
    /// The network bootstrap program, relative to the folder of the spec file.
    pub path: Option<Spanned<String>>,
    /// The folder of its modules, relative to the folder of the spec file.
    pub modules: Option<Spanned<String>>,
    /// The place of the word `loader`.
    pub span: Span,
}

/// A boot loader that netspec can drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoaderKind {
    /// PXELINUX of the Syslinux project, for legacy BIOS.
    Pxelinux,
}

impl Loader {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let kind = checked.argument(0, out).and_then(|entry| value::string(entry, Wanted::argument("loader"), out));
        let path = checked.argument(1, out).and_then(|entry| value::string(entry, Wanted::argument("loader"), out));
        let modules =
            checked.property("modules").and_then(|entry| value::string(entry, Wanted::property("modules"), out));
        let kind = known(kind?, out)?;
        Some(Self { kind, path, modules, span: name_span(node) })
    }
}

fn known(text: Spanned<String>, out: &mut Diagnostics) -> Option<Spanned<LoaderKind>> {
    if text.value == "pxelinux" {
        return Some(Spanned::new(LoaderKind::Pxelinux, text.span));
    }
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("there is no loader `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(match nearest(&text.value, ["pxelinux"]) {
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => "write `\"pxelinux\"`, the only loader that is looked for on this machine".to_owned(),
            }),
    );
    None
}

/// Each kind of loader may be placed once.
pub(super) fn check_twice(loaders: &[Loader], out: &mut Diagnostics) {
    let [first, others @ ..] = loaders else { return };
    for other in others {
        out.push(
            Diagnostic::new(Code::DuplicateNode, "loader `pxelinux` stands twice where it may stand once")
                .at(other.kind.span, "stands again")
                .at(first.kind.span, "first one here")
                .help("keep one `loader \"pxelinux\"`"),
        );
    }
}
