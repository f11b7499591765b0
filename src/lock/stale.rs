//! How what is there differs from a lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use super::{LockedIso, LockedLoader, Section, from, loaders, place_of_file, place_of_iso};
use crate::diag::nearest::{grouped, shown};
use crate::facts::{Digest, FileFacts, FilePin, Gathered, ImageFacts};
use crate::resolve::{IsoSource, ResolvedSpec};
use crate::spec::loader::LoaderKind;

/// One difference, with what the lock has and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// The lock has nothing about the spec.
    NoSpec,
    /// The spec has an ISO that the lock has not.
    IsoAdded {
        /// Its name.
        iso: String,
    },
    /// The lock has an ISO that the spec has not.
    IsoRemoved {
        /// Its name.
        iso: String,
    },
    /// The spec names another file.
    IsoPath {
        /// The ISO's name.
        iso: String,
        /// In the lock.
        old: String,
        /// In the spec.
        new: String,
    },
    /// The file has another size.
    IsoSize {
        /// The ISO's name.
        iso: String,
        /// In the lock, in bytes.
        old: u64,
        /// On this machine.
        new: u64,
    },
    /// The file has other contents.
    IsoDigest {
        /// The ISO's name.
        iso: String,
        /// In the lock.
        old: Digest,
        /// On this machine.
        new: Digest,
    },
    /// The file was not read whole, and has another directory.
    IsoIndex {
        /// The ISO's name.
        iso: String,
        /// In the lock.
        old: Digest,
        /// On this machine.
        new: Digest,
    },
    /// The file is the same, and the lock states other facts about it.
    IsoFacts {
        /// The ISO's name.
        iso: String,
    },
    /// The spec boots an ISO in its own way, and the lock does not say which that is.
    NoSystem {
        /// The ISO's name.
        iso: String,
    },
    /// An entry names a file in an ISO of which the lock has no facts.
    PathAdded {
        /// The ISO's name.
        iso: String,
        /// The path in it.
        path: String,
    },
    /// The lock has facts of a file in an ISO that nothing leads to.
    PathRemoved {
        /// The ISO's name.
        iso: String,
        /// The path in it.
        path: String,
    },
    /// An entry names a file that the lock has not.
    FileAdded {
        /// Its path in the tree.
        file: String,
    },
    /// The lock has a file that no entry names.
    FileRemoved {
        /// Its path in the tree.
        file: String,
    },
    /// An entry names another file in its place.
    FilePath {
        /// Its path in the tree.
        file: String,
        /// In the lock.
        old: String,
        /// In the spec.
        new: String,
    },
    /// A file of an entry has other contents.
    FileChanged {
        /// Its path in the tree.
        file: String,
        /// In the lock.
        old: Digest,
        /// On this machine.
        new: Digest,
    },
    /// A file of an entry is the same, and the lock states other facts about it.
    FileFacts {
        /// Its path in the tree.
        file: String,
    },
    /// The spec says that a loader is elsewhere.
    LoaderPath {
        /// Which loader.
        loader: LoaderKind,
        /// In the lock; `None` for the usual place.
        old: Option<String>,
        /// In the spec.
        new: Option<String>,
    },
    /// A file of a loader is not in the lock.
    LoaderAdded {
        /// Which loader.
        loader: LoaderKind,
        /// The file, by its name in plans.
        file: String,
    },
    /// A file of a loader is in the lock and not on this machine.
    LoaderRemoved {
        /// Which loader.
        loader: LoaderKind,
        /// The file, by its name in plans.
        file: String,
    },
    /// A file of a loader has other contents.
    LoaderChanged {
        /// Which loader.
        loader: LoaderKind,
        /// The file, by its name in plans.
        file: String,
        /// In the lock.
        old: FilePin,
        /// On this machine.
        new: FilePin,
    },
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |path: &Option<String>| match path {
            Some(path) => format!("`{}`", shown(path)),
            None => "its usual place".to_owned(),
        };
        match self {
            Self::NoSpec => f.write_str("the spec is not in it"),
            Self::IsoAdded { iso } => write!(f, "ISO `{iso}` is not in it"),
            Self::IsoRemoved { iso } => write!(f, "ISO `{iso}` is in it and not in the spec"),
            Self::IsoPath { iso, old, new } => {
                write!(f, "ISO `{iso}` was `{}` and is `{}`", shown(old), shown(new))
            }
            Self::IsoSize { iso, old, new } => {
                write!(f, "ISO `{iso}` had {} bytes and has {}", grouped(*old), grouped(*new))
            }
            Self::IsoDigest { iso, old, new } => {
                write!(f, "ISO `{iso}` had the SHA-256 digest {old} and has {new}")
            }
            Self::IsoIndex { iso, old, new } => {
                write!(f, "ISO `{iso}` had a directory with the SHA-256 digest {old} and has one with {new}")
            }
            Self::IsoFacts { iso } => write!(f, "ISO `{iso}` is the same, and the facts about it are others"),
            Self::NoSystem { iso } => write!(f, "how ISO `{iso}` is booted is not in it"),
            Self::PathAdded { iso, path } => write!(f, "`/{}` of ISO `{iso}` is not in it", shown(path)),
            Self::PathRemoved { iso, path } => {
                write!(f, "`/{}` of ISO `{iso}` is in it, and nothing leads there", shown(path))
            }
            Self::FileAdded { file } => write!(f, "`{file}` is not in it"),
            Self::FileRemoved { file } => write!(f, "`{file}` is in it, and no entry names it"),
            Self::FilePath { file, old, new } => {
                write!(f, "`{file}` was `{}` and is `{}`", shown(old), shown(new))
            }
            Self::FileChanged { file, old, new } => {
                write!(f, "`{file}` had the SHA-256 digest {old} and has {new}")
            }
            Self::FileFacts { file } => write!(f, "`{file}` is the same, and the facts about it are others"),
            Self::LoaderPath { loader, old, new } => {
                write!(f, "loader `{}` was at {} and is at {}", loader.name(), place(old), place(new))
            }
            Self::LoaderAdded { loader, file } => {
                write!(f, "`{}` of loader `{}` is not in it", shown(file), loader.name())
            }
            Self::LoaderRemoved { loader, file } => {
                write!(f, "`{}` of loader `{}` is in it and not on this machine", shown(file), loader.name())
            }
            Self::LoaderChanged { loader, file, old, new } => {
                let (file, loader) = (shown(file), loader.name());
                match old.sha256 == new.sha256 {
                    true => write!(f, "`{file}` of loader `{loader}` is the same, and the facts about it are others"),
                    false => write!(
                        f,
                        "`{file}` of loader `{loader}` had the SHA-256 digest {} and has {}",
                        old.sha256, new.sha256
                    ),
                }
            }
        }
    }
}

