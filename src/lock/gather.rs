//! Facts from files and from the lock beside their spec, as far as that is asked for and right.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::finding::{findings as findings_of, not_usable};
use super::{
    Cache, Checked, Current, Frozen, LockMode, Progress, Section, Stale, beside, digests, folder_of, read, stale,
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
        (Some(section), LockMode::Frozen) => frozen(spec, &section, path),
        (Some(section), _) => beside_lock(spec, &section, path, world, setting, mode),
        (None, _) => facts::gather_beside(spec, &facts::Nothing, setting.what_for, world),
    };
    findings.extend(later);
    (gathered, findings)
}

/// The facts of a lock alone.
fn frozen(spec: &ResolvedSpec, section: &Section, path: &Path) -> (Option<Gathered>, Diagnostics) {
    let differences = stale(section, &Current::of_spec(spec, section, folder_of(path)));
    if differences.is_empty() {
        // Where the lock has all that the spec asks for, no file is opened.
        return facts::gather_beside(spec, &Frozen(section), Use::Planning, &NoFiles);
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
        let paths = spec.isos.iter().map(|source| source.path.as_path());
        let read = digests(paths, world, setting.cache, setting.progress);
        // A file that cannot be read has a finding when it is looked at.
        checked = checked.with(read.into_iter().filter_map(|(path, found)| Some((path, found.ok()?))));
    }
    let (mut gathered, mut findings) = facts::gather_beside(spec, &checked, setting.what_for, world);
    // Of an ISO that cannot be read, nothing more is said.
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let faults: Vec<_> = errors.filter_map(|finding| finding.labels.first()).map(|label| label.span).collect();
    let is_faulty = |source: &IsoSource| faults.contains(&source.span);
    let current = Current::of_files(spec, gathered.as_ref(), folder_of(path), &|path| checked.seen(path), &is_faulty);
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

/// A machine without any file.
struct NoFiles;

impl World for NoFiles {
    fn open(&self, _: &Path) -> io::Result<Arc<dyn ReadAt>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<PathBuf>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn canonical(&self, _: &Path) -> io::Result<PathBuf> {
        Err(io::ErrorKind::NotFound.into())
    }
}
