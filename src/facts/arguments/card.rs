//! A machine with several network cards uses the one that it was booted from.

use super::Line;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

/// Of so many hosts it is asked whether they come to a command line.
const MAX_ASKED: usize = 100;

/// netspec writes `BOOTIF=` on every command line, and a name of a card in another word is stronger than it: live-boot's
/// `live-netdev=` and `ethdevice=`, and the sixth field of `ip=` (`Documentation/admin-guide/nfs/nfsroot.rst`).
pub(super) fn check(line: &Line<'_>, spec: &ResolvedSpec, out: &mut Diagnostics) {
    let comes_to_it = |start| {
        let offered = spec.offered_from(start);
        match &line.line.kernel {
            Some(kernel) => offered.kernels.contains(&(kernel.menu.as_str(), kernel.entry.as_str())),
            None => offered.isos.contains(line.line.iso.as_str()),
        }
    };
    let named: Vec<_> = line.line.words.iter().filter_map(|word| Some((word, card(&word.value)?))).collect();
    if named.is_empty() {
        return;
    }
    let several = spec.stated_hosts.iter().filter_map(|host| {
        let cards = host.network_cards.as_ref().filter(|cards| cards.value > 1)?;
        Some((host, cards))
    });
    let mut several = several.take(MAX_ASKED);
    let Some((host, cards)) = several.find(|(host, _)| comes_to_it(host.start.as_ref())) else { return };
    for (word, (key, card)) in named {
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

/// The key of a word that names a card, and the name.
fn card(word: &str) -> Option<(&str, &str)> {
    let (key, value) = word.split_once('=')?;
    let card = match key {
        "live-netdev" | "ethdevice" => value,
        "ip" => value.split(':').nth(5).unwrap_or_default(),
        _ => return None,
    };
    (!card.is_empty()).then_some((key, card))
}
