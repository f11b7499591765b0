//! A file system that counts what is read from it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use netspec::world::{OsWorld, ReadAt, Stat, World};

/// The real file system, and how many bytes were read from it.
#[derive(Default)]
pub(crate) struct Counting(pub(crate) Arc<AtomicU64>);

struct Counted(Arc<dyn ReadAt>, Arc<AtomicU64>);

impl ReadAt for Counted {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read_at(offset, buf)?;
        self.1.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }

    fn size(&self) -> u64 {
        self.0.size()
    }
}

impl World for Counting {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(Counted(OsWorld.open(path)?, self.0.clone())))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        OsWorld.list(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        OsWorld.canonical(path)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        OsWorld.stat(path)
    }
}
