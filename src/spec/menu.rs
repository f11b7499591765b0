//! `menu "main" title="Home netboot" timeout=30 { entry "arch" iso="arch"; separator }`

use kdl::{KdlEntry, KdlNode};

use super::iso::arguments;
use super::name::name;
use super::shape::{Checked, Child, Shape};
use super::value::{self, Wanted, key_span, name_span};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "menu",
    arguments: &["name"],
    more: None,
    properties: &["title", "timeout"],
    children: &[Child { name: "entry", once: false }, Child { name: "separator", once: false }],
};
pub(super) const ENTRY: Shape = Shape {
    name: "entry",
    arguments: &["name"],
    more: None,
    properties: &["title", "iso", "menu", "boot", "answers", "default"],
    children: &[
        Child { name: "kernel", once: true },
        Child { name: "initrd", once: false },
        Child { name: "arguments", once: false },
    ],
};
pub(super) const KERNEL: Shape =
    Shape { name: "kernel", arguments: &["path"], more: None, properties: &[], children: &[] };
pub(super) const INITRD: Shape =
    Shape { name: "initrd", arguments: &["path"], more: None, properties: &[], children: &[] };
pub(super) const SEPARATOR: Shape =
    Shape { name: "separator", arguments: &[], more: None, properties: &[], children: &[] };

/// What `boot` can be.
pub(super) const BOOTS: [&str; 1] = ["local-disk"];
/// The longest time until the default entry is booted, in seconds.
pub(super) const MAX_TIMEOUT: u16 = 3600;

/// A list that a client chooses from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// Its name.
    pub name: Spanned<String>,
    /// What stands above the list.
    pub title: Option<Spanned<String>>,
    /// After how many seconds the default entry is booted; 0 boots it at once, `None` waits for ever.
    pub timeout: Option<Spanned<u16>>,
    /// Its lines, in order.
    pub items: Vec<Item>,
    /// Whether an entry could not be read.
    pub incomplete: bool,
    /// The place of the word `menu`.
    pub span: Span,
}

/// A line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A line to choose.
    Entry(Box<Entry>),
    /// A line between groups of entries.
    Separator(Span),
}

/// A line of a menu that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: Spanned<String>,
    /// What the line says.
    pub title: Option<Spanned<String>>,
    /// What happens when it is chosen.
    pub target: Option<Target>,
    /// The `answers` that what it boots is told.
    pub answers: Option<Spanned<String>>,
    /// Whether it is chosen when the time is over.
    pub default: Option<Spanned<bool>>,
    /// The kernel to start instead of what the ISO's own menu offers; a path in the ISO.
    pub kernel: Option<Spanned<String>>,
    /// The initial RAM disks of that kernel; paths in the ISO.
    pub initrds: Vec<Spanned<String>>,
    /// The command line of that kernel: each one word, or several with blanks between them.
    pub arguments: Vec<Spanned<String>>,
    /// The place of the word `entry`.
    pub span: Span,
}

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Boots the ISO of this name.
    Iso(Spanned<String>),
    /// Shows the menu of this name.
    Menu(Spanned<String>),
    /// Boots something that the client has itself.
    Boot(Spanned<Boot>),
}

/// What a client can boot without the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boot {
    /// Its first disk, or what its firmware would do next.
    LocalDisk,
}

impl Menu {
    /// The lines that can be chosen.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(&**entry),
            Item::Separator(_) => None,
        })
    }

    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "menu", out));
        let title = title(&checked, out);
        let timeout = checked.property("timeout").and_then(|entry| {
            value::integer(entry, Wanted::property("timeout"), 0..=MAX_TIMEOUT, "a number of seconds", out)
        });
        let mut incomplete = !checked.clean;
        let mut items = Vec::new();
        for child in &checked.children {
            if child.name().value() == "separator" {
                Checked::new(child, &SEPARATOR, out);
                items.push(Item::Separator(name_span(child)));
                continue;
            }
            match Entry::decode(child, out) {
                Some(entry) => {
                    incomplete |= entry.target.is_none();
                    items.push(Item::Entry(Box::new(entry)));
                }
                None => incomplete = true,
            }
        }
        Some(Self { name: name?, title, timeout, items, incomplete, span: name_span(node) })
    }
}

fn title(checked: &Checked<'_>, out: &mut Diagnostics) -> Option<Spanned<String>> {
    checked.property("title").and_then(|entry| value::string(entry, Wanted::property("title"), out))
}

