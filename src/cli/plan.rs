//! `netspec plan`: what a spec means.

use std::process::ExitCode;

use super::args::PlanArgs;
use super::report;
use crate::facts::Use;

pub(super) fn run(args: &PlanArgs) -> ExitCode {
    let Some(outcome) = report::outcome(&args.spec, args.lock.mode(), Use::Planning) else {
        return ExitCode::FAILURE;
    };
    let text = if args.digest { format!("{}\n", outcome.plan.digest()) } else { outcome.plan.to_json() };
    report::write(std::io::stdout(), &text);
    ExitCode::SUCCESS
}
