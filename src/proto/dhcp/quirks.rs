//! What is known of machines in the field, as rules that every plan ends with (VQ-01).
//!
//! One row for each case that somebody has proven, with its source; a rule of the spec comes first and so replaces the row.

use super::arch::Architecture;
use super::rule::{Condition, Effect, Rule};
use crate::net::MacPrefix;

struct Quirk {
    name: &'static str,
    /// The beginning of the hardware addresses.
    mac: [u8; 3],
    architecture: u16,
    delay_ms: u32,
}

const QUIRKS: &[Quirk] = &[
    // The ROM of the models up to the 3 locks itself into a loop where the answers of DHCP and TFTP both come within two
    // seconds, says its author; `dhcp-reply-delay=2` of dnsmasq is the known cure (raspberrypi/firmware #934, #862).
    Quirk { name: "built-in raspberry-pi-3", mac: [0xb8, 0x27, 0xeb], architecture: 41, delay_ms: 2000 },
];

/// The rules that netspec brings.
pub fn quirks() -> Vec<Rule> {
    QUIRKS.iter().map(Quirk::rule).collect()
}

impl Quirk {
    fn rule(&self) -> Rule {
        Rule {
            name: self.name.to_owned(),
            when: Condition {
                uuid: None,
                mac: Some(MacPrefix::maker(self.mac)),
                architectures: vec![Architecture(self.architecture)],
                vendor_class: None,
            },
            then: Effect { delay_ms: self.delay_ms, ..Effect::default() },
        }
    }
}
