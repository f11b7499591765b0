//! What menus lead to, for the rules about them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::nearest::{listed, nearest, shown};
use crate::source::Spanned;
use crate::spec::Spec;
use crate::spec::menu::Target;

/// For so many unknown names it is asked what was meant; a spec with more of them has other worries.
const MAX_GUESSES: usize = 100;

/// For each menu the positions of the menus that its entries lead to.
///
/// A name that is not defined counts as the one that was probably meant, so that no other finding follows from the slip.
pub(super) fn links(spec: &Spec) -> Vec<Vec<usize>> {
    let mut positions = BTreeMap::new();
    for (position, menu) in spec.menus.iter().enumerate() {
        positions.entry(menu.name.value.as_str()).or_insert(position);
    }
    let mut guesses = 0;
    let mut target = |target: &Option<Target>| {
        let Some(Target::Menu(name)) = target else { return None };
        positions.get(name.value.as_str()).copied().or_else(|| {
            guesses += 1;
            let names = spec.menus.iter().map(|menu| menu.name.value.as_str());
            let meant = (guesses <= MAX_GUESSES).then(|| nearest(&name.value, names)).flatten()?;
            positions.get(meant).copied()
        })
    };
    spec.menus.iter().map(|menu| menu.entries().filter_map(|entry| target(&entry.target)).collect()).collect()
}

/// Which of the nodes can be reached over `links` from any of `starts`; the starts are.
pub(super) fn reached(links: &[Vec<usize>], starts: impl IntoIterator<Item = usize>) -> Vec<bool> {
    let mut reached = vec![false; links.len()];
    let mut waiting: Vec<usize> = starts.into_iter().collect();
    while let Some(position) = waiting.pop() {
        if let Some(seen @ false) = reached.get_mut(position) {
            *seen = true;
            waiting.extend(&links[position]);
        }
    }
    reached
}

/// Whether an entry boots something that is in no ISO.
pub(super) fn boots_without_iso(spec: &Spec) -> bool {
    let mut entries = spec.menus.iter().flat_map(|menu| menu.entries());
    entries.any(|entry| matches!(entry.target, Some(Target::Kernel | Target::Chain(_))))
}

/// The ISOs that entries name, with those that were probably meant by names that are not defined.
pub(super) fn offered(spec: &Spec) -> BTreeSet<&str> {
    let known: BTreeSet<&str> = spec.isos.iter().map(|iso| iso.name.value.as_str()).collect();
    let mut guesses = 0;
    let mut meant = |name: &'_ str| match known.get(name) {
        Some(known) => Some(*known),
        None => {
            guesses += 1;
            let names = spec.isos.iter().map(|iso| iso.name.value.as_str());
            (guesses <= MAX_GUESSES).then(|| nearest(name, names)).flatten()
        }
    };
    let entries = spec.menus.iter().flat_map(|menu| menu.entries());
    entries
        .filter_map(|entry| match &entry.target {
            Some(Target::Iso(name)) => meant(&name.value),
            _ => None,
        })
        .collect()
}

/// The texts of all `arguments`, of ISOs and of entries.
pub(super) fn arguments(spec: &Spec) -> impl Iterator<Item = &Spanned<String>> {
    let of_isos = spec.isos.iter().flat_map(|iso| &iso.arguments);
    of_isos.chain(spec.menus.iter().flat_map(|menu| menu.entries()).flat_map(|entry| &entry.arguments))
}

/// What to say about a name that is not defined: the nearest one, or all if they are few.
///
/// `full` says that the words will not be kept.
pub(super) fn unknown_name_help<'a>(
    name: &str,
    kind: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    full: bool,
) -> String {
    const FEW: usize = 5;
    if full {
        return String::new();
    }
    let few: Vec<String> = known.clone().take(FEW + 1).map(shown).collect();
    match (nearest(name, known), few.len()) {
        (Some(near), _) => format!("did you mean `{}`?", shown(near)),
        (None, 0) => format!("this spec defines no {kind}"),
        (None, 1..=FEW) => format!("this spec defines {}", listed(few)),
        (None, _) => format!("write the name of one of the {kind}s that this spec defines"),
    }
}
