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
mod empty_menu;
mod fixed_address;
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
mod public_range;
mod range_outside_subnet;
mod range_taken;
mod range_too_small;
mod rule_without_effect;
mod shadowed_rule;
mod subnet_overlap;
mod timeout_without_default;
mod unknown_answers;
mod unknown_iso;
mod unknown_menu;
mod unreachable_menu;
mod unused_answers;
mod unused_iso;
mod url_without_digest;

use crate::diag::Diagnostics;
use crate::spec::Spec;

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
    duplicate_default::check,
    timeout_without_default::check,
    menu_cycle::check,
    unreachable_menu::check,
    unused_iso::check,
    digest_without_url::check,
    unused_answers::check,
    url_without_digest::check,
    ipxe_expansion::check,
    open_quote::check,
    argument_taken::check,
    fixed_address::check,
    duplicate_mac::check,
    shadowed_rule::check,
    rule_without_effect::check,
    nobody_answered::check,
    mode_mismatch::check,
    loader_mismatch::check,
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
