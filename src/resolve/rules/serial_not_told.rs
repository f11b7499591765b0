//! What is said of a host reaches it by an identity that it tells.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// DHCP carries the hardware address and the UUID, and no serial number: only iPXE and GRUB tell it, when they run.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for host in spec.hosts.iter().filter(|host| host.mac.is_none() && host.uuid.is_none()) {
        let Some(serial) = &host.serial else { continue };
        let name = shown(&host.name.value);
        let effects = [
            host.effect.mode.as_ref().map(|mode| ("mode", mode.span)),
            host.effect.delay.as_ref().map(|delay| ("delay", delay.span)),
            host.effect.loader.as_ref().map(|loader| ("loader", loader.span)),
        ];
        if let Some((what, span)) = effects.into_iter().flatten().next() {
            out.push(
                Diagnostic::new(
                    Code::SerialNotTold,
                    format!("host `{name}` is known by its serial number alone, which firmware does not tell in DHCP"),
                )
                .at(span, format!("this `{what}` never counts"))
                .at(serial.span, "not told in DHCP")
                .help("add the `mac` of its network card, or its `uuid`"),
            );
        } else if host.choice.is_some() {
            out.push(
                Diagnostic::new(
                    Code::SerialNotTold,
                    format!(
                        "host `{name}` is known by its serial number alone, which legacy BIOS without iPXE does not tell"
                    ),
                )
                .at(serial.span, "told by iPXE and GRUB only")
                .help("add the `mac` of its network card, or its `uuid`"),
            );
        }
    }
}
