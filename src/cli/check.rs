//! `netspec check`: everything that is wrong with a spec, before anything is served.

use std::process::ExitCode;

use super::args::{CheckArgs, FindingFormat};
use super::compile::{self, Compiled};
use super::progress::Local;
use super::report;
use crate::diag::render;
use crate::facts::Use;
use crate::plan::secure_boot::SecureBoot;
use crate::serve::host;
use crate::world::OsWorld;

pub(super) fn run(args: &CheckArgs) -> ExitCode {
    let mut failed = false;
    let local = Local::new();
    for path in &args.specs {
        let mut compiled = compile::compile_as(path, &OsWorld, &local.setting(args.lock.mode(), Use::Planning));
        if !args.no_host {
            compiled.findings.extend(host::check(&compiled.networks));
            compiled.findings.sort();
        }
        failed |= compiled.findings.has_errors();
        let stdout = std::io::stdout();
        let mut text = report::findings(&compiled, args.format, report::style(&stdout));
        if args.format == FindingFormat::Full {
            text.push_str(&summary(&compiled));
        }
        report::write(stdout, &text);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The last line: how many findings, or what was found to be good.
fn summary(compiled: &Compiled) -> String {
    let name = compiled.sources.main().name();
    let count = render::count(&compiled.findings);
    let Some(outcome) = &compiled.outcome else { return format!("{name}: {count}\n") };
    let images = outcome.gathered.facts.images.iter();
    let mut boots: Vec<_> = images.map(|(iso, facts)| format!("{iso}: {}", facts.describe())).collect();
    match outcome.gathered.facts.files.len() {
        0 => {}
        1 => boots.push("one file".to_owned()),
        files => boots.push(format!("{files} files")),
    }
    let mut text = match boots.is_empty() {
        true => format!("{name}: {count}\n"),
        false => format!("{name}: {count}; boots {}\n", boots.join(", ")),
    };
    // Where there is no way, that is news only to those who asked for one, and they have a finding.
    for line in outcome.secure_boot.iter().filter(|report| report.has_way()).flat_map(SecureBoot::lines) {
        text.push_str(&format!("{line}\n"));
    }
    text
}
