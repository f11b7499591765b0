//! What a client shows and starts: menus, and kernels with all that they are given.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answers::{self, Answered};
use super::files::{Fetched, Shelf, Source};
use super::firmware::Client;
use super::program;
use crate::image::syslinux::words;
use crate::plan::secure_boot::SecureBoot;

/// A menu on the client's screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Menu {
    /// Its title; empty where it has none.
    pub title: String,
    /// The file or the label that it comes from.
    pub from: String,
    /// Seconds until the highlighted line starts by itself; `None` where it waits for a key.
    pub seconds: Option<u32>,
    /// Its lines from top to bottom.
    pub lines: Vec<Line>,
}

/// A line of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
#[expect(clippy::large_enum_variant, reason = "nearly every line of a menu can be chosen")]
pub enum Line {
    /// An empty line.
    Gap,
    /// A line to choose.
    Choice {
        /// Its name in the menu file.
        name: String,
        /// What is shown.
        title: String,
        /// Whether it is highlighted when the menu appears.
        highlighted: bool,
        /// What happens when it is chosen.
        leads_to: LeadsTo,
    },
}

/// Where a client gets to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum LeadsTo {
    /// Another menu, by its place in the list of menus.
    Menu {
        /// Counted from 0.
        menu: usize,
    },
    /// A kernel starts.
    Kernel(Box<Boot>),
    /// The firmware goes on to its next boot device.
    LocalDisk,
    /// The boot loader's prompt, where its commands can be typed.
    Shell,
    /// The PC starts again.
    Restart,
    /// The firmware's setup.
    FirmwareSetup,
    /// Something of another server, of which netspec knows nothing.
    Elsewhere {
        /// Where it is.
        url: String,
    },
    /// Another program of the loader, such as a restart or a test of the memory.
    Program {
        /// Its file.
        file: Fetched,
    },
    /// It cannot be chosen.
    Disabled,
    /// The client stops there: a file is missing, or the menu says nothing about it.
    Stops {
        /// Why.
        reason: String,
    },
    /// A line that the explanation cannot follow. It is shown as it stands.
    Unread {
        /// The line.
        line: String,
    },
}

/// A kernel and what it is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Boot {
    /// The kernel.
    pub kernel: Fetched,
    /// The initial RAM disks, in order.
    pub initrds: Vec<Fetched>,
    /// The whole command line, as `/proc/cmdline` shows it on the client. What only the client knows stands in angle brackets.
    pub command_line: String,
    /// The processor that it is for, where that is another one than the client's: it does not start.
    pub foreign: Option<&'static str>,
    /// Why a client with Secure Boot on does not start it; `None` also where it is off.
    pub refused: Option<String>,
    /// What the running system then loads from this server, as far as the command line says.
    pub root_images: Vec<Fetched>,
    /// What its installer is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answered>,
}

/// All menus that a client can get to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Menus {
    /// Where the client is first.
    pub first: LeadsTo,
    /// In the order in which they are found; lines name each other by the place here.
    pub menus: Vec<Menu>,
}

impl Menus {
    /// Where the client is first, and what each line leads to.
    fn targets(&self) -> impl Iterator<Item = &LeadsTo> {
        let lines = self.menus.iter().flat_map(|menu| &menu.lines).filter_map(|line| match line {
            Line::Choice { leads_to, .. } => Some(leads_to),
            Line::Gap => None,
        });
        std::iter::once(&self.first).chain(lines)
    }

    /// Whether a line leads to something of which nothing is known here.
    pub fn lead_elsewhere(&self) -> bool {
        self.targets().any(|target| matches!(target, LeadsTo::Elsewhere { .. }))
    }

    /// What each line starts that starts a kernel.
    pub fn boots(&self) -> impl Iterator<Item = &Boot> {
        self.targets().filter_map(|leads_to| match leads_to {
            LeadsTo::Kernel(boot) => Some(boot.as_ref()),
            _ => None,
        })
    }
}

