//! How long the command lines of kernels become.

use super::entry::{self, Boot, NetworkWords};
use super::payload;
use super::template::{HOST, ORIGIN, PAYLOAD};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::facts::Facts;
use crate::resolve::ResolvedSpec;
use crate::source::Span;

/// What kernels keep, in bytes: `COMMAND_LINE_SIZE` of x86 and 64-bit ARM (`arch/x86/include/asm/setup.h`,
/// `arch/arm64/include/uapi/asm/setup.h`), less the closing NUL.
const LONGEST: usize = 2047;

/// One finding for each ISO and each entry of which a kernel would lose the end of its command line.
pub(super) fn check(spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let payload = spec.server.origin.as_ref().map_or(URL.len(), payload::url_length);
    for iso in &spec.isos {
        let recipe = facts.images.get(&iso.name).and_then(|image| image.recipe.as_ref());
        let boots = recipe.filter(|_| spec.needs_recipe(&iso.name)).map(|recipe| entry::boots(iso, recipe));
        if let Some(longest) = boots.iter().flatten().map(|boot| length(boot, payload)).max() {
            push(longest, &format!("ISO `{}`", iso.name), iso.span, &mut findings);
        }
    }
    for target in spec.kernel_targets() {
        let what = format!("kernel `/{}` of ISO `{}`", target.kernel.value, target.iso);
        push(length(&entry::by_hand(target), payload), &what, target.kernel.span, &mut findings);
    }
    findings
}

fn push(length: usize, what: &str, span: Span, findings: &mut Diagnostics) {
    if length > LONGEST {
        let message = format!("the command line of {what} has up to {length} bytes, and kernels keep {LONGEST}");
        findings.push(
            Diagnostic::new(Code::CommandLineTooLong, message).at(span, "loses the end of its arguments").help(
                "write fewer arguments: what netspec adds for the machine stands at the end, and would be cut off",
            ),
        );
    }
}

/// The longest URL of this machine.
const URL: &str = "http://255.255.255.255:65535";

/// At most, with what stands in for addresses and what loaders write for each machine.
fn length(boot: &Boot, payload: usize) -> usize {
    const ADDRESS: &str = "255.255.255.255";
    const CARD: &str = " BOOTIF=01-00-00-00-00-00-00";
    let words: usize = boot.arguments.iter().map(|word| 1 + bytes(word, ADDRESS.len(), payload)).sum();
    let initrds: usize = (0..boot.initrds.len()).map(|at| format!(" initrd=initrd{at}").len()).sum();
    let network = match boot.network {
        NetworkWords::Address => " ip=:::".len() + 4 * ADDRESS.len() + CARD.len(),
        NetworkWords::Card => CARD.len(),
        NetworkWords::Nothing => 0,
    };
    words + initrds + network
}

fn bytes(word: &str, address: usize, payload: usize) -> usize {
    let length = |c: char| match c {
        ORIGIN => URL.len(),
        PAYLOAD => payload,
        HOST => address,
        c => c.len_utf8(),
    };
    word.chars().map(length).sum()
}
