//! Facts of a lock for files that are still the same.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Cache, Section, file_of};
use crate::facts::{Chain, Digest, FileFacts, FilePin, Gathered, ImageFacts, Known, LoaderFiles};
use crate::resolve::{IsoSource, ServedFile};
use crate::spec::loader::{LoaderKind, Machine};
use crate::world::{Stat, World};

impl Section {
    fn pin(&self, name: &str) -> Option<&FilePin> {
        self.loaders.values().find_map(|loader| loader.files.files.get(name))
    }

    fn chain_of(&self, machine: Machine, shim: &FilePin, grub: &FilePin) -> Option<Chain> {
        let has = |pin: &FilePin| self.loaders.values().any(|loader| loader.files.files.values().any(|one| one == pin));
        self.chains.get(&machine).filter(|_| has(shim) && has(grub)).cloned()
    }
}

/// The facts of a lock for the files of this machine that have the locked digest, as far as the cache knows their digests.
pub struct Checked<'a> {
    section: &'a Section,
    cache: &'a Cache,
    world: &'a dyn World,
    /// Sizes and digests of files that were just read whole.
    read: BTreeMap<PathBuf, (u64, Digest)>,
    /// Files of loaders and entries of which the cache knows no digest.
    unknown: RefCell<BTreeMap<PathBuf, Stat>>,
}

impl<'a> Checked<'a> {
    /// `cache` decides which files are still the same.
    pub fn new(section: &'a Section, cache: &'a Cache, world: &'a dyn World) -> Self {
        Self { section, cache, world, read: BTreeMap::new(), unknown: RefCell::default() }
    }

    /// Adds files that were just read whole.
    #[must_use]
    pub fn with(mut self, read: impl IntoIterator<Item = (PathBuf, (u64, Digest))>) -> Self {
        self.read.extend(read);
        self
    }

    /// The size of a file, and its digest where that is known without reading it.
    pub fn seen(&self, path: &Path) -> (Option<u64>, Option<Digest>) {
        if let Some((size, digest)) = self.read.get(path) {
            return (Some(*size), Some(*digest));
        }
        match self.world.stat(path) {
            Ok(stat) => (Some(stat.size), self.cache.get(&stat)),
            Err(_) => (self.world.open(path).ok().map(|file| file.size()), None),
        }
    }

    /// Remembers the digests of the files of loaders and entries that had to be read, as far as they are still what they were before.
    pub fn learn(&self, gathered: &Gathered) {
        let of_entries = gathered.facts.files.iter().map(|(name, file)| (name, &file.pin));
        let of_loaders = gathered.facts.loaders.values().flat_map(|loader| &loader.files);
        for (name, pin) in of_loaders.chain(of_entries) {
            let Some(path) = gathered.loader_files.get(name) else { continue };
            if let (Some(before), Ok(after)) = (self.unknown.borrow().get(path), self.world.stat(path))
                && *before == after
            {
                self.cache.put(&after, pin.sha256);
            }
        }
        self.cache.save();
    }
}

impl Known for Checked<'_> {
    fn image(&self, source: &IsoSource) -> Option<ImageFacts> {
        let locked = self.section.isos.get(&source.name)?;
        (self.seen(&file_of(source, self.world)) == (Some(locked.size), Some(locked.sha256)))
            .then(|| locked.facts.clone())
    }

    fn file(&self, file: &ServedFile, path: &Path) -> Option<FileFacts> {
        let stat = self.world.stat(path).ok()?;
        let Some(digest) = self.cache.get(&stat) else {
            self.unknown.borrow_mut().insert(path.to_owned(), stat);
            return None;
        };
        let is_same = |facts: &&FileFacts| facts.pin.size == stat.size && facts.pin.sha256 == digest;
        self.section.files.get(&file.tree).map(|locked| &locked.facts).filter(is_same).cloned()
    }

    fn pin(&self, name: &str, path: &Path) -> Option<FilePin> {
        let stat = self.world.stat(path).ok()?;
        let Some(digest) = self.cache.get(&stat) else {
            self.unknown.borrow_mut().insert(path.to_owned(), stat);
            return None;
        };
        self.section.pin(name).filter(|pin| pin.size == stat.size && pin.sha256 == digest).cloned()
    }

    fn chain(&self, machine: Machine, shim: &FilePin, grub: &FilePin) -> Option<Chain> {
        self.section.chain_of(machine, shim, grub)
    }
}

/// The facts of a lock, whatever is on this machine.
#[derive(Clone, Copy)]
pub struct Frozen<'a>(pub &'a Section);

impl Known for Frozen<'_> {
    fn is_all(&self) -> bool {
        true
    }

    fn image(&self, source: &IsoSource) -> Option<ImageFacts> {
        self.0.isos.get(&source.name).map(|locked| locked.facts.clone())
    }

    fn file(&self, file: &ServedFile, _: &Path) -> Option<FileFacts> {
        self.0.files.get(&file.tree).map(|locked| locked.facts.clone())
    }

    fn chain(&self, machine: Machine, shim: &FilePin, grub: &FilePin) -> Option<Chain> {
        self.0.chain_of(machine, shim, grub)
    }

    fn loaders(&self) -> Option<BTreeMap<LoaderKind, LoaderFiles>> {
        Some(self.0.loaders.iter().map(|(kind, loader)| (*kind, loader.files.clone())).collect())
    }
}
