//! What the files that a spec names hold: the facts from which, together with the spec, the plan is made.
//!
//! [`gather`] is the only reader of ISOs and loaders before serving. It reads indexes and small text files, so an ISO of any
//! size costs kilobytes. [`Facts`] alone is enough for planning; [`Gathered`] adds what serving needs on this machine.

mod answers;
mod arguments;
mod digest;
mod files;
mod image;
mod kernel;
mod kind;
mod known;
mod loader;
mod memory;
mod nearby;
mod paths;
mod pe;
mod pxelinux;
mod raspberry_pi;
mod scan;
mod secure;
#[cfg(test)]
mod testing;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

pub use self::answers::AnswersText;
pub use self::digest::Digest;
pub use self::files::FileFacts;
pub use self::kernel::FileKind;
pub use self::kind::Begins;
pub use self::known::{Known, Nothing};
pub use self::loader::{
    FilePin, LoaderFiles, LookedAt, Package, Program, Signed, Signer, Sources, Survey, Surveyed, Usual, survey,
};
pub use self::pxelinux::{MODULES, PROGRAM, PxelinuxPlace};
pub use self::raspberry_pi::{FIRST_FILES, RASPBERRY_PI};
pub use self::scan::pieces;
pub use self::secure::{CHAINS, Chain, SecureFacts};
use crate::diag::Diagnostics;
use crate::image::iso9660::Iso;
use crate::image::recipe::{ArchisoMenu, Recipe};
use crate::resolve::ResolvedSpec;
use crate::spec::loader::{LoaderKind, Machine};
use crate::world::World;

/// Everything about files that a plan depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The facts of each ISO of the spec, by its name there.
    pub images: BTreeMap<String, ImageFacts>,
    /// The templates of answers, by their names in the spec.
    pub answers: BTreeMap<String, AnswersText>,
    /// The loaders of this machine that were found; each has a file at least.
    pub loaders: BTreeMap<LoaderKind, LoaderFiles>,
    /// The files that entries name and that are in no ISO, by their paths in the tree.
    pub files: BTreeMap<String, FileFacts>,
    /// What Secure Boot asks of loaders and kernels.
    pub secure: SecureFacts,
}

/// The facts of one ISO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ImageFacts {
    /// The size that its volume descriptor states, in bytes.
    pub size: u64,
    /// The volume identifier.
    pub volume_id: String,
    /// SHA-256 over the volume descriptors and the directory tree. It tells one build of an ISO from another without
    /// reading gigabytes; it does not cover the contents of the files.
    pub index_digest: Digest,
    /// SHA-256 of the whole file, where a lock states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// How to boot it; `None` where the spec only names files in it.
    #[serde(skip)]
    pub recipe: Option<Recipe>,
    /// For which processors its kernels were built, by their paths in it, where they say so.
    #[serde(skip)]
    pub kernels: BTreeMap<String, Machine>,
    /// Who signed its kernels, likewise; nobody where there is no signature.
    #[serde(skip)]
    pub signers: BTreeMap<String, BTreeSet<String>>,
    /// Which of the files that entries name begin as a kernel or as an initial RAM disk does.
    #[serde(skip)]
    pub kinds: BTreeMap<String, Begins>,
    /// The files in it that clients are led to, by their paths, with their sizes in bytes.
    #[serde(skip)]
    pub files: BTreeMap<String, u64>,
}

impl ImageFacts {
    /// What the ISO is, for people: `Arch Linux (archiso)`.
    pub fn describe(&self) -> String {
        match &self.recipe {
            Some(recipe) => format!("{} ({})", recipe.title(), recipe.family()),
            None => "files of its own".to_owned(),
        }
    }

    /// The ISO's own menu for network boot, where it brings one together with its loader.
    pub fn own_menu(&self) -> Option<&ArchisoMenu> {
        self.recipe.as_ref().and_then(Recipe::own_menu)
    }
}

/// Facts, and what serving needs of this machine.
pub struct Gathered {
    /// What the plan is made from.
    pub facts: Facts,
    /// Each ISO that was opened: where it is, and its index.
    pub images: BTreeMap<String, LocalImage>,
    /// Where the files of the loaders, and those that entries name, are, by their names in the plan.
    pub loader_files: BTreeMap<String, PathBuf>,
}

