//! `netspec loaders`: which loader was found where, or what to install.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use super::args::{FindingFormat, ListFormat, LoadersArgs};
use super::compile::Compiled;
use super::report;
use crate::diag::Diagnostics;
use crate::facts::{self, LookedAt, Signed, Signer, Survey, Surveyed};
use crate::resolve;
use crate::source::{SourceFile, Sources};
use crate::spec::{self, loader::LoaderKind};
use crate::world::{OsWorld, World};

/// The column that values begin in.
const COLUMN: usize = 15;

pub(super) fn run(args: &LoadersArgs) -> ExitCode {
    let (surveys, compiled) = survey(args.spec.as_deref(), &OsWorld);
    let stderr = std::io::stderr();
    let findings = report::findings(&compiled, FindingFormat::Full, report::style(&stderr));
    report::write(stderr, &findings);
    let listed = match args.format {
        ListFormat::Text => text(&surveys),
        ListFormat::Json => json(&surveys),
    };
    report::write(std::io::stdout(), &listed);
    if compiled.findings.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Looks at every kind, and tells what is wrong with those that the spec names. Of the rest of a spec only its text matters.
fn survey(spec: Option<&Path>, world: &dyn World) -> (Vec<Survey>, Compiled) {
    let mut findings = Diagnostics::default();
    let mut named = facts::Sources::default();
    let mut sources = Sources::from(SourceFile { path: spec.unwrap_or(Path::new("")).to_owned(), text: Arc::from("") });
    match spec.map(|path| spec::open(world, path)) {
        Some(Ok(opened)) => {
            let loaded = spec::load(&opened, world);
            findings.extend(loaded.findings);
            named = resolve::resolve(&loaded.spec, &loaded.sources).0.loaders;
            sources = loaded.sources;
        }
        Some(Err(finding)) => findings.push(finding),
        None => {}
    }
    let (surveys, of_loaders) = facts::survey(&named, world);
    findings.extend(of_loaders);
    findings.sort();
    (surveys, Compiled { sources, findings, networks: Vec::new(), outcome: None })
}

/// Which clients a kind serves.
fn clients(kind: LoaderKind) -> &'static str {
    match kind {
        LoaderKind::Pxelinux => "PCs with legacy BIOS",
        LoaderKind::IpxeBios => "PCs with legacy BIOS that a rule of the spec gives it, or whose own iPXE has no HTTP",
        LoaderKind::IpxeIa32 => "UEFI on 32-bit x86, over PXE and HTTP Boot",
        LoaderKind::IpxeX64 => "UEFI on x86-64, over PXE and HTTP Boot",
        LoaderKind::IpxeArm64 => "UEFI on 64-bit ARM, over PXE and HTTP Boot",
        LoaderKind::IpxeRiscv64 => "UEFI on 64-bit RISC-V, over PXE and HTTP Boot",
        LoaderKind::IpxeLoong64 => "UEFI on 64-bit LoongArch, over PXE and HTTP Boot",
        LoaderKind::ShimX64 => "UEFI on x86-64 with Secure Boot",
        LoaderKind::GrubX64 => "what shim-x64 starts",
        LoaderKind::ShimArm64 => "UEFI on 64-bit ARM with Secure Boot",
        LoaderKind::GrubArm64 => "what shim-arm64 starts",
        LoaderKind::RaspberryPi => "Raspberry Pi without UEFI",
    }
}

/// What to write in a spec to name a loader.
fn node(kind: LoaderKind) -> String {
    let path = if kind.is_folder() { "path/to/folder" } else { "path/to/file" };
    format!("loader \"{}\" \"{path}\"", kind.name())
}

