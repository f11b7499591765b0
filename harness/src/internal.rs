//! The commands by which this program starts itself inside the laboratory. They are no interface for people.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use clap::Subcommand;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::getppid;

use crate::error::{Context, Error, Result};
use crate::lab::netns;
use crate::lab::router::{self, RouterArgs};
use crate::lab::wire::{self, WireArgs};

/// What a copy of this program can be.
#[derive(Debug, Clone, Subcommand)]
pub enum Internal {
    /// Ties itself to its parent, enters a network namespace and becomes another program.
    Exec {
        /// The process to which it is tied.
        #[arg(long)]
        parent: i32,
        /// A process in the network namespace to enter.
        #[arg(long)]
        netns: Option<u32>,
        /// The program and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    /// Keeps a network namespace alive.
    Hold,
    /// Carries frames between QEMU and the LAN.
    Wire(WireArgs),
    /// Records the frames of an interface.
    Capture {
        /// The interface.
        #[arg(long)]
        interface: String,
        /// Where to.
        #[arg(long)]
        pcap: PathBuf,
    },
    /// Is the router's DHCP server.
    Router(RouterArgs),
}

/// Is what was asked for.
pub fn run(internal: Internal) -> Result<()> {
    match internal {
        Internal::Exec { parent, netns, command } => become_program(parent, netns, &command),
        Internal::Hold => netns::hold(),
        Internal::Wire(args) => wire::carry(args),
        Internal::Capture { interface, pcap } => wire::capture(&interface, &pcap),
        Internal::Router(args) => router::serve(args),
    }
}

fn become_program(parent: i32, netns: Option<u32>, command: &[OsString]) -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("prctl")?;
    // A parent that died before the call above has sent nothing.
    if getppid().as_raw() != parent {
        return Err(Error::new("the harness has ended"));
    }
    // The harness blocks the signals that its own thread waits for, and a mask outlives exec. With SIGTERM blocked no
    // server could end in its own way.
    SigSet::empty().thread_set_mask().context("signals")?;
    if let Some(holder) = netns {
        netns::enter(holder)?;
    }
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new("no program to become"));
    };
    let error = Command::new(program).args(arguments).exec();
    Err(Error::new(format!("{}: {error}", program.to_string_lossy())))
}
