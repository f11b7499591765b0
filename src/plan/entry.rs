//! Labels of PXELINUX menus that start a kernel of an ISO.

use std::fmt::Write as _;

use super::template::{HOST, PAYLOAD, one_line, url_path};
use crate::image::recipe::{KernelEntry, Recipe};
use crate::resolve::{IsoSource, KernelTarget};

/// What a menu label needs to start one kernel of an ISO, with marks for the server's address.
pub(super) struct Boot {
    pub title: String,
    pub kernel: String,
    pub initrds: Vec<String>,
    /// The same files by their paths in the tree.
    pub kernel_file: String,
    pub initrd_files: Vec<String>,
    pub arguments: Vec<String>,
    pub network: NetworkWords,
}

/// What the initramfs is told about the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NetworkWords {
    /// The client's address (`ip=`) and the card that it was booted from (`BOOTIF=`).
    Address,
    /// The card alone.
    Card,
}

/// The kernels of an ISO, each with the words that fetch its root image over HTTP.
pub(super) fn boots(iso: &IsoSource, recipe: &Recipe) -> Vec<Boot> {
    let root = format!("{PAYLOAD}/iso/{}", iso.name);
    let (entries, from, network): (&[KernelEntry], Vec<String>, NetworkWords) = match recipe {
        Recipe::Archiso(archiso) => {
            let check = archiso.verification.argument().map(str::to_owned);
            // The hooks want `ip=` from PXELINUX: with `ip=dhcp` they would ask the router again (`distros.md` 1.9).
            (
                &archiso.entries,
                std::iter::once(format!("archiso_http_srv={root}/")).chain(check).collect(),
                NetworkWords::Address,
            )
        }
        // live-boot asks DHCP itself and ignores a static `ip=`; BOOTIF makes it take the right card.
        Recipe::LiveBoot(live) => {
            (&live.entries, vec![format!("fetch={root}/{}", live.root_image)], NetworkWords::Card)
        }
    };
    let boot = |entry: &KernelEntry| Boot {
        title: entry.title.clone(),
        kernel: format!("{root}/{}", url_path(&entry.kernel)),
        initrds: entry.initrds.iter().map(|path| format!("{root}/{}", url_path(path))).collect(),
        kernel_file: format!("iso/{}/{}", iso.name, entry.kernel),
        initrd_files: entry.initrds.iter().map(|path| format!("iso/{}/{path}", iso.name)).collect(),
        arguments: arguments(&entry.arguments).chain(from.iter().cloned()).chain(arguments(&iso.arguments)).collect(),
        network,
    };
    entries.iter().map(boot).collect()
}

fn arguments(words: &[String]) -> impl Iterator<Item = String> {
    words.iter().map(|word| one_line(word))
}

/// A kernel that the spec names. BOOTIF lets an initramfs take the card that was booted from.
pub(super) fn by_hand(target: &KernelTarget) -> Boot {
    let root = format!("{PAYLOAD}/iso/{}", target.iso);
    let filled = |word: String| word.replace("{iso}", &root).replace("{server}", &HOST.to_string());
    Boot {
        title: target.kernel.value.rsplit('/').next().unwrap_or_default().to_owned(),
        kernel: format!("{root}/{}", url_path(&target.kernel.value)),
        initrds: target.initrds.iter().map(|initrd| format!("{root}/{}", url_path(&initrd.value))).collect(),
        kernel_file: format!("iso/{}/{}", target.iso, target.kernel.value),
        initrd_files: target.initrds.iter().map(|initrd| format!("iso/{}/{}", target.iso, initrd.value)).collect(),
        arguments: arguments(&target.arguments).map(filled).collect(),
        network: NetworkWords::Card,
    }
}

impl Boot {
    /// Whether UEFI of 64 bits can start its kernel: archiso's for 32 bits it cannot.
    pub(super) fn runs_on_uefi(&self) -> bool {
        !self.kernel.contains("/i686/")
    }

    /// What the label does, in PXELINUX's words.
    pub(super) fn action(&self) -> String {
        let mut text = format!("LINUX {}\n", self.kernel);
        // Writing to a String cannot fail.
        if !self.initrds.is_empty() {
            let _ = writeln!(text, "INITRD {}", self.initrds.join(","));
        }
        if !self.arguments.is_empty() {
            let _ = writeln!(text, "APPEND {}", self.arguments.join(" "));
        }
        // The bits of SYSAPPEND: 1 is `ip=`, 2 is `BOOTIF=`.
        let _ = match self.network {
            NetworkWords::Address => writeln!(text, "SYSAPPEND 3"),
            NetworkWords::Card => writeln!(text, "SYSAPPEND 2"),
        };
        text
    }
}
