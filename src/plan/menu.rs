//! PXELINUX menus that netspec makes: those of the spec, and one for each ISO that brings none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::reach::{self, Can, LKRN, REBOOT, Shows};
use super::template::{ORIGIN, Template, one_line};
use super::{Node, Plan, Role, entry, ipxe, loader, title};
use crate::facts::{Facts, MODULES, PROGRAM};
use crate::image::recipe::{ArchisoMenu, Recipe};
use crate::proto::dhcp::BiosBoot;
use crate::resolve::{IsoSource, Menu, MenuItem, ResolvedSpec, Target};
use crate::spec::loader::LoaderKind;

/// Where PXELINUX and the menus stand in the tree.
const FOLDER: &str = "pxelinux";
/// What PXELINUX asks for where nothing else is named.
const FIRST: &str = "pxelinux.cfg/default";

/// Adds PXELINUX, the menus of the spec and those of its ISOs; says how a BIOS client gets there.
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) -> BiosBoot {
    add_pxelinux(spec, facts, plan);
    let isos: Isos<'_> = spec
        .isos
        .iter()
        .filter_map(|iso| Some((iso.name.as_str(), (iso, facts.images.get(&iso.name)?.recipe.as_ref()?))))
        .collect();
    for (iso, recipe) in isos.values() {
        if let Some(menu) = recipe.own_menu() {
            use_our_modules(iso, menu, plan);
        } else {
            let way_back = if spec.menus.is_empty() { String::new() } else { way_back() };
            put(plan, &iso_file(&iso.name), iso_menu(iso, recipe) + &way_back);
        }
    }
    for (at, menu) in spec.menus.iter().enumerate() {
        let way_back = if at == 0 { String::new() } else { way_back() };
        let text = spec_menu(menu, spec, facts, &isos, plan);
        put(plan, &menu_file(&menu.name), text + &way_back);
    }
    let first = match (spec.menus.first(), spec.isos.first()) {
        (Some(menu), _) => menu_file(&menu.name),
        (None, Some(iso)) => iso_file(&iso.name),
        (None, None) => String::new(),
    };
    if let Some(node) = plan.tree.get(&format!("{FOLDER}/{first}")).cloned() {
        plan.tree.insert(format!("{FOLDER}/{FIRST}"), node);
        plan.roles.insert(format!("{FOLDER}/{FIRST}"), Role::Menu);
    }
    BiosBoot {
        file: format!("{FOLDER}/{PROGRAM}"),
        config_file: Some(FIRST.to_owned()),
        path_prefix: Some(format!("/{FOLDER}/")),
    }
}

fn put(plan: &mut Plan, file: &str, text: String) {
    let path = format!("{FOLDER}/{file}");
    plan.roles.insert(path.clone(), Role::Menu);
    plan.tree.insert(path, Node::Text(Template::new(text)));
}

fn menu_file(name: &str) -> String {
    format!("menu/{name}.cfg")
}

fn iso_file(name: &str) -> String {
    format!("iso/{name}.cfg")
}

/// Adds the loader, the modules of our menus, and those that menus of ISOs use.
fn add_pxelinux(spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) {
    let Some(pxelinux) = facts.loaders.get(&LoaderKind::Pxelinux) else { return };
    let of_menus = facts.images.values().filter_map(|image| image.own_menu()).flat_map(|menu| &menu.modules);
    let of_entries = spec.entries().any(|(_, _, target)| matches!(target, Target::Restart(_))).then_some(REBOOT);
    let wanted: BTreeSet<&str> =
        of_menus.map(String::as_str).chain(MODULES.iter().copied()).chain([PROGRAM]).chain(of_entries).collect();
    for (name, pin) in pxelinux.files.iter().filter(|(name, _)| wanted.contains(name.as_str())) {
        plan.loaders.insert(name.clone(), pin.clone());
        plan.tree.insert(format!("{FOLDER}/{name}"), Node::Loader(name.clone()));
    }
}

/// Modules work only with the loader of their own build, so the ISO's menu gets those of the loader that runs it.
fn use_our_modules(iso: &IsoSource, menu: &ArchisoMenu, plan: &mut Plan) {
    for name in menu.modules.iter().map(String::as_str).chain(MODULES.iter().copied()) {
        if plan.loaders.contains_key(name) {
            for folder in [&menu.folder, &menu.working_folder] {
                plan.tree.insert(format!("iso/{}/{folder}/{name}", iso.name), Node::Loader(name.to_owned()));
            }
        }
    }
}

