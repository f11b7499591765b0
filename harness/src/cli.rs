//! The command line: the only module that prints errors or decides the exit code.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use nix::sys::signal::{SigSet, Signal};

use crate::bench::Options;
use crate::case::Summary;
use crate::deadline::Accel;
use crate::error::{Context, Error, Result};
use crate::firmware::Cpu;
use crate::internal::{self, Internal};
use crate::isos::{Folder, Made};
use crate::lab::netns;
use crate::matrix::table::Format;
use crate::media::{self, Layout, MediaError};
use crate::subject::Subject;
use crate::{captures, cases, compare, demo, gallery, matrix, qemu, runner, tools};

/// Boots firmware in QEMU against a network-boot server, on a LAN of its own, and drives what it shows.
#[derive(Debug, Parser)]
#[command(name = "netspec-harness", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs cases and prints how each ended.
    Run {
        /// Parts of the names of the wanted cases; without one, those that `make test` runs.
        filters: Vec<String>,
        /// The server under test.
        #[arg(long, value_enum, default_value_t = Subject::Netspec)]
        subject: Subject,
        /// Only lists the cases.
        #[arg(long)]
        list: bool,
        /// Also runs the cases that `make test` has no time for.
        #[arg(long)]
        all: bool,
        /// Leaves a failed case running until Enter is pressed.
        #[arg(long)]
        keep: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Lists the cases and what each proves.
    List {
        /// Parts of the names of the wanted cases.
        filters: Vec<String>,
    },
    /// Boots one Arch medium and shows what a person at the PC would see.
    Demo {
        /// The server under test.
        #[arg(long, value_enum, default_value_t = Subject::Netspec)]
        subject: Subject,
        #[command(flatten)]
        common: Common,
    },
    /// Boots the same media with netspec and with the stack made by hand, and prints the seconds side by side.
    Compare {
        #[command(flatten)]
        common: Common,
    },
    /// Boots every firmware with every system, and prints a table of what came of it.
    Matrix {
        /// Parts of the names of the wanted cells, such as `ovmf-http` or `/archiso`; all of them without one.
        filters: Vec<String>,
        /// Only the cells that `make test` boots.
        #[arg(long)]
        cut: bool,
        /// Only lists the cells.
        #[arg(long)]
        list: bool,
        /// How the table is printed.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// A file whose table gets the results too, between its two marks.
        #[arg(long)]
        into: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Records what each firmware asks, as small files for the tests of netspec.
    Captures {
        /// Parts of the names of the wanted rows of the matrix; all of them without one.
        filters: Vec<String>,
        /// Where the recordings go.
        #[arg(long, default_value = "tests/captures")]
        into: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Boots each spec of a folder to its menu, and writes a page with the screens.
    Gallery {
        /// Where the specs are.
        #[arg(long, default_value = "specs")]
        specs: PathBuf,
        /// The page; it is written only where every screen could be taken.
        #[arg(long, default_value = "docs/gallery.md")]
        into: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Makes the media that the cases boot, and prints where they are.
    Media {
        /// Where they are kept.
        #[arg(long, default_value = "target/media")]
        cache: PathBuf,
        /// Leaves out Debian Live, which takes minutes.
        #[arg(long)]
        quick: bool,
    },
    #[command(subcommand, hide = true)]
    Internal(Internal),
}

#[derive(Debug, clap::Args)]
struct Common {
    /// A folder with archiso-today.iso, archiso-2014.iso and debian-live.iso; otherwise they are made.
    #[arg(long)]
    isos: Option<PathBuf>,
    /// Where media that were made are kept.
    #[arg(long, default_value = "target/media")]
    cache: PathBuf,
    /// The `netspec` command; by default the one beside this program.
    #[arg(long)]
    netspec: Option<PathBuf>,
    /// How PCs are emulated.
    #[arg(long, value_enum, default_value_t = AccelChoice::Tcg)]
    accel: AccelChoice,
    /// Where the evidence of each run goes.
    #[arg(long, default_value = "target/lab")]
    evidence: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AccelChoice {
    /// In software.
    Tcg,
    /// With KVM if a short probe shows that it works, else in software; says which.
    Auto,
}

/// Does what the arguments say.
#[expect(clippy::print_stderr, reason = "this is the module that prints errors")]
pub fn main() -> ExitCode {
    let result = run(Arguments::parse().command);
    crate::bench::remove_scratch();
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("netspec-harness: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<bool> {
    match command {
        Command::Internal(internal) => internal::run(internal).map(|()| true),
        Command::List { filters } | Command::Run { filters, list: true, .. } => list(&filters).map(|()| true),
        Command::Run { filters, subject, keep, all, common, .. } => {
            let later = if all { &[] } else { cases::LATER };
            let cases = runner::select(&cases::all(), &filters, later);
            if cases.is_empty() {
                return Err(Error::new(format!("no case has any of {filters:?} in its name; `list` shows them")));
            }
            let options = prepare(subject, &common)?;
            runner::run(&cases, &options, &common.evidence, keep).map(Summary::is_good)
        }
        Command::Matrix { filters, cut, list: true, .. } => list_matrix(&filters, cut).map(|()| true),
        Command::Matrix { filters, cut, format, into, common, .. } => {
            let options = prepare(Subject::Netspec, &common)?;
            matrix::run(&matrix::select(&filters, cut), &options, &common.evidence, format, into.as_deref())
        }
        Command::Captures { filters, into, common } => {
            captures::run(&filters, &prepare(Subject::Netspec, &common)?, &common.evidence, &into)
        }
        Command::Gallery { specs, into, common } => {
            gallery::run(&specs, &prepare(Subject::Netspec, &common)?, &common.evidence, &into)
        }
        Command::Demo { subject, common } => demo::run(&prepare(subject, &common)?, &common.evidence).map(|()| true),
        Command::Media { cache, quick } => make_media(&cache, quick).map(|()| true),
        Command::Compare { common } => {
            tools::check(true)?;
            compare::run(&prepare(Subject::Netspec, &common)?, &common.evidence).map(|()| true)
        }
    }
}

fn list(filters: &[String]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    for case in runner::select(&cases::all(), filters, &[]) {
        writeln!(stdout, "{}\n    {}", case.name, case.proves).context("standard output")?;
    }
    Ok(())
}

fn list_matrix(filters: &[String], cut: bool) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    for cell in matrix::select(filters, cut) {
        writeln!(stdout, "{}", cell.name()).context("standard output")?;
    }
    Ok(())
}

fn make_media(cache: &Path, quick: bool) -> Result<()> {
    let mut stdout = std::io::stdout();
    for layout in [Layout::Today, Layout::Y2014] {
        let iso = media::archiso(layout, cache, &progress).context("the Arch medium")?;
        writeln!(stdout, "{}", iso.display()).context("standard output")?;
    }
    // The cases that need these say the same when they are skipped.
    let said = |what: &str, made: std::result::Result<PathBuf, MediaError>| match made {
        Err(MediaError::Unavailable(reason)) => Ok(format!("skipped {what}: {reason}")),
        made => made.context(what).map(|path| path.display().to_string()),
    };
    for cpu in [Cpu::X64, Cpu::Arm64] {
        let line = said("the small system", media::small::small(cpu, cache, &progress))?;
        writeln!(stdout, "{line}").context("standard output")?;
    }
    let line = said("the newest iPXE", media::newest("ipxe", media::ALL, cache))?;
    writeln!(stdout, "{line}").context("standard output")?;
    if !quick {
        let line = said("Debian Live", media::debian_live(cache, &progress))?;
        writeln!(stdout, "{line}").context("standard output")?;
    }
    Ok(())
}

/// Makes this process fit for the laboratory and settles what all cases share.
fn prepare(subject: Subject, common: &Common) -> Result<Options> {
    tools::check(subject.has_dnsmasq())?;
    netns::become_root()?;
    end_cleanly_on_signals()?;
    let netspec = match &common.netspec {
        Some(path) => path.clone(),
        None => std::env::current_exe().context("this program's own path")?.with_file_name("netspec"),
    };
    Ok(Options {
        subject,
        // The server is started in another folder.
        netspec: absolute(&netspec)?,
        accel: accel(common.accel)?,
        cache: absolute(&common.cache)?,
        isos: match &common.isos {
            Some(folder) => Box::new(Folder(folder.clone())),
            None => Box::new(Made { cache: absolute(&common.cache)?, progress }),
        },
    })
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).context(path.display())
}

/// Says on a terminal, and in the log of a run without one, why nothing seems to happen.
#[expect(clippy::print_stderr, reason = "this is the module that prints")]
fn progress(words: &str) {
    eprintln!("media: {words}");
}

fn accel(choice: AccelChoice) -> Result<Accel> {
    if choice == AccelChoice::Tcg {
        return Ok(Accel::Tcg);
    }
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let (accel, why) = match qemu::probe_kvm(folder.path()) {
        Ok(accel) => (accel, String::new()),
        Err(error) => (Accel::Tcg, format!(", because KVM does not work here: {error}")),
    };
    writeln!(std::io::stdout(), "emulating with {accel}{why}").context("standard output")?;
    Ok(accel)
}

/// Ends the program on Ctrl-C and its like by way of a thread, so that the folder with the sockets is removed too.
///
/// The processes of the laboratory end with this one, whatever happens ([`crate::lab::process`]).
#[expect(clippy::exit, reason = "a signal ends the program from a thread")]
fn end_cleanly_on_signals() -> Result<()> {
    let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    // Threads inherit the mask, so only the one below ever sees these signals.
    signals.thread_block().context("signals")?;
    std::thread::spawn(move || {
        if let Ok(signal) = signals.wait() {
            crate::bench::remove_scratch();
            std::process::exit(128 + signal as i32);
        }
    });
    Ok(())
}
