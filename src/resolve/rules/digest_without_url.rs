//! A digest of an ISO belongs to a URL.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// An ISO on this machine would have to be read whole at every start.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for iso in spec.isos.iter().filter(|iso| iso.path.is_some() && iso.url.is_none()) {
        let Some(sha256) = &iso.sha256 else { continue };
        let name = shown(&iso.name.value);
        out.push(
            Diagnostic::new(
                Code::DigestWithoutUrl,
                format!("ISO `{name}` is a file of this machine, and `sha256` is for a URL"),
            )
            .at(sha256.span, "does not belong here")
            .help("remove it: `netspec lock` pins the files of this machine, and `--locked` compares them"),
        );
    }
}