/// The head that all menus share. SERIAL must be the first directive; archiso's own menus have the same line.
fn head(title: &str) -> String {
    format!("SERIAL 0 115200\nUI menu.c32\nMENU TITLE {}\n", shown(title))
}

/// The menu of an ISO that brings none for network boot: its kernels.
fn iso_menu(iso: &IsoSource, recipe: &Recipe) -> String {
    let mut text = head(recipe.title());
    for (at, boot) in entry::boots(iso, recipe).iter().enumerate() {
        text.push_str(&label(&format!("kernel{at}"), &boot.title, at == 0, &boot.action()));
    }
    text
}

type Isos<'a> = BTreeMap<&'a str, (&'a IsoSource, &'a Recipe)>;

fn spec_menu(menu: &Menu, spec: &ResolvedSpec, facts: &Facts, isos: &Isos<'_>, plan: &mut Plan) -> String {
    let mut text = head(&menu.title);
    if let Some(seconds) = menu.timeout {
        // In tenths of a second, and 0 would wait for ever.
        let _ = writeln!(text, "TIMEOUT {}", (u32::from(seconds) * 10).max(1));
    }
    for item in &menu.items {
        match item {
            MenuItem::Separator => text.push_str("MENU SEPARATOR\n"),
            MenuItem::Entry { name, title: own_title, target, is_default, .. } => {
                let action = match reach::can(Shows::Pxelinux, target, facts) {
                    Can::Itself => action(target, facts, isos),
                    Can::ThroughIpxe => through_ipxe(&menu.name, name, target, facts, plan),
                    Can::Not(_) => None,
                };
                let Some(action) = action else { continue };
                let shown = own_title.as_deref().unwrap_or(title::of_target(name, target, spec, facts));
                text.push_str(&label(name, shown, *is_default, &action));
            }
        }
    }
    text
}

/// What a line of a menu does, in PXELINUX's words; `None` for what PXELINUX cannot do itself, and for an ISO without a recipe,
/// which only kernels by hand may name.
fn action(target: &Target, facts: &Facts, isos: &Isos<'_>) -> Option<String> {
    Some(match target {
        Target::Kernel(target) => entry::by_hand(target).action(),
        Target::Files(target) => entry::of_files(target, facts).action(),
        Target::Restart(_) => format!("COM32 {REBOOT}\n"),
        Target::Chain(_) | Target::Shell(_) | Target::FirmwareSetup(_) => return None,
        Target::LocalDisk => "LOCALBOOT 0\n".to_owned(),
        Target::Menu(menu) => config(&format!("{FOLDER}/{}", menu_file(menu))),
        Target::Iso(iso) => {
            let (source, recipe) = isos.get(iso.as_str())?;
            if let Some(own) = recipe.own_menu() {
                let place = format!("iso/{}", source.name);
                let file = format!("{place}/{}/{}", own.folder, own.first);
                format!("{}APPEND ::/{place}/{}/\n", config(&file), own.working_folder)
            } else if let [only] = &entry::boots(source, recipe)[..] {
                only.action()
            } else {
                config(&format!("{FOLDER}/{}", iso_file(iso)))
            }
        }
    })
}

/// Starts iPXE as a kernel, with the script of one entry as its initial RAM disk.
fn through_ipxe(menu: &str, name: &str, target: &Target, facts: &Facts, plan: &mut Plan) -> Option<String> {
    let ipxe = loader::place_program(LoaderKind::IpxeBios, LKRN, facts, plan)?;
    let script = ipxe::of_one(target, facts)?;
    let file = format!("ipxe/{menu}/{name}.ipxe");
    put(plan, &file, script);
    Some(format!("LINUX {ORIGIN}/{ipxe}\nINITRD {ORIGIN}/{FOLDER}/{file}\n"))
}

/// One line of a menu; `name` must be unique in its file.
fn label(name: &str, title: &str, is_default: bool, action: &str) -> String {
    let default = if is_default { "MENU DEFAULT\n" } else { "" };
    format!("LABEL {name}\nMENU LABEL {}\n{default}{action}", shown(title))
}

/// The last entry of every menu but the first.
fn way_back() -> String {
    format!("MENU SEPARATOR\nLABEL .back\nMENU LABEL Back\n{}", config(&format!("{FOLDER}/{FIRST}")))
}

/// Restarts PXELINUX with another file; names in it stay relative to the same folder, unless an APPEND names another one.
fn config(file: &str) -> String {
    format!("CONFIG ::/{file}\n")
}

/// A title as PXELINUX shows it: `^` would mark a hot key, a line break would start a directive.
fn shown(title: &str) -> String {
    one_line(title).replace('^', "")
}
