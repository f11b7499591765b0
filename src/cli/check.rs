//! `netspec check`: everything that is wrong with a spec, before anything is served.

use std::process::ExitCode;

use super::args::{CheckArgs, FindingFormat};
use super::compile::{self, Compiled};
use super::progress::Local;
use super::report;
use crate::diag::Severity;
use crate::diag::render::{self, Style};
use crate::facts::Use;
use crate::plan::secure_boot::SecureBoot;
use crate::serve::{host, ports};
use crate::world::OsWorld;

pub(super) fn run(args: &CheckArgs) -> ExitCode {
    let mut failed = false;
    let local = Local::new();
    let mut logged = Vec::new();
    for path in &args.specs {
        let mut compiled = match args.no_files {
            true => compile::language(path, &OsWorld),
            false => compile::compile_as(path, &OsWorld, &local.setting(args.lock.mode(), Use::Planning)),
        };
        if !args.no_host {
            compiled.findings.extend(host::check(&compiled.networks));
            if let Some(outcome) = &compiled.outcome {
                compiled.findings.extend(ports::check(&compiled.networks, outcome.plan.http_port()));
            }
            compiled.findings.sort();
        }
        failed |= compiled.findings.has_errors() || args.deny_warnings && compiled.findings.warnings() > 0;
        if args.format == FindingFormat::Sarif {
            logged.push(compiled);
            continue;
        }
        let stdout = std::io::stdout();
        let style = report::style(&stdout);
        let mut text = report::findings(&compiled, args.format, style);
        if args.format == FindingFormat::Full {
            text.push_str(&summary(&compiled, args, style));
        }
        report::write(stdout, &text);
    }
    if args.format == FindingFormat::Sarif {
        report::write(std::io::stdout(), &report::sarif(&logged));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The last lines: how many findings and where to read more, or what was found to be good.
fn summary(compiled: &Compiled, args: &CheckArgs, style: Style) -> String {
    let mut line = format!("{}: {}", compiled.sources.main().name(), render::count(&compiled.findings));
    if args.deny_warnings && compiled.findings.warnings() > 0 {
        line.push_str(", and warnings are denied");
    }
    if args.no_files {
        line.push_str("; ISOs and loaders were not looked at");
    }
    let mut lines = Vec::new();
    if let Some(outcome) = &compiled.outcome {
        let images = outcome.gathered.facts.images.iter();
        let mut boots: Vec<_> = images.map(|(iso, facts)| format!("{iso}: {}", facts.describe())).collect();
        match outcome.gathered.facts.files.len() {
            0 => {}
            1 => boots.push("one file".to_owned()),
            files => boots.push(format!("{files} files")),
        }
        if !boots.is_empty() {
            line.push_str(&format!("; boots {}", boots.join(", ")));
        }
        lines.push(line);
        // Where there is no way, that is news only to those who asked for one, and they have a finding.
        lines.extend(outcome.secure_boot.iter().filter(|report| report.has_way()).flat_map(SecureBoot::lines));
    } else {
        lines.push(line);
    }
    // An error stands for more trouble than a warning that comes before it.
    let worst = |severity| compiled.findings.iter().find(|finding| finding.severity == severity);
    if let Some(finding) = worst(Severity::Error).or_else(|| worst(Severity::Warning)) {
        lines.push(format!("more: netspec explain-code {}", finding.code.name()));
    }
    lines.iter().map(|line| render::wrapped(line, style) + "\n").collect()
}
