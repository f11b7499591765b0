//! Reads GRUB's scripts as GRUB does, up to where a kernel starts.
//!
//! Only what netspec writes is known: variables, `if` with a comparison or with the pattern of a hardware address, `source`,
//! `configfile`, `menuentry`, `linux` and `initrd`. At anything else it stops and shows the line. What a menu entry tries on the
//! disks of the machine is not followed, because nobody knows the disks here.

mod words;

use std::collections::{BTreeMap, VecDeque};

use self::words::split;
use super::files::{Fetched, Shelf};
use super::ipxe::missing;
use super::menu::{Boot, Known, LeadsTo, Line, Menu, Menus};
use crate::net::MacAddr;
use crate::plan::start::is_own;

/// Files that are read on the way to one menu.
const MAX_FILES: usize = 32;
/// Menus that are followed.
const MAX_MENUS: usize = 1000;
/// The pattern that takes a hardware address apart.
const ADDRESS: &str = "^(..):(..):(..):(..):(..):(..)$";

/// The pattern of a text that means the same in every protocol, and a character of one.
const PLAIN: &str = "^[A-Za-z0-9._-]+$";

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// What GRUB knows when it starts.
pub(super) struct Start<'a> {
    /// The device that it was loaded from: `http,192.168.1.5`.
    pub(super) device: String,
    /// `x86_64` or `arm64`.
    pub(super) cpu: &'a str,
    /// The hardware address that the client has, or that stands for it.
    pub(super) mac: MacAddr,
}

/// Follows the script that GRUB reads first, a path on the device that it was loaded from.
///
/// Gives its menus, and the scripts that are each machine's own and were run on the way.
pub(super) fn follow(first: &str, start: &Start<'_>, known: &Known, shelf: &Shelf<'_>) -> (Menus, Vec<Fetched>) {
    let variables = BTreeMap::from([
        ("root".to_owned(), start.device.clone()),
        ("grub_cpu".to_owned(), start.cpu.to_owned()),
        ("grub_platform".to_owned(), "efi".to_owned()),
        ("net_default_mac".to_owned(), start.mac.to_string()),
    ]);
    let mut reader = Reader {
        start,
        known,
        shelf,
        places: BTreeMap::new(),
        menus: Vec::new(),
        waiting: VecDeque::new(),
        own: Vec::new(),
    };
    let first = reader.config(first, variables);
    while let Some((at, variables, entries)) = reader.waiting.pop_front() {
        let lines = reader.lines(&variables, entries);
        if let Some(menu) = reader.menus.get_mut(at) {
            menu.lines = lines;
        }
    }
    (Menus { first, menus: reader.menus }, reader.own)
}

type Variables = BTreeMap<String, String>;

/// A `menuentry` before its block is followed.
struct Entry {
    title: String,
    id: String,
    block: Vec<String>,
}

struct Reader<'a> {
    start: &'a Start<'a>,
    known: &'a Known,
    shelf: &'a Shelf<'a>,
    places: BTreeMap<String, usize>,
    menus: Vec<Menu>,
    waiting: VecDeque<(usize, Variables, Vec<Entry>)>,
    own: Vec<Fetched>,
}

/// Why a script is followed no further.
enum Halt {
    /// It has no menu, and GRUB shows its prompt.
    Prompt,
    Stops(String),
    Unread(String),
    /// It starts something without a menu, by these lines.
    Starts(Variables, Vec<String>),
}

/// A script that is being run.
#[derive(Default)]
struct Run {
    variables: Variables,
    entries: Vec<Entry>,
    /// For each open `if`: whether its lines are run, and whether one of its branches was.
    branches: Vec<(bool, bool)>,
    files: usize,
    /// The file that has the entries.
    menu: String,
}

impl Run {
    fn is_on(&self) -> bool {
        self.branches.iter().all(|(runs, _)| *runs)
    }
}

