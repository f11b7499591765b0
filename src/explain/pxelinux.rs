//! Reads the configuration files of PXELINUX as it does, up to where a kernel or another program starts.
//!
//! The files are those that are served: netspec's own, an ISO's as they are, and an ISO's as netspec rewrites them.

use std::collections::{BTreeMap, VecDeque};

use super::files::{Fetched, Shelf};
use super::ipxe::{self, Outcome, missing};
use super::menu::{Boot, Known, LeadsTo, Line, Menu, Menus};
use crate::image::syslinux::{self, Config, words};

/// Files that one configuration includes, and labels that lead to each other.
const MAX_STEPS: usize = 64;
/// Menus that are followed.
const MAX_MENUS: usize = 1000;

/// A configuration file, and the folder that names in it are relative to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) folder: String,
}

/// Follows the configuration file that PXELINUX reads first.
pub(super) fn follow(first: Place, known: &Known, shelf: &Shelf<'_>) -> Menus {
    let mut reader = Reader { known, shelf, places: BTreeMap::new(), menus: Vec::new(), waiting: VecDeque::new() };
    let first = reader.config(&first, MAX_STEPS);
    while let Some((menu, place, lines)) = reader.waiting.pop_front() {
        let lines = reader.menu_lines(&place, &lines);
        if let Some(menu) = reader.menus.get_mut(menu) {
            menu.lines = lines;
        }
    }
    Menus { first, menus: reader.menus }
}

struct Reader<'a> {
    known: &'a Known,
    shelf: &'a Shelf<'a>,
    places: BTreeMap<Place, usize>,
    menus: Vec<Menu>,
    waiting: VecDeque<(usize, Place, Vec<syslinux::Line>)>,
}

