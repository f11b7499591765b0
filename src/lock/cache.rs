//! Digests of files that were read before, so that a file that is still the same need not be read again.
//!
//! A file is the same if its device, its number there, its size and both of its times are. The time of the last change of the
//! inode can be set by no program, so one changed byte is noticed also where the other time was set back. A cache that is lost,
//! damaged or not writable costs time and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::file::replace;
use crate::facts::Digest;
use crate::world::Stat;

const VERSION: u32 = 1;
/// The name of the file in the folder for caches.
const FILE: &str = "digests.json";
/// The largest cache that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// When there are more entries than this, only those of the present run are kept.
const MAX_ENTRIES: usize = 20_000;
/// The times of files advance in steps. Two changes in one step look alike, so a file is not remembered before the step in which
/// it was last changed is over. Kernels have steps of at most 10 ms.
const STEP: i64 = 50_000_000;

/// Digests by file.
#[derive(Debug, Default)]
pub struct Cache {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: BTreeMap<(u64, u64), Entry>,
    used: BTreeSet<(u64, u64)>,
    is_changed: bool,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    version: u32,
    files: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    device: u64,
    inode: u64,
    size: u64,
    modified: i64,
    changed: i64,
    sha256: Digest,
}

impl Entry {
    fn new(stat: &Stat, sha256: Digest) -> Self {
        let Stat { device, inode, size, modified, changed } = *stat;
        Self { device, inode, size, modified, changed, sha256 }
    }
}

impl Cache {
    /// The cache in a folder, which need not be there yet; without a folder, one that is forgotten at the end of the process.
    pub fn open(folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join(FILE));
        let known = path.as_deref().map(load).unwrap_or_default();
        Self { path, state: Mutex::new(State { known, ..State::default() }) }
    }

    /// The digest of a file, where one is known.
    pub fn get(&self, stat: &Stat) -> Option<Digest> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (stat.device, stat.inode);
        let entry = *state.known.get(&key)?;
        state.used.insert(key);
        (entry == Entry::new(stat, entry.sha256)).then_some(entry.sha256)
    }

    /// Remembers the digest of a file that was like this before and after it was read, unless it changed a moment before.
    pub fn put(&self, stat: &Stat, sha256: Digest) {
        if settles_in(stat) != Some(0) {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (stat.device, stat.inode);
        state.used.insert(key);
        state.is_changed |= state.known.insert(key, Entry::new(stat, sha256)) != Some(Entry::new(stat, sha256));
    }

    /// Writes what was learned. That it cannot be written is no error.
    pub fn save(&self) {
        let Some(path) = &self.path else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::take(&mut state.is_changed) {
            return;
        }
        // Another netspec may have written in between.
        let mut all = load(path);
        all.extend(state.known.iter().map(|(key, entry)| (*key, *entry)));
        if all.len() > MAX_ENTRIES {
            all.retain(|key, _| state.used.contains(key));
        }
        let on_disk = OnDisk { version: VERSION, files: all.into_values().collect() };
        let text = serde_json::to_string(&on_disk).unwrap_or_default();
        if let Some(folder) = path.parent() {
            // If this fails, so does what follows.
            let _ = std::fs::create_dir_all(folder);
        }
        let _ = replace(path, text.as_bytes());
    }
}

/// In how many nanoseconds a change of a file would show in its times; `None` where the clock of its file system is ahead of ours.
pub(super) fn settles_in(stat: &Stat) -> Option<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let age = i64::try_from(now.as_nanos()).ok()?.checked_sub(stat.changed.max(stat.modified))?;
    (age >= 0).then(|| u64::try_from(STEP.saturating_sub(age)).unwrap_or(0))
}

fn load(path: &Path) -> BTreeMap<(u64, u64), Entry> {
    let is_small = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_BYTES);
    let text = if is_small { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
    let on_disk: Option<OnDisk> = serde_json::from_str(&text).ok();
    let files = on_disk.filter(|on_disk| on_disk.version == VERSION).map(|on_disk| on_disk.files);
    files.unwrap_or_default().into_iter().map(|entry| ((entry.device, entry.inode), entry)).collect()
}
