//! What the files that a spec names hold: the facts from which, together with the spec, the plan is made.
//!
//! [`gather`] is the only reader of ISOs and loaders before serving. It reads indexes and small text files, so an ISO of any
//! size costs kilobytes. [`Facts`] alone is enough for planning; [`Gathered`] adds what serving needs on this machine.

mod digest;
mod image;
mod ipxe;
mod paths;
mod pxelinux;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

pub use self::digest::Digest;
pub use self::pxelinux::{FilePin, MODULES, PROGRAM, Pxelinux, PxelinuxPlace};
use crate::diag::{Diagnostic, Diagnostics};
use crate::image::iso9660::Iso;
use crate::image::recipe::{ArchisoMenu, Recipe};
use crate::resolve::ResolvedSpec;
use crate::world::World;

/// The name that iPXE for UEFI on x86-64 has in plans, whatever its file is called.
pub const IPXE_X64: &str = "ipxe-x64.efi";

/// Everything about files that a plan depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The facts of each ISO of the spec, by its name there.
    pub images: BTreeMap<String, ImageFacts>,
    /// PXELINUX of this machine, where it was found.
    pub pxelinux: Option<Pxelinux>,
    /// iPXE of this machine for UEFI on x86-64, where it was found.
    pub ipxe_x64: Option<FilePin>,
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
    /// Where the files of the loaders are, by their names in the plan.
    pub loader_files: BTreeMap<String, PathBuf>,
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
    let mut loader_files = BTreeMap::new();
    let mut report = |finding: Box<Diagnostic>| findings.push(*finding);
    let pxelinux = pxelinux::find(spec, world).map_err(&mut report).ok().flatten().map(|(pxelinux, files)| {
        loader_files.extend(files);
        pxelinux
    });
    let ipxe = ipxe::find(spec, world).map_err(&mut report);
    let ipxe_x64 = match ipxe {
        Ok(Some((pin, path))) => {
            loader_files.insert(IPXE_X64.to_owned(), path);
            Some(pin)
        }
        Ok(None) => {
            findings.push(ipxe::missing());
            None
        }
        Err(()) => None,
    };
    let facts = Facts { images: facts, pxelinux, ipxe_x64 };
    if !findings.has_errors() {
        findings.extend(pxelinux::check(spec, &facts));
    }
    let gathered = (!findings.has_errors()).then_some(Gathered { facts, images, loader_files });
    (gathered, findings)
}
