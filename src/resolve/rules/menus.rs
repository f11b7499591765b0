//! How menus lead to each other, for the rules about them.

use std::collections::BTreeMap;

use crate::diag::nearest::{listed, nearest, shown};
use crate::spec::Spec;
use crate::spec::menu::Target;

/// For each menu the positions of the menus that its entries lead to; names that are not defined lead nowhere.
pub(super) fn links(spec: &Spec) -> Vec<Vec<usize>> {
    let mut positions = BTreeMap::new();
    for (position, menu) in spec.menus.iter().enumerate() {
        positions.entry(menu.name.value.as_str()).or_insert(position);
    }
    let target = |target: &Option<Target>| match target {
        Some(Target::Menu(name)) => positions.get(name.value.as_str()).copied(),
        _ => None,
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
        (None, 0) => format!("define it, or remove this entry: the spec defines no {kind}"),
        (None, 1..=FEW) => format!("this spec defines {}", listed(few)),
        (None, _) => format!("write the name of one of the {kind}s that this spec defines"),
    }
}
