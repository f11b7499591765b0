//! Builds the ISOs that boot tests start: stand-ins for Arch Linux and a real Debian Live.
//!
//! Nothing is stored in the repository: each ISO is made on the machine that tests, from Debian packages, and kept in a cache
//! by the digest of its inputs. Start at [`archiso()`] and [`debian_live`].
mod archiso;
mod cache;
mod cpio;
mod deb;
mod error;
mod live;
mod newest;
mod png;
pub mod small;
mod tool;
mod tree;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use archiso::{Archiso, Layout};
pub use error::MediaError;
pub use live::{debian_live, debian_live_digest};
pub use newest::{ALL, newest};

/// The usual stand-in for the Arch ISO in this layout; see [`Archiso`] for other ones.
///
/// # Errors
/// When a program or package is missing (with its name), or a step fails.
pub fn archiso(layout: Layout, cache: &Path, progress: &dyn Fn(&str)) -> Result<PathBuf, MediaError> {
    Archiso::new(layout).build(cache, progress)
}
