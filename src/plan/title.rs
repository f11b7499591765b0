//! What an entry shows where the spec gives it no title; the same in every menu language.

use crate::facts::Facts;
use crate::resolve::{ResolvedSpec, Target};

/// The title that the entry's target has by itself; `name` is the entry's own name.
pub(super) fn of_target<'a>(name: &'a str, target: &'a Target, spec: &'a ResolvedSpec, facts: &'a Facts) -> &'a str {
    match target {
        Target::Kernel(_) | Target::Files(_) | Target::Chain(_) => name,
        Target::LocalDisk => "Boot from the local disk",
        Target::Shell(_) => "Prompt of the boot loader",
        Target::Restart(_) => "Restart",
        Target::FirmwareSetup(_) => "Firmware setup",
        Target::Menu(menu) => {
            spec.menus.iter().find(|known| known.name == *menu).map_or("", |known| known.title.as_str())
        }
        Target::Iso(iso) => {
            let recipe = facts.images.get(iso).and_then(|image| image.recipe.as_ref());
            recipe.map_or(iso.as_str(), |recipe| recipe.title())
        }
    }
}
