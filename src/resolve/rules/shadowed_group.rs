//! Every `group` can be the first one that a machine belongs to.

use super::shadowed_rule::MAX_COMPARED;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::{Group, Spec};

/// A group that says nothing to boot takes no machine from those behind it.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for (position, later) in spec.groups.iter().enumerate().filter(|(_, group)| group.choice.is_some()) {
        let mut earlier = spec.groups.iter().take(position.min(MAX_COMPARED)).filter(|group| group.choice.is_some());
        let Some(earlier) = earlier.find(|earlier| covers(earlier, later)) else { continue };
        let (name, before) = (shown(&later.name.value), shown(&earlier.name.value));
        out.push(
            Diagnostic::new(
                Code::ShadowedGroup,
                format!("group `{name}` never counts: `{before}` comes first and is for the same machines"),
            )
            .at(later.name.span, "never reached")
            .at(earlier.name.span, "takes its machines")
            .help(format!("write `{name}` before `{before}`, or remove one of the two")),
        );
    }
}

/// Whether every machine of `later` is one of `earlier`.
fn covers(earlier: &Group, later: &Group) -> bool {
    /// Whether each condition of the one is within some condition of the other.
    fn within<T>(earlier: &[T], later: &[T], includes: impl Fn(&T, &T) -> bool) -> bool {
        let is_within = |narrow: &T| earlier.iter().any(|wide| includes(wide, narrow));
        earlier.is_empty() || !later.is_empty() && later.iter().all(is_within)
    }
    within(&earlier.macs, &later.macs, |wide, narrow| wide.value.includes(&narrow.value))
        // A boot loader knows what executes it, and not how it was loaded.
        && within(&earlier.arches, &later.arches, |wide, narrow| wide.value.of_menus() == narrow.value.of_menus())
        && within(&earlier.subnets, &later.subnets, |wide, narrow| wide.value.contains(&narrow.value))
}
