//! `netspec diff`: what clients would notice between two plans.

use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use super::args::{DiffArgs, FindingFormat, ListFormat};
use super::progress::Local;
use super::{compile, report};
use crate::diag::nearest::is_harmful;
use crate::facts::Use;
use crate::lock::LockMode;
use crate::plan::diff::{Change, diff, read};
use crate::world::{OsWorld, World as _};

/// The largest printed plan that is read, in bytes.
const MAX_PLAN: u64 = 256 * 1024 * 1024;

/// The exit code says 0 for the same, 1 for different and 2 for what cannot be compared, as that of `diff` does.
pub(super) fn run(args: &DiffArgs) -> ExitCode {
    let local = Local::new();
    let mode = args.lock.mode();
    let compared = match &args.new {
        Some(new) => plan(&args.old, mode, &local).and_then(|old| Ok((old, plan(new, mode, &local)?))),
        // Of one spec: what its lock says, and what is there.
        None => {
            plan(&args.old, LockMode::Frozen, &local).and_then(|old| Ok((old, plan(&args.old, LockMode::Use, &local)?)))
        }
    };
    let (old, new) = match compared {
        Ok(both) => both,
        Err(text) => {
            report::write(std::io::stderr(), &text);
            return ExitCode::from(2);
        }
    };
    let changes = diff(&old, &new);
    let text = match args.format {
        ListFormat::Text => text(&changes),
        ListFormat::Json => serde_json::to_string_pretty(&changes).unwrap_or_default() + "\n",
    };
    report::write(std::io::stdout(), &text);
    if changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A plan that was printed, or the plan of a spec; else what is to be said about it.
fn plan(path: &Path, mode: LockMode, local: &Local) -> Result<Value, String> {
    let name = path.display();
    let bytes = OsWorld.read(path, MAX_PLAN).map_err(|error| format!("netspec: cannot read `{name}`: {error}\n"))?;
    // A spec begins with a node, and JSON with a brace, which no node can.
    if bytes.trim_ascii_start().starts_with(b"{") {
        let text = String::from_utf8_lossy(&bytes);
        return read(&text).map_err(|error| format!("netspec: `{name}` cannot be compared: {error}\n"));
    }
    let mut compiled = compile::compile_as(path, &OsWorld, &local.setting(mode, Use::Planning));
    let Some(outcome) = compiled.outcome.take() else {
        return Err(report::findings(&compiled, FindingFormat::Full, report::style(&std::io::stderr())));
    };
    read(&outcome.plan.to_json()).map_err(|error| format!("netspec: `{name}` cannot be compared: {error}\n"))
}

fn text(changes: &[Change]) -> String {
    let mut text = String::new();
    let mut about = "";
    for change in changes {
        if change.about != about {
            about = &change.about;
            text.push_str(&format!("{about}\n"));
        }
        let why = change.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        text.push_str(&format!("  {}{why}\n", change.what));
        for (mark, side) in [('-', &change.old), ('+', &change.new)] {
            text.extend(side.iter().map(|side| format!("    {mark} {}\n", printable(side))));
        }
    }
    text
}

/// Text of a plan that was read may be anything.
fn printable(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
