//! archiso's own PXE menu, made to work wherever its ISO stands in the tree.
//!
//! The menu keeps its look, its labels and their order. What changes, line by line:
//!
//! - names from the root of the medium (`/boot/…`, `::/arch/…`) get the ISO's place in the tree in front;
//! - the entry that boots over HTTP gets absolute URLs for kernel, initramfs and root image, because `${pxeserver}` is the
//!   router where the router's DHCP names itself (`distros.md` 1.9), and because HTTP is faster than TFTP;
//! - entries for NFS and NBD, which netspec does not serve, are shown but cannot be chosen.

use crate::image::recipe::{Archiso, ArchisoMenu, Verification};
use crate::image::syslinux::{self, Config, Line};
use crate::resolve::IsoSource;

use super::template::{PAYLOAD, Template, one_line, unmarked};

/// The files of the ISO that are replaced, as paths from its root.
pub(super) fn rewritten(archiso: &Archiso, menu: &ArchisoMenu, iso: &IsoSource) -> Vec<(String, Template)> {
    let place = format!("iso/{}", iso.name);
    let mut files = Vec::new();
    for (name, text) in &menu.files {
        let before = Config::parse(&unmarked(text));
        let mut config = before.clone();
        for line in &mut config.lines {
            move_name(line, &place);
        }
        let ranges = before.label_ranges();
        let first = ranges.iter().find(|range| boots_over(&before.lines[(*range).clone()], "http")).cloned();
        for range in ranges.into_iter().rev() {
            let is_first = Some(&range) == first.as_ref();
            let lines = change_label(&config.lines[range.clone()], archiso, menu, iso, is_first);
            config.lines.splice(range, lines);
        }
        if config != before {
            files.push((format!("{}/{name}", menu.folder), Template::new(config.to_string())));
        }
    }
    // PXELINUX asks for this file where no DHCP option names another one (`distros.md` 1.5).
    files.push((format!("{}/pxelinux.cfg/default", menu.folder), default_config(menu, &place)));
    files
}

/// The text for a client that was told neither option 209 nor 210: it leads to the first file of the menu.
fn default_config(menu: &ArchisoMenu, place: &str) -> Template {
    let ArchisoMenu { folder, working_folder, first, .. } = menu;
    // The argument of a CONFIG label is the folder that names are relative to from then on.
    Template::new(format!(
        "DEFAULT menu\nLABEL menu\nCONFIG ::/{place}/{folder}/{first}\nAPPEND ::/{place}/{working_folder}/\n"
    ))
}

/// The directives whose argument is a name of a file.
const NAMES: &[&str] = &[
    "LINUX",
    "KERNEL",
    "BOOT",
    "BSS",
    "PXE",
    "FDIMAGE",
    "COMBOOT",
    "COM32",
    "CONFIG",
    "INCLUDE",
    "INITRD",
    "FDT",
    "MENU BACKGROUND",
    "MENU INCLUDE",
    "UI",
];

/// Puts the ISO's place in front of a name that starts at the root of the medium.
fn move_name(line: &mut Line, place: &str) {
    if NAMES.contains(&line.keyword.as_str()) {
        line.argument = each(&line.argument, |name| moved(name, place));
    } else if line.keyword == "APPEND" {
        line.argument = each_initrd(&line.argument, |name| moved(name, place));
    }
}

/// Changes each name of a list with commas.
fn each(list: &str, change: impl Fn(&str) -> String) -> String {
    list.split(',').map(change).collect::<Vec<_>>().join(",")
}

/// Changes the names behind `initrd=`, which is how menus name them without an INITRD directive. A line without keeps its
/// blanks as they are.
fn each_initrd(append: &str, change: impl Fn(&str) -> String) -> String {
    let mut words = syslinux::words(append);
    let mut found = false;
    for word in &mut words {
        if let Some(list) = word.strip_prefix("initrd=") {
            *word = format!("initrd={}", each(list, &change));
            found = true;
        }
    }
    if found { words.join(" ") } else { append.to_owned() }
}