impl Entry {
    fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &ENTRY, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "entry", out));
        let title = title(&checked, out);
        let default =
            checked.property("default").and_then(|entry| value::boolean(entry, Wanted::property("default"), out));
        let answers =
            checked.property("answers").and_then(|entry| value::string(entry, Wanted::property("answers"), out));
        let target = target(&checked, name.as_ref(), out);
        let kernel = checked.child("kernel").and_then(|node| path(node, &KERNEL, out));
        let lines = |name| checked.children.iter().filter(move |child| child.name().value() == name);
        let initrds = lines("initrd").filter_map(|node| path(node, &INITRD, out)).collect();
        let arguments = lines("arguments").flat_map(|node| arguments(node, out)).collect();
        let entry =
            Self { name: name?, title, target, answers, default, kernel, initrds, arguments, span: name_span(node) };
        entry.check_kernel(&checked, out);
        entry.check_answers(&checked, out);
        Some(entry)
    }

    /// Only a system that is started can read answers.
    fn check_answers(&self, checked: &Checked<'_>, out: &mut Diagnostics) {
        let other = match self.target {
            Some(Target::Menu(_)) => "menu",
            Some(Target::Boot(_)) => "boot",
            _ => return,
        };
        if let Some(key) = checked.property("answers").and_then(KdlEntry::name) {
            out.push(
                Diagnostic::new(
                    Code::ConflictingTarget,
                    format!("entry `{}` has `answers` and `{other}`, and starts no installer", shown(&self.name.value)),
                )
                .at(key_span(key), "nobody reads them")
                .help("write `answers` beside the `iso=\"…\"` of the installer, or remove it"),
            );
        }
    }

    /// Whether what the block says goes together with the target.
    fn check_kernel(&self, checked: &Checked<'_>, out: &mut Diagnostics) {
        let seen = format!("entry `{}`", shown(&self.name.value));
        let other = match self.target {
            Some(Target::Menu(_)) => Some("menu"),
            Some(Target::Boot(_)) => Some("boot"),
            _ => None,
        };
        if let (Some(kernel), Some(other)) = (checked.child("kernel"), other) {
            out.push(
                Diagnostic::new(
                    Code::ConflictingTarget,
                    format!("{seen} has `kernel` and `{other}`, and can do only one thing"),
                )
                .at(name_span(kernel), "one too many")
                .help("name the ISO that holds the kernel with `iso=\"…\"`, or leave out the block"),
            );
        }
        let needs_kernel = checked.children.iter().find(|child| child.name().value() != "kernel");
        if let (None, Some(child)) = (checked.child("kernel"), needs_kernel) {
            let what = child.name().value();
            out.push(
                Diagnostic::new(Code::Missing, format!("{seen} has `{what}` but no `kernel`"))
                    .at(name_span(child), "for which kernel?")
                    .help(match what {
                        "arguments" => "add `kernel \"path/to/file\"`, or write `arguments` in the block of the ISO",
                        _ => "add `kernel \"path/to/file\"`, the path of a file in the ISO",
                    }),
            );
        }
    }
}

fn path(node: &KdlNode, shape: &'static Shape, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let entry = Checked::new(node, shape, out).argument(0, out)?;
    value::string(entry, Wanted::argument(shape.name), out)
}

fn target(checked: &Checked<'_>, name: Option<&Spanned<String>>, out: &mut Diagnostics) -> Option<Target> {
    let said: Vec<(&str, &KdlEntry)> =
        ["iso", "menu", "boot"].into_iter().filter_map(|key| Some((key, checked.property(key)?))).collect();
    let seen = name.map_or_else(|| "entry".to_owned(), |name| format!("entry `{}`", shown(&name.value)));
    let &[(key, entry)] = said.as_slice() else {
        if let [(_, first), (_, second), ..] = said.as_slice() {
            let mut places: Vec<Span> = [first, second].into_iter().filter_map(|e| e.name().map(key_span)).collect();
            places.sort();
            let mut diagnostic = Diagnostic::new(
                Code::ConflictingTarget,
                format!("{seen} has {}, and can do only one thing", listed(said.iter().map(|(key, _)| key))),
            );
            for (place, text) in places.into_iter().rev().zip(["one too many", "or this one"]) {
                diagnostic = diagnostic.at(place, text);
            }
            out.push(diagnostic.help("keep one, and write a second entry for the other"));
        } else if checked.clean {
            out.push(
                Diagnostic::new(Code::Missing, format!("{seen} says nothing to boot"))
                    .at(name.map_or_else(|| name_span(checked.node), |name| name.span), "boots nothing")
                    .help("add `iso=\"…\"`, `menu=\"…\"` or `boot=\"local-disk\"`"),
            );
        }
        return None;
    };
    let text = value::string(entry, Wanted::property(key), out)?;
    match key {
        "iso" => Some(Target::Iso(text)),
        "menu" => Some(Target::Menu(text)),
        _ => boot(text, out),
    }
}

fn boot(text: Spanned<String>, out: &mut Diagnostics) -> Option<Target> {
    if text.value == "local-disk" {
        return Some(Target::Boot(Spanned::new(Boot::LocalDisk, text.span)));
    }
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("`boot` cannot be `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(match nearest(&text.value, BOOTS) {
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => "write `boot=\"local-disk\"`, or `iso=\"…\"` for an ISO".to_owned(),
            }),
    );
    None
}
