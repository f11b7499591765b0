//! The one way in which checking and planning see files.
//!
//! Everything before `serve` reads through [`World`], so the same code runs over the real file system and over files that a
//! test holds in memory.

mod cache;
mod mem;
mod os;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::cache::cache_folder;
pub use self::mem::MemWorld;
pub use self::os::OsWorld;

/// A file whose bytes can be read at any offset, from several threads at once.
pub trait ReadAt: Send + Sync {
    /// Reads up to `buf.len()` bytes from `offset` on; 0 at or behind the end.
    ///
    /// # Errors
    /// What the operating system says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// The size of the file in bytes.
    fn size(&self) -> u64;

    /// Fills `buf` from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` where the file ends before the buffer is full, else what the operating system says.
    fn read_exact_at(&self, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.read_at(offset, buf) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    offset += n as u64;
                    buf = &mut buf[n..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What tells whether a file is still the one that it was, without reading it.
///
/// A change of the contents that sets back the time of the last one still changes `changed`, which no program can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stat {
    /// The device that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// In bytes.
    pub size: u64,
    /// When its contents were last changed, in nanoseconds since 1970; programs can set this.
    pub modified: i64,
    /// When its contents or anything about it was last changed, likewise.
    pub changed: i64,
}

/// The files that a spec may name.
pub trait World: Send + Sync {
    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// What the operating system says; `IsADirectory` for a directory.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>>;

    /// The paths in a directory, sorted.
    ///
    /// # Errors
    /// What the operating system says.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// Where a file or directory really is, after every link on the way to it.
    ///
    /// # Errors
    /// What the operating system says.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// Where the file of another server with this SHA-256 digest is, once it was fetched and verified.
    fn fetched(&self, sha256: &[u8; 32]) -> PathBuf {
        Path::new(cache::OF_ROOT).join(cache::name_of(sha256))
    }

    /// What is known about a regular file without opening it.
    ///
    /// # Errors
    /// What the operating system says; `Unsupported` where files have no such marks.
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let _ = path;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Reads a whole file of at most `limit` bytes.
    ///
    /// # Errors
    /// `FileTooLarge` above the limit, else what the operating system says.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let file = self.open(path)?;
        if file.size() > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = vec![0; usize::try_from(file.size()).map_err(|_| io::ErrorKind::FileTooLarge)?];
        file.read_exact_at(0, &mut bytes)?;
        Ok(bytes)
    }
}
