//! Reads a script as iPXE does, up to where a kernel starts or another program takes over.
//!
//! It follows the text that is served, not the plan that it was made from, so it shows a mistake in the script as a client
//! would meet it. Only the commands that netspec writes are known; at any other it stops and shows the line.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use super::files::{Fetched, Shelf};
use super::menu::{Boot, Known, LeadsTo, Line, Menu, Menus};
use crate::plan::start;
use crate::proto::name;

/// Commands that are followed in one go; netspec's scripts go forward only, so more means a circle.
const MAX_COMMANDS: usize = 1000;
/// Menus that are followed.
const MAX_MENUS: usize = 1000;

/// Where a script ends that is followed from one place on.
enum End {
    /// It shows a menu, by the line of its `choose`.
    Shows(usize, Shown),
    /// A kernel starts.
    Starts(Box<Boot>),
    /// It loads another program and starts it.
    Chains(Fetched, BTreeMap<String, String>),
    /// It does something that needs nothing from this server.
    Does(LeadsTo),
    /// The firmware goes on.
    Exits,
    Stops(String),
    Unread(String),
}

/// A menu before its lines are followed.
struct Shown {
    title: String,
    items: Vec<Item>,
    default: Option<String>,
    seconds: Option<u32>,
    /// The variable that gets the label of the chosen line.
    variable: String,
    /// All variables when it is shown.
    variables: BTreeMap<String, String>,
}

enum Item {
    Gap,
    Label(String, String),
}

/// What a script comes to: menus, or the program that it loads instead.
pub(super) enum Outcome {
    /// The menus, and the scripts that were run on the way to the first one.
    Menus(Menus, Vec<Fetched>),
    /// The program, and the configuration file that PXELINUX is told in place of the one in the offer.
    Chains(Fetched, Option<String>),
}

/// Where iPXE keeps the configuration file of PXELINUX that a script names (option 209).
const CONFIG_FILE: &str = "netX/209:string";

/// Follows a script from its first line.
pub(super) fn follow(text: &str, variables: BTreeMap<String, String>, known: &Known, shelf: &Shelf<'_>) -> Outcome {
    let scripts = RefCell::default();
    let script = Script { lines: text.lines().collect(), variables, known, shelf, scripts: &scripts };
    let mut found = Found { places: BTreeMap::new(), menus: Vec::new(), waiting: VecDeque::new() };
    let first = match script.run(0, script.variables.clone()) {
        End::Chains(file, variables) => return Outcome::Chains(file, variables.get(CONFIG_FILE).cloned()),
        end => found.leads_to(end),
    };
    while let Some((menu, choose, shown)) = found.waiting.pop_front() {
        let mut lines = Vec::new();
        for item in &shown.items {
            lines.push(match item {
                Item::Gap => Line::Gap,
                Item::Label(label, title) => {
                    let mut variables = shown.variables.clone();
                    variables.insert(shown.variable.clone(), label.clone());
                    let end = script.run(choose + 1, variables);
                    Line::Choice {
                        name: label.clone(),
                        title: title.clone(),
                        highlighted: shown.default.as_ref() == Some(label),
                        leads_to: found.leads_to(end),
                    }
                }
            });
        }
        // Without a default, the first line is highlighted.
        if shown.default.is_none()
            && let Some(Line::Choice { highlighted, .. }) =
                lines.iter_mut().find(|line| matches!(line, Line::Choice { .. }))
        {
            *highlighted = true;
        }
        if let Some(menu) = found.menus.get_mut(menu) {
            menu.lines = lines;
        }
    }
    Outcome::Menus(Menus { first, menus: found.menus }, scripts.take())
}

/// The menus that were found, each by the line of its `choose`.
struct Found {
    places: BTreeMap<usize, usize>,
    menus: Vec<Menu>,
    waiting: VecDeque<(usize, usize, Shown)>,
}

impl Found {
    fn leads_to(&mut self, end: End) -> LeadsTo {
        match end {
            End::Shows(choose, shown) => {
                if let Some(menu) = self.places.get(&choose) {
                    return LeadsTo::Menu { menu: *menu };
                }
                let menu = self.menus.len();
                if menu >= MAX_MENUS {
                    return LeadsTo::Stops { reason: format!("more than {MAX_MENUS} menus are not followed") };
                }
                self.places.insert(choose, menu);
                self.menus.push(Menu {
                    title: shown.title.clone(),
                    from: format!("line {} of the script", choose + 1),
                    seconds: shown.seconds,
                    lines: Vec::new(),
                });
                self.waiting.push_back((menu, choose, shown));
                LeadsTo::Menu { menu }
            }
            End::Starts(boot) => LeadsTo::Kernel(boot),
            End::Chains(file, _) if file.gets.is_none() => LeadsTo::Stops { reason: missing(&file.asks_for) },
            End::Chains(file, _) => LeadsTo::Program { file },
            End::Does(leads_to) => leads_to,
            End::Exits => LeadsTo::LocalDisk,
            End::Stops(reason) => LeadsTo::Stops { reason },
            End::Unread(line) => LeadsTo::Unread { line },
        }
    }
}

