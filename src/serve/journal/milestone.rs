//! One line of the journal, and how its numbers and names are written.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::ClientKey;

/// A step of a boot that a person understands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Milestone {
    /// Seconds since netspec began to serve.
    pub seconds: f64,
    /// The client: its MAC address, or its IP address while that is all that is known.
    pub client: String,
    /// Which step.
    pub stage: Stage,
    /// What happened, printable on one line.
    pub text: String,
    #[serde(skip)]
    pub(super) key: ClientKey,
}

/// The steps, in the order in which a boot takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It asked how to boot.
    Asked,
    /// It was told.
    Offered,
    /// It has its address.
    Leased,
    /// It gets no address, or not the one that it was to get.
    NoAddress,
    /// It has its loader.
    Loader,
    /// It is a machine that the spec knows, and begins as it says.
    Machine,
    /// It reads a menu or script.
    Menu,
    /// It has its kernel.
    Kernel,
    /// It has its initial RAM disk.
    Initrd,
    /// It has what its installer is told.
    Answers,
    /// It loads its root image.
    RootImage,
    /// It has everything that it needs of netspec.
    Done,
    /// A transfer ended before its end.
    Stopped,
    /// It asked for something that it does not get.
    Refused,
    /// It tries again and again, and does not get on.
    Stuck,
    /// It is a server that gets in the way.
    Rival,
    /// It is an address of this machine that came or went.
    Network,
    /// Lines about it came too fast to be written.
    LeftOut,
}

impl Milestone {
    pub(super) fn new(now: Duration, client: ClientKey, stage: Stage, text: String) -> Self {
        Self {
            seconds: (now.as_secs_f64() * 1000.0).round() / 1000.0,
            client: client.to_string(),
            stage,
            text,
            key: client,
        }
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.1} s  {}  {}", self.seconds, self.client, self.text)
    }
}

/// An amount of bytes, in the unit that gives one to four digits: `91.2 KiB`.
pub fn amount(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        b if b < 1024.0 => format!("{b:.0} B"),
        b if b < 1024.0 * 1024.0 => format!("{:.1} KiB", b / 1024.0),
        b if b < 1024.0 * 1024.0 * 1024.0 => format!("{:.1} MiB", b / 1024.0 / 1024.0),
        b => format!("{:.2} GiB", b / 1024.0 / 1024.0 / 1024.0),
    }
}

/// A speed in MB/s, that is 10^6 bytes a second.
pub(super) fn rate(bytes: u64, elapsed: Duration) -> String {
    format!("{:.1} MB/s", bytes as f64 / 1e6 / elapsed.as_secs_f64().max(1e-3))
}

/// Text that a client controls, safe for a terminal and for a log of one line an event (SE-06).
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let is_invisible =
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
        if is_invisible { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}
