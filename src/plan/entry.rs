//! Labels of PXELINUX menus that start a kernel of an ISO.

use std::fmt::Write as _;

use super::template::{ORIGIN, one_line, url_path};
use crate::image::recipe::{KernelEntry, Recipe};
use crate::resolve::IsoSource;

/// What a menu label needs to start one kernel of an ISO, with marks for the server's address.
pub(super) struct Boot {
    pub title: String,
    kernel: String,
    initrds: Vec<String>,
    arguments: Vec<String>,
    /// SYSAPPEND bits: 1 is `ip=`, 2 is `BOOTIF=`.
    sysappend: u8,
}

/// The kernels of an ISO, each with the words that fetch its root image over HTTP.
pub(super) fn boots(iso: &IsoSource, recipe: &Recipe) -> Vec<Boot> {
    let root = format!("{ORIGIN}/iso/{}", iso.name);
    let (entries, from, sysappend): (&[KernelEntry], Vec<String>, u8) = match recipe {
        Recipe::Archiso(archiso) => {
            let check = archiso.verification.argument().map(str::to_owned);
            // The hooks want `ip=` from PXELINUX: with `ip=dhcp` they would ask the router again (`distros.md` 1.9).
            (&archiso.entries, std::iter::once(format!("archiso_http_srv={root}/")).chain(check).collect(), 3)
        }
        // live-boot asks DHCP itself and ignores a static `ip=`; BOOTIF makes it take the right card.
        Recipe::LiveBoot(live) => (&live.entries, vec![format!("fetch={root}/{}", live.root_image)], 2),
    };
    let boot = |entry: &KernelEntry| Boot {
        title: entry.title.clone(),
        kernel: format!("{root}/{}", url_path(&entry.kernel)),
        initrds: entry.initrds.iter().map(|path| format!("{root}/{}", url_path(path))).collect(),
        arguments: arguments(&entry.arguments).chain(from.iter().cloned()).chain(arguments(&iso.arguments)).collect(),
        sysappend,
    };
    entries.iter().map(boot).collect()
}

fn arguments(words: &[String]) -> impl Iterator<Item = String> {
    words.iter().map(|word| one_line(word))
}

/// The label in PXELINUX's words; `name` must be unique in its file.
pub(super) fn pxelinux_label(name: &str, title: &str, boot: &Boot, is_default: bool) -> String {
    let mut text = format!("LABEL {name}\nMENU LABEL {}\n", super::menu::shown(title));
    if is_default {
        text.push_str("MENU DEFAULT\n");
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "LINUX {}\nINITRD {}", boot.kernel, boot.initrds.join(","));
    let _ = writeln!(text, "APPEND {}\nSYSAPPEND {}", boot.arguments.join(" "), boot.sysappend);
    text
}
