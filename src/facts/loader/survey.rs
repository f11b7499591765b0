//! What there is of every loader, for people: where it was found or looked for, which version it is, and who signed it.

use std::path::{Path, PathBuf};

use super::super::pe::Pe;
use super::super::{Nothing, PxelinuxPlace, pxelinux, raspberry_pi};
use super::signature::{self, Signer};
use super::usual::Usual;
use super::{FilePin, MAX_FILE, Sources, find, read, reason, version};
use crate::diag::{Diagnostic, Diagnostics};
use crate::spec::loader::LoaderKind;
use crate::world::World;

/// What there is of one kind.
#[derive(Debug)]
pub struct Survey {
    /// Which loader.
    pub kind: LoaderKind,
    /// Its programs; empty where it was not found. The files of a Raspberry Pi are shown as their folder.
    pub programs: Vec<Surveyed>,
    /// How many more files belong to it: modules, or what is in a Raspberry Pi's folder.
    pub others: usize,
    /// Where it was looked for in vain.
    pub looked_at: Vec<LookedAt>,
    /// Why the file that the spec names cannot be used.
    pub unusable: Option<String>,
    /// What to install, by distribution; `None` where nothing is missing or no package has it.
    pub install: Option<String>,
}

/// A program that was found.
#[derive(Debug)]
pub struct Surveyed {
    /// The file.
    pub path: PathBuf,
    /// What is served of it; `None` for a folder.
    pub pin: Option<FilePin>,
    /// The version that it states.
    pub version: Option<String>,
    /// Who signed it; `None` for a program that is not for UEFI, which alone checks that.
    pub signed: Option<Signed>,
}

/// Who signed a UEFI program. Read, and not verified.
#[derive(Debug, PartialEq, Eq)]
pub enum Signed {
    /// Nobody.
    No,
    /// These; more than one where it has several signatures.
    By(Vec<Signer>),
    /// It has a certificate table that cannot be read.
    Unreadable,
}

/// A file that is not the loader.
#[derive(Debug)]
pub struct LookedAt {
    /// The file.
    pub path: PathBuf,
    /// Why it is not; `None` where there is no such file.
    pub why: Option<String>,
}

/// Looks at every kind: where a spec says that it is, else in the usual places. The findings are those of `check` about loaders
/// that a spec names.
pub fn survey(sources: &Sources, world: &dyn World) -> (Vec<Survey>, Diagnostics) {
    let mut findings = Diagnostics::default();
    let all = LoaderKind::ALL.iter().map(|kind| {
        let survey = match (kind, Usual::of(*kind)) {
            (_, Some(row)) => usual(row, sources, world),
            (LoaderKind::RaspberryPi, None) => folder(sources, world),
            (_, None) => modular(sources, world),
        };
        survey.unwrap_or_else(|finding| {
            let unusable = Some(finding.message.clone());
            findings.push(*finding);
            Survey { unusable, ..empty(*kind, Vec::new()) }
        })
    });
    let all = all.collect();
    findings.sort();
    (all, findings)
}

fn empty(kind: LoaderKind, looked_at: Vec<LookedAt>) -> Survey {
    Survey { kind, programs: Vec::new(), others: 0, looked_at, unusable: None, install: None }
}

fn usual(row: &Usual, sources: &Sources, world: &dyn World) -> Result<Survey, Box<Diagnostic>> {
    let (files, paths) = find(row, sources, &Nothing, world)?;
    let programs = row.programs.iter().filter_map(|program| {
        Some(surveyed(row.kind, paths.get(program.name)?, files.files.get(program.name)?, world))
    });
    let programs: Vec<_> = programs.collect();
    if !programs.is_empty() {
        return Ok(Survey { programs, ..empty(row.kind, Vec::new()) });
    }
    let places = row.programs.iter().flat_map(|program| program.places).map(Path::new);
    let looked_at = places.map(|path| LookedAt {
        path: path.to_owned(),
        why: read(row, path, world).err().and_then(|error| reason(&error)),
    });
    Ok(Survey { install: Some(row.packages()), ..empty(row.kind, looked_at.collect()) })
}

fn modular(sources: &Sources, world: &dyn World) -> Result<Survey, Box<Diagnostic>> {
    let kind = LoaderKind::Pxelinux;
    let (files, paths) = pxelinux::find(sources, &Nothing, world)?;
    if let (Some(path), Some(pin)) = (paths.get(pxelinux::PROGRAM), files.files.get(pxelinux::PROGRAM)) {
        let programs = vec![surveyed(kind, path, pin, world)];
        return Ok(Survey { programs, others: files.files.len() - 1, ..empty(kind, Vec::new()) });
    }
    let looked_at = PxelinuxPlace::ALL.iter().map(|place| LookedAt {
        path: place.program.into(),
        why: world
            .open(Path::new(place.program))
            .is_ok()
            .then(|| format!("its modules are not all in {}", place.modules)),
    });
    Ok(Survey { install: Some(pxelinux::packages()), ..empty(kind, looked_at.collect()) })
}

fn folder(sources: &Sources, world: &dyn World) -> Result<Survey, Box<Diagnostic>> {
    let kind = LoaderKind::RaspberryPi;
    let (files, _) = raspberry_pi::find(sources, &Nothing, world)?;
    let folder = sources.get(&kind).filter(|_| !files.files.is_empty());
    let programs = folder.map(|source| Surveyed { path: source.path.clone(), pin: None, version: None, signed: None });
    Ok(Survey { programs: programs.into_iter().collect(), others: files.files.len(), ..empty(kind, Vec::new()) })
}

fn surveyed(kind: LoaderKind, path: &Path, pin: &FilePin, world: &dyn World) -> Surveyed {
    // It was read a moment ago; what changed since is described as far as it can be read now.
    let bytes = world.read(path, MAX_FILE).unwrap_or_default();
    let signed = Pe::new(&bytes).map(signed);
    Surveyed { path: path.to_owned(), pin: Some(pin.clone()), version: version::version(kind, &bytes), signed }
}

fn signed(pe: Pe<'_>) -> Signed {
    let Some(signatures) = pe.signatures() else { return Signed::Unreadable };
    let signers: Option<Vec<_>> = signatures.into_iter().map(signature::signers).collect();
    match signers.map(|signers| signers.concat()) {
        Some(signers) if signers.is_empty() => Signed::No,
        Some(signers) => Signed::By(signers),
        None => Signed::Unreadable,
    }
}
