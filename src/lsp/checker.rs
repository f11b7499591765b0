//! Checking, beside the loop that talks to the editor.
//!
//! One thread looks at texts and another one at what the texts name, which may take long: the editor hears of a wrong word at once,
//! and of an ISO that is not there a little later. Each takes the newest texts when it is ready for them; what was typed
//! meanwhile is never looked at. A panic ends one check and no thread.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::documents::{Overlay, normal};
use super::findings::{FileFindings, by_file};
use super::{Deep, DeepCheck};
use crate::diag::Diagnostics;
use crate::resolve;
use crate::source::{SourceFile, Sources};
use crate::spec;
use crate::world::World;

/// The files of other folders are not looked through for one that includes a file, and of a folder not more than these.
const MAX_NEIGHBORS: usize = 64;

/// What is to be checked.
#[derive(Debug, Default)]
pub(super) struct Job {
    /// Every open text.
    pub world: Overlay,
    /// The files that are new, changed or closed.
    pub changed: BTreeSet<PathBuf>,
    /// Whether files were saved, opened or closed, so that which file includes which is to be found out again.
    pub rescan: bool,
    /// Not before then.
    due: Option<Instant>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Checked {
    /// The specs that were checked, by their main files.
    pub specs: BTreeMap<PathBuf, Outcome>,
    /// The main files of all open documents; what is known of others is of no use any more.
    pub mains: BTreeSet<PathBuf>,
    /// A panic, told to the user.
    pub trouble: Option<String>,
}

/// What is known of one spec.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub files: BTreeMap<PathBuf, FileFindings>,
    /// What ISOs hold, by their names.
    pub found: BTreeMap<String, String>,
}

/// The newest job that nobody has begun.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    job: Mutex<Option<Job>>,
    filled: Condvar,
}

impl Mailbox {
    /// Asks for a check of these texts after a pause in which nothing newer comes.
    pub(super) fn put(&self, world: Overlay, changed: PathBuf, rescan: bool, pause: Duration) {
        let mut waiting = self.lock();
        let mut job = waiting.take().unwrap_or_default();
        job.world = world;
        job.changed.insert(changed);
        job.rescan |= rescan;
        job.due = Instant::now().checked_add(pause);
        *waiting = Some(job);
        self.filled.notify_one();
    }

    fn take(&self) -> Job {
        let mut waiting = self.lock();
        loop {
            let wait = match waiting.as_ref() {
                None => None,
                Some(job) => {
                    job.due.and_then(|due| due.checked_duration_since(Instant::now())).filter(|w| !w.is_zero())
                }
            };
            match (waiting.take_if(|_| wait.is_none()), wait) {
                (Some(job), _) => return job,
                (None, None) => waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                (None, Some(wait)) => {
                    let woken = self.filled.wait_timeout(waiting, wait);
                    waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Job>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a spec is checked.
#[derive(Clone, Copy)]
pub(super) enum Depth {
    /// The text alone.
    Text,
    /// What the text names, without the findings about the text itself.
    Files(DeepCheck),
}

/// Checks what comes into the mailbox until nobody takes the outcome any more.
pub(super) fn run(mailbox: &Mailbox, depth: Depth, done: &dyn Fn(Checked) -> bool) {
    let mut mains: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    loop {
        let job = mailbox.take();
        if !done(check(&job, depth, &mut mains)) {
            return;
        }
    }
}

fn check(job: &Job, depth: Depth, mains: &mut BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> Checked {
    let mut trouble = None;
    let mut guarded = |path: &Path, work: &mut dyn FnMut()| {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            trouble = Some(format!("netspec failed while it checked {}; please report this", path.display()));
        }
    };
    if job.rescan {
        mains.clear();
    }
    for path in job.world.texts.keys() {
        if !mains.contains_key(path) {
            let mut found = BTreeSet::from([path.clone()]);
            guarded(path, &mut || found = mains_of(path, &job.world));
            mains.insert(path.clone(), found);
        }
    }
    mains.retain(|path, _| job.world.texts.contains_key(path));
    let all: BTreeSet<PathBuf> = mains.values().flatten().cloned().collect();
    let changed = |main: &&PathBuf| {
        job.changed.contains(*main)
            || job.changed.iter().any(|path| mains.get(path).is_none_or(|of| of.contains(*main)))
    };
    let mut specs = BTreeMap::new();
    for main in all.iter().filter(changed) {
        guarded(main, &mut || {
            specs.insert(main.clone(), outcome(main, &job.world, depth));
        });
    }
    Checked { specs, mains: all, trouble }
}

fn outcome(main: &Path, world: &Overlay, depth: Depth) -> Outcome {
    let (sources, findings) = text_phases(main, world);
    let about_text = by_file(&sources, &findings);
    let Depth::Files(check) = depth else { return Outcome { files: about_text, found: BTreeMap::new() } };
    let Deep { sources, findings, found } = check(main, world);
    let mut files = by_file(&sources, &findings);
    for (path, file) in &mut files {
        let known = about_text.get(path).map_or(&[][..], |file| &file.findings);
        file.findings.retain(|finding| !known.contains(finding));
    }
    Outcome { files, found }
}

/// What is wrong with a spec apart from the files that it names.
fn text_phases(main: &Path, world: &dyn World) -> (Sources, Diagnostics) {
    match spec::open(world, main) {
        Ok(source) => {
            let loaded = spec::load(&source, world);
            let mut findings = loaded.findings;
            findings.extend(resolve::rules::check(&loaded.spec));
            findings.sort();
            (loaded.sources, findings)
        }
        Err(finding) => {
            let mut findings = Diagnostics::default();
            findings.push(finding);
            (SourceFile { path: main.to_owned(), text: Arc::from("") }.into(), findings)
        }
    }
}

/// The specs that a file belongs to: those beside it or in the folder above that include it, else it is one itself.
fn mains_of(path: &Path, world: &Overlay) -> BTreeSet<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let folders = [Some(folder), folder.parent()];
    let listed = folders.iter().flatten().flat_map(|folder| world.list(folder).unwrap_or_default());
    let is_spec = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "kdl");
    let listed = listed.filter(is_spec).map(|path| normal(&path)).take(MAX_NEIGHBORS);
    let candidates: BTreeSet<PathBuf> =
        listed.chain(world.texts.keys().cloned()).filter(|other| other != path).collect();
    let includes = |main: &&PathBuf| {
        let source = spec::open(world, main).ok().filter(|source| source.text.contains("include"));
        source.is_some_and(|source| {
            spec::load(&source, world).includes.iter().any(|(_, included)| normal(included) == path)
        })
    };
    let including: BTreeSet<PathBuf> = candidates.iter().filter(includes).cloned().collect();
    // Of files that include each other, those that nobody includes are the specs.
    let is_main = |main: &&PathBuf| {
        !including.iter().any(|other| {
            let included = |source: SourceFile| spec::load(&source, world).includes;
            other != *main
                && spec::open(world, other).is_ok_and(|s| included(s).iter().any(|(_, path)| normal(path) == **main))
        })
    };
    let mains: BTreeSet<PathBuf> = including.iter().filter(is_main).cloned().collect();
    if mains.is_empty() { BTreeSet::from([path.to_owned()]) } else { mains }
}
