//! `netspec fetch`: what a spec pins by URL and digest, into the cache.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::args::{FetchArgs, FindingFormat};
use super::compile::Compiled;
use super::report;
use crate::fetch::{FetchError, Fetcher, Patience, Progress};
use crate::resolve::{Pinned, resolve};
use crate::spec::{self, Loaded};
use crate::world::{OsWorld, cache_folder};

pub(super) fn run(args: &FetchArgs) -> ExitCode {
    // Every spec is gone through, also behind one that failed.
    let done = args.specs.iter().filter(|path| fetch(path)).count();
    if done == args.specs.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Fetches all that a spec pins, and says so on standard error. Returns whether all of it is in the cache now.
///
/// Only errors in the text of the spec are in its way: the files of this machine are for `check` to judge.
pub(super) fn fetch(path: &Path) -> bool {
    let opened = match spec::open(&OsWorld, path) {
        Ok(source) => spec::load(&source, &OsWorld),
        Err(_) => {
            say(&super::compile::compile(path, &OsWorld));
            return false;
        }
    };
    let Loaded { sources, spec, mut findings, .. } = opened;
    let (resolved, later) = resolve(&spec, &sources);
    findings.extend(later);
    if findings.has_errors() {
        say(&Compiled { sources, findings, networks: resolved.networks, outcome: None });
        return false;
    }
    let fetcher = Fetcher::new(&cache_folder(), Patience::default());
    let mut seen = BTreeSet::new();
    let wanted: Vec<_> = resolved.pinned().into_iter().filter(|pinned| seen.insert(pinned.sha256)).collect();
    if wanted.is_empty() {
        let text = format!("{}: nothing to fetch: no URL has a `sha256`\n", path.display());
        report::write(std::io::stderr(), &text);
        return true;
    }
    let missed = wanted.iter().filter(|pinned| !one(&fetcher, pinned)).count();
    missed == 0
}

fn say(compiled: &Compiled) {
    let stderr = std::io::stderr();
    let text = report::findings(compiled, FindingFormat::Full, report::style(&stderr));
    report::write(stderr, &text);
}

fn one(fetcher: &Fetcher, pinned: &Pinned) -> bool {
    let bar = Bar::new(pinned);
    let fetched = fetcher.fetch(pinned, &mut |progress| bar.show(progress));
    bar.end();
    let url = &pinned.url;
    let text = match &fetched {
        Ok(file) if file.was_there => format!("{url}: in the cache, {}\n", HumanBytes(file.size)),
        Ok(file) => format!("{url}: fetched, {}, verified\n  {}\n", HumanBytes(file.size), file.path.display()),
        Err(error) => failure(pinned, error),
    };
    report::write(std::io::stderr(), &text);
    fetched.is_ok()
}

fn failure(pinned: &Pinned, error: &FetchError) -> String {
    format!("{}: not fetched: {error}\n  help: {}\n", pinned.url, error.advice())
}

/// How far it is, on a terminal; nothing in a pipe.
struct Bar(ProgressBar);

impl Bar {
    fn new(pinned: &Pinned) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let template = "{msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::no_length().with_style(style.progress_chars("##-"));
        let name = pinned.url.file_name();
        bar.set_message(if name.is_empty() { pinned.url.to_string() } else { name.to_owned() });
        Self(bar)
    }

    fn show(&self, progress: Progress) {
        match progress {
            Progress::Waits => self.0.set_message("another netspec fetches it; waiting"),
            Progress::Bytes(done, total) => {
                if let Some(total) = total {
                    self.0.set_length(total);
                }
                self.0.set_position(done);
            }
        }
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
