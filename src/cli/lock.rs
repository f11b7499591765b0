//! `netspec lock`: pins every file that a spec needs.

use std::path::Path;
use std::process::ExitCode;

use super::args::{FindingFormat, LockArgs};
use super::compile::{self, Outcome};
use super::progress::Local;
use super::report;
use crate::facts::Use;
use crate::lock::{self, Current, Lock, LockError, Section, Setting, folder_of, stale};
use crate::world::{OsWorld, World as _};

pub(super) fn run(args: &LockArgs) -> ExitCode {
    let local = Local::new();
    let mut failed = false;
    for path in &args.specs {
        match one(path, args.check, &local) {
            Ok(text) => report::write(std::io::stdout(), &text),
            Err(text) => {
                report::write(std::io::stderr(), &text);
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Locks one spec; what is to be said, or why it failed.
fn one(path: &Path, only_check: bool, local: &Local) -> Result<String, String> {
    // What an older lock says is not asked: a lock is made of files.
    let setting = Setting { lock: None, what_for: Use::Planning, cache: &local.cache, progress: &local.bar };
    let mut compiled = compile::compile_as(path, &OsWorld, &setting);
    let Some(outcome) = compiled.outcome.take() else {
        return Err(report::findings(&compiled, FindingFormat::Full, report::style(&std::io::stderr())));
    };
    let Outcome { resolved, gathered, .. } = &outcome;
    let section = lock::pin(resolved, gathered, folder_of(path), &OsWorld, &local.cache, &local.bar)
        .map_err(|error| format!("netspec: {error}\n"))?;
    let file = lock::beside(path);
    let (old, note) = match lock::read(&file, &OsWorld) {
        Ok(old) => (old.unwrap_or_default(), String::new()),
        Err(error @ (LockError::Damaged(_) | LockError::Conflict(_))) => {
            (Lock::default(), format!("{} is written anew: {error}\n", file.display()))
        }
        Err(error) => {
            return Err(format!(
                "netspec: {} cannot be replaced: {error}\n  help: use the netspec that wrote it, or remove it\n",
                file.display()
            ));
        }
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut new = old.clone();
    new.specs.retain(|other, _| OsWorld.open(&folder_of(path).join(other)).is_ok());
    let before = new.specs.insert(name.clone(), section.clone());
    let gone = old.specs.keys().filter(|other| !new.specs.contains_key(*other));
    let mut said = note;
    said.extend(gone.map(|other| format!("  {other} is gone, and what was locked for it\n")));
    said.push_str(&changes(before.as_ref(), &section));
    let bytes = new.to_text();
    let shown = file.display();
    if OsWorld.read(&file, bytes.len() as u64).is_ok_and(|there| there == bytes.as_bytes()) {
        return Ok(format!("{shown} is up to date: {}\n", holds(&section)));
    }
    if only_check {
        return Err(format!(
            "netspec: {shown} is not up to date\n{said}  help: run `netspec lock {}`\n",
            path.display()
        ));
    }
    lock::write(&file, &new).map_err(|error| format!("netspec: {shown} cannot be written: {error}\n"))?;
    Ok(format!("{shown} written: {}\n{said}", holds(&section)))
}

/// A line for each difference to what was locked before.
fn changes(before: Option<&Section>, now: &Section) -> String {
    let Some(before) = before else { return String::new() };
    let stale = stale(before, &Current::of_section(now));
    stale.iter().map(|change| format!("  {}\n", change.in_the_past())).collect()
}

fn holds(section: &Section) -> String {
    let plural = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let of_entries = match section.files.len() {
        0 => String::new(),
        n => format!(", {}", plural(n, "file of an entry", "files of entries")),
    };
    let files = section.loaders.values().map(|loader| loader.files.files.len()).sum();
    format!(
        "{}{of_entries}, {}",
        plural(section.isos.len(), "ISO", "ISOs"),
        plural(files, "file of a loader", "files of loaders")
    )
}
