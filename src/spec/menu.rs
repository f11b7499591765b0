//! `menu "main" title="Home netboot" timeout=30 { entry "arch" iso="arch"; separator }`

use kdl::{KdlEntry, KdlNode};

use super::file::{ExtraFile, FileRef, INITRD, KERNEL};
use super::iso::arguments;
use super::name::name;
use super::shape::{Checked, Child, Shape};
use super::url::{self, Scheme, Url};
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
    properties: &["title", "iso", "menu", "boot", "chain", "answers", "default"],
    children: &[
        Child { name: "kernel", once: true },
        Child { name: "initrd", once: false },
        Child { name: "file", once: false },
        Child { name: "arguments", once: false },
    ],
};
pub(super) const SEPARATOR: Shape =
    Shape { name: "separator", arguments: &[], more: None, properties: &[], children: &[] };

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
    /// The kernel to start; with an ISO, instead of what its own menu offers, and a path in it.
    pub kernel: Option<FileRef>,
    /// The initial RAM disks of that kernel.
    pub initrds: Vec<FileRef>,
    /// Further files that the kernel, or the program in its place, finds by name.
    pub files: Vec<ExtraFile>,
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
    /// Does something that the client can do by itself.
    Boot(Spanned<Boot>),
    /// Loads a script or a program from another server, and hands over to it.
    Chain(Spanned<Url>),
    /// Starts the kernel in its block, which is in no ISO.
    Kernel,
}

/// What a client can do without the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boot {
    /// Boots its first disk, or what its firmware would do next.
    LocalDisk,
    /// Shows a prompt where commands of the boot loader can be typed.
    Shell,
    /// Starts again.
    Restart,
    /// Shows the setup of its firmware.
    FirmwareSetup,
}

impl Boot {
    /// Every one.
    pub const ALL: &[Self] = &[Self::LocalDisk, Self::Shell, Self::Restart, Self::FirmwareSetup];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::LocalDisk => "local-disk",
            Self::Shell => "shell",
            Self::Restart => "restart",
            Self::FirmwareSetup => "firmware-setup",
        }
    }
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
    /// A path in an ISO is pinned with the ISO, and is no URL.
    fn check_paths_in_iso(&self, out: &mut Diagnostics) {
        for extra in &self.files {
            out.push(
                Diagnostic::new(Code::ConflictingTarget, "`file` is for a kernel that is in no ISO")
                    .at(extra.name.span, "does not belong here")
                    .help("remove it, or leave out `iso=` and name the kernel as a file of this machine"),
            );
        }
        for file in self.kernel.iter().chain(&self.initrds) {
            if file.url.is_some() {
                out.push(
                    Diagnostic::new(Code::ConflictingTarget, "a kernel of an ISO is a path in it, not a URL")
                        .at(file.path.span, "a URL")
                        .help("leave out `iso=`, or write the path of the file in the ISO"),
                );
            } else if let Some(sha256) = &file.sha256 {
                out.push(
                    Diagnostic::new(Code::ConflictingTarget, "a file of an ISO has no digest of its own")
                        .at(sha256.span, "does not belong here")
                        .help("remove it: the ISO is pinned as a whole"),
                );
            }
        }
    }

    fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &ENTRY, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "entry", out));
        let title = title(&checked, out);
        let default =
            checked.property("default").and_then(|entry| value::boolean(entry, Wanted::property("default"), out));
        let answers =
            checked.property("answers").and_then(|entry| value::string(entry, Wanted::property("answers"), out));
        let target = target(&checked, name.as_ref(), out);
        let kernel = checked.child("kernel").and_then(|node| FileRef::decode(node, &KERNEL, out));
        let lines = |name| checked.children.iter().filter(move |child| child.name().value() == name);
        let initrds = lines("initrd").filter_map(|node| FileRef::decode(node, &INITRD, out)).collect();
        let files = lines("file").filter_map(|node| ExtraFile::decode(node, out)).collect();
        let arguments = lines("arguments").flat_map(|node| arguments(node, out)).collect();
        let span = name_span(node);
        let entry = Self { name: name?, title, target, answers, default, kernel, initrds, files, arguments, span };
        entry.check_kernel(&checked, out);
        entry.check_answers(&checked, out);
        Some(entry)
    }

    /// Only a system that is started can read answers.
    fn check_answers(&self, checked: &Checked<'_>, out: &mut Diagnostics) {
        let other = match self.target {
            Some(Target::Menu(_)) => "menu",
            Some(Target::Boot(_)) => "boot",
            Some(Target::Chain(_)) => "chain",
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
            Some(Target::Chain(_)) => Some("chain"),
            _ => None,
        };
        if let (Some(kernel), Some(other)) = (checked.child("kernel"), other) {
            out.push(
                Diagnostic::new(
                    Code::ConflictingTarget,
                    format!("{seen} has `kernel` and `{other}`, and can do only one thing"),
                )
                .at(name_span(kernel), "one too many")
                .help("keep the block, whose kernel may be a file, a URL or, with `iso=\"…\"`, a path in an ISO; or leave it out"),
            );
        }
        if let Some(Target::Iso(_)) = self.target {
            self.check_paths_in_iso(out);
        }
        let needs_kernel = checked.children.iter().find(|child| child.name().value() != "kernel");
        if let (None, Some(child)) = (checked.child("kernel"), needs_kernel) {
            let what = child.name().value();
            out.push(
                Diagnostic::new(Code::Missing, format!("{seen} has `{what}` but no `kernel`"))
                    .at(name_span(child), "for which kernel?")
                    .help(match what {
                        "arguments" => "add `kernel \"path/to/file\"`, or write `arguments` in the block of the ISO",
                        _ => "add `kernel \"path/to/file\"`",
                    }),
            );
        }
    }
}

