//! netspec and the stack made by hand, side by side: the seconds from power-on to a shell.

use std::io::Write;
use std::path::Path;

use crate::bench::{Bench, Options};
use crate::case::{Stop, Verdict};
use crate::cases::archiso::{self, Setup};
use crate::cases::debian_live;
use crate::error::{Context, Error, Result, is_of_the_pc};
use crate::evidence;
use crate::media::Layout;
use crate::subject::Subject;

/// What is booted, and how to get to its shell.
struct Race {
    name: &'static str,
    boot: fn(&mut Bench) -> Verdict,
}

const RACES: [Race; 2] = [
    Race {
        name: "archiso",
        boot: |bench| {
            archiso::power_on(bench, Setup::usual(Layout::Today))?;
            Ok(bench.guest()?.play(&archiso::steps_to_login(Layout::Today))?)
        },
    },
    Race {
        name: "debian-live",
        boot: |bench| {
            debian_live::power_on(bench)?;
            Ok(bench.guest()?.play(&debian_live::steps_to_login())?)
        },
    },
];

/// Boots each medium with both servers, one after the other, and prints a line for each medium.
pub fn run(options: &Options, root: &Path) -> Result<()> {
    let run = evidence::new_run(root)?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{:<14}{:>10}{:>10}{:>10}", "medium", "netspec", "seed", "ratio").context("standard output")?;
    for race in &RACES {
        let Some((seed, seed_memory)) = measure_again(race, Subject::Seed, options, &run)? else { continue };
        let Some((netspec, memory)) = measure_again(race, Subject::Netspec, options, &run)? else { continue };
        let ratio = netspec / seed;
        let (memory, seed_memory) = (mebibytes(memory), mebibytes(seed_memory));
        writeln!(
            stdout,
            "{:<14}{netspec:>8.1} s{seed:>8.1} s{ratio:>10.2}   resident {memory} and {seed_memory} MiB",
            race.name
        )
        .context("standard output")?;
    }
    Ok(())
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// One boot; another one where the loader crashed in the first. `None` where it cannot be had on this machine.
fn measure_again(race: &Race, subject: Subject, options: &Options, run: &Path) -> Result<Option<Measured>> {
    match measure(race, subject, options, run, "") {
        Err(error) if is_of_the_pc(&error.to_string()) => {
            writeln!(std::io::stdout(), "again: {error}").context("standard output")?;
            measure(race, subject, options, run, "-again")
        }
        other => other,
    }
}

/// Seconds from power-on to the shell, and the most memory that the servers had resident, in bytes.
type Measured = (f64, u64);

fn measure(race: &Race, subject: Subject, options: &Options, run: &Path, suffix: &str) -> Result<Option<Measured>> {
    let mut bench = Bench::new(options, subject, run, &format!("{}-{subject}{suffix}", race.name))?;
    let verdict = (race.boot)(&mut bench);
    let uptime = bench.guest().map(|guest| guest.uptime().as_secs_f64());
    let memory = bench.server_memory();
    bench.close()?;
    match verdict {
        Ok(()) => Ok(Some((uptime?, memory?))),
        Err(Stop::Failed(error)) => {
            let folder = bench.evidence().folder().display().to_string();
            Err(Error::new(format!("{} with {subject}: {error}\nevidence {folder}", race.name)))
        }
        Err(Stop::Skipped(reason)) => {
            writeln!(std::io::stdout(), "skipped {} with {subject}: {reason}", race.name).context("standard output")?;
            Ok(None)
        }
    }
}
