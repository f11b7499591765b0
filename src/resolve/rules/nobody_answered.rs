//! Somebody is answered.

use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::effect::{Effect, Mode};
use crate::spec::{Firmware, Spec};

/// A last `firmware` for everybody else that says `silent` is how a spec answers named machines alone; here none is named.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    let answers = |effect: &Effect| effect.mode.as_ref().is_none_or(|mode| mode.value != Mode::Silent);
    let hosts = spec.hosts.iter().map(|host| &host.effect).filter(|effect| !effect.is_empty());
    let Some(all) = spec.firmware.iter().position(is_everybody) else { return };
    // What comes behind it has a finding of its own.
    let named = hosts.chain(spec.firmware.iter().take(all).map(|firmware| &firmware.effect));
    let rule = &spec.firmware[all];
    if let (Some(mode), false, true) = (&rule.effect.mode, answers(&rule.effect), all + 1 == spec.firmware.len())
        && !named.into_iter().any(answers)
    {
        let message = format!("firmware `{}` is every machine, and no other rule answers any", shown(&rule.name.value));
        out.push(
            Diagnostic::new(Code::NobodyAnswered, message)
                .at(mode.span, "nobody is answered")
                .help("write a `host` or `firmware` for the machines that are to boot, or say with `arch` or `mac` whom it is for"),
        );
    }
}

fn is_everybody(firmware: &Firmware) -> bool {
    firmware.arches.is_empty() && firmware.vendor_class.is_none() && firmware.mac.is_none()
}