/// Files of entries, by their paths in the tree: where each is, and what it is where it was looked at.
pub(super) type FilesSeen = BTreeMap<String, (String, Option<FileFacts>)>;

/// What is there, as far as it was looked at.
#[derive(Debug, Clone, Default)]
pub struct Current {
    /// The ISOs of the spec, by name.
    pub isos: BTreeMap<String, Seen>,
    /// The files of entries.
    pub files: FilesSeen,
    /// The loaders; `None` where none was looked at.
    pub loaders: Option<BTreeMap<LoaderKind, LockedLoader>>,
}

/// An ISO, as far as it was looked at.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// As a lock would have it.
    pub path: String,
    /// Of the file, in bytes.
    pub size: Option<u64>,
    /// Of the whole file.
    pub sha256: Option<Digest>,
    /// What it holds.
    pub facts: Option<ImageFacts>,
    /// Files in it that entries name.
    pub named: BTreeSet<String>,
    /// Whether it is booted in its own way.
    pub needs_recipe: bool,
}

/// Of a file, as far as they are known.
type SizeAndDigest = (Option<u64>, Option<Digest>);

impl Current {
    /// What the spec alone says, beside a section for the rest.
    pub fn of_spec(spec: &ResolvedSpec, section: &Section, folder: &Path) -> Self {
        let isos = spec.isos.iter().map(|source| (source.name.clone(), Seen::of_spec(source, spec, folder)));
        let mut loaders = section.loaders.clone();
        for loader in loaders.values_mut() {
            loader.path = None;
        }
        for (kind, source) in &spec.loaders {
            loaders.entry(*kind).or_default().path = Some(from(folder, &source.path));
        }
        Self { isos: isos.collect(), files: files_of(spec, None, folder), loaders: Some(loaders) }
    }

