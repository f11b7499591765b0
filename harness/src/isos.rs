//! Where the cases get their ISO files from. A file is looked for or made only when a case asks for it.

use std::path::PathBuf;

use crate::case::Stop;
use crate::error::Error;
use crate::lab::netns::is_real_root;
use crate::media::{self, Layout, MediaError};

/// Something that has the ISO files.
pub trait Isos {
    /// An Arch medium.
    fn archiso(&self, layout: Layout) -> Result<PathBuf, Stop>;
    /// A Debian Live medium.
    fn debian_live(&self) -> Result<PathBuf, Stop>;
}

/// A folder with `archiso-today.iso`, `archiso-2014.iso` and `debian-live.iso`, for media that somebody has already.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Folder {
    fn file(&self, name: &str) -> Result<PathBuf, Stop> {
        let file = self.0.join(name);
        file.canonicalize().map_err(|error| Error::new(format!("{}: {error}", file.display())).into())
    }
}

impl Isos for Folder {
    fn archiso(&self, layout: Layout) -> Result<PathBuf, Stop> {
        self.file(match layout {
            Layout::Today => "archiso-today.iso",
            Layout::Y2014 => "archiso-2014.iso",
        })
    }

    fn debian_live(&self) -> Result<PathBuf, Stop> {
        self.file("debian-live.iso")
    }
}

/// Media that are made on this machine when they are first needed, and kept in a folder.
pub struct Made {
    /// The folder.
    pub cache: PathBuf,
    /// Where the words about a build go.
    pub progress: fn(&str),
}

impl Isos for Made {
    fn archiso(&self, layout: Layout) -> Result<PathBuf, Stop> {
        media::archiso(layout, &self.cache, &self.progress).map_err(stop)
    }

    fn debian_live(&self) -> Result<PathBuf, Stop> {
        // In a user namespace this process is root by name only, which is not enough for live-build.
        if !is_real_root() {
            return Err(Stop::Skipped("making Debian Live needs root".to_owned()));
        }
        media::debian_live(&self.cache, &self.progress).map_err(stop)
    }
}

/// What a build gave, as a case takes it.
pub fn made<T>(result: Result<T, MediaError>) -> Result<T, Stop> {
    result.map_err(stop)
}

/// A machine that cannot make a medium skips what needs it; a build that went wrong is a failure.
fn stop(error: MediaError) -> Stop {
    match error {
        MediaError::Unavailable(reason) => Stop::Skipped(reason),
        other => Error::new(other.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_what_it_has_and_names_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("archiso-2014.iso"), "").unwrap();
        let isos = Folder(folder.path().to_owned());
        assert!(isos.archiso(Layout::Y2014).unwrap().ends_with("archiso-2014.iso"));
        let Err(Stop::Failed(error)) = isos.debian_live() else { panic!("there is no such file") };
        assert!(error.to_string().contains("debian-live.iso"), "{error}");
    }

    #[test]
    fn what_a_machine_cannot_make_is_skipped_with_the_reason() {
        assert_eq!(stop(MediaError::Unavailable("needs root".to_owned())), Stop::Skipped("needs root".to_owned()));
    }
}