impl Reader<'_> {
    /// What a configuration file comes to: a menu, or the label that starts at once.
    fn config(&mut self, place: &Place, steps: usize) -> LeadsTo {
        if steps == 0 {
            return LeadsTo::Stops { reason: "the configuration files go round in a circle".to_owned() };
        }
        if let Some(menu) = self.places.get(place) {
            return LeadsTo::Menu { menu: *menu };
        }
        let mut lines = Vec::new();
        if let Err(reason) = self.read(place, &mut lines, &mut MAX_STEPS.clone()) {
            return LeadsTo::Stops { reason };
        }
        let value = |keyword: &str| {
            let found = lines.iter().rfind(|line| line.keyword == keyword);
            found.map(|line| line.argument.clone()).filter(|argument| !argument.is_empty())
        };
        let default = value("DEFAULT");
        // Older files name the menu module as the default.
        let ui = value("UI").or_else(|| default.clone().filter(|name| name.ends_with("menu.c32")));
        match (ui, default) {
            (Some(ui), _) => {
                let module = self.file(ui.split_whitespace().next().unwrap_or_default(), place);
                if module.as_ref().is_none_or(|module| module.gets.is_none()) {
                    return LeadsTo::Stops { reason: format!("`{}` needs `{ui}`, which is not there", place.file) };
                }
            }
            (None, Some(default)) => return self.label(place, &labels(&lines), &default, steps - 1),
            (None, None) if labels(&lines).is_empty() => {
                return LeadsTo::Stops { reason: format!("`{}` has neither a menu nor a label", place.file) };
            }
            // Without a menu module it shows the prompt `boot:`, where the name of a label can be typed.
            (None, None) => {}
        }
        let menu = self.menus.len();
        if menu >= MAX_MENUS {
            return LeadsTo::Stops { reason: format!("more than {MAX_MENUS} menus are not followed") };
        }
        self.menus.push(Menu {
            title: value("MENU TITLE").unwrap_or_default(),
            from: place.file.clone(),
            seconds: value("TIMEOUT")
                .and_then(|tenths| tenths.parse::<u32>().ok())
                .filter(|t| *t > 0)
                .map(|t| t.div_ceil(10)),
            lines: Vec::new(),
        });
        self.places.insert(place.clone(), menu);
        self.waiting.push_back((menu, place.clone(), lines));
        LeadsTo::Menu { menu }
    }

    /// Reads a file and those that it includes.
    fn read(&self, place: &Place, lines: &mut Vec<syslinux::Line>, files: &mut usize) -> Result<(), String> {
        *files = files.checked_sub(1).ok_or_else(|| format!("`{}` includes too many files", place.file))?;
        let found = self.shelf.tftp(&place.file);
        let text = found.gets.as_ref().map(|got| self.shelf.text(got)).ok_or_else(|| missing(&place.file))?;
        for line in Config::parse(&text).lines {
            if matches!(line.keyword.as_str(), "INCLUDE" | "MENU INCLUDE") {
                let name = line.argument.split_whitespace().next().unwrap_or_default();
                self.read(&Place { file: relative(name, &place.folder), folder: place.folder.clone() }, lines, files)?;
            } else {
                lines.push(line);
            }
        }
        Ok(())
    }

    fn menu_lines(&mut self, place: &Place, lines: &[syslinux::Line]) -> Vec<Line> {
        let labels = labels(lines);
        let mut shown = Vec::new();
        let mut next = 0;
        for line in lines {
            match line.keyword.as_str() {
                "MENU SEPARATOR" => shown.push(Line::Gap),
                "LABEL" => {
                    let Some(label) = labels.get(next) else { continue };
                    next += 1;
                    if label.hidden {
                        continue;
                    }
                    let leads_to = self.one(place, &labels, label, MAX_STEPS);
                    let (name, title) = (label.name.clone(), label.title.clone());
                    shown.push(Line::Choice { name, title, highlighted: false, leads_to });
                }
                _ => {}
            }
        }
        let default = lines.iter().rfind(|line| line.keyword == "DEFAULT").map(|line| line.argument.as_str());
        let wanted = labels.iter().rfind(|label| label.is_default).map(|label| label.name.as_str()).or(default);
        let can_be_chosen =
            |line: &Line| matches!(line, Line::Choice { leads_to, .. } if *leads_to != LeadsTo::Disabled);
        let place = shown
            .iter()
            .position(|line| matches!(line, Line::Choice { name, .. } if Some(name.as_str()) == wanted))
            .or_else(|| shown.iter().position(can_be_chosen));
        if let Some(Line::Choice { highlighted, .. }) = place.and_then(|place| shown.get_mut(place)) {
            *highlighted = true;
        }
        shown
    }

    fn label(&mut self, place: &Place, labels: &[Label], name: &str, steps: usize) -> LeadsTo {
        match labels.iter().find(|label| label.name == name) {
            _ if steps == 0 => LeadsTo::Stops { reason: "the labels go round in a circle".to_owned() },
            Some(label) => self.one(place, labels, label, steps),
            None => LeadsTo::Stops { reason: format!("`{}` has no label `{name}`", place.file) },
        }
    }

    fn one(&mut self, place: &Place, labels: &[Label], label: &Label, steps: usize) -> LeadsTo {
        if label.disabled {
            return LeadsTo::Disabled;
        }
        match &label.does {
            Does::LocalBoot => LeadsTo::LocalDisk,
            Does::Config(name) => {
                let folder = match label.append.split_whitespace().next() {
                    Some(folder) => relative(folder, &place.folder),
                    None => place.folder.clone(),
                };
                self.config(&Place { file: relative(name, &place.folder), folder }, steps - 1)
            }
            Does::Module(name) => {
                let module = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
                let words = words(&label.append);
                let word = |at: usize| words.get(at).map(String::as_str);
                match module.as_str() {
                    // Which label depends on how the loader was started, and that is over PXE.
                    "whichsys.c32" => {
                        let at = words.iter().position(|word| word == "-pxe-");
                        let target = at.and_then(|at| word(at + 1)).unwrap_or_default().to_owned();
                        self.label(place, labels, &target, steps - 1)
                    }
                    // PCs with a 64-bit processor, which is what the first label is for.
                    "ifcpu64.c32" => self.label(place, labels, word(0).unwrap_or_default(), steps - 1),
                    _ => match self.file(name, place) {
                        Some(file) if file.gets.is_some() && module == "reboot.c32" => LeadsTo::Restart,
                        Some(file) if file.gets.is_some() => LeadsTo::Program { file },
                        _ => LeadsTo::Stops { reason: missing(name) },
                    },
                }
            }
            Does::Kernel(kernel) => match self.elsewhere(place, label, kernel) {
                Some(url) => LeadsTo::Elsewhere { url },
                None => match self.boot(place, label, kernel) {
                    Ok(boot) => self.script_of_ipxe(&boot).unwrap_or_else(|| LeadsTo::Kernel(Box::new(boot))),
                    Err(reason) => LeadsTo::Stops { reason },
                },
            },
            Does::Nothing => LeadsTo::Stops { reason: format!("the label `{}` says nothing to start", label.name) },
        }
    }

    fn boot(&self, place: &Place, label: &Label, kernel: &str) -> Result<Boot, String> {
        let found = |name: &str| {
            let file = self.file(name, place).ok_or_else(|| format!("`{name}` leads to another server"))?;
            if file.gets.is_none() { Err(missing(name)) } else { Ok(file) }
        };
        let arguments = words(&label.append);
        let (list, rest) = match &label.initrd {
            Some(list) => (Some(list.clone()), arguments),
            None => {
                let (initrd, rest): (Vec<_>, Vec<_>) =
                    arguments.into_iter().partition(|word| word.starts_with("initrd="));
                (initrd.last().and_then(|word| word.strip_prefix("initrd=")).map(str::to_owned), rest)
            }
        };
        let initrds = list.iter().flat_map(|list| list.split(',')).map(found).collect::<Result<Vec<_>, _>>()?;
        // The order of PXELINUX 6, as a kernel that it started shows it (`distros.md` 1.8).
        let mut line = vec![format!("BOOT_IMAGE={kernel}")];
        line.extend(rest);
        line.extend(list.map(|list| format!("initrd={list}")));
        if label.sysappend & 1 != 0 {
            line.push(format!("ip=<ip>:{}:<gateway>:<netmask>", self.shelf.server));
        }
        if label.sysappend & 2 != 0 {
            line.push(format!("BOOTIF=01-{}", self.known.mac_hyphens));
        }
        if label.sysappend & 4 != 0 {
            line.push("SYSUUID=<uuid>".to_owned());
        }
        Ok(Boot::new((found(kernel)?, kernel), initrds, line.join(" "), self.known, self.shelf))
    }

    /// The first file of a label that comes from another server.
    fn elsewhere(&self, place: &Place, label: &Label, kernel: &str) -> Option<String> {
        let initrds = label.initrd.iter().flat_map(|list| list.split(','));
        let mut files = std::iter::once(kernel).chain(initrds);
        files.find(|name| name.contains("://") && self.file(name, place).is_none()).map(str::to_owned)
    }

    /// What iPXE does that is started as a kernel, with a script as its initial RAM disk.
    fn script_of_ipxe(&self, boot: &Boot) -> Option<LeadsTo> {
        let is_ipxe = boot.kernel.gets.as_ref().is_some_and(|got| got.path.ends_with("/ipxe.lkrn"));
        let script = boot.initrds.first().filter(|_| is_ipxe)?.gets.as_ref()?;
        let variables = BTreeMap::from([("platform".to_owned(), "pcbios".to_owned())]);
        match ipxe::follow(&self.shelf.text(script), variables, self.known, self.shelf) {
            Outcome::Menus(menus, _) => Some(menus.first),
            Outcome::Chains(..) => None,
        }
    }

    fn file(&self, name: &str, place: &Place) -> Option<Fetched> {
        if name.contains("://") {
            return self.shelf.url(name);
        }
        let name = if name.starts_with('/') { name.to_owned() } else { relative(name, &place.folder) };
        Some(self.shelf.tftp(&name))
    }
}

