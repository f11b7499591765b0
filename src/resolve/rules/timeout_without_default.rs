//! What starts by itself was meant to.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// With a timeout and no default, the loaders of menus take the first entry. Where there is only one, there is no doubt.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for menu in spec.menus.iter().filter(|menu| !menu.incomplete) {
        let Some(timeout) = &menu.timeout else { continue };
        let mut entries = menu.entries();
        let (Some(first), Some(_)) = (entries.next(), entries.next()) else { continue };
        if menu.entries().any(|entry| entry.default.as_ref().is_some_and(|default| default.value)) {
            continue;
        }
        let when = match timeout.value {
            0 => "at once".to_owned(),
            1 => "after 1 second".to_owned(),
            seconds => format!("after {seconds} seconds"),
        };
        let name = shown(&first.name.value);
        let message = format!("menu `{}` starts `{name}` {when}: no entry is the default", shown(&menu.name.value));
        out.push(
            Diagnostic::new(Code::TimeoutWithoutDefault, message)
                .at(timeout.span, "starts the first entry")
                .at(first.name.span, "the first entry")
                .help("add `default=#true` to the entry that is to start by itself, or leave out `timeout`"),
        );
    }
}
