//! What must hold between the nodes of a spec; one file for each finding, named after its code.
//!
//! These rules need no file and no network. A rule about something that is *not* there stays silent where
//! [`Spec::incomplete`] says that a part of the spec could not be read.

mod address_outside_subnet;
mod argument_taken;
mod digest_without_url;
mod duplicate_address;
mod duplicate_default;
mod duplicate_interface;
mod duplicate_mac;
mod duplicate_name;
mod duplicate_serial;
mod duplicate_uuid;
mod empty_menu;
mod fixed_address;
mod group_for_all;
mod group_without_machines;
mod ipxe_expansion;
mod lease_too_short;
mod loader_mismatch;
mod menu_cycle;
mod menus;
mod mode_mismatch;
mod no_menu;
mod no_network;
mod nobody_answered;
mod nothing_to_boot;
mod open_quote;
mod origin_needs_tls;
mod public_range;
mod range_outside_subnet;
mod range_taken;
mod range_too_small;
mod rule_without_effect;
mod serial_not_told;
mod shadowed_group;
mod shadowed_rule;
mod subnet_overlap;
mod timeout_without_default;
mod unknown_answers;
mod unknown_entry;
mod unknown_iso;
mod unknown_menu;
mod unreachable_menu;
mod unused_answers;
mod unused_iso;
mod url_without_digest;

use std::collections::BTreeMap;

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::spec::{Choice, Spec};

/// Every rule.
pub const ALL: &[fn(&Spec, &mut Diagnostics)] = &[
    duplicate_name::check,
    no_network::check,
    subnet_overlap::check,
    range_outside_subnet::check,
    range_taken::check,
    range_too_small::check,
    public_range::check,
    lease_too_short::check,
    address_outside_subnet::check,
    duplicate_address::check,
    duplicate_interface::check,
    nothing_to_boot::check,
    no_menu::check,
    empty_menu::check,
    unknown_iso::check,
    unknown_answers::check,
    unknown_menu::check,
    unknown_entry::check,
    duplicate_default::check,
    timeout_without_default::check,
    menu_cycle::check,
    unreachable_menu::check,
    unused_iso::check,
    unused_answers::check,
    digest_without_url::check,
    url_without_digest::check,
    ipxe_expansion::check,
    open_quote::check,
    argument_taken::check,
    fixed_address::check,
    duplicate_mac::check,
    duplicate_uuid::check,
    duplicate_serial::check,
    serial_not_told::check,
    shadowed_group::check,
    group_for_all::check,
    group_without_machines::check,
    shadowed_rule::check,
    rule_without_effect::check,
    nobody_answered::check,
    mode_mismatch::check,
    loader_mismatch::check,
    origin_needs_tls::check,
];

/// Runs all rules; the findings in the order of the text.
pub fn check(spec: &Spec) -> Diagnostics {
    let mut out = Diagnostics::default();
    for rule in ALL {
        rule(spec, &mut out);
    }
    out.sort();
    out
}

/// What hosts and groups boot: the word of the node, its name, and the choice.
fn choices(spec: &Spec) -> impl Iterator<Item = (&'static str, &str, &Choice)> {
    let hosts = spec.hosts.iter().filter_map(|host| Some(("host", &*host.name.value, host.choice.as_ref()?)));
    let groups = spec.groups.iter().filter_map(|group| Some(("group", &*group.name.value, group.choice.as_ref()?)));
    hosts.chain(groups)
}

/// Reports values that two hosts have. `what` names the value.
fn once<'a, T: Ord + 'a>(
    code: Code,
    what: &str,
    help: &str,
    values: impl Iterator<Item = (&'a Spanned<String>, &'a Spanned<T>)>,
    out: &mut Diagnostics,
) {
    let mut first: BTreeMap<&T, (Span, &str)> = BTreeMap::new();
    for (name, value) in values {
        let (defined, owner) = *first.entry(&value.value).or_insert((value.span, &name.value));
        if defined != value.span {
            let message = format!("hosts `{}` and `{}` have the same {what}", shown(owner), shown(&name.value));
            out.push(
                Diagnostic::new(code, message).at(value.span, "given again").at(defined, "first given here").help(help),
            );
        }
    }
}
