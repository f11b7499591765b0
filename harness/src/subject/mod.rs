//! The server under test: `netspec`, or the stack that people set up by hand today.

pub mod exported;
pub mod netspec;
pub mod nginx;
pub mod origin;
pub mod seed;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Result;
use crate::lab::Host;
use crate::lab::process::Process;

/// How long a server may take to be ready. Unpacking an ISO is not counted.
const START: Duration = Duration::from_secs(30);

/// Which server is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// The `netspec` command.
    Netspec,
    /// dnsmasq as proxyDHCP and TFTP server with nginx beside it, over an unpacked ISO.
    Seed,
    /// dnsmasq and nginx, configured and filled by netspec.
    Exported,
}

impl Subject {
    /// Whether dnsmasq is a part of it.
    pub fn has_dnsmasq(self) -> bool {
        self != Self::Netspec
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Netspec => "netspec",
            Self::Seed => "seed",
            Self::Exported => "exported",
        })
    }
}

/// What an ISO is, as far as somebody who serves it by hand has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// An Arch medium of today: its own PXELINUX configuration is in `/boot/syslinux`.
    ArchisoToday,
    /// An Arch medium of 2014: the configuration is in `/arch/boot/syslinux`, its names relative to `/arch/`.
    Archiso2014,
    /// Debian Live, which brings no configuration for network boot.
    DebianLive,
}

/// An ISO to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The file.
    pub iso: PathBuf,
    /// What it is.
    pub family: Family,
}

/// Everything that a server is started with.
#[derive(Debug)]
pub struct Order<'a> {
    /// The machine on which it runs.
    pub host: &'a Host,
    /// The `netspec` command.
    pub netspec: &'a Path,
    /// What netspec is told.
    pub spec: &'a str,
    /// What a person would have set up.
    pub images: &'a [Image],
    /// For files that are gone after the case.
    pub scratch: &'a Path,
    /// Where the specification is kept.
    pub spec_file: &'a Path,
    /// What the server says.
    pub log: &'a Path,
}

/// Starts the server; it is ready when this returns.
pub fn start(subject: Subject, order: &Order<'_>) -> Result<Vec<Process>> {
    match subject {
        Subject::Netspec => netspec::start(order).map(|process| vec![process]),
        Subject::Seed => seed::start(order),
        Subject::Exported => exported::start(order),
    }
}
