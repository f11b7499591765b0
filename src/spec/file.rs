//! Files that an entry names: `kernel "tools/memtest.bin" sha256="…"`, `initrd "https://…"`, `file "bootmgr" "win/bootmgr"`.

use kdl::{KdlEntry, KdlNode};

use super::loader::digest;
use super::shape::{Checked, Shape};
use super::url::{self, Scheme, Url};
use super::value::{self, Wanted};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

pub(super) const KERNEL: Shape =
    Shape { name: "kernel", arguments: &["path"], more: None, properties: &["sha256"], children: &[] };
pub(super) const INITRD: Shape =
    Shape { name: "initrd", arguments: &["path"], more: None, properties: &["sha256"], children: &[] };
pub(super) const FILE: Shape =
    Shape { name: "file", arguments: &["name", "path"], more: None, properties: &["sha256"], children: &[] };

/// A file that an entry names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    /// A path in the ISO of the entry; without one, a path from the folder of the spec, or a URL.
    pub path: Spanned<String>,
    /// The path, where it is a URL.
    pub url: Option<Url>,
    /// The SHA-256 digest that the file must have.
    pub sha256: Option<Spanned<[u8; 32]>>,
}

/// A file that goes to the started program by name, as wimboot takes its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraFile {
    /// The name that the program looks for.
    pub name: Spanned<String>,
    /// The file.
    pub file: FileRef,
}

impl FileRef {
    /// Reads the file that a node `kernel` or `initrd` names.
    pub(super) fn decode(node: &KdlNode, shape: &'static Shape, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, shape, out);
        let path = checked.argument(0, out)?;
        Self::of(path, &checked, shape, out)
    }

    fn of(path: &KdlEntry, checked: &Checked<'_>, shape: &Shape, out: &mut Diagnostics) -> Option<Self> {
        let path = value::string(path, Wanted::argument(shape.name), out)?;
        let sha256 = sha256(checked, out);
        let url = match url::is_meant(&path.value) {
            // What has a digest is fetched by netspec itself, which speaks HTTP alone.
            true if sha256.is_some() => Some(url::read(&path, &[Scheme::Http, Scheme::Https], out)?.value),
            true => Some(url::read(&path, &[Scheme::Http, Scheme::Https, Scheme::Tftp], out)?.value),
            false => None,
        };
        Some(Self { path, url, sha256 })
    }
}

impl ExtraFile {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &FILE, out);
        let name = checked.argument(0, out).and_then(|entry| value::string(entry, Wanted::argument("file"), out));
        let file = checked.argument(1, out).and_then(|entry| FileRef::of(entry, &checked, &FILE, out));
        let (name, file) = (name?, file?);
        // iPXE splits its lines at blanks, and wimboot compares names.
        if !name.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            out.push(
                Diagnostic::new(Code::InvalidValue, format!("`{}` is no name for a file", shown(&name.value)))
                    .at(name.span, "not a plain name")
                    .help("write the name alone, of letters, digits, `.`, `_` and `-`, as in `\"boot.wim\"`"),
            );
            return None;
        }
        Some(Self { name, file })
    }
}

/// Reads the property `sha256`.
pub(super) fn sha256(checked: &Checked<'_>, out: &mut Diagnostics) -> Option<Spanned<[u8; 32]>> {
    let text = value::string(checked.property("sha256")?, Wanted::property("sha256"), out)?;
    digest(&text, out)
}