fn text(surveys: &[Survey]) -> String {
    let mut text = String::new();
    for survey in surveys {
        if !text.is_empty() {
            text.push('\n');
        }
        line(&mut text, survey.kind.name(), clients(survey.kind));
        for program in &survey.programs {
            line(&mut text, "  found", &found(program, survey));
            if let Some(pin) = &program.pin {
                line(&mut text, "  version", program.version.as_deref().unwrap_or("unknown"));
                if let Some(signed) = &program.signed {
                    line(&mut text, "  signed by", &signed_by(signed));
                }
                line(&mut text, "  size", &format!("{} bytes", pin.size));
                line(&mut text, "  sha256", &pin.sha256.to_string());
            }
        }
        match &survey.unusable {
            Some(why) => line(&mut text, "  not usable", why),
            None if survey.programs.is_empty() => line(&mut text, "  not found", &advice(survey)),
            None => {}
        }
        let mut label = "  looked at";
        for looked_at in &survey.looked_at {
            let why = looked_at.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            line(&mut text, label, &format!("{}{why}", looked_at.path.display()));
            label = "";
        }
    }
    text
}

fn line(text: &mut String, label: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{label:COLUMN$}{value}");
}

fn found(program: &Surveyed, survey: &Survey) -> String {
    let path = program.path.display();
    match (survey.others, &program.pin) {
        (0, _) => path.to_string(),
        (n, Some(_)) => format!("{path} and {n} modules"),
        (n, None) => format!("{path}, a folder of {n} files"),
    }
}

fn advice(survey: &Survey) -> String {
    let name = format!("name it with `{}`", node(survey.kind));
    match &survey.install {
        Some(packages) => format!("install {packages}, or {name}"),
        None => name,
    }
}

fn signed_by(signed: &Signed) -> String {
    match signed {
        Signed::No => "nobody".to_owned(),
        Signed::Unreadable => "somebody, in a way that cannot be read".to_owned(),
        Signed::By(signers) => signers.iter().map(signer).collect::<Vec<_>>().join(", "),
    }
}

fn signer(signer: &Signer) -> String {
    match (signer.subject.as_str(), signer.issuer.as_str()) {
        ("", issuer) => format!("a certificate of {issuer}"),
        (subject, issuer) if subject == issuer => subject.to_owned(),
        (subject, issuer) => format!("{subject} ({issuer})"),
    }
}

/// A kind of loader in JSON.
#[derive(Serialize)]
struct Listed<'a> {
    kind: &'a str,
    clients: &'a str,
    found: Vec<ListedProgram<'a>>,
    /// Modules, or what is in a folder.
    others: usize,
    looked_at: Vec<ListedPlace<'a>>,
    unusable: Option<&'a str>,
    install: Option<&'a str>,
}

#[derive(Serialize)]
struct ListedProgram<'a> {
    path: String,
    size: Option<u64>,
    sha256: Option<facts::Digest>,
    version: Option<&'a str>,
    /// `null` where nobody checks signatures or the signature cannot be read.
    signers: Option<&'a [Signer]>,
}

#[derive(Serialize)]
struct ListedPlace<'a> {
    path: String,
    why: Option<&'a str>,
}

impl<'a> From<&'a Survey> for Listed<'a> {
    fn from(survey: &'a Survey) -> Self {
        let place =
            |place: &'a LookedAt| ListedPlace { path: place.path.display().to_string(), why: place.why.as_deref() };
        Self {
            kind: survey.kind.name(),
            clients: clients(survey.kind),
            found: survey.programs.iter().map(ListedProgram::from).collect(),
            others: survey.others,
            looked_at: survey.looked_at.iter().map(place).collect(),
            unusable: survey.unusable.as_deref(),
            install: survey.install.as_deref(),
        }
    }
}

impl<'a> From<&'a Surveyed> for ListedProgram<'a> {
    fn from(program: &'a Surveyed) -> Self {
        Self {
            path: program.path.display().to_string(),
            size: program.pin.as_ref().map(|pin| pin.size),
            sha256: program.pin.as_ref().map(|pin| pin.sha256),
            version: program.version.as_deref(),
            signers: match &program.signed {
                Some(Signed::By(signers)) => Some(signers),
                Some(Signed::No) => Some(&[]),
                Some(Signed::Unreadable) | None => None,
            },
        }
    }
}

fn json(surveys: &[Survey]) -> String {
    let listed: Vec<_> = surveys.iter().map(Listed::from).collect();
    let mut text = serde_json::to_string_pretty(&listed).unwrap_or_default();
    text.push('\n');
    text
}
