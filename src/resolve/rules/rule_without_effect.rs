//! Every `host`, `group` and `firmware` changes something.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::effect::{Effect, Mode};
use crate::spec::{Firmware, Host, Spec};

/// A `host` may stand for what it boots or for its `address` alone, or for what it says of the machine to be checked; and a
/// `firmware` for a vendor class that is answered because it is named.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    let hosts = spec.hosts.iter().map(|host| ("host", &host.name.value, &host.effect));
    let classes = spec.firmware.iter().map(|firmware| ("firmware", &firmware.name.value, &firmware.effect));
    for (kind, name, effect) in hosts.chain(classes) {
        check_silent(kind, name, effect, out);
    }
    if spec.incomplete {
        return;
    }
    // Where machines begin differently, a host has a name in the journal and can have a next boot of its own; templates of answers may ask
    // for the name of any host.
    let is_asked = !spec.answers.is_empty() || super::choices(spec).next().is_some();
    for host in spec.hosts.iter().filter(|host| !is_asked && is_idle(host)) {
        out.push(
            Diagnostic::new(
                Code::RuleWithoutEffect,
                format!("host `{}` is answered like any other machine", shown(&host.name.value)),
            )
            .at(host.name.span, "changes nothing")
            .help("add a `menu`, `boot`, `mode`, `delay`, `loader` or `address` to its block, or remove it"),
        );
    }
    for group in spec.groups.iter().filter(|group| group.choice.is_none()) {
        out.push(
            Diagnostic::new(
                Code::RuleWithoutEffect,
                format!("group `{}` boots what all other machines boot", shown(&group.name.value)),
            )
            .at(group.name.span, "changes nothing")
            .help("add a `menu` or `boot` to its block, or remove it"),
        );
    }
    for firmware in &spec.firmware {
        let name = shown(&firmware.name.value);
        if firmware.effect.is_empty() && !firmware.names_new_class() {
            out.push(
                Diagnostic::new(
                    Code::RuleWithoutEffect,
                    format!("firmware `{name}` is answered like any other firmware"),
                )
                .at(firmware.name.span, "changes nothing")
                .help("add a `mode`, `delay` or `loader` to its block, or remove it"),
            );
        } else if needs_loader(firmware) {
            out.push(
                Diagnostic::new(
                    Code::RuleWithoutEffect,
                    format!("firmware `{name}` is U-Boot, which is answered only where a `loader` is named"),
                )
                .at(firmware.name.span, "still gets no answer")
                .help("add `loader \"ipxe-arm64\"` or another loader for it to its block"),
            );
        }
    }
}

/// Who is not answered at all is not answered later, and gets no program.
fn check_silent(kind: &str, name: &str, effect: &Effect, out: &mut Diagnostics) {
    let Some(mode) = effect.mode.as_ref().filter(|mode| mode.value == Mode::Silent) else { return };
    let delay = effect.delay.as_ref().map(|delay| ("delay", delay.span));
    let loader = effect.loader.as_ref().map(|loader| ("loader", loader.span));
    for (what, span) in delay.into_iter().chain(loader) {
        let message = format!("{kind} `{}` gets no answer, so its `{what}` changes nothing", shown(name));
        out.push(
            Diagnostic::new(Code::RuleWithoutEffect, message)
                .at(span, "never used")
                .at(mode.span, "no answer")
                .help(format!("remove `{what}`, or write another `mode` than `silent`")),
        );
    }
}

fn is_idle(host: &Host) -> bool {
    let says_nothing = host.memory.is_none() && host.network_cards.is_none();
    host.effect.is_empty() && host.choice.is_none() && host.address.is_none() && says_nothing
}

/// U-Boot boots from its own list of devices, so it is answered only by those who mean to.
fn needs_loader(firmware: &Firmware) -> bool {
    let uboot = !firmware.arches.is_empty() && firmware.arches.iter().all(|arch| arch.value.is_uboot());
    let silent = firmware.effect.mode.as_ref().is_some_and(|mode| mode.value == Mode::Silent);
    uboot && !silent && firmware.effect.loader.is_none()
}
