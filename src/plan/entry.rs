//! What starts a kernel: that of an ISO, or one by hand. PXELINUX' words for it stand here, too.

use std::fmt::Write as _;

use super::answers::pass;
use super::reach;
use super::template::{HOST, PAYLOAD, one_line, url_path};
use crate::facts::{Facts, FileKind};
use crate::image::recipe::{KernelEntry, Recipe};
use crate::resolve::{FileSource, FilesTarget, IsoSource, KernelTarget};
use crate::spec::url::Url;

/// What a menu label needs to start one kernel, with marks for the server's address.
pub(super) struct Boot {
    pub title: String,
    pub kernel: Place,
    pub initrds: Vec<Place>,
    /// Files that the kernel, or the program in its place, finds by these names.
    pub named: Vec<(String, Place)>,
    pub arguments: Vec<String>,
    pub network: NetworkWords,
    /// Whether it is a UEFI program and no kernel.
    pub is_program: bool,
}

/// Where a client gets a file from.
pub(super) enum Place {
    /// From us, by its path in the tree.
    Tree(String),
    /// From another server.
    Url(Url),
}

impl Place {
    pub(super) fn url(&self) -> String {
        match self {
            Self::Tree(path) => format!("{PAYLOAD}/{}", url_path(path)),
            Self::Url(url) => url.to_string(),
        }
    }
}

/// What the initramfs is told about the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NetworkWords {
    /// The client's address (`ip=`) and the card that it was booted from (`BOOTIF=`).
    Address,
    /// The card alone.
    Card,
    /// Nothing: it is no initramfs that starts.
    Nothing,
}

/// The kernels of an ISO, each with the words that fetch its root image over HTTP.
pub(super) fn boots(iso: &IsoSource, recipe: &Recipe) -> Vec<Boot> {
    let root = format!("{PAYLOAD}/iso/{}", iso.name);
    let (from, wants_address) = root_image_words(recipe, &root);
    let network = if wants_address { NetworkWords::Address } else { NetworkWords::Card };
    let boot = |entry: &KernelEntry| Boot {
        title: entry.title.clone(),
        kernel: in_iso(&iso.name, &entry.kernel),
        initrds: entry.initrds.iter().map(|path| in_iso(&iso.name, path)).collect(),
        named: Vec::new(),
        arguments: pass::filled(
            arguments(&entry.arguments).chain(from.iter().cloned()).chain(arguments(&iso.arguments)),
            None,
            None,
        ),
        network,
        is_program: false,
    };
    recipe.entries().iter().map(boot).collect()
}

/// The words that fetch the root image of an ISO whose root folder has this URL, and whether the initramfs wants the client's
/// address.
pub(super) fn root_image_words(recipe: &Recipe, root: &str) -> (Vec<String>, bool) {
    match recipe {
        Recipe::Archiso(archiso) => {
            let check = archiso.verification.argument().map(str::to_owned);
            // The hooks want `ip=` from PXELINUX: with `ip=dhcp` they would ask the router again (`distros.md` 1.9).
            (std::iter::once(format!("archiso_http_srv={root}/")).chain(check).collect(), true)
        }
        // live-boot asks DHCP itself and ignores a static `ip=`; BOOTIF makes it take the right card.
        Recipe::LiveBoot(live) => (vec![format!("fetch={root}/{}", live.root_image)], false),
    }
}

fn in_iso(iso: &str, path: &str) -> Place {
    Place::Tree(format!("iso/{iso}/{path}"))
}

fn arguments(words: &[String]) -> impl Iterator<Item = String> {
    words.iter().map(|word| one_line(word))
}

/// A kernel that the spec names. BOOTIF lets an initramfs take the card that was booted from.
pub(super) fn by_hand(target: &KernelTarget) -> Boot {
    let root = format!("{PAYLOAD}/iso/{}", target.iso);
    let filled = |word: String| word.replace("{iso}", &root).replace("{server}", &HOST.to_string());
    let words = arguments(&target.arguments).map(filled);
    Boot {
        title: target.kernel.value.rsplit('/').next().unwrap_or_default().to_owned(),
        kernel: in_iso(&target.iso, &target.kernel.value),
        initrds: target.initrds.iter().map(|initrd| in_iso(&target.iso, &initrd.value)).collect(),
        named: Vec::new(),
        arguments: pass::filled(words, target.answers.as_ref(), Some(&target.iso)),
        network: if target.wants_address { NetworkWords::Address } else { NetworkWords::Card },
        is_program: false,
    }
}

/// A kernel that is in no ISO. Only an initramfs has use for BOOTIF; a test of the memory or a UEFI program might stumble.
pub(super) fn of_files(target: &FilesTarget, facts: &Facts) -> Boot {
    let place = |source: &FileSource| match source {
        FileSource::Served(file) => Place::Tree(file.tree.clone()),
        FileSource::Elsewhere(url) => Place::Url(url.value.clone()),
    };
    Boot {
        title: target.kernel.file_name().to_owned(),
        kernel: place(&target.kernel),
        initrds: target.initrds.iter().map(place).collect(),
        named: target.named.iter().map(|(name, source)| (name.clone(), place(source))).collect(),
        arguments: pass::filled(
            arguments(&target.arguments).map(|word| word.replace("{server}", &HOST.to_string())),
            target.answers.as_ref(),
            None,
        ),
        network: if target.initrds.is_empty() { NetworkWords::Nothing } else { NetworkWords::Card },
        is_program: matches!(reach::kind(&target.kernel, facts), FileKind::Uefi { .. }),
    }
}

impl Boot {
    /// Whether UEFI of 64 bits can start its kernel: archiso's for 32 bits it cannot.
    pub(super) fn runs_on_uefi(&self) -> bool {
        !matches!(&self.kernel, Place::Tree(path) if path.contains("/i686/"))
    }

    /// What the label does, in PXELINUX's words.
    pub(super) fn action(&self) -> String {
        let mut text = format!("LINUX {}\n", self.kernel.url());
        // Writing to a String cannot fail.
        if !self.initrds.is_empty() {
            // A comma is between two of them.
            let urls: Vec<String> = self.initrds.iter().map(|initrd| initrd.url().replace(',', "%2C")).collect();
            let _ = writeln!(text, "INITRD {}", urls.join(","));
        }
        if !self.arguments.is_empty() {
            let _ = writeln!(text, "APPEND {}", self.arguments.join(" "));
        }
        // The bits of SYSAPPEND: 1 is `ip=`, 2 is `BOOTIF=`.
        let _ = match self.network {
            NetworkWords::Address => writeln!(text, "SYSAPPEND 3"),
            NetworkWords::Card => writeln!(text, "SYSAPPEND 2"),
            NetworkWords::Nothing => Ok(()),
        };
        text
    }
}
