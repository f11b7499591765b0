//! netspec's menus in GRUB's words: those of the spec, and one for each ISO.

use std::fmt::Write as _;

use super::Files;
use super::text::{kernel_word, quoted};
use crate::facts::Facts;
use crate::plan::entry::{self, Boot, NetworkWords, Place};
use crate::plan::reach::{self, Can, Shows};
use crate::plan::template::one_line;
use crate::plan::title;
use crate::resolve::{IsoSource, Menu, MenuItem, ResolvedSpec, Start, Target};
use crate::spec::url::Url;

/// Makes a file of each menu; gives the name of the one that comes first.
pub(super) fn all(home: Home, spec: &ResolvedSpec, facts: &Facts, out: &mut Files) -> String {
    for menu in &spec.menus {
        let text = spec_menu(menu, home, spec, facts, out);
        out.text(&menu_file(&menu.name), text);
    }
    for iso in spec.isos.iter().filter(|iso| spec.needs_recipe(&iso.name)) {
        let text = iso_menu(iso, home, spec, facts, out);
        out.text(&iso_file(&iso.name), text);
    }
    first(spec)
}

/// The menu that the last line of every other one leads back to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The first one of the spec.
    First,
    /// The file that `$home` names, which each machine sets for itself.
    Own,
}

/// Where a client begins: commands that set `$home` and start an entry at once, if it is one; `None` for what GRUB cannot do.
pub(super) fn start(start: &Start, spec: &ResolvedSpec, facts: &Facts, out: &mut Files) -> Option<String> {
    let (Start::Menu(home) | Start::Entry(home, _)) = start;
    let mut text = format!("set home={}\n", quoted(&menu_file(home)));
    if let Start::Entry(menu, entry) = start {
        let target = spec.entry(menu, entry)?;
        if let Can::Not(_) = reach::can(Shows::Grub, target, facts) {
            return None;
        }
        let action = action(target, spec, facts, out);
        text.push_str("export home\n");
        text.push_str(&action);
        let loads = |line: &str| line.starts_with("    linux ") || line.starts_with("    chainloader ");
        if action.lines().any(loads) {
            text.push_str("    boot\n");
        }
    }
    Some(text)
}

fn first(spec: &ResolvedSpec) -> String {
    match (spec.menus.first(), spec.isos.first()) {
        (Some(menu), _) => menu_file(&menu.name),
        (None, Some(iso)) => iso_file(&iso.name),
        (None, None) => String::new(),
    }
}

fn menu_file(name: &str) -> String {
    format!("menu/{name}.cfg")
}

fn iso_file(name: &str) -> String {
    format!("iso/{name}.cfg")
}

/// The kernels of an ISO that can run on UEFI: a 32-bit one cannot.
fn boots(iso: &IsoSource, facts: &Facts) -> Vec<Boot> {
    let recipe = facts.images.get(&iso.name).and_then(|image| image.recipe.as_ref());
    let boots = recipe.map(|recipe| entry::boots(iso, recipe)).unwrap_or_default();
    boots.into_iter().filter(Boot::runs_on_uefi).collect()
}

fn iso_menu(iso: &IsoSource, home: Home, spec: &ResolvedSpec, facts: &Facts, out: &mut Files) -> String {
    let mut text = head(None, None);
    for (at, boot) in boots(iso, facts).iter().enumerate() {
        text.push_str(&item(&format!("kernel{at}"), &boot.title, &load(boot, out)));
    }
    if !spec.menus.is_empty() {
        text.push_str(&way_back(None, home, spec));
    }
    text
}

fn spec_menu(menu: &Menu, home: Home, spec: &ResolvedSpec, facts: &Facts, out: &mut Files) -> String {
    let default = menu.items.iter().find_map(|item| match item {
        MenuItem::Entry { name, is_default: true, .. } => Some(name.as_str()),
        _ => None,
    });
    let mut text = head(default, menu.timeout);
    for line in &menu.items {
        match line {
            MenuItem::Separator => text.push_str(GAP),
            MenuItem::Entry { target, .. } if matches!(reach::can(Shows::Grub, target, facts), Can::Not(_)) => {}
            MenuItem::Entry { name, title: own_title, target, .. } => {
                let shown = own_title.as_deref().unwrap_or(title::of_target(name, target, spec, facts));
                text.push_str(&item(name, shown, &action(target, spec, facts, out)));
            }
        }
    }
    text + &way_back(Some(menu), home, spec)
}

/// What a line of a menu does, in GRUB's words.
fn action(target: &Target, spec: &ResolvedSpec, facts: &Facts, out: &mut Files) -> String {
    match target {
        Target::LocalDisk => LOCAL_DISK.to_owned(),
        Target::Menu(menu) => configfile(&menu_file(menu)),
        Target::Kernel(kernel) => load(&entry::by_hand(kernel), out),
        Target::Files(files) => load(&entry::of_files(files, facts), out),
        Target::Chain(url) => format!("    chainloader {}\n", elsewhere(&url.value)),
        Target::Shell(_) => {
            // Where there is no menu, `normal` leaves GRUB at its prompt (`grub_enter_normal_mode` of `normal/main.c`); only
            // `configfile` takes away the menu that there is.
            let folder = super::FOLDER;
            out.text(NOTHING, "set menu=none\n".to_owned());
            out.text(PROMPT, format!("normal \"($from)/{folder}/{NOTHING}\"\n"));
            configfile(PROMPT)
        }
        Target::Restart(_) => "    reboot\n".to_owned(),
        Target::FirmwareSetup(_) => "    fwsetup\n".to_owned(),
        Target::Iso(iso) => {
            let source = spec.isos.iter().find(|source| source.name == *iso);
            match source.map(|source| boots(source, facts)).as_deref() {
                Some([only]) => load(only, out),
                _ => configfile(&iso_file(iso)),
            }
        }
    }
}

