//! What went wrong, in words for the person who reads a run's summary.

use std::fmt::Display;

/// A failure of the harness or of what it watches. The message is a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
}

/// How a failure reads that is a crash of the loader.
pub const LOADER_CRASH: &str = "PXELINUX gave up by itself (\"Boot failed\")";

/// How a failure reads where the loader has started the kernel and not a word came from it: seen once under emulation on a busy
/// machine, in some hundred boots.
pub const SILENT_KERNEL: &str = "the kernel was loaded and never printed a word";

/// Whether a failure is one of the PC's own, which says nothing about the server; such a boot is tried once more.
pub fn is_of_the_pc(message: &str) -> bool {
    message.contains(LOADER_CRASH) || message.contains(SILENT_KERNEL)
}

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// PXELINUX gave up by itself. The case says nothing about the server then, and is tried once more.
    pub fn loader_crash() -> Self {
        Self::new(LOADER_CRASH)
    }

    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// Says what was being done when something failed.
pub trait Context<T> {
    /// Puts `doing` and a colon before the message.
    fn context(self, doing: impl Display) -> Result<T>;
}

impl<T, E: Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl Display) -> Result<T> {
        self.map_err(|error| Error::new(format!("{doing}: {error}")))
    }
}