/// The values that only a client knows, and how they are written.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its hardware address with colons, or a word in angle brackets.
    pub(super) mac: String,
    /// The same with hyphens.
    pub(super) mac_hyphens: String,
    /// Its UUID; empty where none was named.
    pub(super) uuid: String,
    /// Its serial number; empty where none was named.
    pub(super) serial: String,
    /// The processor of its firmware, where kernels are programs of UEFI and so have to be for the same one.
    pub(super) cpu: Option<&'static str>,
    /// Where Secure Boot is on: the kernels that shim refuses, by ISO and path, and why.
    refused: Option<BTreeMap<(String, String), String>>,
}

impl Known {
    /// What is known of a client. `chain` is what the plan holds for its processor where Secure Boot is on.
    pub(super) fn of(client: &Client, chain: Option<&SecureBoot>) -> Self {
        let mac = client.mac.map_or_else(|| "<mac>".to_owned(), |mac| mac.to_string());
        let firmware = client.firmware;
        let refused = client.secure_boot.then(|| {
            let kernels = chain.into_iter().flat_map(SecureBoot::refused);
            kernels.map(|kernel| ((kernel.iso.clone(), kernel.path.clone()), kernel.to_string())).collect()
        });
        let uuid = client.uuid.map(|uuid| uuid.to_string()).unwrap_or_default();
        let serial = client.serial.as_ref().map(ToString::to_string).unwrap_or_default();
        Self {
            mac_hyphens: mac.replace(':', "-"),
            mac,
            uuid,
            serial,
            cpu: firmware.is_uefi().then(|| firmware.cpu()),
            refused,
        }
    }

    fn refusal(&self, kernel: &Fetched, head: &[u8]) -> Option<String> {
        let refused = self.refused.as_ref()?;
        let known = match kernel.gets.as_ref().map(|got| &got.from) {
            Some(Source::Iso { iso, inside }) => refused.get(&(iso.clone(), inside.clone())).cloned(),
            _ => None,
        };
        known.or_else(|| (program::is_signed(head) == Some(false)).then(|| "it is not signed".to_owned()))
    }
}

impl Boot {
    /// What a client starts: a kernel with its RAM disks, and its whole command line.
    pub(super) fn new(
        (kernel, name): (Fetched, &str),
        initrds: Vec<Fetched>,
        command_line: String,
        known: &Known,
        shelf: &Shelf<'_>,
    ) -> Self {
        let head = kernel.gets.as_ref().map(|got| shelf.head(got, program::HEAD)).unwrap_or_default();
        Self {
            foreign: program::cpu(&head).filter(|cpu| known.cpu.is_some_and(|own| own != *cpu)),
            refused: known.refusal(&kernel, &head),
            root_images: root_images(&command_line, name, shelf),
            answers: answers::on(&command_line, shelf),
            kernel,
            initrds,
            command_line,
        }
    }
}

/// The words of a command line that may carry a URL of something that the system loads later.
fn root_images(command_line: &str, kernel: &str, shelf: &Shelf<'_>) -> Vec<Fetched> {
    let mut images = Vec::new();
    for word in words(command_line) {
        let Some((key, value)) = word.split_once('=') else { continue };
        if matches!(key, "BOOT_IMAGE" | "initrd") || value == kernel {
            continue;
        }
        // A value may have a prefix, as in `root=live:http://…`.
        let Some(at) = ["http://", "tftp://"].iter().filter_map(|scheme| value.find(scheme)).min() else { continue };
        let url = value[at..].trim_matches('"');
        if shelf.path_of(url).is_some_and(|path| answers::is_answers(&path)) {
            continue;
        }
        if url.ends_with('/') {
            images.extend(below(url, command_line, shelf));
        } else {
            images.extend(shelf.url(url));
        }
    }
    images
}

/// archiso names a folder, and finds its image by the processor that the kernel is for.
fn below(url: &str, command_line: &str, shelf: &Shelf<'_>) -> Vec<Fetched> {
    let images = shelf.root_images_below(url);
    let is_32_bit = command_line.contains("/i686/") || command_line.contains("archisoarch=i686");
    let of_processor = |image: &Fetched| image.asks_for.contains("/i686/") == is_32_bit;
    if images.iter().any(of_processor) { images.into_iter().filter(of_processor).collect() } else { images }
}
