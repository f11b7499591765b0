//! What the files that a spec names hold: the facts from which, together with the spec, the plan is made.
//!
//! [`gather`] is the only reader of ISOs and loaders before serving. It reads indexes and small text files, so an ISO of any
//! size costs kilobytes. [`Facts`] alone is enough for planning; [`Gathered`] adds what serving needs on this machine.

mod digest;
mod image;
mod paths;
mod pxelinux;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

pub use self::digest::Digest;
pub use self::pxelinux::{FilePin, MODULES, PROGRAM, Pxelinux, PxelinuxPlace};
use crate::diag::Diagnostics;
use crate::image::iso9660::Iso;
use crate::image::recipe::{ArchisoMenu, Recipe};
use crate::resolve::ResolvedSpec;
use crate::world::World;

/// Everything about files that a plan depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The facts of each ISO of the spec, by its name there.
    pub images: BTreeMap<String, ImageFacts>,
    /// PXELINUX of this machine, where it was found.
    pub pxelinux: Option<Pxelinux>,
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
    /// How to boot it; `None` where the spec only names files in it.
    #[serde(skip)]
    pub recipe: Option<Recipe>,
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
    /// Each ISO: where it is, and its index.
    pub images: BTreeMap<String, LocalImage>,
    /// Where the files of PXELINUX are.
    pub pxelinux_files: BTreeMap<String, PathBuf>,
}

/// An ISO on this machine.
#[derive(Clone)]
pub struct LocalImage {
    /// The file.
    pub path: PathBuf,
    /// Its index.
    pub iso: Arc<Iso>,
}

/// Reads what the spec names.
///
/// The findings point at the paths in the spec. `None` where one of them forbids planning.
pub fn gather(spec: &ResolvedSpec, world: &dyn World) -> (Option<Gathered>, Diagnostics) {
    let mut findings = Diagnostics::default();
    let mut facts = BTreeMap::new();
    let mut images = BTreeMap::new();
    for source in &spec.isos {
        match image::inspect(source, spec.needs_recipe(&source.name), world) {
            Ok((image_facts, local)) => {
                facts.insert(source.name.clone(), image_facts);
                images.insert(source.name.clone(), local);
            }
            Err(finding) => findings.push(*finding),
        }
    }
    findings.extend(paths::check(spec, &images));
    let (pxelinux, pxelinux_files) = match pxelinux::find(spec, world) {
        Ok(Some((pxelinux, files))) => (Some(pxelinux), files),
        Ok(None) => (None, BTreeMap::new()),
        Err(finding) => {
            findings.push(*finding);
            (None, BTreeMap::new())
        }
    };
    let facts = Facts { images: facts, pxelinux };
    if !findings.has_errors() {
        findings.extend(pxelinux::check(spec, &facts));
    }
    let gathered = (!findings.has_errors()).then_some(Gathered { facts, images, pxelinux_files });
    (gathered, findings)
}
