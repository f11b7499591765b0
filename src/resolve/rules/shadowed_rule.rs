//! Every `firmware` can be the first one that a machine belongs to.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::{Firmware, Spec};

/// Only so many earlier nodes are compared with each, so that a spec of thousands stays quick.
pub(super) const MAX_COMPARED: usize = 500;

/// Only the first of several that cover it is told.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for (position, later) in spec.firmware.iter().enumerate() {
        let earlier = spec.firmware.iter().take(position.min(MAX_COMPARED)).find(|earlier| covers(earlier, later));
        let Some(earlier) = earlier else { continue };
        let (name, before) = (shown(&later.name.value), shown(&earlier.name.value));
        out.push(
            Diagnostic::new(
                Code::ShadowedRule,
                format!("firmware `{name}` never counts: `{before}` comes first and is for the same machines"),
            )
            .at(later.name.span, "never reached")
            .at(earlier.name.span, "takes its machines")
            .help(format!("write `{name}` before `{before}`, or remove one of the two")),
        );
    }
}

/// Whether every machine of `later` is one of `earlier`.
fn covers(earlier: &Firmware, later: &Firmware) -> bool {
    let arches = earlier.arches.is_empty()
        || !later.arches.is_empty()
            && later.arches.iter().all(|arch| earlier.arches.iter().any(|known| known.value == arch.value));
    let vendor_class = earlier.vendor_class.as_ref().is_none_or(|beginning| {
        later.vendor_class.as_ref().is_some_and(|class| class.value.starts_with(&beginning.value))
    });
    let mac = earlier
        .mac
        .as_ref()
        .is_none_or(|beginning| later.mac.as_ref().is_some_and(|mac| beginning.value.includes(&mac.value)));
    arches && vendor_class && mac
}