/// A name as the loader asks for it: `::` means from the root, everything else is put behind the folder, also where it begins
/// with a slash (`distros.md` 1.5).
fn relative(name: &str, folder: &str) -> String {
    match name.strip_prefix("::") {
        Some(from_root) => from_root.to_owned(),
        None => format!("{folder}{name}"),
    }
}

/// What a label does.
#[derive(Default)]
enum Does {
    #[default]
    Nothing,
    Kernel(String),
    Module(String),
    Config(String),
    LocalBoot,
}

#[derive(Default)]
struct Label {
    name: String,
    title: String,
    does: Does,
    initrd: Option<String>,
    append: String,
    sysappend: u32,
    is_default: bool,
    disabled: bool,
    hidden: bool,
}

fn labels(lines: &[syslinux::Line]) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    // A submenu that begins or ends behind a label has a MENU LABEL of its own.
    let mut inside = false;
    for line in lines {
        let argument = line.argument.clone();
        match line.keyword.as_str() {
            "LABEL" => {
                inside = true;
                labels.push(Label { title: argument.clone(), name: argument, ..Label::default() });
                continue;
            }
            "MENU BEGIN" | "MENU END" => inside = false,
            _ => {}
        }
        let Some(label) = labels.last_mut().filter(|_| inside) else { continue };
        match line.keyword.as_str() {
            "MENU LABEL" => label.title = argument.replace('^', ""),
            "MENU DEFAULT" => label.is_default = true,
            "MENU DISABLE" => label.disabled = true,
            "MENU HIDE" => label.hidden = true,
            "COM32" => label.does = Does::Module(argument),
            "LINUX" | "KERNEL" if argument.ends_with(".c32") => label.does = Does::Module(argument),
            "LINUX" | "KERNEL" => label.does = Does::Kernel(argument),
            "CONFIG" => label.does = Does::Config(argument),
            "LOCALBOOT" => label.does = Does::LocalBoot,
            "INITRD" => label.initrd = Some(argument),
            "APPEND" => label.append = argument,
            "SYSAPPEND" | "IPAPPEND" => label.sysappend = number(&argument),
            _ => {}
        }
    }
    labels
}

/// A number, also in hexadecimal as the manual writes it.
fn number(text: &str) -> u32 {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap_or(0),
        None => text.parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