fn moved(name: &str, place: &str) -> String {
    if let Some(rest) = name.strip_prefix("::") {
        format!("::/{place}/{}", rest.trim_start_matches('/'))
    } else if name.starts_with('/') {
        // Without the `::` some ways of loading put the prefix in front again.
        format!("::/{place}{name}")
    } else {
        name.to_owned()
    }
}

/// Whether a label's root image comes over `http`, `nfs` or `nbd`.
fn boots_over(lines: &[Line], protocol: &str) -> bool {
    let append = lines.iter().find(|line| line.keyword == "APPEND").map_or("", |line| line.argument.as_str());
    syslinux::words(append).iter().any(|word| word.starts_with(&format!("archiso_{protocol}_srv=")))
}

fn change_label(lines: &[Line], archiso: &Archiso, menu: &ArchisoMenu, iso: &IsoSource, is_first: bool) -> Vec<Line> {
    if boots_over(lines, "http") {
        let mut lines = with_urls(lines, archiso, menu, iso);
        // Without this the first label is highlighted, and that is the one for NBD.
        if is_first && !is_second_choice(&lines, archiso) {
            lines.insert(1, Line::new("", "MENU DEFAULT", ""));
        }
        lines
    } else if boots_over(lines, "nfs") || boots_over(lines, "nbd") {
        disabled(lines)
    } else {
        lines.to_vec()
    }
}

/// Of several defaults the last wins, and the menu of 2014 has the 32-bit system in a file of its own behind the 64-bit one.
/// Where it stands alone it is highlighted anyway, as the first label that can be chosen.
fn is_second_choice(lines: &[Line], archiso: &Archiso) -> bool {
    let kernel = lines.iter().find(|line| matches!(line.keyword.as_str(), "LINUX" | "KERNEL"));
    kernel.is_some_and(|line| line.argument.contains("/i686/"))
        && archiso.root_images.iter().any(|image| image.contains("/x86_64/"))
}

/// Shown, but not to be chosen: netspec serves neither NFS nor NBD.
fn disabled(lines: &[Line]) -> Vec<Line> {
    let mut lines = lines.to_vec();
    lines.insert(1, Line::new("", "MENU DISABLE", ""));
    lines
}

fn with_urls(lines: &[Line], archiso: &Archiso, menu: &ArchisoMenu, iso: &IsoSource) -> Vec<Line> {
    let mut lines = lines.to_vec();
    for line in &mut lines {
        match line.keyword.as_str() {
            "LINUX" | "KERNEL" | "INITRD" => {
                line.argument = each(&line.argument, |name| url(name, menu, iso));
            }
            "APPEND" => {
                let append = each_initrd(&line.argument, |name| url(name, menu, iso));
                line.argument = arguments(&append, archiso, iso);
            }
            _ => {}
        }
    }
    lines
}

/// A name as PXELINUX reads it after [`move_name`], as a URL.
fn url(name: &str, menu: &ArchisoMenu, iso: &IsoSource) -> String {
    if name.contains("://") {
        return name.to_owned();
    }
    let name = name.strip_prefix("::").unwrap_or(name);
    match name.strip_prefix('/') {
        Some(from_root) => format!("{PAYLOAD}/{from_root}"),
        None => format!("{PAYLOAD}/iso/{}/{}/{name}", iso.name, menu.working_folder),
    }
}

/// The ISO's words with the address of the root image, and with a check of it that its files allow.
fn arguments(append: &str, archiso: &Archiso, iso: &IsoSource) -> String {
    let mut words = syslinux::words(append);
    for word in &mut words {
        if word.starts_with("archiso_http_srv=") {
            *word = format!("archiso_http_srv={PAYLOAD}/iso/{}/", iso.name);
        }
    }
    // An ISO without the signature would stop in its initramfs (netbootxyz/netboot.xyz #1245, omacom/omarchy-iso #113).
    if archiso.verification != Verification::Cms && words.iter().any(|word| word.starts_with("cms_verify")) {
        words.retain(|word| !word.starts_with("cms_verify"));
        words.extend(archiso.verification.argument().map(str::to_owned));
    }
    words.extend(iso.arguments.iter().map(|word| one_line(word)));
    words.join(" ")
}