impl Reader<'_> {
    /// What a file comes to: its menu.
    fn config(&mut self, file: &str, variables: Variables) -> LeadsTo {
        if let Some(menu) = self.places.get(file) {
            return LeadsTo::Menu { menu: *menu };
        }
        let mut run = Run { variables, ..Run::default() };
        if let Err(halt) = self.run(file, &mut run) {
            return match halt {
                Halt::Prompt => LeadsTo::Shell,
                Halt::Stops(reason) => LeadsTo::Stops { reason },
                Halt::Unread(line) => LeadsTo::Unread { line },
                Halt::Starts(variables, lines) => self.entry(&variables, &lines),
            };
        }
        if run.entries.is_empty() {
            return LeadsTo::Stops { reason: format!("`{file}` has no menu") };
        }
        if let Some(menu) = self.places.get(&run.menu) {
            return LeadsTo::Menu { menu: *menu };
        }
        let at = self.menus.len();
        if at >= MAX_MENUS {
            return LeadsTo::Stops { reason: format!("more than {MAX_MENUS} menus are not followed") };
        }
        let seconds = run.variables.get("timeout").and_then(|seconds| seconds.parse::<u32>().ok());
        self.menus.push(Menu { title: String::new(), from: run.menu.clone(), seconds, lines: Vec::new() });
        self.places.insert(run.menu, at);
        self.waiting.push_back((at, run.variables, run.entries));
        LeadsTo::Menu { menu: at }
    }

    fn run(&mut self, file: &str, run: &mut Run) -> Result<(), Halt> {
        run.files += 1;
        if run.files > MAX_FILES {
            return Err(Halt::Stops("the scripts go round in a circle".to_owned()));
        }
        let found = self.file(file).ok_or_else(|| Halt::Stops(format!("`{file}` leads to another server")))?;
        let got = found.gets.as_ref().ok_or_else(|| Halt::Stops(missing(file)))?;
        let text = self.shelf.text(got);
        if is_own(&got.path) {
            self.own.push(found);
        }
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let words = split(line, &run.variables);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match &words[..] {
                [] => {}
                ["if", condition @ .., "then"] => {
                    let holds = run.is_on() && self.holds(condition, line, run)?;
                    run.branches.push((holds, holds));
                }
                ["else"] => {
                    if let Some((runs, ran)) = run.branches.last_mut() {
                        *runs = !*ran;
                        *ran = true;
                    }
                }
                ["fi"] => drop(run.branches.pop()),
                _ if !run.is_on() => {}
                ["menuentry", title, options @ .., "{"] => {
                    let id = options.iter().skip_while(|word| **word != "--id").nth(1).unwrap_or(title);
                    let block = lines.by_ref().take_while(|line| *line != "}").map(str::to_owned).collect();
                    file.clone_into(&mut run.menu);
                    run.entries.push(Entry { title: (*title).to_owned(), id: (*id).to_owned(), block });
                }
                ["set", assignment] => {
                    let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
                    run.variables.insert(name.to_owned(), value.to_owned());
                }
                ["export" | "true" | "insmod" | "terminal_output" | "echo", ..] => {}
                // A file that is not there is no error to `source`.
                ["source", name] => match self.run(name, run) {
                    Err(Halt::Stops(_)) if self.file(name).is_some_and(|file| file.gets.is_none()) => {}
                    other => other?,
                },
                ["configfile", name] => return self.run(name, run),
                ["smbios", "--type", "1", what, _, "--set", name] => {
                    let value = if *what == "--get-uuid" { &self.known.uuid } else { &self.known.serial };
                    run.variables.insert((*name).to_owned(), value.clone());
                }
                ["linux" | "chainloader" | "reboot" | "fwsetup" | "for" | "exit", ..] => {
                    let lines = std::iter::once(line).chain(lines).map(str::to_owned).collect();
                    return Err(Halt::Starts(std::mem::take(&mut run.variables), lines));
                }
                // netspec's own has an empty file behind it.
                ["normal", _] if run.entries.is_empty() => return Err(Halt::Prompt),
                _ => return Err(Halt::Unread(line.trim().to_owned())),
            }
        }
        Ok(())
    }

    fn holds(&self, condition: &[&str], line: &str, run: &mut Run) -> Result<bool, Halt> {
        match condition {
            ["[", left, "=", right, "]", ";"] => Ok(left == right),
            ["[", left, "!=", right, "]", ";"] => Ok(left != right),
            ["regexp", PLAIN, text, ";"] => Ok(!text.is_empty() && text.bytes().all(is_plain)),
            ["regexp", sets @ .., ADDRESS, value, ";"] => {
                let parts: Vec<&str> = value.split(':').collect();
                if parts.len() != 6 || parts.iter().any(|part| part.len() != 2) {
                    return Ok(false);
                }
                for set in sets {
                    let set = set.strip_prefix("--set=").and_then(|set| set.split_once(':'));
                    let Some((number, name)) = set else { return Err(Halt::Unread(line.trim().to_owned())) };
                    let part = number.parse::<usize>().ok().and_then(|number| parts.get(number.checked_sub(1)?));
                    run.variables.insert(name.to_owned(), (*part.unwrap_or(&"")).to_owned());
                }
                Ok(true)
            }
            _ => Err(Halt::Unread(line.trim().to_owned())),
        }
    }

    fn lines(&mut self, variables: &Variables, entries: Vec<Entry>) -> Vec<Line> {
        let default = variables.get("default").map_or("0", String::as_str);
        let highlighted = entries
            .iter()
            .position(|entry| entry.id == default)
            .or_else(|| default.parse().ok().filter(|at| *at < entries.len()))
            .unwrap_or(0);
        let line = |(at, entry): (usize, Entry)| {
            if entry.title.trim().is_empty() {
                return Line::Gap;
            }
            let leads_to = self.entry(variables, &entry.block);
            Line::Choice { name: entry.id, title: entry.title, highlighted: at == highlighted, leads_to }
        };
        entries.into_iter().enumerate().map(line).collect()
    }

    fn entry(&mut self, variables: &Variables, block: &[String]) -> LeadsTo {
        let mut kernel = None;
        let mut initrds = Vec::new();
        let mut lines = block.iter();
        while let Some(line) = lines.next() {
            let words = split(line, variables);
            match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                [] | ["true" | "boot"] => {}
                // What is installed on the disks of the machine.
                ["for", ..] => drop(lines.by_ref().find(|line| line.trim() == "done")),
                ["exit", ..] => return LeadsTo::LocalDisk,
                ["reboot"] => return LeadsTo::Restart,
                ["fwsetup"] => return LeadsTo::FirmwareSetup,
                ["configfile", name] => return self.config(name, variables.clone()),
                ["chainloader" | "linux", name, ..] | ["initrd", name, ..] if self.file(name).is_none() => {
                    return LeadsTo::Elsewhere { url: url_of(name) };
                }
                ["linux" | "chainloader", name, ref arguments @ ..] => {
                    kernel = Some((name.to_owned(), arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>()));
                }
                ["initrd", ref names @ ..] => initrds.extend(names.iter().map(|name| (*name).to_owned())),
                _ => return LeadsTo::Unread { line: line.trim().to_owned() },
            }
        }
        let Some((kernel, arguments)) = kernel else {
            return LeadsTo::Stops { reason: "this line says nothing to start".to_owned() };
        };
        match self.boot(&kernel, &arguments, &initrds) {
            Ok(boot) => LeadsTo::Kernel(Box::new(boot)),
            Err(reason) => LeadsTo::Stops { reason },
        }
    }

    fn boot(&self, kernel: &str, arguments: &[String], initrds: &[String]) -> Result<Boot, String> {
        let found = |name: &str| {
            let file = self.file(name).ok_or_else(|| format!("`{name}` leads to another server"))?;
            if file.gets.is_none() { Err(missing(name)) } else { Ok(file) }
        };
        let file = found(kernel)?;
        let initrds = initrds.iter().map(|name| found(name)).collect::<Result<Vec<_>, _>>()?;
        let line = format!("BOOT_IMAGE={kernel} {}", arguments.join(" "));
        // The address that stands for an unknown one is none that a client has.
        let command_line = line.replace(&self.start.mac.to_string().replace(':', "-"), &self.known.mac_hyphens);
        let command_line = command_line.replace(&self.start.mac.to_string(), &self.known.mac);
        Ok(Boot::new((file, kernel), initrds, command_line, self.known, self.shelf))
    }

    /// A name with its device, such as `(http,192.168.1.5)/grub/grub.cfg`; without one it is on the device that GRUB came from.
    fn file(&self, name: &str) -> Option<Fetched> {
        let (device, path) = match name.strip_prefix('(') {
            Some(rest) => rest.split_once(')')?,
            None => (self.start.device.as_str(), name),
        };
        let (protocol, host) = device.split_once(',')?;
        self.shelf.url(&format!("{protocol}://{host}{path}"))
    }
}

/// A name with the device of another server as a URL: `http://192.168.1.5:8080/path`.
fn url_of(name: &str) -> String {
    let parts = name.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let url = parts.and_then(|(device, path)| {
        let (scheme, host) = device.split_once(',')?;
        Some(format!("{scheme}://{host}{path}"))
    });
    url.unwrap_or_else(|| name.to_owned())
}

/// A word as GRUB writes it into the kernel's command line (GRUB 2.06, `lib/cmdline.c`).
fn quoted(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for c in word.chars() {
        if matches!(c, '\\' | '\'' | '"') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    if word.contains(' ') { format!("\"{escaped}\"") } else { escaped }
}

#[cfg(test)]
mod tests;