    /// What the spec and its files say; `seen` gives the size and the digest of a file where they are known. Nothing is said of
    /// ISOs for which `is_faulty`.
    pub fn of_files(
        spec: &ResolvedSpec,
        gathered: Option<&Gathered>,
        folder: &Path,
        seen: &dyn Fn(&IsoSource) -> SizeAndDigest,
        is_faulty: &dyn Fn(&IsoSource) -> bool,
    ) -> Self {
        let iso = |source: &IsoSource| {
            let mut iso = Seen::of_spec(source, spec, folder);
            if !is_faulty(source) {
                (iso.size, iso.sha256) = seen(source);
                iso.facts = gathered.and_then(|gathered| gathered.facts.images.get(&source.name)).cloned();
            }
            (source.name.clone(), iso)
        };
        Self {
            isos: spec.isos.iter().map(iso).collect(),
            files: files_of(spec, gathered, folder),
            loaders: gathered.map(|gathered| loaders(spec, gathered, folder)),
        }
    }

    /// All that a new section has.
    pub fn of_section(section: &Section) -> Self {
        let seen = |iso: &LockedIso| Seen {
            path: iso.path.clone(),
            size: Some(iso.size),
            sha256: Some(iso.sha256),
            facts: Some(iso.facts.clone()),
            named: iso.facts.files.keys().cloned().collect(),
            needs_recipe: iso.facts.recipe.is_some(),
        };
        Self {
            isos: section.isos.iter().map(|(name, iso)| (name.clone(), seen(iso))).collect(),
            files: section
                .files
                .iter()
                .map(|(name, file)| (name.clone(), (file.path.clone(), Some(file.facts.clone()))))
                .collect(),
            loaders: Some(section.loaders.clone()),
        }
    }
}

/// The files that the entries of a spec name.
fn files_of(spec: &ResolvedSpec, gathered: Option<&Gathered>, folder: &Path) -> FilesSeen {
    let served = spec.files_targets().flat_map(|(_, _, target)| target.served());
    let facts = |tree: &str| gathered.and_then(|gathered| gathered.facts.files.get(tree)).cloned();
    served.map(|file| (file.tree.clone(), (place_of_file(file, folder), facts(&file.tree)))).collect()
}

impl Seen {
    fn of_spec(source: &IsoSource, spec: &ResolvedSpec, folder: &Path) -> Self {
        let targets = spec.kernel_targets().filter(|target| target.iso == source.name);
        let named = targets.flat_map(|target| std::iter::once(&target.kernel).chain(&target.initrds));
        Self {
            path: place_of_iso(source, folder),
            named: named.map(|path| path.value.clone()).collect(),
            needs_recipe: spec.needs_recipe(&source.name),
            ..Self::default()
        }
    }
}

impl Stale {
    /// The ISO whose contents are not what is locked.
    pub fn changed_iso(&self) -> Option<&str> {
        match self {
            Self::IsoSize { iso, .. } | Self::IsoDigest { iso, .. } | Self::IsoIndex { iso, .. } => Some(iso),
            _ => None,
        }
    }
}

impl Stale {
    /// The same as something that was just put right.
    pub fn in_the_past(&self) -> String {
        match self {
            Self::NoSpec => "the spec is new".to_owned(),
            Self::IsoAdded { iso } => format!("ISO `{iso}` is new"),
            Self::IsoRemoved { iso } => format!("ISO `{iso}` is gone"),
            Self::NoSystem { iso } => format!("how ISO `{iso}` is booted is new"),
            Self::PathAdded { iso, path } => format!("`/{}` of ISO `{iso}` is new", shown(path)),
            Self::PathRemoved { iso, path } => format!("`/{}` of ISO `{iso}` is gone", shown(path)),
            Self::FileAdded { file } => format!("`{file}` is new"),
            Self::FileRemoved { file } => format!("`{file}` is gone"),
            Self::LoaderAdded { loader, file } => format!("`{}` of loader `{}` is new", shown(file), loader.name()),
            Self::LoaderRemoved { loader, file } => format!("`{}` of loader `{}` is gone", shown(file), loader.name()),
            other => other.to_string(),
        }
    }
}

/// Everything in which a lock differs from what is there. Of one ISO or file, only the first difference that explains the rest.
pub fn stale(section: &Section, current: &Current) -> Vec<Stale> {
    let mut found = Vec::new();
    for (name, seen) in &current.isos {
        match section.isos.get(name) {
            Some(locked) => of_iso(name, locked, seen, &mut found),
            None => found.push(Stale::IsoAdded { iso: name.clone() }),
        }
    }
    let gone = section.isos.keys().filter(|name| !current.isos.contains_key(*name));
    found.extend(gone.map(|name| Stale::IsoRemoved { iso: name.clone() }));
    of_files(section, current, &mut found);
    if let Some(current) = &current.loaders {
        let kinds: BTreeSet<_> = section.loaders.keys().chain(current.keys()).collect();
        for kind in kinds {
            let (old, new) = (section.loaders.get(kind), current.get(kind));
            of_loader(
                *kind,
                old.unwrap_or(&LockedLoader::default()),
                new.unwrap_or(&LockedLoader::default()),
                &mut found,
            );
        }
    }
    found
}

