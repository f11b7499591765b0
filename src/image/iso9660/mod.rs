//! ISO 9660 (ECMA-119) with Rock Ridge, Joliet and El Torito, as an index of names and byte ranges.
//!
//! [`read`] turns an image into an [`Iso`]: the volume's own description, a [`Tree`] that maps each path to the ranges
//! of the image that hold the file, and the El Torito boot entries. It reads descriptors and directories, never file
//! contents, so it costs kilobytes of I/O. Nothing is mounted or copied: whoever serves a file reads its extents
//! straight from the image.
//!
//! An image is untrusted input. Every number in it is checked against the size of the file, and depth, entries and
//! directory bytes have limits; what breaks a rule ends in an [`IsoError`] that says what is wrong and what to do.

mod boot;
mod digest;
mod error;
mod extent;
mod field;
mod record;
mod source;
mod susp;
#[cfg(test)]
mod tests;
mod tree;
mod volume;
mod walk;

pub use self::boot::{BootEntry, Media, Platform};
pub use self::error::IsoError;
pub use self::extent::Extent;
use self::source::Source;
pub use self::tree::{FileEntry, Kind, Tree};
pub use self::volume::Volume;
use crate::world::ReadAt;

/// The one logical block size that is in use, in bytes; also the size of a sector.
const BLOCK: u64 = 2048;

/// Everything that is known about an image without reading its files.
#[derive(Debug)]
pub struct Iso {
    /// What the volume says about itself.
    pub volume: Volume,
    /// The files and directories.
    pub tree: Tree,
    /// The El Torito boot entries in the order of the catalog; empty where the image cannot boot from a CD.
    pub boot: Vec<BootEntry>,
    /// Where the names in `tree` come from.
    pub names: Names,
}

/// The source of file names; the best one that the image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// POSIX names, symbolic links and deep directories (IEEE P1282).
    RockRidge,
    /// Unicode names in a second directory tree (Joliet specification, levels 1 to 3).
    Joliet,
    /// The names of ECMA-119 in lower case, without version number and without trailing dot.
    Plain,
}

/// Reads the volume descriptors, the boot catalog and all directories of an image.
///
/// The volume descriptor set at block 16 counts; a further set, as `xorriso -partition_offset 16` writes one, is
/// ignored. The file may be longer than the volume (isohybrid padding, an appended partition), never shorter.
///
/// # Errors
/// [`IsoError`] where the image is no ISO 9660 image, incomplete, damaged, or beyond a limit.
pub fn read(image: &dyn ReadAt) -> Result<Iso, IsoError> {
    let source = Source::new(image);
    let set = volume::DescriptorSet::read(source)?;
    let boot = match set.boot_catalog {
        Some(block) => boot::read(source, block)?,
        None => Vec::new(),
    };
    let (tree, names) = walk::read(source, &set)?;
    let index_digest = digest::index(&set.bytes, &tree);
    Ok(Iso { volume: Volume { index_digest, ..set.volume }, tree, boot, names })
}
