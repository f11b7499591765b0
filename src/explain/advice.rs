//! The reasons behind an answer, and what to do about a silence, in words for the person in front of the PC.

use super::firmware::Firmware;
use crate::proto::dhcp::{ClientClass, Reason, Reply};

/// Why a client of this class gets what it gets.
pub(super) fn why(class: &ClientClass, asked_boot_server: bool) -> String {
    match class {
        ClientClass::PxeBios => {
            "a legacy BIOS runs PXELINUX; option 43 tells it to load the file at once, without a menu of its own"
                .to_owned()
        }
        ClientClass::PxeUefi(_) if asked_boot_server => {
            "this is the answer that UEFI waits for; the file is the same as in the first one".to_owned()
        }
        ClientClass::PxeUefi(_) => {
            "without option 43, UEFI asks once more on port 4011; firmware that does not ask has the name already"
                .to_owned()
        }
        ClientClass::Http(_) => {
            "HTTP Boot wants a whole URL in option 67; it has an address in it, because no DNS server may be known"
                .to_owned()
        }
        ClientClass::Ipxe { http: true, .. } => {
            "iPXE gets a script, as a whole URL; without option 43 it asks nothing on port 4011".to_owned()
        }
        ClientClass::Ipxe { http: false, .. } => {
            "this iPXE does not say that it can load over HTTP, so its script comes over TFTP".to_owned()
        }
        other => format!("what there is for {other}"),
    }
}

/// The rule of the spec that made an answer, and what cannot be read from the answer itself.
pub(super) fn rule(name: &str, reply: &Reply) -> String {
    let mut text = name.to_owned();
    if !reply.delay.is_zero() {
        text.push_str(&format!("; waits {} ms before it is sent", reply.delay.as_millis()));
    }
    if reply.also.is_some() {
        text.push_str("; the same offer with option 43 follows, for firmware that takes only that");
    }
    text
}

/// What to change so that a client gets an answer; `None` where silence is right.
pub(super) fn change(reason: &Reason, firmware: &Firmware) -> Option<String> {
    Some(match reason {
        Reason::NotABootClient { .. } => {
            "netspec answers clients whose option 60 begins with `PXEClient` or `HTTPClient`: switch on network boot \
             in the PC's setup"
                .to_owned()
        }
        Reason::NoArchitecture { .. } | Reason::UnknownArchitecture { .. } => {
            "update the PC's firmware, or start iPXE from a USB stick: it says what it is".to_owned()
        }
        Reason::NothingFor(ClientClass::PxeUefi(_) | ClientClass::Http(_)) if firmware.name.ends_with("-x64") => {
            "install the package `ipxe` (Debian, Ubuntu, Arch) or `ipxe-bootimgs-x86` (Fedora) on the machine that \
             serves, or name the file with a `loader \"ipxe-x64\"` node"
                .to_owned()
        }
        Reason::NothingFor(ClientClass::PxeBios) => {
            "add an `iso` to the spec: there is nothing that a legacy BIOS could boot".to_owned()
        }
        Reason::NothingFor(_) => {
            "netspec has no boot program for this kind of machine; what it boots is listed in the README".to_owned()
        }
        Reason::Silenced { rule, .. } => format!("change or remove `{rule}` in the spec"),
        Reason::OptIn(_) => {
            "add a `firmware` with its architecture, such as `uboot-arm64`, and a `loader` such as `ipxe-arm64`"
                .to_owned()
        }
        Reason::DoesNotFit { .. } => {
            "give the ISO a shorter name in the spec, or put it into a menu, whose loader has a short path".to_owned()
        }
        _ => return None,
    })
}
