//! What is wrong with a lock, as findings.

use super::{LockError, LockMode, Stale};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::resolve::ResolvedSpec;
use crate::source::Span;

/// More differences of loaders than this are only counted.
const MAX_LOADERS: usize = 3;

/// A lock that must be there and is not, or that cannot be used.
pub fn not_usable(error: Option<&LockError>, mode: LockMode) -> Diagnostic {
    let option = if mode == LockMode::Frozen { "--frozen" } else { "--locked" };
    match error {
        None => Diagnostic::new(Code::LockMissing, format!("there is no `netspec.lock`, which `{option}` needs"))
            .help(format!("run `netspec lock`, or leave out `{option}`")),
        Some(LockError::Newer { .. } | LockError::Unknown { .. }) => {
            let error = error.map(ToString::to_string).unwrap_or_default();
            Diagnostic::new(Code::LockVersion, format!("`netspec.lock` cannot be used: {error}"))
                .help("use the netspec that wrote it, or remove it and run `netspec lock`")
        }
        Some(LockError::Unreadable(_)) => {
            let error = error.map(ToString::to_string).unwrap_or_default();
            Diagnostic::new(Code::LockUnreadable, format!("`netspec.lock` cannot be used: {error}"))
                .help("let the user that runs netspec read it")
        }
        Some(error @ (LockError::Damaged(_) | LockError::Conflict(_))) => {
            Diagnostic::new(Code::LockUnreadable, format!("`netspec.lock` cannot be used: {error}"))
                .help("run `netspec lock`, which writes it anew, and see what changed")
        }
    }
}

/// A finding for each difference; those of all loaders are one. They are errors where the lock must be right.
pub fn findings(stale: &[Stale], spec: &ResolvedSpec, mode: LockMode) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let mut push = |mut finding: Diagnostic| {
        if mode != LockMode::Use {
            finding.severity = Severity::Error;
        }
        findings.push(finding);
    };
    for one in stale.iter().filter(|one| !one.is_of_loader()) {
        push(finding(one, spec));
    }
    let of_loaders: Vec<_> = stale.iter().filter(|one| one.is_of_loader()).collect();
    if let Some(first) = of_loaders.first() {
        let said = of_loaders.iter().take(MAX_LOADERS).map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let more = match of_loaders.len().saturating_sub(MAX_LOADERS) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let finding = Diagnostic::new(Code::LockStale, format!("`netspec.lock` is stale: {said}{more}"));
        let finding = match first.loader_span(spec) {
            Some(span) => finding.at(span, "not what is locked"),
            None => finding,
        };
        push(finding.help("run `netspec lock` to take the loaders of this machine, or install those that are locked"));
    }
    findings
}

fn finding(stale: &Stale, spec: &ResolvedSpec) -> Diagnostic {
    let of_iso = |iso: &str| spec.isos.iter().find(|source| source.name == iso).map(|source| source.span);
    let of_file = |file: &str| {
        let mut served = spec.files_targets().flat_map(|(_, _, target)| target.served());
        served.find(|served| served.tree == file).map(|served| served.span)
    };
    let plain = |span: Option<Span>, label: &str| {
        let finding = Diagnostic::new(Code::LockStale, format!("`netspec.lock` is stale: {stale}"));
        let finding = finding.help("run `netspec lock`");
        match span {
            Some(span) => finding.at(span, label),
            None => finding,
        }
    };
    match stale {
        Stale::IsoSize { iso, .. } | Stale::IsoDigest { iso, .. } | Stale::IsoIndex { iso, .. } => {
            let finding = Diagnostic::new(Code::IsoChanged, format!("{stale}: it changed since it was locked"))
                .help("put back the file that was locked, or run `netspec lock` if you trust this one");
            match (of_iso(iso), stale) {
                (Some(span), Stale::IsoSize { old, new, .. }) if new < old => finding.at(span, "shorter than it was"),
                (Some(span), _) => finding.at(span, "not what is locked"),
                (None, _) => finding,
            }
        }
        Stale::IsoAdded { iso } | Stale::NoSystem { iso } => plain(of_iso(iso), "not locked"),
        Stale::IsoPath { iso, .. } => plain(of_iso(iso), "locked at another place"),
        Stale::IsoFacts { iso } | Stale::PathRemoved { iso, .. } => plain(of_iso(iso), "not what is locked"),
        Stale::PathAdded { iso, path } => {
            let targets = spec.kernel_targets().filter(|target| target.iso == *iso);
            let mut paths = targets.flat_map(|target| std::iter::once(&target.kernel).chain(&target.initrds));
            plain(paths.find(|named| named.value == *path).map(|named| named.span), "not locked")
        }
        Stale::FileAdded { file } => plain(of_file(file), "not locked"),
        Stale::FilePath { file, .. } => plain(of_file(file), "locked at another place"),
        Stale::FileChanged { file, .. } | Stale::FileFacts { file } => plain(of_file(file), "not what is locked")
            .help("put back the file that was locked, or run `netspec lock` if you trust this one"),
        _ => plain(None, ""),
    }
}

impl Stale {
    fn is_of_loader(&self) -> bool {
        matches!(
            self,
            Self::LoaderPath { .. }
                | Self::LoaderAdded { .. }
                | Self::LoaderRemoved { .. }
                | Self::LoaderChanged { .. }
        )
    }

    /// Where the spec says where the loader is.
    fn loader_span(&self, spec: &ResolvedSpec) -> Option<Span> {
        match self {
            Self::LoaderPath { loader, .. }
            | Self::LoaderAdded { loader, .. }
            | Self::LoaderRemoved { loader, .. }
            | Self::LoaderChanged { loader, .. } => spec.loaders.get(loader).map(|source| source.span),
            _ => None,
        }
    }
}
