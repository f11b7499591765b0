//! From the name of a spec file to its plan: the phases in their order, and their findings together.

use std::path::Path;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::facts::{Gathered, Use};
use crate::lock::{self, Cache, LockMode, Quiet, Setting};
use crate::plan::secure_boot::{self, SecureBoot};
use crate::plan::{self, Plan, left_out};
use crate::proto::dhcp::unfit;
use crate::resolve::{self, Network, ResolvedSpec};
use crate::source::{SourceFile, Sources};
use crate::spec::{self, Loaded, Spec};
use crate::world::World;

/// What came of a spec file.
pub struct Compiled {
    /// The files of the spec; one empty one where it could not be read.
    pub sources: Sources,
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
        Err(finding) => return unopened(path, finding),
    };
    let Loaded { sources, spec, mut findings, .. } = spec::load(&source, world);
    let (mut resolved, later) = resolve::resolve(&spec, &sources);
    findings.extend(later);
    resolved.place_fetched(&|sha256| world.fetched(sha256));
    // ISOs are looked at even where the rest of the spec has errors, so that one run shows everything.
    let (gathered, later) = lock::gather(&resolved, path, world, setting);
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
        let facts = &outcome.gathered.facts;
        findings.extend(plan::answers::check::findings(&outcome.resolved, facts, &outcome.plan));
        findings.extend(secure_boot::findings(&outcome.resolved, &outcome.gathered.facts));
        findings.extend(left_out::findings(&outcome.resolved, &outcome.gathered.facts));
        findings.extend(plan::findings::check(&spec, &outcome.resolved, &outcome.gathered.facts));
        findings.extend(too_long(&spec, &outcome.plan));
    }
    findings.sort();
    let outcome = outcome.filter(|_| !findings.has_errors());
    Compiled { sources, findings, networks, outcome }
}

/// Reads a spec and checks what it says, without any file that it names but those that it includes.
pub fn language(path: &Path, world: &dyn World) -> Compiled {
    let source = match spec::open(world, path) {
        Ok(source) => source,
        Err(finding) => return unopened(path, finding),
    };
    let Loaded { sources, spec, mut findings, .. } = spec::load(&source, world);
    let (resolved, later) = resolve::resolve(&spec, &sources);
    findings.extend(later);
    findings.sort();
    Compiled { sources, findings, networks: resolved.networks, outcome: None }
}

fn unopened(path: &Path, finding: Diagnostic) -> Compiled {
    let source = SourceFile { path: path.to_owned(), text: Arc::from("") };
    let mut findings = Diagnostics::default();
    findings.push(finding);
    Compiled { sources: source.into(), findings, networks: Vec::new(), outcome: None }
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
