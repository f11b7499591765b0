//! Where the cases get their ISO files from. A file is looked for or made only when a case asks for it.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// The layouts of an Arch medium that differ for network boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As released since 2023: PXELINUX in `/boot/syslinux`.
    Today,
    /// As released in September 2014: PXELINUX in `/arch/boot/syslinux`.
    Year2014,
}

/// Something that has the ISO files.
pub trait Isos {
    /// An Arch medium.
    fn archiso(&self, layout: Layout) -> Result<PathBuf>;
    /// A Debian Live medium.
    fn debian_live(&self) -> Result<PathBuf>;
}

/// A folder with `archiso-today.iso`, `archiso-2014.iso` and `debian-live.iso`, for media that somebody has already.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Folder {
    fn file(&self, name: &str) -> Result<PathBuf> {
        let file = self.0.join(name);
        match file.canonicalize() {
            Ok(file) => Ok(file),
            Err(error) => Err(Error::new(format!("{}: {error}", file.display()))),
        }
    }
}

impl Isos for Folder {
    fn archiso(&self, layout: Layout) -> Result<PathBuf> {
        self.file(match layout {
            Layout::Today => "archiso-today.iso",
            Layout::Year2014 => "archiso-2014.iso",
        })
    }

    fn debian_live(&self) -> Result<PathBuf> {
        self.file("debian-live.iso")
    }
}
