//! Facts that need not be read again, because they are known to be those of the file that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Chain, FileFacts, FilePin, ImageFacts, LoaderFiles};
use crate::resolve::{IsoSource, ResolvedSpec, ServedFile, path_in};
use crate::spec::loader::{LoaderKind, Machine};

/// Facts from elsewhere than the files. What says nothing is read.
pub trait Known {
    /// Whether nothing else than what is known may be looked at.
    fn is_all(&self) -> bool {
        false
    }

    /// The facts of an ISO.
    fn image(&self, source: &IsoSource) -> Option<ImageFacts> {
        let _ = source;
        None
    }

    /// The facts of a file that an entry names and that is in no ISO, and its place.
    fn file(&self, file: &ServedFile, path: &Path) -> Option<FileFacts> {
        let _ = (file, path);
        None
    }

    /// The facts of a file of a loader, by its name in plans and its place.
    fn pin(&self, name: &str, path: &Path) -> Option<FilePin> {
        let _ = (name, path);
        None
    }

    /// What shim and GRUB of a processor make together, where they are these files.
    fn chain(&self, machine: Machine, shim: &FilePin, grub: &FilePin) -> Option<Chain> {
        let _ = (machine, shim, grub);
        None
    }

    /// All loaders, where no file of this machine is to be looked at.
    fn loaders(&self) -> Option<BTreeMap<LoaderKind, LoaderFiles>> {
        None
    }
}

/// Nothing is known: every file is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Known for Nothing {}

/// The kernels in an ISO that its recipe or the entries of a spec start, as they are written there.
pub(super) fn kernels<'a>(source: &'a IsoSource, spec: &'a ResolvedSpec, facts: &'a ImageFacts) -> BTreeSet<&'a str> {
    let by_hand = spec.kernel_targets().filter(|target| target.iso == source.name).map(|target| &target.kernel.value);
    let own = facts.recipe.iter().flat_map(|recipe| recipe.entries()).map(|entry| &entry.kernel);
    by_hand.chain(own).map(String::as_str).collect()
}

/// The files in an ISO that the entries of a spec name, as paths and in URLs. What ends in a slash is a folder.
pub(super) fn by_hand<'a>(source: &'a IsoSource, spec: &'a ResolvedSpec) -> impl Iterator<Item = &'a str> {
    let targets = spec.kernel_targets().filter(|target| target.iso == source.name);
    let paths = targets.flat_map(|target| std::iter::once(&target.kernel).chain(&target.initrds));
    let lines = spec.command_lines.iter().filter(|line| line.iso == source.name && line.kernel.is_some());
    let words = lines.flat_map(|line| &line.words).filter(|word| !word.value.ends_with('/'));
    paths.map(|path| path.value.as_str()).chain(words.filter_map(|word| path_in(&word.value)))
}

/// The files in an ISO that words of command lines name, as in `fetch={iso}/live/filesystem.squashfs`.
pub(super) fn by_words<'a>(source: &'a IsoSource, spec: &'a ResolvedSpec) -> impl Iterator<Item = &'a str> {
    let lines = spec.command_lines.iter().filter(|line| line.iso == source.name);
    lines.flat_map(|line| &line.words).filter_map(|word| Some(word.value.split_once("{iso}/")?.1))
}

impl ImageFacts {
    /// What is missing from known facts that this spec asks for: paths that its entries name.
    pub fn lacks<'a>(&'a self, source: &'a IsoSource, spec: &'a ResolvedSpec) -> impl Iterator<Item = &'a str> {
        by_hand(source, spec).filter(|path| !self.files.contains_key(*path))
    }

    /// The facts of this ISO without what only another spec asks for.
    pub(super) fn narrowed(mut self, source: &IsoSource, spec: &ResolvedSpec) -> Self {
        let kernels: BTreeSet<String> = kernels(source, spec, &self).into_iter().map(str::to_owned).collect();
        self.kernels.retain(|path, _| kernels.contains(path));
        self.signers.retain(|path, _| kernels.contains(path));
        let by_hand: BTreeSet<String> = by_hand(source, spec).map(str::to_owned).collect();
        self.kinds.retain(|path, _| by_hand.contains(path));
        let mut files = by_hand;
        files.extend(by_words(source, spec).map(str::to_owned));
        files.extend(self.recipe.iter().flat_map(|recipe| recipe.files()));
        self.files.retain(|path, _| files.contains(path));
        self
    }
}
