//! Digests of whole files, several files at once.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Cache;
use super::cache::settles_in;
use crate::facts::{Digest, pieces};
use crate::world::World;

/// Who is told how far hashing is.
pub trait Progress: Sync {
    /// So many files with so many bytes together will be read.
    fn begin(&self, files: usize, bytes: u64);
    /// So many bytes more have been read.
    fn advance(&self, bytes: u64);
    /// All is read.
    fn end(&self);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _: usize, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

/// The size and the digest of each of these files, from the cache or by reading it on as many threads as there are processors.
///
/// The cache is saved after each file, so that no work is lost where the process is ended in between.
pub fn digests<'a>(
    paths: impl IntoIterator<Item = &'a Path>,
    world: &dyn World,
    cache: &Cache,
    progress: &dyn Progress,
) -> BTreeMap<PathBuf, io::Result<(u64, Digest)>> {
    let mut found = BTreeMap::new();
    let mut jobs: Vec<(u64, &Path)> = Vec::new();
    for path in paths {
        let stat = world.stat(path).ok();
        match stat.and_then(|stat| Some((stat.size, cache.get(&stat)?))) {
            Some(known) => _ = found.insert(path.to_owned(), Ok(known)),
            None => jobs.push((stat.map_or(0, |stat| stat.size), path)),
        }
    }
    jobs.sort();
    jobs.dedup();
    if jobs.is_empty() {
        return found;
    }
    // The largest first, so that no thread begins with it when the others are done.
    jobs.reverse();
    progress.begin(jobs.len(), jobs.iter().map(|(size, _)| size).sum());
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((_, path)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = digest(path, world, cache, progress);
                    cache.save();
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_path_buf(), result));
                }
            });
        }
    });
    progress.end();
    found.extend(results.into_inner().unwrap_or_else(PoisonError::into_inner));
    found
}

fn digest(path: &Path, world: &dyn World, cache: &Cache, progress: &dyn Progress) -> io::Result<(u64, Digest)> {
    if let Some(wait) = world.stat(path).ok().and_then(|stat| settles_in(&stat)) {
        std::thread::sleep(Duration::from_nanos(wait));
    }
    let before = world.stat(path).ok();
    let file = world.open(path)?;
    let mut hash = Sha256::new();
    pieces(&*file, |piece| {
        hash.update(piece);
        progress.advance(piece.len() as u64);
        true
    })?;
    let found = (file.size(), Digest(hash.finalize().into()));
    let after = world.stat(path).ok();
    if before != after {
        return Err(io::Error::other("it changed while it was read"));
    }
    if let Some(stat) = after {
        cache.put(&stat, found.1);
    }
    Ok(found)
}
