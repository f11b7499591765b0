//! What compiling has of this machine: the cache of digests, and a terminal to show progress on.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::facts::Use;
use crate::lock::{Cache, LockMode, Progress, Setting};
use crate::world::cache_folder;

/// The cache and the terminal of this process.
pub(super) struct Local {
    pub(super) cache: Cache,
    pub(super) bar: Bar,
}

impl Local {
    pub(super) fn new() -> Self {
        Self { cache: Cache::open(Some(&cache_folder())), bar: Bar::default() }
    }

    /// How a command compiles that knows about locks.
    pub(super) fn setting(&self, mode: LockMode, what_for: Use) -> Setting<'_> {
        Setting { lock: Some(mode), what_for, cache: &self.cache, progress: &self.bar }
    }
}

/// A bar on the terminal while files are hashed; nothing where the standard error stream is none.
#[derive(Default)]
pub(super) struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    fn with(&self, on: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            on(bar);
        }
    }
}

impl Progress for Bar {
    fn begin(&self, files: usize, bytes: u64) {
        let style = ProgressStyle::with_template("{msg} {bar:24} {bytes} of {total_bytes}, {eta} to go");
        let bar = ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(if files == 1 { "hashing a file".to_owned() } else { format!("hashing {files} files") });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn advance(&self, bytes: u64) {
        self.with(|bar| bar.inc(bytes));
    }

    fn end(&self) {
        self.with(ProgressBar::finish_and_clear);
    }
}
