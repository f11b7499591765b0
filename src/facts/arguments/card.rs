//! A machine with several network cards uses the one that it was booted from.

use super::{Family, Line};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

/// Of so many hosts it is asked whether they come to a command line.
const MAX_ASKED: usize = 100;

/// netspec writes `BOOTIF=` on every command line, and a card in the sixth field of `ip=` is stronger than it
/// (`Documentation/admin-guide/nfs/nfsroot.rst`; initramfs-tools, `configure_networking`; dracut.cmdline(7)). live-boot
/// takes the card of `BOOTIF=` whatever other words say, and the kernels of recipes get netspec's own `ip=` behind it.
pub(super) fn check(line: &Line<'_>, spec: &ResolvedSpec, out: &mut Diagnostics) {
    let (Some(kernel), false) = (&line.line.kernel, line.family == Some(Family::LiveBoot)) else { return };
    let named: Vec<_> = line.line.words.iter().filter_map(|word| Some((word, card(&word.value)?))).collect();
    if named.is_empty() {
        return;
    }
    let entry = (kernel.menu.as_str(), kernel.entry.as_str());
    let several = spec.stated_hosts.iter().filter_map(|host| {
        let cards = host.network_cards.as_ref().filter(|cards| cards.value > 1)?;
        Some((host, cards))
    });
    let mut several = several.take(MAX_ASKED);
    let Some((host, cards)) = several.find(|(host, _)| spec.offered_from(host.start.as_ref()).kernels.contains(&entry))
    else {
        return;
    };
    for (word, card) in named {
        let message = format!(
            "`ip=` names the network card `{}`, and host `{}` has {} cards: it may have booted from another",
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

/// The card that a word names.
fn card(word: &str) -> Option<&str> {
    word.strip_prefix("ip=")?.split(':').nth(5).filter(|card| !card.is_empty())
}
