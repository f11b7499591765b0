//! What can go wrong while an ISO is made.
use std::io;
use std::path::{Path, PathBuf};

/// Why an ISO could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A program that the build runs is not installed.
    #[error("`{program}` is not installed; it is in Debian's package `{package}`")]
    MissingProgram {
        /// The program's name, as one would type it.
        program: &'static str,
        /// The Debian package that brings it.
        package: &'static str,
    },
    /// A file that goes into the ISO is not on this machine.
    #[error("`{}` is missing; it is in Debian's package `{package}`", path.display())]
    MissingFile {
        /// Where it was looked for.
        path: PathBuf,
        /// The Debian package that brings it.
        package: String,
    },
    /// This machine cannot make the ISO at all; a caller should skip what needs it, with this reason.
    #[error("{0}")]
    Unavailable(String),
    /// A program ran and reported failure.
    #[error("`{program}` failed ({status}): {said}")]
    Failed {
        /// The program's name.
        program: &'static str,
        /// Its exit status, in words.
        status: String,
        /// The end of what it wrote.
        said: String,
    },
    /// A file could not be read or written.
    #[error("cannot {what} `{}`: {source}", path.display())]
    Io {
        /// The verb: "read", "write", "create".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Puts the verb and the path to a system error.
pub(super) trait Context<T> {
    fn context(self, what: &'static str, path: &Path) -> Result<T, MediaError>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, what: &'static str, path: &Path) -> Result<T, MediaError> {
        self.map_err(|source| MediaError::Io { what, path: path.to_owned(), source })
    }
}
