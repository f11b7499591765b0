//! Words for an initial RAM disk need one.

use super::{Family, Line};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

pub(super) fn check(line: &Line<'_>, _: &ResolvedSpec, out: &mut Diagnostics) {
    let (Some(family), Some(kernel)) = (line.family, &line.line.kernel) else { return };
    if !kernel.initrds.is_empty() {
        return;
    }
    // One in the arguments has a finding of its own.
    if line.line.value("initrd").is_some() {
        return;
    }
    let reader = match family {
        Family::Archiso => "archiso",
        Family::LiveBoot => "live-boot",
        Family::Casper => "casper",
        Family::Dracut => "dracut",
    };
    let message = format!("entry `{}` has arguments for {reader}, and no `initrd` that {reader} is in", kernel.entry);
    out.push(
        Diagnostic::new(Code::InitrdMissing, message)
            .at(kernel.path.span, "starts without")
            .help("add `initrd \"path/in/the.iso\"` to the block of the entry"),
    );
}
