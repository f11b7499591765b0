//! Files held in memory, for tests and for previews.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ReadAt, World};

/// A file system of a few files in memory.
#[derive(Debug, Clone, Default)]
pub struct MemWorld {
    files: BTreeMap<PathBuf, Arc<[u8]>>,
}

impl MemWorld {
    /// Adds or replaces a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), Arc::from(bytes.into()));
        self
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        read_slice(self, offset, buf)
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

impl ReadAt for Arc<[u8]> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        read_slice(self, offset, buf)
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

fn read_slice(bytes: &[u8], offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or(&[]);
    let n = rest.len().min(buf.len());
    buf[..n].copy_from_slice(&rest[..n]);
    Ok(n)
}

impl World for MemWorld {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        match self.files.get(path) {
            Some(bytes) => Ok(Arc::new(bytes.clone())),
            None if self.files.keys().any(|file| file.starts_with(path)) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths: Vec<_> = self
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(path).ok()?.components().next().map(|first| path.join(first)))
            .collect();
        paths.dedup();
        if paths.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(paths) }
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.files.keys().any(|file| file.starts_with(path)) {
            true => Ok(path.to_owned()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
