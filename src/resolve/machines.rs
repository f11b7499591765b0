//! The `host` and `firmware` nodes as one list of rules, hosts first.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::net::{MacPrefix, Uuid};
use crate::source::Spanned;
use crate::spec::effect::{Effect, Mode};
use crate::spec::firmware::Arch;
use crate::spec::loader::LoaderKind;
use crate::spec::{Firmware, Host, Spec};

/// Machines that are answered otherwise than usual, and how. The first rule that a machine meets counts, and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The node and its name: `host desk`.
    pub name: String,
    /// The beginning of the hardware address, or all of it.
    pub mac: Option<MacPrefix>,
    /// The UUID.
    pub uuid: Option<Uuid>,
    /// Any of these; none means that it does not matter.
    pub arches: Vec<Arch>,
    /// The beginning of option 60.
    pub vendor_class: Option<String>,
    /// The form of the offer.
    pub mode: Option<Mode>,
    /// How long the offer waits.
    pub delay: Duration,
    /// The program.
    pub loader: Option<Spanned<LoaderKind>>,
}

/// All rules, in the order in which they count.
///
/// A host that only has an `address` changes nothing about how it boots, so it hides no `firmware` that it belongs to.
pub(super) fn rules(spec: &Spec) -> Vec<Rule> {
    let hosts = spec.hosts.iter().filter(|host| !host.effect.is_empty()).flat_map(host);
    hosts.chain(spec.firmware.iter().map(firmware)).collect()
}

/// Vendor classes that are answered because a `firmware` names them (DH-03), each once, in the order of the spec.
pub(super) fn vendor_classes(spec: &Spec) -> Vec<String> {
    let new = spec.firmware.iter().filter(|firmware| firmware.names_new_class());
    let mut seen = BTreeSet::new();
    let classes = new.filter_map(|firmware| firmware.vendor_class.as_ref()).map(|class| &class.value);
    classes.filter(|class| seen.insert(class.as_str())).cloned().collect()
}

/// One rule for each identity of it that DHCP tells. Its serial number is none of them.
fn host(host: &Host) -> impl Iterator<Item = Rule> {
    let rule = || rule(format!("host {}", host.name.value), &host.effect);
    let by_mac = host.mac.as_ref().map(|mac| Rule { mac: Some(mac.value.into()), ..rule() });
    let by_uuid = host.uuid.as_ref().map(|uuid| Rule { uuid: Some(uuid.value), ..rule() });
    by_mac.into_iter().chain(by_uuid)
}

fn firmware(firmware: &Firmware) -> Rule {
    Rule {
        mac: firmware.mac.as_ref().map(|mac| mac.value.clone()),
        arches: firmware.arches.iter().map(|arch| arch.value).collect(),
        vendor_class: firmware.vendor_class.as_ref().map(|class| class.value.clone()),
        ..rule(format!("firmware {}", firmware.name.value), &firmware.effect)
    }
}

fn rule(name: String, effect: &Effect) -> Rule {
    Rule {
        name,
        mac: None,
        uuid: None,
        arches: Vec::new(),
        vendor_class: None,
        mode: effect.mode.as_ref().map(|mode| mode.value),
        delay: effect.delay.as_ref().map_or(Duration::ZERO, |delay| delay.value),
        loader: effect.loader.clone(),
    }
}
