//! `netspec plan`: what a spec means.

use std::process::ExitCode;

use super::args::{FindingFormat, PlanArgs};
use super::progress::Local;
use super::{compile, report};
use crate::facts::Use;
use crate::world::OsWorld;

pub(super) fn run(args: &PlanArgs) -> ExitCode {
    let local = Local::new();
    let compiled = compile::compile_as(&args.spec, &OsWorld, &local.setting(args.lock.mode(), Use::Planning));
    let stderr = std::io::stderr();
    let text = report::findings(&compiled, FindingFormat::Full, report::style(&stderr));
    report::write(stderr, &text);
    let Some(outcome) = compiled.outcome else { return ExitCode::FAILURE };
    let text = if args.digest { format!("{}\n", outcome.plan.digest()) } else { outcome.plan.to_json() };
    report::write(std::io::stdout(), &text);
    ExitCode::SUCCESS
}
