//! Facts from files and from the lock beside their spec, as far as that is asked for and right.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::finding::{findings as findings_of, not_usable};
use super::{
    Cache, Checked, Current, Frozen, LockMode, Progress, Section, Stale, beside, digests, file_of, folder_of, read,
    stale,
};
use crate::diag::{Diagnostics, Severity};
use crate::facts::{self, Gathered, Use};
use crate::resolve::{IsoSource, ResolvedSpec};
use crate::world::{ReadAt, World};

/// How a spec is compiled.
pub struct Setting<'a> {
    /// How the lock beside the spec is used; `None` where there could as well be none.
    pub lock: Option<LockMode>,
    /// What is done with the result.
    pub what_for: Use,
    /// Digests that are known.
    pub cache: &'a Cache,
    /// Who is told about long reading.
    pub progress: &'a dyn Progress,
}

/// The facts of the files that a spec names, from its lock as far as that is asked for and right.
pub fn gather(
    spec: &ResolvedSpec,
    path: &Path,
    world: &dyn World,
    setting: &Setting<'_>,
) -> (Option<Gathered>, Diagnostics) {
    let Some(mode) = setting.lock else { return facts::gather_beside(spec, &facts::Nothing, setting.what_for, world) };
    let mut findings = Diagnostics::default();
    let section = match read(&beside(path), world) {
        Ok(None) if mode != LockMode::Use => {
            findings.push(not_usable(None, mode));
            None
        }
        Ok(lock) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let section = lock.and_then(|mut lock| lock.specs.remove(&*name));
            if section.is_none() && mode != LockMode::Use {
                findings.extend(findings_of(&[Stale::NoSpec], spec, mode));
            }
            section
        }
        Err(error) => {
            findings.push(not_usable(Some(&error), mode));
            None
        }
    };
    let (gathered, later) = match (section, mode) {
        (None, LockMode::Frozen) => (None, Diagnostics::default()),
        (Some(section), LockMode::Frozen) => frozen(spec, &section, path, world),
        (Some(section), _) => beside_lock(spec, &section, path, world, setting, mode),
        (None, _) => facts::gather_beside(spec, &facts::Nothing, setting.what_for, world),
    };
    findings.extend(later);
    (gathered, findings)
}

/// The facts of a lock alone, and the templates of answers, which are text of the spec as much as an included file.
fn frozen(spec: &ResolvedSpec, section: &Section, path: &Path, world: &dyn World) -> (Option<Gathered>, Diagnostics) {
    let differences = stale(section, &Current::of_spec(spec, section, folder_of(path)));
    if differences.is_empty() {
        let templates =
            spec.answers.iter().flat_map(|source| std::iter::once(&source.template).chain(&source.meta_data));
        let templates = templates.map(|template| template.path.as_path()).collect();
        // Where the lock has all that the spec asks for, nothing else is asked for.
        return facts::gather_beside(spec, &Frozen(section), Use::Planning, &OnlyTemplates { world, templates });
    }
    (None, findings_of(&differences, spec, LockMode::Frozen))
}

/// The facts of a lock for files that are still the same, and those of the other files.
fn beside_lock(
    spec: &ResolvedSpec,
    section: &Section,
    path: &Path,
    world: &dyn World,
    setting: &Setting<'_>,
    mode: LockMode,
) -> (Option<Gathered>, Diagnostics) {
    let mut checked = Checked::new(section, setting.cache, world);
    if mode == LockMode::Locked {
        let paths: Vec<PathBuf> = spec.isos.iter().map(|source| file_of(source, world)).collect();
        let read = digests(paths.iter().map(PathBuf::as_path), world, setting.cache, setting.progress);
        // A file that cannot be read has a finding when it is looked at.
        checked = checked.with(read.into_iter().filter_map(|(path, found)| Some((path, found.ok()?))));
    }
    let (mut gathered, mut findings) = facts::gather_beside(spec, &checked, setting.what_for, world);
    // Of an ISO that cannot be read, nothing more is said.
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let faults: Vec<_> = errors.filter_map(|finding| finding.labels.first()).map(|label| label.span).collect();
    let is_faulty = |source: &IsoSource| faults.contains(&source.span);
    let current = Current::of_files(
        spec,
        gathered.as_ref(),
        folder_of(path),
        &|source| checked.seen(&file_of(source, world)),
        &is_faulty,
    );
    let differences = stale(section, &current);
    findings.extend(findings_of(&differences, spec, mode));
    if let Some(gathered) = &mut gathered {
        checked.learn(gathered);
        let changed: Vec<_> = differences.iter().filter_map(Stale::changed_iso).collect();
        for (name, facts) in &mut gathered.facts.images {
            let locked = section.isos.get(name).filter(|_| !changed.contains(&name.as_str()));
            facts.sha256 = locked.map(|locked| locked.sha256);
        }
    }
    (gathered, findings)
}

/// A machine that has no files but templates.
struct OnlyTemplates<'a> {
    world: &'a dyn World,
    templates: Vec<&'a Path>,
}

impl World for OnlyTemplates<'_> {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        if self.templates.contains(&path) { self.world.open(path) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let is_beside = self.templates.iter().any(|template| template.parent() == Some(path));
        if is_beside { self.world.list(path) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn canonical(&self, _: &Path) -> io::Result<PathBuf> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn fetched(&self, sha256: &[u8; 32]) -> PathBuf {
        self.world.fetched(sha256)
    }
}
