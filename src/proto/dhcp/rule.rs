//! Rules: which machines are answered otherwise than usual, and how. They are data of the boot table (VQ-01, UE-12).

use std::time::Duration;

use serde::Serialize;

use super::arch::Architecture;
use super::classify::BootClient;
use super::packet::BootRequest;
use crate::net::{MacPrefix, Uuid};

/// A class of machines and how they are answered. Of several rules, the first one that a machine meets counts, and no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// What the log calls it: `host desk`, `firmware old-hp`.
    pub name: String,
    /// Which machines.
    pub when: Condition,
    /// How they are answered.
    pub then: Effect,
}

/// What a machine must be. Every field that says something must hold; without any, all machines meet it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Condition {
    /// The beginning of its hardware address, or all of it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub mac: Option<MacPrefix>,
    /// Its UUID, as option 97 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
    /// One of these architectures; none means that it does not matter. A Raspberry Pi counts as 41 whatever it says (AR-04).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub architectures: Vec<Architecture>,
    /// The beginning of its option 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_class: Option<String>,
}

/// What is different. A field that says nothing leaves things as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Effect {
    /// The form of the offer, or that there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// How long the offer waits, in milliseconds (DH-39). iPXE's never does (DH-38).
    #[serde(skip_serializing_if = "is_zero")]
    pub delay_ms: u32,
    /// The program that is offered to firmware that can execute it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loader: Option<Program>,
}

/// The form of an offer to PXE firmware (UE-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// No option 43: edk2 asks on port 4011 what to load. Usual for UEFI (UE-03).
    Binl,
    /// Option 43 that says to load `file` at once, without port 4011. Usual for legacy BIOS (BI-01, UE-05).
    Pxe10,
    /// First the offer of `binl`, then that of `pxe10`. Firmware that keeps one offer of a kind has both to choose from (UE-10);
    /// firmware that keeps the first one of any kind has the one that old edk2 does not throw away.
    Both,
    /// A menu of one line that is chosen at once, after which the firmware asks a boot server for its program (BS-01).
    Menu,
    /// No answer.
    Silent,
    /// The offer of the network's DHCP server with the boot fields added (UE-13).
    Merged,
}

/// A program, and what can execute it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Program {
    /// Its path below the TFTP root and the HTTP root alike, such as `ipxe/x64/ipxe.efi`.
    pub path: String,
    /// The architectures that can execute it.
    pub architectures: Vec<Architecture>,
}

impl Rule {
    /// Whether a client is one of the rule's machines.
    pub(super) fn is_for(&self, request: &BootRequest, client: &BootClient) -> bool {
        let Condition { mac, uuid, architectures, vendor_class } = &self.when;
        mac.as_ref().is_none_or(|beginning| beginning.covers(request.mac()))
            && uuid.is_none_or(|uuid| request.client_machine_id().is_some_and(|said| said.uuid() == uuid))
            && (architectures.is_empty() || client.arch.is_some_and(|arch| architectures.contains(&arch)))
            && vendor_class
                .as_ref()
                .is_none_or(|beginning| request.vendor_class().is_some_and(|class| class.starts_with(beginning)))
    }
}

impl Effect {
    /// The program for firmware of an architecture, where the rule names one that it can execute.
    pub(super) fn program(&self, arch: Option<Architecture>) -> Option<&str> {
        let program = self.loader.as_ref()?;
        program.architectures.contains(&arch?).then_some(&*program.path)
    }

    /// How long the offer waits.
    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.into())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn as_text<S: serde::Serializer>(mac: &Option<MacPrefix>, serializer: S) -> Result<S::Ok, S::Error> {
    match mac {
        Some(mac) => serializer.collect_str(mac),
        None => serializer.serialize_none(),
    }
}
