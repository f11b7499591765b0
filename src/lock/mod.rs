//! `netspec.lock`: the files that a spec was last seen with, by content, and what was found in them.
//!
//! A lock stands in the folder of its specs. For each ISO and each loader it has the size, the SHA-256 digest and the facts that
//! planning needs, so that [`plan::lower`](crate::plan::lower) needs no ISO on the machine, and so that a file that is still the
//! same need not be read again. Two machines with the same files write the same bytes: nothing in a lock depends on time,
//! folder or owner, and paths are written from the folder of the lock.
//!
//! **Loaders** come from the machine. All that were found are locked, because all of them become part of the plan; by their
//! names in plans and not by their places, because distributions differ in these. A machine with another iPXE does not match.
//!
//! | file | what |
//! |---|---|
//! | `format` | what stands in the file |
//! | `file` | reading and writing it |
//! | `hash`, `cache` | digests of whole files, on all cores, and remembered |
//! | `gather` | facts of a spec from its files and its lock |
//! | `known` | facts for [`facts::gather_beside`](crate::facts::gather_beside) |
//! | `stale` | how what is there differs from a lock |
//! | `finding` | the same, as findings |

mod cache;
mod file;
mod finding;
mod format;
mod gather;
mod hash;
mod known;
mod stale;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use self::cache::Cache;
pub use self::file::{FILE, LockError, beside, read, write};
pub use self::finding::{findings, not_usable};
pub use self::format::VERSION;
pub use self::gather::{Setting, gather};
pub use self::hash::{Progress, Quiet, digests};
pub use self::known::{Checked, Frozen};
pub use self::stale::{Current, Seen, Stale, stale};
use crate::facts::{Chain, Digest, FileFacts, Gathered, ImageFacts, LoaderFiles};
use crate::resolve::{IsoSource, Origin, ResolvedSpec, ServedFile};
use crate::spec::loader::{LoaderKind, Machine};
use crate::world::World;

/// How a lock is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockMode {
    /// Where there is a lock, its facts are used for files that are still the same, and what differs is a warning.
    #[default]
    Use,
    /// There must be a lock, files are compared with it by content, and what differs is an error.
    Locked,
    /// There must be a lock, and no other file but the spec is looked at.
    Frozen,
}

/// What stands in a lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// What belongs to each spec of the folder, by the name of its file.
    pub specs: BTreeMap<String, Section>,
}

/// What belongs to one spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The ISOs, by their names in the spec.
    pub isos: BTreeMap<String, LockedIso>,
    /// The files that entries name and that are in no ISO, by their paths in the tree.
    pub files: BTreeMap<String, LockedFile>,
    /// The loaders that were found.
    pub loaders: BTreeMap<LoaderKind, LockedLoader>,
    /// What shim and GRUB make together, by the processor.
    pub chains: BTreeMap<Machine, Chain>,
}

/// A locked file of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedFile {
    /// From the folder of the lock, or absolute; the URL of one that is fetched.
    pub path: String,
    /// What it is.
    pub facts: FileFacts,
}

/// A locked ISO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedIso {
    /// From the folder of the lock, or absolute; the URL of one that is fetched.
    pub path: String,
    /// Of the file, in bytes.
    pub size: u64,
    /// Of the whole file.
    pub sha256: Digest,
    /// What it holds; [`ImageFacts::sha256`] is the digest above.
    pub facts: ImageFacts,
}

/// A locked loader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockedLoader {
    /// Where the spec says that it is, from the folder of the lock or absolute; `None` for one in its usual place.
    pub path: Option<String>,
    /// Its files.
    pub files: LoaderFiles,
}

/// An ISO that cannot be read whole.
#[derive(Debug, thiserror::Error)]
#[error("ISO `{iso}` cannot be locked: `{}`: {source}", path.display())]
pub struct PinError {
    /// Its name in the spec.
    pub iso: String,
    /// The file.
    pub path: PathBuf,
    /// What the operating system says, or that it changed meanwhile.
    pub source: io::Error,
}

/// What a lock has of a spec whose facts were read. Every ISO is read whole, as far as `cache` does not know its digest.
///
/// # Errors
/// The first ISO that cannot be read.
pub fn pin(
    spec: &ResolvedSpec,
    gathered: &Gathered,
    folder: &Path,
    world: &dyn World,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Section, PinError> {
    let paths: Vec<PathBuf> = spec.isos.iter().map(|source| file_of(source, world)).collect();
    let mut read = digests(paths.iter().map(PathBuf::as_path), world, cache, progress);
    let mut isos = BTreeMap::new();
    for (source, path) in spec.isos.iter().zip(&paths) {
        let (Some(found), Some(facts)) = (read.get_mut(path), gathered.facts.images.get(&source.name)) else {
            continue;
        };
        let (size, sha256) = match found {
            Ok(found) => *found,
            Err(error) => {
                let source_of = std::mem::replace(error, io::ErrorKind::Other.into());
                return Err(PinError { iso: source.name.clone(), path: path.clone(), source: source_of });
            }
        };
        let facts = ImageFacts { sha256: Some(sha256), ..facts.clone() };
        isos.insert(source.name.clone(), LockedIso { path: place_of_iso(source, folder), size, sha256, facts });
    }
    Ok(Section {
        isos,
        files: files(spec, gathered, folder),
        loaders: loaders(spec, gathered, folder),
        chains: gathered.facts.secure.chains.clone(),
    })
}

/// The files that entries name, as a lock has them.
fn files(spec: &ResolvedSpec, gathered: &Gathered, folder: &Path) -> BTreeMap<String, LockedFile> {
    let served = spec.files_targets().flat_map(|(_, _, target)| target.served());
    let locked = |file: &ServedFile| {
        let facts = gathered.facts.files.get(&file.tree)?.clone();
        Some((file.tree.clone(), LockedFile { path: place_of_file(file, folder), facts }))
    };
    served.filter_map(locked).collect()
}

/// The file of an ISO on this machine.
fn file_of(source: &IsoSource, world: &dyn World) -> PathBuf {
    source.fetched.as_ref().map_or_else(|| source.path.clone(), |pinned| world.fetched(&pinned.sha256))
}

/// Where an ISO is, as a lock has it: the same on every machine also for what is in a cache.
fn place_of_iso(source: &IsoSource, folder: &Path) -> String {
    match &source.fetched {
        Some(pinned) => pinned.url.to_string(),
        None => from(folder, &source.path),
    }
}

/// The same about a file of an entry.
fn place_of_file(file: &ServedFile, folder: &Path) -> String {
    match &file.origin {
        Origin::Fetched(pinned) => pinned.url.to_string(),
        Origin::Path(path) => from(folder, path),
    }
}

/// The loaders that were found, as a lock has them.
fn loaders(spec: &ResolvedSpec, gathered: &Gathered, folder: &Path) -> BTreeMap<LoaderKind, LockedLoader> {
    let locked = |(kind, files): (&LoaderKind, &LoaderFiles)| {
        let path = spec.loaders.get(kind).map(|source| from(folder, &source.path));
        (*kind, LockedLoader { path, files: files.clone() })
    };
    gathered.facts.loaders.iter().map(locked).collect()
}

/// The folder of a spec.
pub fn folder_of(spec: &Path) -> &Path {
    spec.parent().unwrap_or(Path::new(""))
}

/// A path from a folder on, or as it is where it leads elsewhere.
fn from(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}
