//! An archiso by hand is told to use the network.

use super::{Family, Line};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

/// What both understand.
const ASK: &str = "ip=:::";

/// Both hooks, the one that asks DHCP and the one that fetches, do nothing without `ip=` (`distros.md` 1.9, steps 3 and 6).
///
/// The hook puts the card that `BOOTIF=` names behind the word. Today's knows `dhcp` for itself; that of 2014 makes
/// `dhcp::eth0` of it, which klibc's ipconfig takes for an address. Of three colons both make a question to DHCP.
pub(super) fn check(line: &Line<'_>, _: &ResolvedSpec, out: &mut Diagnostics) {
    let (Some(Family::Archiso), Some(_)) = (line.family, &line.line.kernel) else { return };
    let word = |key: &str| line.line.words.iter().find(|word| word.value.split('=').next() == Some(key));
    let is_old = line.is_dual_archiso();
    match (word("ip"), word("archiso_http_srv")) {
        (None, Some(srv)) => out.push(
            Diagnostic::new(Code::IpArgument, "without `ip=`, archiso fetches nothing from `archiso_http_srv=`")
                .at(srv.span, "not looked at")
                .help(format!("add `{}` to the arguments", if is_old { ASK } else { "ip=dhcp" })),
        ),
        (Some(ip), _) if is_old && ip.value == "ip=dhcp" => out.push(
            Diagnostic::new(
                Code::IpArgument,
                "an archiso of before 2017 does not understand `ip=dhcp` beside `BOOTIF=`",
            )
            .at(ip.span, "not understood")
            .help(format!("write `{ASK}`, which asks DHCP, too")),
        ),
        _ => {}
    }
}
