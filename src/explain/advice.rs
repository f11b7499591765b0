//! The reasons behind an answer, and what to do about a silence, in words for the person in front of the PC.

use super::firmware::{Asks, Firmware};
use super::serving::{boot_server_type, is_pxe, uses_file_now};
use crate::facts::Usual;
use crate::proto::dhcp::{ClientClass, Reason, ReceivedOn, ServerMessage};
use crate::spec::loader::LoaderKind;

/// Why a client of this class gets what it gets.
pub(super) fn why(class: &ClientClass, message: &ServerMessage, port: ReceivedOn) -> String {
    let options = message.vendor_options();
    if is_pxe(class) && port == ReceivedOn::Boot4011 {
        return "this is the answer that the PC waits for before it loads the file".to_owned();
    }
    match class {
        ClientClass::PxeBios | ClientClass::PxeUefi(_) => match options {
            Some(options) if uses_file_now(&options) => {
                "option 43 tells the PC to load the file at once, without a menu and without asking on port 4011"
                    .to_owned()
            }
            Some(options) if boot_server_type(&options).is_some() => {
                "the PC shows this menu for a moment, and then asks the boot server that it names".to_owned()
            }
            _ => {
                "without option 43, the PC asks once more on port 4011; firmware that does not ask has the name already"
                    .to_owned()
            }
        },
        ClientClass::Http(_) => {
            "HTTP Boot wants a whole URL in option 67; where it has a name in place of an address, the network's DHCP server \
             must name a DNS server"
                .to_owned()
        }
        ClientClass::Ipxe { .. } if !message.file.ends_with(b".ipxe") => {
            "this program cannot do what the menu needs, so it gets a complete iPXE first".to_owned()
        }
        ClientClass::Ipxe { http: true, .. } => {
            "iPXE gets a script, as a whole URL; without option 43 it asks nothing on port 4011".to_owned()
        }
        ClientClass::Ipxe { http: false, .. } => {
            "this iPXE does not say that it can load over HTTP, so its script comes over TFTP".to_owned()
        }
        ClientClass::RaspberryPi => {
            "the Raspberry Pi looks for its name in option 43, and then for its own files by fixed names".to_owned()
        }
        ClientClass::UBoot(_) => "a rule of the spec names this loader for it".to_owned(),
        other => format!("this is what there is for {other}"),
    }
}

/// What to change so that a client gets an answer; `None` where silence is right.
pub(super) fn change(reason: &Reason, firmware: Option<&Firmware>) -> Option<String> {
    Some(match reason {
        Reason::NotABootClient { .. } => {
            "netspec answers clients whose option 60 begins with `PXEClient` or `HTTPClient`: switch on network boot \
             in the PC's setup; where its firmware uses another word, a `firmware` block with that `vendor-class` \
             makes netspec answer"
                .to_owned()
        }
        Reason::NoArchitecture { .. } | Reason::UnknownArchitecture { .. } => {
            "update the PC's firmware, or start iPXE from a USB stick: it says what it is".to_owned()
        }
        Reason::Silenced { rule, .. } => format!("change or remove the `mode \"silent\"` of {rule} in the spec"),
        Reason::OptIn(_) => {
            let arch = firmware.map_or("uboot-arm64", |firmware| firmware.name);
            format!(
                "add a block such as `firmware \"boards\" {{ arch \"{arch}\"; loader \"ipxe-arm64\" }}` to the spec"
            )
        }
        Reason::NothingFor(class) => nothing_for(class, firmware),
        Reason::DoesNotFit { .. } => {
            "give the ISO a shorter name in the spec, or put it into a menu, whose loader has a short path".to_owned()
        }
        _ => return None,
    })
}

fn nothing_for(class: &ClientClass, firmware: Option<&Firmware>) -> String {
    if *class == ClientClass::RaspberryPi || firmware.is_some_and(|firmware| firmware.asks == Asks::RaspberryPi) {
        return "name the folder of its boot files with a `loader \"raspberry-pi\" \"folder\"` node".to_owned();
    }
    let kind = firmware.filter(|firmware| firmware.is_uefi());
    let kind = kind.and_then(|firmware| LoaderKind::named(&format!("ipxe-{}", firmware.cpu())));
    match (kind, kind.and_then(Usual::of)) {
        (Some(kind), Some(usual)) => {
            let name = kind.name();
            match usual.packages().as_str() {
                "" => format!("build iPXE for this processor, and name the file with a `loader \"{name}\"` node"),
                packages => format!(
                    "install {packages} on the machine that serves, or name the file with a `loader \"{name}\"` node"
                ),
            }
        }
        _ if *class == ClientClass::PxeBios => {
            "add an `iso` to the spec: there is nothing that a legacy BIOS could boot".to_owned()
        }
        _ => "see with `netspec loaders` which boot programs there are, and for which machines".to_owned(),
    }
}
