//! Why a folder cannot be built.

use std::io;
use std::path::{Path, PathBuf};

use crate::serve::tree::TreeError;

/// Why a folder cannot be built. Nothing of it is left then.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file of the plan cannot be opened.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// What is to be built cannot be read.
    #[error("cannot read `{path}`: {error}")]
    Read {
        /// The path in the tree.
        path: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// A file was there when the list was made.
    #[error("`{path}` is not in the tree any more")]
    Gone {
        /// The path in the tree.
        path: String,
    },
    /// An ISO or a loader changed while it was read.
    #[error("`{}` changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A name that no file can have.
    #[error("`{}` cannot be the name of a file", path.escape_debug())]
    Name {
        /// The path in the tree.
        path: String,
    },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`: {error}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
        /// How many bytes the whole folder has.
        needed: u64,
    },
    /// Something else stands where the folder is to be.
    #[error("`{}` is there already and was not made by `netspec build`", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that was built is not whole any more.
    #[error("`{}` was built before, but `{file}` in it is not as it was", path.display())]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// The first file that is missing or has another size.
        file: String,
    },
    /// Another build is under way.
    #[error("another `netspec build` writes to `{}`", path.display())]
    Busy {
        /// The folder that holds the built ones.
        path: PathBuf,
    },
}

impl BuildError {
    pub(super) fn write(path: &Path, error: io::Error, needed: u64) -> Self {
        Self::Write { path: path.to_owned(), error, needed }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Write { error, needed, .. } if error.kind() == io::ErrorKind::StorageFull => {
                format!("the files have {needed} bytes together; make room, or write to another file system with `-o`")
            }
            Self::Write { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                "choose a folder that you may write to with `-o`".to_owned()
            }
            Self::Write { error, .. } if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                "choose a folder on a file system that can be written to with `-o`".to_owned()
            }
            Self::Write { error, .. } if error.kind() == io::ErrorKind::NotADirectory => {
                "a file stands where a folder is needed; choose another folder with `-o`".to_owned()
            }
            Self::Write { .. } => "see that the folder of `-o` is on a sound file system".to_owned(),
            Self::Foreign { .. } => "move it away, or choose another folder with `-o`".to_owned(),
            Self::Damaged { path, .. } => format!("remove `{}` and build again", path.display()),
            Self::Busy { .. } => "wait until it is ready".to_owned(),
            Self::Changed { .. } | Self::Gone { .. } => "build again when nobody writes to it".to_owned(),
            Self::Name { .. } => "make the ISO anew with plain names, or tell who makes it".to_owned(),
            Self::Tree(_) | Self::Read { .. } => {
                "`netspec check` says what is wrong with the files of the spec".to_owned()
            }
        }
    }
}