fn of_iso(name: &str, locked: &LockedIso, seen: &Seen, found: &mut Vec<Stale>) {
    let iso = name.to_owned();
    if locked.path != seen.path {
        found.push(Stale::IsoPath { iso: iso.clone(), old: locked.path.clone(), new: seen.path.clone() });
    }
    let index = seen.facts.as_ref().map(|facts| facts.index_digest);
    match (seen.size, seen.sha256, index) {
        (Some(new), ..) if new != locked.size => return found.push(Stale::IsoSize { iso, old: locked.size, new }),
        (_, Some(new), _) if new != locked.sha256 => {
            return found.push(Stale::IsoDigest { iso, old: locked.sha256, new });
        }
        (_, None, Some(new)) if new != locked.facts.index_digest => {
            return found.push(Stale::IsoIndex { iso, old: locked.facts.index_digest, new });
        }
        _ => {}
    }
    if seen.needs_recipe && locked.facts.recipe.is_none() {
        return found.push(Stale::NoSystem { iso });
    }
    let found_now = seen.facts.iter().flat_map(|facts| facts.files.keys());
    let added: BTreeSet<&String> =
        seen.named.iter().chain(found_now).filter(|path| !locked.facts.files.contains_key(*path)).collect();
    found.extend(added.iter().map(|path| Stale::PathAdded { iso: iso.clone(), path: (*path).clone() }));
    let Some(facts) = &seen.facts else { return };
    let removed = locked.facts.files.keys().filter(|path| !facts.files.contains_key(*path));
    let removed: BTreeSet<&String> = removed.collect();
    found.extend(removed.iter().map(|path| Stale::PathRemoved { iso: iso.clone(), path: (*path).clone() }));
    // What only these paths make different is said.
    let mut same = ImageFacts { sha256: locked.facts.sha256, ..facts.clone() };
    let mut old = locked.facts.clone();
    for path in added.iter().chain(&removed) {
        for facts in [&mut same, &mut old] {
            facts.files.remove(*path);
            facts.kernels.remove(*path);
            facts.signers.remove(*path);
            facts.kinds.remove(*path);
        }
    }
    if same != old {
        found.push(Stale::IsoFacts { iso });
    }
}

fn of_files(section: &Section, current: &Current, found: &mut Vec<Stale>) {
    for (name, (path, facts)) in &current.files {
        let file = name.clone();
        let Some(locked) = section.files.get(name) else {
            found.push(Stale::FileAdded { file });
            continue;
        };
        if locked.path != *path {
            found.push(Stale::FilePath { file: file.clone(), old: locked.path.clone(), new: path.clone() });
        }
        match facts.as_ref().filter(|facts| **facts != locked.facts) {
            Some(facts) if facts.pin.sha256 == locked.facts.pin.sha256 => found.push(Stale::FileFacts { file }),
            Some(facts) => {
                let (old, new) = (locked.facts.pin.sha256, facts.pin.sha256);
                found.push(Stale::FileChanged { file, old, new });
            }
            None => {}
        }
    }
    let gone = section.files.keys().filter(|name| !current.files.contains_key(*name));
    found.extend(gone.map(|file| Stale::FileRemoved { file: file.clone() }));
}

fn of_loader(loader: LoaderKind, old: &LockedLoader, new: &LockedLoader, found: &mut Vec<Stale>) {
    let is_gone = old.files.files.is_empty() || new.files.files.is_empty();
    // One that is gone or new is not at another place as well, except where nothing but its place is known.
    if old.path != new.path && (!is_gone || old.files == new.files) {
        found.push(Stale::LoaderPath { loader, old: old.path.clone(), new: new.path.clone() });
    }
    let (old, new) = (&old.files.files, &new.files.files);
    for file in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let file = file.clone();
        found.extend(match (old.get(&file), new.get(&file)) {
            (Some(old), Some(new)) if old != new => {
                Some(Stale::LoaderChanged { loader, file, old: old.clone(), new: new.clone() })
            }
            (None, _) => Some(Stale::LoaderAdded { loader, file }),
            (_, None) => Some(Stale::LoaderRemoved { loader, file }),
            _ => None,
        });
    }
}
