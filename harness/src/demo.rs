//! One boot with narration, for people who want to see it.

use std::io::Write;
use std::path::Path;

use crate::bench::{Bench, Options};
use crate::case::{Stop, Verdict};
use crate::cases::archiso::{self, Setup};
use crate::error::{Context, Error, Result, is_of_the_pc};
use crate::evidence;
use crate::lab::{ROUTER, SERVER};
use crate::media::Layout;

/// Boots today's Arch medium to its login prompt and prints what happens.
pub fn run(options: &Options, root: &Path) -> Result<()> {
    let run = evidence::new_run(root)?;
    match run_once(options, &run, "demo") {
        Err(error) if is_of_the_pc(&error.to_string()) => {
            say(&format!("{error}; once more."))?;
            run_once(options, &run, "demo-again")
        }
        other => other,
    }
}

fn run_once(options: &Options, run: &Path, folder: &str) -> Result<()> {
    let mut bench = Bench::new(options, options.subject, run, folder)?;
    let shown = show(&mut bench, options);
    let closed = bench.close();
    match shown {
        Ok(()) => closed,
        Err(Stop::Failed(error)) => {
            say(&format!("evidence {}", bench.evidence().folder().display()))?;
            Err(error)
        }
        Err(Stop::Skipped(reason)) => Err(Error::new(reason)),
    }
}

fn show(bench: &mut Bench, options: &Options) -> Verdict {
    say(&format!("A LAN with a router at {ROUTER} and {} at {SERVER}; a PC without a disk.", options.subject))?;
    archiso::power_on(bench, Setup::usual(Layout::Today))?;
    say(&format!("Power on, emulated with {}.", options.accel))?;
    let guest = bench.guest()?;
    let [menu, choose, login] = archiso::steps_to_login(Layout::Today);
    guest.step(&menu)?;
    say(&format!("After {:.1} s the menu:\n\n{}\n", guest.uptime().as_secs_f64(), guest.screen().trim_matches('\n')))?;
    guest.step(&choose)?;
    guest.step(&login)?;
    let seconds = guest.uptime().as_secs_f64();
    let screen = guest.screen();
    let kernel = guest.shell("uname -sr")?;
    say(&format!(
        "After {seconds:.1} s a shell in the live system, which runs {kernel}:\n\n{screen}\n",
        screen = screen.trim_matches('\n')
    ))?;
    let log = bench.evidence().server();
    let words = std::fs::read_to_string(&log).context(log.display())?;
    say(&format!("What {} said meanwhile:\n\n{words}", options.subject))?;
    Ok(())
}

fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").context("standard output")
}