fn target(checked: &Checked<'_>, name: Option<&Spanned<String>>, out: &mut Diagnostics) -> Option<Target> {
    let said: Vec<(&str, &KdlEntry)> =
        ["iso", "menu", "boot", "chain"].into_iter().filter_map(|key| Some((key, checked.property(key)?))).collect();
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
        } else if checked.child("kernel").is_some() {
            return Some(Target::Kernel);
        } else if checked.clean {
            out.push(
                Diagnostic::new(Code::Missing, format!("{seen} says nothing to boot"))
                    .at(name.map_or_else(|| name_span(checked.node), |name| name.span), "boots nothing")
                    .help("add `iso=\"…\"`, `menu=\"…\"`, `chain=\"…\"`, `boot=\"local-disk\"` or a block with a `kernel`"),
            );
        }
        return None;
    };
    let text = value::string(entry, Wanted::property(key), out)?;
    match key {
        "iso" => Some(Target::Iso(text)),
        "menu" => Some(Target::Menu(text)),
        "chain" => url::read(&text, &[Scheme::Http, Scheme::Https, Scheme::Tftp], out).map(Target::Chain),
        _ => boot(text, out),
    }
}

fn boot(text: Spanned<String>, out: &mut Diagnostics) -> Option<Target> {
    if let Some(boot) = Boot::ALL.iter().find(|boot| boot.name() == text.value) {
        return Some(Target::Boot(Spanned::new(*boot, text.span)));
    }
    let names = || Boot::ALL.iter().map(|boot| boot.name());
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("`boot` cannot be `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(match nearest(&text.value, names()) {
                // iPXE has a command for it that its builds leave out (`POWEROFF_CMD` of `config/general.h`).
                _ if matches!(text.value.as_str(), "power-off" | "poweroff" | "halt" | "shutdown") => {
                    "write `boot=\"restart\"`: the iPXE of distributions cannot switch a PC off".to_owned()
                }
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => format!("write one of {}, or `iso=\"…\"` for an ISO", listed(names())),
            }),
    );
    None
}
