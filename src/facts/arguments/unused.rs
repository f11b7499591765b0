//! The arguments of an ISO are used.

use super::Line;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

/// They are added to what the ISO's own kernels get; a kernel that an entry names has its own, and no others.
pub(super) fn check(line: &Line<'_>, spec: &ResolvedSpec, out: &mut Diagnostics) {
    if line.line.kernel.is_some() || spec.needs_recipe(&line.line.iso) {
        return;
    }
    let Some(first) = line.line.words.first() else { return };
    let of_iso = spec.command_lines.iter().filter(|other| other.iso == line.line.iso);
    let Some(kernel) = of_iso.filter_map(|other| other.kernel.as_ref()).next() else { return };
    let message = format!("no kernel gets the arguments of ISO `{}`: its entries name kernels by hand", line.line.iso);
    out.push(
        Diagnostic::new(Code::UnusedArguments, message)
            .at(first.span, "not used")
            .at(kernel.span, "has its own arguments")
            .help("write them in the block of each entry that is to have them"),
    );
}
