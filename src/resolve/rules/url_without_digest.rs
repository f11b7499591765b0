//! A file of another server is pinned by its digest.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::menu::Target;

/// Only for what is started with a kernel. What a `chain` leads to is somebody else's menu, which is to change.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for entry in spec.menus.iter().flat_map(|menu| menu.entries()) {
        if !matches!(entry.target, Some(Target::Kernel)) {
            continue;
        }
        let files = entry.kernel.iter().chain(&entry.initrds).chain(entry.files.iter().map(|extra| &extra.file));
        for file in files.filter(|file| file.url.is_some() && file.sha256.is_none()) {
            let name = shown(&entry.name.value);
            out.push(
                Diagnostic::new(
                    Code::UrlWithoutDigest,
                    format!("entry `{name}` starts what another server sends, unchecked"),
                )
                .at(file.path.span, "`sha256` missing")
                .help(
                    "add `sha256=\"…\"`: then `netspec fetch` gets the file once, and PCs get that one from here; what \
                     `sha256sum` says about the file is its digest",
                ),
            );
        }
    }
}
