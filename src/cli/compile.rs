//! From the name of a spec file to its plan: the phases in their order, and their findings together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::facts::{self, Gathered, Use};
use crate::lock::{self, Cache, Checked, Current, Frozen, LockMode, Progress, Quiet, Section, Stale, not_usable};
use crate::plan::secure_boot::{self, SecureBoot};
use crate::plan::{self, Plan};
use crate::proto::dhcp::unfit;
use crate::resolve::{self, Network, ResolvedSpec};
use crate::source::SourceFile;
use crate::spec::{self, Spec};
use crate::world::{ReadAt, World};

/// What came of a spec file.
pub struct Compiled {
    /// The spec; empty where it could not be read.
    pub source: SourceFile,
    /// What is wrong with it and the files that it names, in the order of the file.
    pub findings: Diagnostics,
    /// The networks that could be read, also where findings forbid the rest.
    pub networks: Vec<Network>,
    /// What could be made of the spec; `None` where a finding forbids it.
    pub outcome: Option<Outcome>,
}

/// What a spec without errors comes to.
pub struct Outcome {
    /// What the spec says.
    pub resolved: ResolvedSpec,
    /// What its files hold.
    pub gathered: Gathered,
    /// What is answered.
    pub plan: Plan,
    /// How clients with Secure Boot fare.
    pub secure_boot: Vec<SecureBoot>,
}

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

/// Reads, checks and plans a spec for serving. Findings of all phases are in the order of the file.
pub fn compile(path: &Path, world: &dyn World) -> Compiled {
    let setting =
        Setting { lock: Some(LockMode::Use), what_for: Use::Serving, cache: &Cache::default(), progress: &Quiet };
    compile_as(path, world, &setting)
}

/// Reads, checks and plans a spec.
pub fn compile_as(path: &Path, world: &dyn World, setting: &Setting<'_>) -> Compiled {
    let source = match spec::open(world, path) {
        Ok(source) => source,
        Err(finding) => {
            let source = SourceFile { path: path.to_owned(), text: Arc::from("") };
            let mut findings = Diagnostics::default();
            findings.push(finding);
            return Compiled { source, findings, networks: Vec::new(), outcome: None };
        }
    };
    let (spec, mut findings) = spec::load(&source);
    let (resolved, later) = resolve::resolve(&spec, path);
    findings.extend(later);
    // ISOs are looked at even where the rest of the spec has errors, so that one run shows everything.
    let (gathered, later) = gather(&resolved, path, world, setting);
    findings.extend(later);
    let gathered = gathered.filter(|_| !findings.has_errors());
    let networks = resolved.networks.clone();
    let outcome = gathered.map(|gathered| Outcome {
        plan: plan::lower(&resolved, &gathered.facts),
        secure_boot: secure_boot::secure_boot(&resolved, &gathered.facts),
        gathered,
        resolved,
    });
    if let Some(outcome) = &outcome {
        findings.extend(secure_boot::findings(&outcome.resolved, &outcome.gathered.facts));
        findings.extend(too_long(&spec, &outcome.plan));
    }
    findings.sort();
    let outcome = outcome.filter(|_| !findings.has_errors());
    Compiled { source, findings, networks, outcome }
}

/// The facts of the files that a spec names, from its lock as far as that is asked for and right.
fn gather(
    spec: &ResolvedSpec,
    path: &Path,
    world: &dyn World,
    setting: &Setting<'_>,
) -> (Option<Gathered>, Diagnostics) {
    let Some(mode) = setting.lock else { return facts::gather_beside(spec, &facts::Nothing, setting.what_for, world) };
    let mut findings = Diagnostics::default();
    let section = match lock::read(&lock::beside(path), world) {
        Ok(None) if mode != LockMode::Use => {
            findings.push(not_usable(None, mode));
            None
        }
        Ok(lock) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let section = lock.and_then(|mut lock| lock.specs.remove(&*name));
            if section.is_none() && mode != LockMode::Use {
                findings.extend(lock::findings(&[Stale::NoSpec], spec, mode));
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
    let stale = lock::stale(section, &Current::of_spec(spec, section, folder_of(path)));
    if stale.is_empty() {
        // Where the lock has all that the spec asks for, no file is opened.
        return facts::gather_beside(spec, &Frozen(section), Use::Planning, &NoFiles);
    }
    (None, lock::findings(&stale, spec, LockMode::Frozen))
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
        let read = lock::digests(paths, world, setting.cache, setting.progress);
        // A file that cannot be read has a finding when it is looked at.
        checked = checked.with(read.into_iter().filter_map(|(path, found)| Some((path, found.ok()?))));
    }
    let (mut gathered, mut findings) = facts::gather_beside(spec, &checked, setting.what_for, world);
    // Of an ISO that cannot be read, nothing more is said.
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let faults: Vec<_> = errors.filter_map(|finding| finding.labels.first()).map(|label| label.span).collect();
    let is_faulty = |source: &resolve::IsoSource| faults.contains(&source.span);
    let current = Current::of_files(spec, gathered.as_ref(), folder_of(path), &|path| checked.seen(path), &is_faulty);
    let stale = lock::stale(section, &current);
    findings.extend(lock::findings(&stale, spec, mode));
    if let Some(gathered) = &mut gathered {
        checked.learn(gathered);
        let changed: Vec<_> = stale.iter().filter_map(Stale::changed_iso).collect();
        for (name, facts) in &mut gathered.facts.images {
            let locked = section.isos.get(name).filter(|_| !changed.contains(&name.as_str()));
            facts.sha256 = locked.map(|locked| locked.sha256);
        }
    }
    (gathered, findings)
}

/// The folder of a spec.
pub(super) fn folder_of(spec: &Path) -> &Path {
    spec.parent().unwrap_or(Path::new(""))
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

/// The names that clients cannot be told. Only those in an ISO that is booted without a menu have no fixed length.
fn too_long(spec: &Spec, plan: &Plan) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for (iso, reason) in spec.isos.iter().flat_map(|iso| unfit(&plan.boot).into_iter().map(move |reason| (iso, reason)))
    {
        let message = format!("ISO `{}` has names that do not fit into a DHCP reply ({reason})", iso.name.value);
        let finding = Diagnostic::new(Code::BootNameTooLong, message)
            .at(iso.name.span, "part of the names")
            .help("give the ISO a shorter name, or put it into a menu, whose loader has a short path");
        findings.push(finding);
    }
    findings
}
