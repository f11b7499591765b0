//! The text of a first spec.

use super::look::{Found, FoundIso};
use crate::diag::nearest::is_harmful;
use crate::spec::layout;

/// The name of the entry that boots the disk of a PC.
pub(super) const DISK: &str = "disk";

/// Writes the spec, for a file of this name.
pub(super) fn draft(found: &Found, file: &str) -> String {
    let file = commented(file);
    let mut text = format!(
        "// What PCs boot over the network. `netspec init` wrote this from what it found; it is yours to change.\n//\n\
         //   netspec check {file}        says what is wrong, before anything is served\n\
         //   netspec explain {file}      says what a PC will be offered\n\
         //   sudo netspec serve {file}   answers PCs until Ctrl-C\n\n"
    );
    text.push_str(&networks(found));
    text.push_str(&isos(found));
    text.push_str(&menu(found));
    // The comments at the ends of lines get their column.
    layout::format(&text).unwrap_or(text)
}

fn networks(found: &Found) -> String {
    if found.networks.is_empty() {
        return "// An example: this machine was on no private IPv4 network. Write your subnet, or `interface \"enp3s0\"` instead.\n\
                network \"lan\" {\n    subnet \"192.168.1.0/24\"\n    dhcp \"proxy\" // beside the DHCP server that is there; netspec gives out no address\n}\n\n"
            .to_owned();
    }
    let mut text = match found.networks.len() {
        1 => String::from("// Where PCs are answered.\n"),
        _ => String::from("// Where PCs are answered. Remove the networks on which none shall boot.\n"),
    };
    for network in &found.networks {
        text.push_str(&format!(
            "network {} {{\n    subnet {} // {}\n    dhcp \"proxy\" // beside the DHCP server that is there; netspec gives out no address\n}}\n",
            quoted(&network.name),
            quoted(&network.subnet.to_string()),
            commented(&network.interface),
        ));
    }
    text + "\n"
}

fn isos(found: &Found) -> String {
    let mut text =
        String::from("// What they boot. ISOs are served as they are: not mounted, not unpacked, not copied.\n");
    for iso in &found.isos {
        text.push_str(&format!("iso {} {} // {}\n", quoted(&iso.name), quoted(&iso.path), commented(&iso.what)));
    }
    if found.isos.is_empty() {
        text.push_str("//\n// There was none that netspec can boot by itself. Download one, and write its path, relative to this file:\n//\n");
        text.push_str("//   iso \"arch\" \"isos/archlinux-x86_64.iso\"\n");
    }
    if !found.left_out.is_empty() {
        text.push_str(
            "\n// Left out; an entry with `kernel` and `initrd` can boot an ISO that netspec does not know:\n//\n",
        );
    }
    for left in &found.left_out {
        text.push_str(&format!("//   {}: {}\n", commented(&left.shown), commented(&left.why)));
    }
    text + "\n"
}

fn menu(found: &Found) -> String {
    let head = "menu \"main\" title=\"Network boot\" timeout=30 {\n";
    let disk =
        format!("    entry \"{DISK}\" boot=\"local-disk\" default=#true // when nobody chooses for 30 seconds\n");
    match found.isos.as_slice() {
        [] => String::new(),
        [one] => {
            let name = quoted(&one.name);
            let menu = format!("{head}{disk}    entry {name} iso={name}\n}}\n");
            let lines: String = menu.lines().map(|line| format!("//   {line}\n")).collect();
            format!(
                "// PCs boot it without a question. Where they shall be asked, and with a second ISO, a menu is needed:\n//\n{lines}"
            )
        }
        many => {
            let entries: String = many.iter().map(|iso| entry(iso, many)).collect();
            format!("// What a PC shows. An entry without `title` has that of its ISO.\n{head}{disk}{entries}}}\n")
        }
    }
}

/// The line of an ISO. One whose title others have as well is told from them by its name.
fn entry(iso: &FoundIso, all: &[FoundIso]) -> String {
    let name = quoted(&iso.name);
    let is_alone = all.iter().filter(|other| other.title == iso.title).count() == 1;
    let title =
        if is_alone { String::new() } else { format!(" title={}", quoted(&format!("{}: {}", iso.title, iso.name))) };
    format!("    entry {name} iso={name}{title}\n")
}

/// Whether KDL takes a character for a line end, or forbids it.
fn is_special(c: char) -> bool {
    is_harmful(c) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text in a comment, which it must not end.
fn commented(text: &str) -> String {
    text.chars().map(|c| if is_special(c) { '\u{fffd}' } else { c }).collect()
}

/// A text as a string of KDL; `{{` is a brace in the strings of a spec.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '{' => quoted.push_str("{{"),
            _ if is_special(c) => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
