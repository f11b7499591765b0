//! The real file system.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ReadAt, Stat, World, cache};

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsWorld;

struct OsFile {
    file: File,
    size: u64,
}

impl ReadAt for OsFile {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

impl World for OsWorld {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Arc::new(OsFile { size: metadata.len(), file }))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths =
            std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    }

    /// In the cache folder of this user, else in that of root: who can write there can do worse.
    fn fetched(&self, sha256: &[u8; 32]) -> PathBuf {
        let name = cache::name_of(sha256);
        let (own, of_root) = (cache::cache_folder().join(&name), Path::new(cache::OF_ROOT).join(&name));
        if !own.exists() && of_root.exists() { of_root } else { own }
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        // An empty path is the current folder, as it is for a file that is named without one.
        std::fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path })
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let metadata = std::fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Ok(Stat {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