/// What leads to the prompt, and a file that has no menu.
const PROMPT: &str = "prompt.cfg";
const NOTHING: &str = "nothing.cfg";

/// The name of a file of another server, in one word: `'(http,192.168.1.5:8080)/path'`.
fn elsewhere(url: &Url) -> String {
    quoted(&format!("({},{}){}", url.scheme().name(), url.authority(), url.path()))
}

/// The name of a file, in one word.
fn word(place: &Place, out: &mut Files) -> String {
    match place {
        Place::Tree(file) => out.name(file),
        Place::Url(url) => elsewhere(url),
    }
}

/// Each menu is read with the settings of the one before, so it says what it has and what it has not.
fn head(default: Option<&str>, seconds: Option<u16>) -> String {
    let default = default.map_or_else(|| "0".to_owned(), quoted);
    let timeout = seconds.map_or_else(|| "-1".to_owned(), |seconds| seconds.to_string());
    format!("set default={default}\nset timeout={timeout}\n")
}

fn item(id: &str, title: &str, action: &str) -> String {
    format!("menuentry {} --id {} {{\n{action}}}\n", quoted(&one_line(title)), quoted(id))
}

/// GRUB has no line that cannot be chosen; this one has no text and does nothing.
const GAP: &str = "menuentry ' ' {\n    true\n}\n";

/// The last lines of a menu, or of that of an ISO: none in the one that a client begins with.
fn way_back(menu: Option<&Menu>, home: Home, spec: &ResolvedSpec) -> String {
    match (menu, home) {
        (Some(menu), Home::First) if spec.menus.first() == Some(menu) => String::new(),
        (_, Home::First) => format!("{GAP}{}", item(".back", "Back", &configfile(&first(spec)))),
        (None, Home::Own) => format!("{GAP}{}", item(".back", "Back", &configfile("$home"))),
        (Some(menu), Home::Own) => {
            let lines = format!("{GAP}{}", item(".back", "Back", &configfile("$home")));
            format!("if [ \"$home\" != {} ]; then\n{lines}fi\n", quoted(&menu_file(&menu.name)))
        }
    }
}

fn configfile(file: &str) -> String {
    format!("    configfile \"($from)/{}/{file}\"\n", super::FOLDER)
}

/// GRUB that ends tells the firmware that all went well, and firmware then shows its setup or asks what to do next. So what
/// systems install on a disk for UEFI comes first.
const LOCAL_DISK: &str = "    \
    for loader in \
/EFI/Microsoft/Boot/bootmgfw.efi \
/EFI/debian/shim${cpu}.efi \
/EFI/ubuntu/shim${cpu}.efi \
/EFI/fedora/shim${cpu}.efi \
/EFI/redhat/shim${cpu}.efi \
/EFI/centos/shim${cpu}.efi \
/EFI/rocky/shim${cpu}.efi \
/EFI/almalinux/shim${cpu}.efi \
/EFI/opensuse/shim.efi \
/EFI/systemd/systemd-boot${cpu}.efi \
/EFI/BOOT/BOOT${CPU}.EFI; do
        if search --no-floppy --file --set=disk $loader; then
            chainloader ($disk)$loader
            boot
        fi
    done
    exit 1
";

/// Loads a kernel with its initial RAM disks; GRUB starts it at the end of the entry.
fn load(boot: &Boot, out: &mut Files) -> String {
    let words = boot.arguments.iter().map(|word| kernel_word(word));
    let line: Vec<String> = words.chain(network(boot.network)).collect();
    let command = if boot.is_program { "chainloader" } else { "linux" };
    let line: String = line.iter().map(|word| format!(" {word}")).collect();
    let mut text = format!("    {command} {}{line}\n", word(&boot.kernel, out));
    if !boot.initrds.is_empty() {
        let files: Vec<String> = boot.initrds.iter().map(|file| word(file, out)).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "    initrd {}", files.join(" "));
    }
    text
}

/// What the initramfs is told about the network (ST-06).
///
/// GRUB knows the client's address and neither netmask nor gateway. archiso's hook puts the card that BOOTIF names behind
/// `ip=`, and these three colons make it `ip=:::::eth0`: ask DHCP, on this card. `ip=dhcp` would do so today, and not in 2014
/// (`distros.md` 1.9).
fn network(words: NetworkWords) -> impl Iterator<Item = String> {
    let address = (words == NetworkWords::Address).then(|| "ip=:::".to_owned());
    let card = (words != NetworkWords::Nothing).then(|| "\"BOOTIF=$bootif\"".to_owned());
    address.into_iter().chain(card)
}
