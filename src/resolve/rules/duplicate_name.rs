//! Nodes of one kind have different names.

use std::collections::BTreeMap;

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::spec::Spec;

/// Networks, ISOs, answers, menus, hosts, groups, firmware, and the entries of each menu.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    check_kind("network", spec.networks.iter().map(|network| &network.name), out);
    check_kind("ISO", spec.isos.iter().map(|iso| &iso.name), out);
    check_kind("answers", spec.answers.iter().map(|answers| &answers.name), out);
    check_kind("menu", spec.menus.iter().map(|menu| &menu.name), out);
    check_kind("host", spec.hosts.iter().map(|host| &host.name), out);
    check_kind("group", spec.groups.iter().map(|group| &group.name), out);
    check_kind("firmware", spec.firmware.iter().map(|firmware| &firmware.name), out);
    for menu in &spec.menus {
        check_kind("entry", menu.entries().map(|entry| &entry.name), out);
    }
}

fn check_kind<'a>(kind: &str, names: impl Iterator<Item = &'a Spanned<String>>, out: &mut Diagnostics) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for name in names {
        let defined = *first.entry(&name.value).or_insert(name.span);
        if defined != name.span {
            out.push(
                Diagnostic::new(Code::DuplicateName, format!("{kind} `{}` is defined twice", shown(&name.value)))
                    .at(name.span, "defined again")
                    .at(defined, "first defined here")
                    .help("give one of the two another name"),
            );
        }
    }
}