impl Gathered {
    /// Whether every file is on this machine; else the facts are those of a lock, and nothing can be served.
    pub fn has_files(&self) -> bool {
        let Facts { images, loaders, .. } = &self.facts;
        images.keys().all(|name| self.images.contains_key(name))
            && loaders.values().flat_map(|loader| loader.files.keys()).all(|name| self.loader_files.contains_key(name))
    }

    /// Where the files of a loader are, by their names in the plan; nothing where it was not found.
    pub fn files_of(&self, kind: LoaderKind) -> impl Iterator<Item = (&str, &Path)> {
        let names = self.facts.loaders.get(&kind).into_iter().flat_map(|loader| loader.files.keys());
        names.filter_map(|name| Some((name.as_str(), self.loader_files.get(name)?.as_path())))
    }
}

/// An ISO on this machine.
#[derive(Clone)]
pub struct LocalImage {
    /// The file.
    pub path: PathBuf,
    /// Its index.
    pub iso: Arc<Iso>,
}

/// What is done with facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A plan is made of them.
    Planning,
    /// Files are read where they are, so the index of every ISO is needed, too.
    Serving,
}

/// Reads what the spec names.
///
/// The findings point at the paths in the spec. `None` where one of them forbids planning.
pub fn gather(spec: &ResolvedSpec, world: &dyn World) -> (Option<Gathered>, Diagnostics) {
    gather_beside(spec, &Nothing, Use::Serving, world)
}

/// The same without reading what is known.
pub fn gather_beside(
    spec: &ResolvedSpec,
    known: &dyn Known,
    what_for: Use,
    world: &dyn World,
) -> (Option<Gathered>, Diagnostics) {
    let mut findings = Diagnostics::default();
    let mut facts = BTreeMap::new();
    let mut images = BTreeMap::new();
    for source in &spec.isos {
        let inspected = match image::known(source, spec, known) {
            Some(facts) if what_for == Use::Planning => Ok((facts, None)),
            Some(facts) => image::open(source, world).map(|local| (facts, Some(local))),
            None => image::inspect(source, spec, world).map(|(facts, local)| (facts, Some(local))),
        };
        match inspected {
            Ok((image_facts, local)) => {
                facts.insert(source.name.clone(), image_facts);
                images.extend(local.map(|local| (source.name.clone(), local)));
            }
            Err(finding) => findings.push(*finding),
        }
    }
    findings.extend(paths::check(spec, &images));
    findings.extend(kind::check(spec, &facts));
    findings.extend(arguments::check(spec, &facts));
    findings.extend(memory::check(spec, &facts));
    let (files, paths) = files::gather(spec, known, world, &mut findings);
    let (loaders, mut loader_files) = match known.loaders() {
        Some(loaders) => (loader::pinned(spec, loaders, &mut findings), BTreeMap::new()),
        None => find_loaders(spec, known, world, &mut findings),
    };
    let secure = secure::gather(&loaders, &loader_files, &facts, known, world);
    loader_files.extend(paths);
    let answers = answers::gather(spec, world, &mut findings);
    let facts = Facts { images: facts, answers, loaders, files, secure };
    findings.extend(loader::wanted(spec, &facts));
    if !findings.has_errors() {
        findings.extend(pxelinux::check(spec, &facts));
    }
    let gathered = (!findings.has_errors()).then_some(Gathered { facts, images, loader_files });
    (gathered, findings)
}

/// Every loader that is there, and where its files are.
fn find_loaders(
    spec: &ResolvedSpec,
    known: &dyn Known,
    world: &dyn World,
    findings: &mut Diagnostics,
) -> (BTreeMap<LoaderKind, LoaderFiles>, BTreeMap<String, PathBuf>) {
    let mut loaders = BTreeMap::new();
    let mut paths = BTreeMap::new();
    let others = Usual::all().map(|row| (row.kind, loader::find(row, &spec.loaders, known, world)));
    let first = [
        (LoaderKind::Pxelinux, pxelinux::find(&spec.loaders, known, world)),
        (LoaderKind::RaspberryPi, raspberry_pi::find(&spec.loaders, known, world)),
    ];
    for (kind, found) in first.into_iter().chain(others) {
        match found {
            Ok((files, of_files)) if !files.files.is_empty() => {
                loaders.insert(kind, files);
                paths.extend(of_files);
            }
            Ok(_) => {}
            Err(finding) => findings.push(*finding),
        }
    }
    (loaders, paths)
}
