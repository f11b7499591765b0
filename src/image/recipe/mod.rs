//! How a live system is booted over the network, read from what its ISO holds.
//!
//! [`recognize`] looks at files and their text, never at the name of the ISO (a renamed ISO is the same ISO). A recipe is a
//! plain value: with it, and without the ISO, the plan can be made.

mod archiso;
mod live_boot;

use std::cell::Cell;

use serde::Serialize;

pub use self::archiso::{Archiso, ArchisoMenu, Verification};
pub use self::live_boot::LiveBoot;
use super::iso9660::Iso;
use super::syslinux::Config;
use crate::world::ReadAt;

/// What kind of system an ISO holds, and the facts that its network boot needs. Paths are canonical, from the ISO's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "family")]
pub enum Recipe {
    /// Made by mkarchiso: Arch Linux and its relatives.
    Archiso(Archiso),
    /// Made for live-boot: Debian Live and its relatives.
    LiveBoot(LiveBoot),
}

impl Recipe {
    /// The family's name, for people.
    pub fn family(&self) -> &'static str {
        match self {
            Self::Archiso(_) => "archiso",
            Self::LiveBoot(_) => "live-boot",
        }
    }

    /// The ISO's own menu for network boot, where it brings one together with its loader.
    pub fn own_menu(&self) -> Option<&ArchisoMenu> {
        match self {
            Self::Archiso(archiso) => archiso.menu.as_ref(),
            Self::LiveBoot(_) => None,
        }
    }

    /// The kernels that its menu offers.
    pub fn entries(&self) -> &[KernelEntry] {
        match self {
            Self::Archiso(archiso) => &archiso.entries,
            Self::LiveBoot(live) => &live.entries,
        }
    }

    /// The files in the ISO that clients are led to, by their paths. Its own menu may name some that are not there.
    pub fn files(&self) -> Vec<String> {
        let of_entries = self.entries().iter().flat_map(|entry| std::iter::once(&entry.kernel).chain(&entry.initrds));
        let mut files: Vec<String> = of_entries.cloned().collect();
        match self {
            Self::Archiso(archiso) => {
                files.extend(archiso.root_images.iter().cloned());
                files.extend(archiso.root_images.iter().flat_map(|image| archiso::checked_with(image)));
            }
            Self::LiveBoot(live) => files.push(live.root_image.clone()),
        }
        if let Some(menu) = self.own_menu() {
            let names = menu.files.keys().chain(&menu.modules).map(String::as_str).chain([LOADER]);
            files.extend(names.map(|name| format!("{}/{name}", menu.folder)));
            files.extend(menu.files.values().flat_map(|text| named_by(menu, text)));
        }
        files
    }

    /// What the ISO calls itself, for titles of menus.
    pub fn title(&self) -> &str {
        match self {
            Self::Archiso(archiso) => &archiso.title,
            Self::LiveBoot(live) => &live.title,
        }
    }
}

/// The kernels and initial RAM disks that a file of an ISO's own menu names.
fn named_by(menu: &ArchisoMenu, text: &str) -> Vec<String> {
    let path = |name: String| match name.strip_prefix("::").unwrap_or(&name).strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{}/{name}", menu.working_folder),
    };
    Config::parse(text)
        .labels()
        .into_iter()
        .flat_map(|label| label.kernel.into_iter().chain(label.initrds))
        .map(path)
        .collect()
}

/// The loader in the folder of an ISO's own menu.
const LOADER: &str = "lpxelinux.0";

/// A kernel with what it needs, as the ISO's own menu offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KernelEntry {
    /// What the menu shows.
    pub title: String,
    /// The kernel in the ISO.
    pub kernel: String,
    /// The initial RAM disks, in order.
    pub initrds: Vec<String>,
    /// The words of the kernel command line that do not say where the root image is.
    pub arguments: Vec<String>,
}

/// Why no recipe came out of an ISO.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// None of the families fits.
    #[error("it holds no system that netspec knows how to boot (volume `{volume_id}`)")]
    Unrecognized {
        /// The volume identifier, to show which ISO was read.
        volume_id: String,
    },
    /// The family is clear, but a file that it needs is missing.
    #[error("it is an ISO of {family}, but has no {what}")]
    Incomplete {
        /// The family's name.
        family: &'static str,
        /// The missing file, as a phrase with its path.
        what: String,
    },
    /// A file that had to be read is too large or unreadable.
    #[error("`{path}` in it cannot be read: {reason}")]
    Unreadable {
        /// The file in the ISO.
        path: String,
        /// What went wrong.
        reason: String,
    },
}

/// Finds the recipe of an ISO: archiso first, then live-boot (the order of `distros.md` 2.1).
///
/// # Errors
/// [`RecipeError`] says what is missing.
pub fn recognize(iso: &Iso, image: &dyn ReadAt) -> Result<Recipe, RecipeError> {
    let inside = Inside { iso, image, texts: Cell::new(0) };
    if let Some(archiso) = archiso::recognize(&inside)? {
        return Ok(Recipe::Archiso(archiso));
    }
    if let Some(live) = live_boot::recognize(&inside)? {
        return Ok(Recipe::LiveBoot(live));
    }
    Err(RecipeError::Unrecognized { volume_id: iso.volume.volume_id.clone() })
}

/// Boot configuration files are a few hundred bytes; what is larger than this is something else.
const MAX_TEXT: u64 = 256 * 1024;
/// All that is read of one ISO; menus are kept while serving.
const MAX_TEXTS: u64 = 1024 * 1024;
/// Kernels that are taken from one ISO. No menu that is read from top to bottom has more.
const MAX_ENTRIES: usize = 64;

/// An ISO's tree together with its bytes.
struct Inside<'a> {
    iso: &'a Iso,
    image: &'a dyn ReadAt,
    /// Bytes of text that were read.
    texts: Cell<u64>,
}

impl Inside<'_> {
    fn has(&self, path: &str) -> bool {
        self.iso.tree.file(path).is_some()
    }

    fn size(&self, path: &str) -> u64 {
        self.iso.tree.file(path).map_or(0, |file| file.size)
    }

    /// The names in a folder, sorted; none where there is no such folder.
    fn names(&self, folder: &str) -> Vec<String> {
        self.iso.tree.children(folder).map(|(name, _)| name.to_owned()).collect()
    }

    /// A small text file. Bytes that are not UTF-8 become U+FFFD: boot menus are drawn in code pages, and only their titles
    /// can differ.
    fn text(&self, path: &str) -> Result<String, RecipeError> {
        let unreadable = |reason: String| RecipeError::Unreadable { path: path.to_owned(), reason };
        let file = self.iso.tree.file(path).ok_or_else(|| unreadable("it is not there".into()))?;
        if file.size > MAX_TEXT {
            return Err(unreadable(format!(
                "it has {} bytes, and a boot configuration has at most {MAX_TEXT}",
                file.size
            )));
        }
        self.texts.set(self.texts.get() + file.size);
        if self.texts.get() > MAX_TEXTS {
            return Err(unreadable(format!("the boot configuration of this ISO has more than {MAX_TEXTS} bytes")));
        }
        let mut bytes = vec![0; usize::try_from(file.size).map_err(|error| unreadable(error.to_string()))?];
        let mut rest = bytes.as_mut_slice();
        for extent in file.extents.iter() {
            let take = rest.len().min(usize::try_from(extent.len).unwrap_or(usize::MAX));
            let (now, later) = rest.split_at_mut(take);
            self.image.read_exact_at(extent.offset, now).map_err(|error| unreadable(error.to_string()))?;
            rest = later;
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
