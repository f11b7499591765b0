//! Menus and kernels out of the texts of a plan.
//!
//! iPXE's script has every menu that netspec makes, and every kernel behind them; the menus for PXELINUX and GRUB are made of the same
//! entries. What an ISO shows in its own menu stands in the files of its own loader alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::text::{reassembled, some};
use crate::image::syslinux::{Config, words};

/// What a client can choose, and what that starts.
#[derive(Debug, Default)]
pub(super) struct Menus {
    menus: BTreeMap<String, Menu>,
    kernels: BTreeMap<String, Kernel>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Menu {
    title: String,
    /// The titles of its lines, in order.
    lines: Vec<String>,
    iso: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Kernel {
    file: String,
    initrds: Vec<String>,
    arguments: Vec<String>,
    iso: Option<String>,
}

/// A difference, and the ISO that it is about.
pub(super) struct Change {
    pub(super) about: String,
    pub(super) what: String,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
    pub(super) iso: Option<String>,
}

impl Menus {
    /// The menus of a printed plan.
    pub(super) fn of(plan: &Value) -> Self {
        let mut found = Self::default();
        for (path, node) in plan["tree"].as_object().into_iter().flatten() {
            let Some(text) = reassembled(node) else { continue };
            if path == "boot.ipxe" {
                found.read_script(&text);
            } else if let Some((iso, name)) = path.strip_prefix("iso/").and_then(|below| below.split_once('/'))
                && name.ends_with(".cfg")
            {
                found.read_config(iso, name, &text);
            }
        }
        found
    }

    /// iPXE's script: labels, and what stands behind each.
    fn read_script(&mut self, text: &str) {
        let mut label = "";
        let mut titles: BTreeMap<&str, String> = BTreeMap::new();
        for line in text.lines() {
            let line = line.strip_suffix(" || goto failed").unwrap_or(line);
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            if let Some(name) = line.strip_prefix(':') {
                label = name;
            } else if word == "menu" {
                let menu = self.menus.entry(menu_name(label)).or_default();
                (menu.title, menu.iso) = (rest.to_owned(), iso_of(label));
            } else if word == "item" && !rest.starts_with("--gap") {
                let rest = rest.strip_prefix("--default ").unwrap_or(rest);
                let (target, title) = rest.split_once(' ').unwrap_or((rest, rest));
                // The way back is in every menu that has one above it.
                if title != "Back" {
                    self.menus.entry(menu_name(label)).or_default().lines.push(title.to_owned());
                }
                titles.insert(target, title.to_owned());
            } else if word == "kernel" {
                let mut words = words(rest).into_iter();
                let kernel = self.kernels.entry(kernel_name(label, &titles)).or_default();
                (kernel.file, kernel.iso) = (file(&words.next().unwrap_or_default()), iso_of(label));
                kernel.arguments = words.filter(|word| !word.starts_with("initrd=")).collect();
            } else if word == "initrd" {
                let path = words(rest).pop().unwrap_or_default();
                self.kernels.entry(kernel_name(label, &titles)).or_default().initrds.push(file(&path));
            }
        }
    }

    /// A file of an ISO's own menu.
    fn read_config(&mut self, iso: &str, name: &str, text: &str) {
        let about = format!("menu file `{name}` of ISO `{iso}`");
        for label in Config::parse(text).labels() {
            let menu = self.menus.entry(about.clone()).or_default();
            menu.iso = Some(iso.to_owned());
            menu.lines.push(label.title.clone());
            if let Some(path) = &label.kernel {
                let kernel = Kernel {
                    file: file(path),
                    initrds: label.initrds.iter().map(|path| file(path)).collect(),
                    arguments: words(&label.append),
                    iso: Some(iso.to_owned()),
                };
                self.kernels.insert(format!("kernel of \"{}\" on legacy BIOS", label.title), kernel);
            }
        }
    }
}

fn menu_name(label: &str) -> String {
    match label.split_once('/') {
        Some(("menu", name)) => format!("menu `{name}`"),
        Some(("iso", name)) => format!("menu of ISO `{name}`"),
        _ => format!("menu `{label}`"),
    }
}

fn kernel_name(label: &str, titles: &BTreeMap<&str, String>) -> String {
    match titles.get(label) {
        Some(title) => format!("kernel of \"{title}\""),
        None => format!("kernel `{label}`"),
    }
}

/// The ISO of a label such as `iso/debian/0`.
fn iso_of(label: &str) -> Option<String> {
    label.strip_prefix("iso/")?.split('/').next().map(str::to_owned)
}

/// A file without the server that it is loaded from.
fn file(url: &str) -> String {
    let path = ["http://SERVER", "tftp://SERVER", "::"].iter().find_map(|start| url.strip_prefix(start)).unwrap_or(url);
    path.to_owned()
}

/// What is different.
pub(super) fn diff(old: &Menus, new: &Menus) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in old.menus.keys().chain(new.menus.keys()).collect::<BTreeSet<_>>() {
        let nothing = Menu::default();
        let (before, after) = (old.menus.get(name), new.menus.get(name));
        let iso = after.or(before).and_then(|menu| menu.iso.clone());
        let mut push = |what: &str, old: Option<String>, new: Option<String>| {
            changes.push(Change { about: name.clone(), what: what.to_owned(), old, new, iso: iso.clone() });
        };
        let (is_new, is_gone) = (before.is_none(), after.is_none());
        let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
        if is_new || is_gone {
            let all = |menu: &Menu| Some(some(&menu.lines));
            push("menu", all(before).filter(|_| is_gone), all(after).filter(|_| is_new));
            continue;
        }
        if before.title != after.title {
            push("title", Some(before.title.clone()), Some(after.title.clone()));
        }
        let only = |menu: &Menu, other: &Menu| {
            menu.lines.iter().filter(|line| !other.lines.contains(line)).cloned().collect::<Vec<_>>()
        };
        let (gone, come) = (only(before, after), only(after, before));
        for line in &gone {
            push("line", Some(line.clone()), None);
        }
        for line in &come {
            push("line", None, Some(line.clone()));
        }
        if gone.is_empty() && come.is_empty() && before.lines != after.lines {
            push("order of the lines", Some(some(&before.lines)), Some(some(&after.lines)));
        }
    }
    for name in old.kernels.keys().filter(|name| new.kernels.contains_key(*name)) {
        if let (Some(before), Some(after)) = (old.kernels.get(name), new.kernels.get(name)) {
            of_kernel(name, before, after, &mut changes);
        }
    }
    changes
}

/// A kernel that is new or gone is told by its line in a menu.
fn of_kernel(name: &str, before: &Kernel, after: &Kernel, changes: &mut Vec<Change>) {
    let mut push = |what: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            changes.push(Change { about: name.to_owned(), what: what.to_owned(), old, new, iso: after.iso.clone() });
        }
    };
    push("file", Some(before.file.clone()), Some(after.file.clone()));
    push("initial RAM disks", Some(before.initrds.join(", ")), Some(after.initrds.join(", ")));
    let only = |kernel: &Kernel, other: &Kernel| {
        let words = kernel.arguments.iter().filter(|word| !other.arguments.contains(word));
        let words: Vec<_> = words.map(String::as_str).collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    match (only(before, after), only(after, before)) {
        (None, None) => {
            push("order of the command line", Some(before.arguments.join(" ")), Some(after.arguments.join(" ")));
        }
        (gone, come) => push("command line", gone, come),
    }
}
