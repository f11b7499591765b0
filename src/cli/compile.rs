//! From the name of a spec file to its plan: the phases in their order, and their findings together.

use std::path::Path;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::facts::{self, Gathered};
use crate::plan::{self, Plan};
use crate::proto::dhcp::unfit;
use crate::resolve::{self, Network};
use crate::source::SourceFile;
use crate::spec;
use crate::world::OsWorld;

/// What came of a spec file.
pub(super) struct Compiled {
    pub(super) source: SourceFile,
    pub(super) findings: Diagnostics,
    /// The networks that could be read, also where findings forbid the rest.
    pub(super) networks: Vec<Network>,
    /// What could be made of the spec; `None` where a finding forbids it.
    pub(super) outcome: Option<Outcome>,
}

pub(super) struct Outcome {
    pub(super) gathered: Gathered,
    pub(super) plan: Plan,
}

/// Reads, checks and plans a spec. Findings of all phases are in the order of the file.
pub(super) fn compile(path: &Path) -> Compiled {
    let world = OsWorld;
    let source = match spec::open(&world, path) {
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
    let (gathered, later) = facts::gather(&resolved, &world);
    findings.extend(later);
    findings.sort();
    let gathered = gathered.filter(|_| !findings.has_errors());
    let outcome = gathered.map(|gathered| Outcome { plan: plan::lower(&resolved, &gathered.facts), gathered });
    let unfit = outcome.as_ref().map_or_else(Vec::new, |outcome| unfit(&outcome.plan.boot));
    for reason in unfit {
        findings.push(Diagnostic::new(Code::BootNameTooLong, reason.to_string()).help(
            "give the ISO a shorter name; if that does not help, its own folders are too deep to be booted by PXE",
        ));
    }
    let outcome = outcome.filter(|_| !findings.has_errors());
    Compiled { source, findings, networks: resolved.networks, outcome }
}
