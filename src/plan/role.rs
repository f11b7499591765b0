//! What a file is to the client that asks for it: the words of the milestones.

use serde::Serialize;

use crate::image::recipe::{KernelEntry, Recipe};

/// What a served file is to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A network bootstrap program: `lpxelinux.0`.
    Loader,
    /// A part that the loader fetches for itself: a `.c32` module.
    Module,
    /// A menu or script.
    Menu,
    /// A kernel.
    Kernel,
    /// An initial RAM disk.
    Initrd,
    /// The root image of a live system.
    RootImage,
    /// What an installer is told.
    Answers,
    /// Anything else.
    Other,
}

impl Role {
    /// What the name alone tells, for files that the plan says nothing about.
    pub fn of_name(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("c32") => Self::Module,
            Some("cfg" | "ipxe") => Self::Menu,
            Some("0" | "kpxe" | "efi") => Self::Loader,
            // A whole ISO is fetched where it holds the root image, as casper does.
            Some("iso" | "sfs" | "squashfs" | "erofs") => Self::RootImage,
            _ => Self::Other,
        }
    }
}

/// The roles of an ISO's files, as paths from its root.
pub(super) fn of_recipe(recipe: &Recipe) -> Vec<(String, Role)> {
    let (entries, root_images): (&[KernelEntry], &[String]) = match recipe {
        Recipe::Archiso(archiso) => (&archiso.entries, &archiso.root_images),
        Recipe::LiveBoot(live) => (&live.entries, std::slice::from_ref(&live.root_image)),
    };
    let kernels = entries.iter().map(|entry| (entry.kernel.clone(), Role::Kernel));
    let initrds = entries.iter().flat_map(|entry| &entry.initrds).map(|path| (path.clone(), Role::Initrd));
    let root_images = root_images.iter().map(|path| (path.clone(), Role::RootImage));
    kernels.chain(initrds).chain(root_images).collect()
}
