//! A `boot` of a host or group names an entry of the spec, and only one.

use super::menus::unknown_name_help;
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::start::{Names, split};
use crate::source::Spanned;
use crate::spec::{Choice, Spec};

/// So many menus are named where an entry's name is in several.
const SHOWN: usize = 5;

/// An entry's name may be in several menus; then the menu has to be said.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    let names = Names::of(spec);
    for (node, name, choice) in super::choices(spec) {
        let Choice::Boot(written) = choice else { continue };
        let owner = format!("{node} `{}`", shown(name));
        match names.menus_of(&written.value)[..] {
            [_] => {}
            [] => out.push(unknown(&owner, written, &names, out.is_full())),
            ref menus => {
                let entry = split(&written.value).1;
                let full = menus.iter().take(SHOWN).map(|menu| shown(&format!("{menu}/{entry}")));
                out.push(
                    Diagnostic::new(
                        Code::AmbiguousEntry,
                        format!("{owner} boots entry `{}`, which {} menus have", shown(entry), menus.len()),
                    )
                    .at(written.span, "which one?")
                    .help(format!("say the menu too, as one of {}", listed(full))),
                );
            }
        }
    }
}

fn unknown(owner: &str, written: &Spanned<String>, names: &Names<'_>, full: bool) -> Diagnostic {
    let entries: Vec<String> = if full { Vec::new() } else { names.all_entries().collect() };
    let (menu, entry) = split(&written.value);
    let of_menu = menu.filter(|menu| names.has_menu(menu)).map(|menu| format!("{menu}/"));
    // The right entry of the wrong menu is a slip in the menu.
    let elsewhere = names.menus_of(entry);
    let help = match (menu, &elsewhere[..]) {
        (Some(_), [other]) if !full => format!("did you mean `{}`?", shown(&format!("{other}/{entry}"))),
        _ => match nearest(entry, entries.iter().map(|name| split(name).1)) {
            Some(near) => format!("did you mean `{}{}`?", of_menu.unwrap_or_default(), shown(near)),
            None => unknown_name_help(&written.value, "entry", entries.iter().map(String::as_str), full),
        },
    };
    Diagnostic::new(Code::UnknownEntry, format!("{owner} boots an unknown entry `{}`", shown(&written.value)))
        .at(written.span, "not defined")
        .help(help)
}