struct Script<'a> {
    lines: Vec<&'a str>,
    variables: BTreeMap<String, String>,
    known: &'a Known,
    shelf: &'a Shelf<'a>,
    /// Scripts that it has run and that came back.
    scripts: &'a RefCell<Vec<Fetched>>,
}

/// What a run has collected.
#[derive(Default)]
struct State {
    title: String,
    items: Vec<Item>,
    kernel: Option<(String, String)>,
    initrds: Vec<String>,
    /// Programs that could not be loaded.
    lost: Vec<String>,
}

impl State {
    fn exits(self) -> End {
        match self.lost.first() {
            Some(lost) => End::Stops(missing(lost)),
            None => End::Exits,
        }
    }
}

/// What one command did.
enum Step {
    Done(bool),
    Goto(usize),
    End(End),
}

impl Script<'_> {
    /// Runs from a line on.
    fn run(&self, mut line: usize, mut variables: BTreeMap<String, String>) -> End {
        let mut state = State::default();
        for _ in 0..MAX_COMMANDS {
            let Some(text) = self.lines.get(line) else { return state.exits() };
            match self.line(text, line, &mut variables, &mut state) {
                Step::Done(true) => line += 1,
                Step::Done(false) => return End::Stops(format!("the script ends at `{}`", text.trim())),
                Step::Goto(target) => line = target,
                Step::End(End::Exits) => return state.exits(),
                Step::End(end) => return end,
            }
        }
        End::Stops("the script goes round in a circle".to_owned())
    }

    /// One line: commands with `&&` and `||` between them, from left to right. Settings are expanded last, so that no value of
    /// one is taken for an operator or a comment (iPXE `core/exec.c`).
    fn line(&self, line: &str, at: usize, variables: &mut BTreeMap<String, String>, state: &mut State) -> Step {
        let words: Vec<&str> = line.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
        if line.starts_with(':') || words.is_empty() {
            return Step::Done(true);
        }
        let mut ok = true;
        let mut runs = true;
        for part in words.split_inclusive(|word| matches!(*word, "&&" | "||")) {
            let (command, operator) = match part.split_last() {
                Some((last @ (&"&&" | &"||"), command)) => (command, Some(*last)),
                _ => (part, None),
            };
            if runs {
                let expanded: Vec<String> = command.iter().map(|word| self.expand(word, variables)).collect();
                let command: Vec<&str> = expanded.iter().map(String::as_str).collect();
                match self.command(&command, &self.expand(line, variables), at, variables, state) {
                    Step::Done(done) => ok = done,
                    other => return other,
                }
            }
            runs = match operator {
                Some("&&") => ok,
                Some(_) => !ok,
                None => false,
            };
        }
        // Nothing behind `||` means that the failure does not matter.
        Step::Done(ok || runs && words.last() == Some(&"||"))
    }

    fn command(
        &self,
        words: &[&str],
        line: &str,
        at: usize,
        variables: &mut BTreeMap<String, String>,
        state: &mut State,
    ) -> Step {
        let unread = || Step::End(End::Unread(line.trim().to_owned()));
        let Some((name, arguments)) = words.split_first() else { return Step::Done(true) };
        match (*name, arguments) {
            ("echo" | "sleep" | "imgfree" | "prompt" | "dhcp", _) => Step::Done(true),
            ("iseq", [left, right]) => {
                if left.contains('<') || right.contains('<') {
                    return unread();
                }
                Step::Done(left == right)
            }
            ("isset", [value]) if !value.contains('<') => Step::Done(!value.is_empty()),
            ("isset", []) => Step::Done(false),
            ("set", [name, value @ ..]) => {
                variables.insert((*name).to_owned(), value.join(" "));
                Step::Done(true)
            }
            ("clear", [name]) => {
                variables.remove(*name);
                Step::Done(true)
            }
            ("goto", [label]) => {
                match self.lines.iter().position(|line| line.strip_prefix(':').map(str::trim) == Some(label)) {
                    Some(target) => Step::Goto(target),
                    None => Step::End(End::Stops(format!("the script has no label `{label}`"))),
                }
            }
            ("exit", _) => Step::End(End::Exits),
            ("menu", title) => {
                *state = State { title: title.join(" "), ..State::default() };
                Step::Done(true)
            }
            ("item", arguments) => {
                match arguments {
                    [] | ["--gap", ..] => state.items.push(Item::Gap),
                    ["--key", _, label, title @ ..] | [label, title @ ..] => {
                        state.items.push(Item::Label((*label).to_owned(), title.join(" ")));
                    }
                }
                Step::Done(true)
            }
            ("choose", arguments) => choose(arguments, at, state, variables).unwrap_or_else(unread),
            ("kernel", [url, arguments @ ..]) => {
                state.kernel = Some(((*url).to_owned(), arguments.join(" ")));
                Step::Done(true)
            }
            ("initrd", ["--name", _, url] | ["--name", _, url, _] | [url]) => {
                state.initrds.push((*url).to_owned());
                Step::Done(true)
            }
            ("shell", []) => Step::End(End::Does(LeadsTo::Shell)),
            ("reboot", ["--setup"]) => Step::End(End::Does(LeadsTo::FirmwareSetup)),
            ("reboot", []) => Step::End(End::Does(LeadsTo::Restart)),
            ("boot", []) => Step::End(self.boot(state)),
            ("chain", [url]) => match self.shelf.url(url) {
                Some(file) if file.gets.as_ref().is_some_and(|got| start::is_own(&got.path)) => {
                    self.sets(file, variables)
                }
                Some(file) if file.gets.is_some() => Step::End(End::Chains(file, variables.clone())),
                None => Step::End(End::Does(LeadsTo::Elsewhere { url: (*url).to_owned() })),
                Some(_) => {
                    state.lost.push((*url).to_owned());
                    Step::Done(false)
                }
            },
            _ => unread(),
        }
    }

    /// Runs a script that only sets variables, and comes back.
    fn sets(&self, file: Fetched, variables: &mut BTreeMap<String, String>) -> Step {
        let text = file.gets.as_ref().map(|got| self.shelf.text(got)).unwrap_or_default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                [] => {}
                ["set", name, ref value @ ..] => drop(variables.insert(name.to_owned(), value.join(" "))),
                _ => return Step::End(End::Unread(line.to_owned())),
            }
        }
        self.scripts.borrow_mut().push(file);
        Step::Done(true)
    }

    fn boot(&self, state: &State) -> End {
        let Some((kernel, arguments)) = &state.kernel else { return End::Stops("no kernel is loaded".to_owned()) };
        let fetched = |url: &String| self.shelf.url(url).ok_or_else(|| url.clone());
        let loaded = fetched(kernel)
            .and_then(|kernel| Ok((kernel, state.initrds.iter().map(fetched).collect::<Result<Vec<_>, _>>()?)));
        let (file, initrds) = match loaded {
            Ok(loaded) => loaded,
            Err(url) => return End::Does(LeadsTo::Elsewhere { url }),
        };
        if let Some(lost) = std::iter::once(&file).chain(&initrds).find(|file| file.gets.is_none()) {
            return End::Stops(missing(&lost.asks_for));
        }
        // UEFI starts a kernel as a program, whose command line begins with its own name.
        let name = kernel.rsplit('/').next().and_then(|name| name::from_http(name.as_bytes()).ok()).unwrap_or_default();
        let is_efi = self.variables.get("platform").is_some_and(|platform| platform == "efi");
        let command_line = if is_efi { format!("{name} {arguments}") } else { arguments.clone() };
        End::Starts(Box::new(Boot::new((file, kernel), initrds, command_line, self.known, self.shelf)))
    }

    /// Puts values in place of `${name}`; what only a client knows becomes a word in angle brackets.
    fn expand(&self, text: &str, variables: &BTreeMap<String, String>) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let Some((name, behind)) = behind.split_once('}') else { break };
            expanded.push_str(before);
            match (variables.get(name), name.rsplit('/').next().unwrap_or(name)) {
                (Some(value), _) => expanded.push_str(value),
                (None, "mac") => expanded.push_str(&self.known.mac),
                (None, "mac:hexhyp") => expanded.push_str(&self.known.mac_hyphens),
                (None, "uuid") => expanded.push_str(&self.known.uuid),
                (None, "serial:hexhyp") => {
                    let pairs: Vec<String> = self.known.serial.bytes().map(|byte| format!("{byte:02x}")).collect();
                    expanded.push_str(&pairs.join("-"));
                }
                (None, other) => {
                    expanded.push('<');
                    expanded.push_str(other);
                    expanded.push('>');
                }
            }
            rest = behind;
        }
        expanded.push_str(rest);
        expanded
    }
}

fn choose(arguments: &[&str], at: usize, state: &mut State, variables: &BTreeMap<String, String>) -> Option<Step> {
    let mut shown = Shown {
        title: std::mem::take(&mut state.title),
        items: std::mem::take(&mut state.items),
        default: None,
        seconds: None,
        variable: String::new(),
        variables: variables.clone(),
    };
    let mut rest = arguments;
    loop {
        match rest {
            ["--timeout", milliseconds, behind @ ..] => {
                shown.seconds = Some(milliseconds.parse::<u32>().ok()?.div_ceil(1000));
                rest = behind;
            }
            ["--default", label, behind @ ..] => {
                shown.default = Some((*label).to_owned());
                rest = behind;
            }
            [variable] if !variable.starts_with('-') => {
                shown.variable = (*variable).to_owned();
                return Some(Step::End(End::Shows(at, shown)));
            }
            _ => return None,
        }
    }
}

pub(super) fn missing(asks_for: &str) -> String {
    format!("`{asks_for}` is not there")
}

#[cfg(test)]
mod tests;
