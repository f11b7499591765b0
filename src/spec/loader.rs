//! `loader "pxelinux" "path/to/lpxelinux.0" modules="path/to/modules/bios"`, `loader "ipxe-x64" "path/to/snponly.efi"`

use kdl::{KdlEntry, KdlNode};

use super::shape::{Checked, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::{listed, nearest, shown};
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
    /// iPXE for UEFI on x86-64: `snponly.efi` or `ipxe.efi`.
    IpxeX64,
}

impl LoaderKind {
    const ALL: &[Self] = &[Self::Pxelinux, Self::IpxeX64];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pxelinux => "pxelinux",
            Self::IpxeX64 => "ipxe-x64",
        }
    }
}

impl Loader {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let kind = checked.argument(0, out).and_then(|entry| value::string(entry, Wanted::argument("loader"), out));
        let path = checked.argument(1, out).and_then(|entry| value::string(entry, Wanted::argument("loader"), out));
        let modules =
            checked.property("modules").and_then(|entry| value::string(entry, Wanted::property("modules"), out));
        let kind = known(kind?, out)?;
        if let (LoaderKind::IpxeX64, Some(modules)) = (kind.value, &modules) {
            out.push(
                Diagnostic::new(Code::InvalidValue, "loader `ipxe-x64` has no modules")
                    .at(modules.span, "does not belong here")
                    .help("remove `modules=`; iPXE is one file"),
            );
        }
        Some(Self { kind, path, modules, span: name_span(node) })
    }
}

/// Reads the name of a loader.
pub(super) fn kind(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<LoaderKind>> {
    known(value::string(entry, Wanted::argument("loader"), out)?, out)
}

fn known(text: Spanned<String>, out: &mut Diagnostics) -> Option<Spanned<LoaderKind>> {
    if let Some(kind) = LoaderKind::ALL.iter().find(|kind| kind.name() == text.value) {
        return Some(Spanned::new(*kind, text.span));
    }
    let names = || LoaderKind::ALL.iter().map(|kind| kind.name());
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("there is no loader `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(match nearest(&text.value, names()) {
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => format!("the loaders are {}", listed(names())),
            }),
    );
    None
}

/// Each kind of loader may be placed once.
pub(super) fn check_twice(loaders: &[Loader], out: &mut Diagnostics) {
    for (position, other) in loaders.iter().enumerate() {
        let kind = other.kind.value;
        let Some(first) = loaders[..position].iter().find(|first| first.kind.value == kind) else { continue };
        let name = kind.name();
        out.push(
            Diagnostic::new(Code::DuplicateNode, format!("loader `{name}` stands twice where it may stand once"))
                .at(other.kind.span, "stands again")
                .at(first.kind.span, "first one here")
                .help(format!("keep one `loader \"{name}\"`")),
        );
    }
}
