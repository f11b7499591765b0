//! A machine with several network cards uses the one that it was booted from.

use super::Line;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

/// netspec writes `BOOTIF=` on every command line, and a name of a card in another word is stronger than it: live-boot's
/// `live-netdev=` and `ethdevice=`, and the sixth field of `ip=` (`Documentation/admin-guide/nfs/nfsroot.rst`).
pub(super) fn check(line: &Line<'_>, spec: &ResolvedSpec, out: &mut Diagnostics) {
    let several = |cards: u16| cards > 1;
    let Some((host, cards)) = spec.stated_hosts.iter().find_map(|host| {
        let cards = host.network_cards.as_ref().filter(|cards| several(cards.value))?;
        Some((host, cards))
    }) else {
        return;
    };
    for word in &line.line.words {
        let Some((key, value)) = word.value.split_once('=') else { continue };
        let card = match key {
            "live-netdev" | "ethdevice" => value,
            "ip" => value.split(':').nth(5).unwrap_or_default(),
            _ => continue,
        };
        if card.is_empty() {
            continue;
        }
        let message = format!(
            "`{key}=` names the network card `{}`, and host `{}` has {} cards: it may have booted from another",
            shown(card),
            shown(&host.name),
            cards.value
        );
        out.push(
            Diagnostic::new(Code::CardByName, message)
                .at(word.span, "perhaps another one")
                .at(cards.span, "several cards")
                .help("leave the name out: netspec tells each PC with `BOOTIF=` which card it was booted from"),
        );
    }
}
