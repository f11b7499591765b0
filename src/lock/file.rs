//! Reading and writing the file.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Lock;
use crate::world::World;

/// The name of the file, in the folder of its specs.
pub const FILE: &str = "netspec.lock";

/// The largest lock that is read, in bytes. One with a thousand ISOs has some 10 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Why a lock cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// The operating system gives no bytes.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It is no JSON, or not that of a lock.
    #[error("{0}")]
    Damaged(String),
    /// A version control system left its marks in it.
    #[error("line {0} is the mark of a merge conflict")]
    Conflict(usize),
    /// It was written by a newer netspec.
    #[error("it has version {found}, and this netspec reads version {}", super::VERSION)]
    Newer {
        /// Its version.
        found: u64,
    },
    /// No lock has such a version.
    #[error("it has version {found}, which no netspec has written")]
    Unknown {
        /// Its version.
        found: u64,
    },
}

/// Where the lock of a spec is.
pub fn beside(spec: &Path) -> PathBuf {
    spec.with_file_name(FILE)
}

/// Reads a lock; `None` where there is none.
///
/// # Errors
/// [`LockError`] says why it cannot be used.
pub fn read(path: &Path, world: &dyn World) -> Result<Option<Lock>, LockError> {
    let bytes = match world.read(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LockError::Unreadable(error.to_string())),
    };
    let text = String::from_utf8(bytes).map_err(|_| LockError::Damaged("it is not UTF-8 text".to_owned()))?;
    Lock::parse(&text).map(Some)
}

/// Writes a lock, whole or not at all.
///
/// # Errors
/// What the operating system says.
pub fn write(path: &Path, lock: &Lock) -> io::Result<()> {
    replace(path, lock.to_text().as_bytes())
}

/// Puts a file in place of another one, so that whoever reads it sees the old or the new one and no part of either.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    });
    if written.is_err() {
        // What is left of a failed attempt is of no use to anybody; that it cannot be removed changes nothing.
        let _ = std::fs::remove_file(&aside);
    }
    written
}
