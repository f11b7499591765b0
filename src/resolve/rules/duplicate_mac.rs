//! A machine has one `host`.

use std::collections::BTreeMap;

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::MacAddr;
use crate::source::Span;
use crate::spec::Spec;

/// The first one would be the only one that counts.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let mut first: BTreeMap<MacAddr, (Span, &str)> = BTreeMap::new();
    for host in &spec.hosts {
        let Some(mac) = &host.mac else { continue };
        let (defined, owner) = *first.entry(mac.value).or_insert((mac.span, &host.name.value));
        if defined != mac.span {
            out.push(
                Diagnostic::new(
                    Code::DuplicateMac,
                    format!(
                        "hosts `{}` and `{}` have the same hardware address",
                        shown(owner),
                        shown(&host.name.value)
                    ),
                )
                .at(mac.span, "given again")
                .at(defined, "first given here")
                .help("correct one of the two addresses, or write both nodes as one"),
            );
        }
    }
}
