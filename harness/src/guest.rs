//! Carries out the steps of a [`script`](crate::script) at a PC.

use std::time::{Duration, Instant};

use crate::console::Console;
use crate::deadline::{Accel, Stage, limit};
use crate::error::{Context, Error, Result};
use crate::evidence::Evidence;
use crate::menu;
use crate::qemu::Qemu;
use crate::script::{Login, Step};

const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const ENTER: &str = "\r";

/// How long a screen must be unchanged before it counts as drawn.
const STILL: Duration = Duration::from_millis(400);

/// More presses than any menu has rows.
const PRESSES: usize = 40;

/// A PC that somebody sits at.
pub struct Guest {
    qemu: Qemu,
    accel: Accel,
    evidence: Evidence,
    commands: u32,
}

impl Guest {
    /// Sits down at a PC, whose last screen goes to the evidence.
    pub fn new(qemu: Qemu, accel: Accel, evidence: Evidence) -> Self {
        Self { qemu, accel, evidence, commands: 0 }
    }

    /// Carries out the steps in order; a failure says which step it was and how the PC is.
    pub fn play(&mut self, steps: &[Step]) -> Result<()> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    /// Carries out one step.
    pub fn step(&mut self, step: &Step) -> Result<()> {
        let result = match step {
            Step::Menu(labels) => self.wait_for_menu(labels),
            Step::Choose(label) => self.choose(label),
            Step::See(text) => {
                let limit = limit(Stage::Menu, self.accel);
                self.qemu.console().wait_for(text, limit).map(drop)
            }
            Step::LogIn(login) => self.log_in(*login),
        };
        result.map_err(|error| {
            let condition = self.qemu.condition();
            Error::new(format!("{} failed: {error}; {condition}", name(step)))
        })
    }

    /// Runs a command in the shell that a login step has reached, and returns what it printed.
    ///
    /// A command that fails is an error.
    pub fn shell(&mut self, command: &str) -> Result<String> {
        let limit = limit(Stage::Command, self.accel);
        self.commands += 1;
        let number = self.commands;
        // The terminal echoes what is typed. The marks are put together by the guest's printf, so that the echo does
        // not contain them.
        let line =
            format!("printf '%s%s\\n' out put-{number}; {command}; printf '\\n%s%s%s.\\n' end- {number}: $?{ENTER}");
        let console = self.qemu.console();
        console.press(&line)?;
        console.wait_for(&format!("output-{number}\r\n"), limit)?;
        let output = console.wait_for(&format!("\r\nend-{number}:"), limit)?;
        let status = console.wait_for(".", limit)?;
        let output = output.replace('\r', "").trim_end().to_owned();
        match status.as_str() {
            "0" => Ok(output),
            _ => Err(Error::new(format!("`{command}` in the guest failed ({status}): {output}"))),
        }
    }

    /// The screen as text.
    pub fn screen(&mut self) -> String {
        self.qemu.console().look(crate::screen::Screen::text)
    }

    /// How long the PC has been on.
    pub fn uptime(&self) -> Duration {
        self.qemu.since.elapsed()
    }

    /// Keeps both last screens, the terminal's and the PC's own, and switches the PC off.
    pub fn power_off(&mut self) -> Result<()> {
        let file = self.evidence.screen();
        let written = std::fs::write(&file, self.screen() + "\n").context(file.display());
        // A PC that has ended has no picture any more; the case has judged that already.
        let _ = self.qemu.photograph(&self.evidence.picture());
        self.qemu.power_off().and(written)
    }

    fn wait_for_menu(&mut self, labels: &[String]) -> Result<()> {
        let limit = limit(Stage::Menu, self.accel);
        let console = self.qemu.console();
        console.wait_for_screen("the menu", limit, STILL, |screen| menu::shows(screen, labels).then_some(()))
    }

    /// Moves the selection row by row and looks after each key, because menus skip lines that cannot be chosen.
    fn choose(&mut self, label: &str) -> Result<()> {
        let limit = limit(Stage::Key, self.accel);
        let console = self.qemu.console();
        for _ in 0..PRESSES {
            let (chosen, target) = console.wait_for_screen("a chosen row", limit, STILL, |screen| {
                Some((menu::chosen(screen)?, menu::find(screen, label)))
            })?;
            if chosen.label.contains(label) {
                return console.press(ENTER);
            }
            // A menu shows only some of its rows; those below come when the selection goes down.
            let up = target.is_some_and(|target| target.line < chosen.line);
            press_and_see(console, if up { UP } else { DOWN }, limit)?;
        }
        Err(Error::new(format!("the row `{label}` could not be reached with the arrow keys")))
    }

    fn log_in(&mut self, login: Login) -> Result<()> {
        let (first, command) = (limit(login.stage, self.accel), limit(Stage::Command, self.accel));
        let console = self.qemu.console();
        console.wait_for(login.prompt, first)?;
        console.press(&format!("{}{ENTER}", login.user))?;
        if let Some(password) = login.password {
            console.wait_for("assword:", command)?;
            console.press(&format!("{password}{ENTER}"))?;
        }
        console.wait_for(if login.user == "root" { "# " } else { "$ " }, command).map(drop)
    }
}

/// Presses a key and waits until the screen has changed.
fn press_and_see(console: &mut Console, key: &str, limit: Duration) -> Result<()> {
    let before = console.bytes();
    console.press(key)?;
    let start = Instant::now();
    while console.bytes() == before {
        if start.elapsed() > limit {
            return Err(Error::new(format!("the menu did not react to a key within {} s", limit.as_secs())));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn name(step: &Step) -> String {
    match step {
        Step::Menu(labels) => format!("waiting for a menu with {labels:?}"),
        Step::Choose(label) => format!("choosing `{label}`"),
        Step::See(text) => format!("waiting for `{text}`"),
        Step::LogIn(login) => format!("waiting for `{}` and logging in", login.prompt),
    }
}
