//! PXELINUX menus that netspec makes: those of the spec, and one for each ISO that brings none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::reach::{self, Can, LKRN, REBOOT, Shows};
use super::template::{ORIGIN, Template, one_line};
use super::{Node, Plan, Role, entry, ipxe, loader, title};
use crate::facts::{Facts, MODULES, PROGRAM};
use crate::image::recipe::{ArchisoMenu, Recipe};
use crate::proto::dhcp::BiosBoot;
use crate::resolve::{IsoSource, Menu, MenuItem, ResolvedSpec, Start, Target};
use crate::spec::loader::LoaderKind;

/// Where PXELINUX and the menus stand in the tree.
const FOLDER: &str = "pxelinux";
/// What PXELINUX asks for where nothing else is named.
const FIRST: &str = "pxelinux.cfg/default";

/// Adds PXELINUX, the menus of the spec and those of its ISOs; says how a BIOS client gets there.
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) -> BiosBoot {
    add_pxelinux(spec, facts, plan);
    let isos = isos(spec, facts);
    for (iso, recipe) in isos.values() {
        if let Some(menu) = recipe.own_menu() {
            use_our_modules(iso, menu, plan);
        }
    }
    let usual = Menus { spec, facts, isos: &isos, home: spec.menus.first() };
    usual.add(spec.menus.iter(), plan);
    let first = match (spec.menus.first(), spec.isos.first()) {
        (Some(menu), _) => usual.menu_file(&menu.name),
        (None, Some(iso)) => usual.iso_file(&iso.name),
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

/// The ISOs with a recipe, by name.
fn isos<'a>(spec: &'a ResolvedSpec, facts: &'a Facts) -> Isos<'a> {
    let with_recipe = |iso: &'a IsoSource| Some((&*iso.name, (iso, facts.images.get(&iso.name)?.recipe.as_ref()?)));
    spec.isos.iter().filter_map(with_recipe).collect()
}

fn put(plan: &mut Plan, file: &str, text: String) {
    let path = format!("{FOLDER}/{file}");
    plan.roles.insert(path.clone(), Role::Menu);
    plan.tree.insert(path, Node::Text(Template::new(text)));
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

type Isos<'a> = BTreeMap<&'a str, (&'a IsoSource, &'a Recipe)>;

/// The menus as clients see them that begin with one of them.
struct Menus<'a> {
    spec: &'a ResolvedSpec,
    facts: &'a Facts,
    isos: &'a Isos<'a>,
    /// Where a client begins, and where the last line of every other menu leads; `None` where the spec has no menus.
    home: Option<&'a Menu>,
}

impl Menus<'_> {
    /// The folder of its files. PXELINUX knows nothing of the menus that a client came through, so a second home needs files
    /// of its own.
    fn folder(&self) -> String {
        match (self.home, self.spec.menus.first()) {
            (Some(home), Some(first)) if home.name != first.name => format!("home/{}/", home.name),
            _ => String::new(),
        }
    }

    fn menu_file(&self, name: &str) -> String {
        format!("{}menu/{name}.cfg", self.folder())
    }

    fn iso_file(&self, name: &str) -> String {
        format!("{}iso/{name}.cfg", self.folder())
    }

    /// Adds menus, and those of ISOs that bring none.
    fn add<'m>(&self, menus: impl Iterator<Item = &'m Menu>, plan: &mut Plan) {
        for (iso, recipe) in self.isos.values() {
            if recipe.own_menu().is_none() {
                let way_back = if self.home.is_some() { self.way_back() } else { String::new() };
                put(plan, &self.iso_file(&iso.name), iso_menu(iso, recipe) + &way_back);
            }
        }
        for menu in menus {
            let is_home = self.home.is_some_and(|home| home.name == menu.name);
            let way_back = if is_home { String::new() } else { self.way_back() };
            let text = self.spec_menu(menu, plan) + &way_back;
            put(plan, &self.menu_file(&menu.name), text);
        }
    }

    fn spec_menu(&self, menu: &Menu, plan: &mut Plan) -> String {
        let mut text = head(&menu.title);
        if let Some(seconds) = menu.timeout {
            // In tenths of a second, and 0 would wait for ever.
            let _ = writeln!(text, "TIMEOUT {}", (u32::from(seconds) * 10).max(1));
        }
        for item in &menu.items {
            match item {
                MenuItem::Separator => text.push_str("MENU SEPARATOR\n"),
                MenuItem::Entry { name, title: own_title, target, is_default, .. } => {
                    let Some(action) = self.entry(&menu.name, name, target, plan) else { continue };
                    let shown = own_title.as_deref().unwrap_or(title::of_target(name, target, self.spec, self.facts));
                    text.push_str(&label(name, shown, *is_default, &action));
                }
            }
        }
        text
    }

    /// What an entry of a menu does, in PXELINUX's words; `None` for what cannot be done on legacy BIOS.
    fn entry(&self, menu: &str, name: &str, target: &Target, plan: &mut Plan) -> Option<String> {
        match reach::can(Shows::Pxelinux, target, self.facts) {
            Can::Itself => self.action(target),
            Can::ThroughIpxe => through_ipxe(menu, name, target, self.facts, plan),
            Can::Not(_) => None,
        }
    }

    /// The same for what PXELINUX does itself; `None` for an ISO without a recipe, which only kernels by hand may name.
    fn action(&self, target: &Target) -> Option<String> {
        Some(match target {
            Target::Kernel(target) => entry::by_hand(target).action(),
            Target::Files(target) => entry::of_files(target, self.facts).action(),
            Target::Restart(_) => format!("COM32 {REBOOT}\n"),
            Target::Chain(_) | Target::Shell(_) | Target::FirmwareSetup(_) => return None,
            Target::LocalDisk => "LOCALBOOT 0\n".to_owned(),
            Target::Menu(menu) => config(&format!("{FOLDER}/{}", self.menu_file(menu))),
            Target::Iso(iso) => {
                let (source, recipe) = self.isos.get(iso.as_str())?;
                if let Some(own) = recipe.own_menu() {
                    let place = format!("iso/{}", source.name);
                    let file = format!("{place}/{}/{}", own.folder, own.first);
                    format!("{}APPEND ::/{place}/{}/\n", config(&file), own.working_folder)
                } else if let [only] = &entry::boots(source, recipe)[..] {
                    only.action()
                } else {
                    config(&format!("{FOLDER}/{}", self.iso_file(iso)))
                }
            }
        })
    }

    /// The last entry of every menu but the one that a client begins with.
    fn way_back(&self) -> String {
        let first = match self.home {
            Some(home) if !self.folder().is_empty() => self.menu_file(&home.name),
            _ => FIRST.to_owned(),
        };
        format!("MENU SEPARATOR\nLABEL .back\nMENU LABEL Back\n{}", config(&format!("{FOLDER}/{first}")))
    }
}

/// The menu of an ISO that brings none for network boot: its kernels.
fn iso_menu(iso: &IsoSource, recipe: &Recipe) -> String {
    let mut text = head(recipe.title());
    for (at, boot) in entry::boots(iso, recipe).iter().enumerate() {
        text.push_str(&label(&format!("kernel{at}"), &boot.title, at == 0, &boot.action()));
    }
    text
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

/// Restarts PXELINUX with another file; names in it stay relative to the same folder, unless an APPEND names another one.
fn config(file: &str) -> String {
    format!("CONFIG ::/{file}\n")
}

/// A title as PXELINUX shows it: `^` would mark a hot key, a line break would start a directive.
fn shown(title: &str) -> String {
    one_line(title).replace('^', "")
}

/// What a client begins with that begins elsewhere than with the first menu: the text of its own configuration file.
///
/// Adds the menus that it can get to from there; `None` for an entry that does nothing on legacy BIOS.
pub(super) fn start(start: &Start, spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) -> Option<String> {
    let isos = isos(spec, facts);
    let (Start::Menu(home) | Start::Entry(home, _)) = start;
    let menus = Menus { spec, facts, isos: &isos, home: spec.menu(home) };
    let is_there = menus.folder().is_empty() || plan.tree.contains_key(&format!("{FOLDER}/{}", menus.menu_file(home)));
    if !is_there {
        menus.add(spec.menus_from(home).into_iter(), plan);
    }
    let (name, action) = match start {
        Start::Menu(menu) => (menu, menus.action(&Target::Menu(menu.clone()))?),
        Start::Entry(menu, entry) => (entry, menus.entry(menu, entry, spec.entry(menu, entry)?, plan)?),
    };
    // Without a menu, the label that DEFAULT names starts at once.
    Some(format!("SERIAL 0 115200\nDEFAULT {name}\nPROMPT 0\nLABEL {name}\n{action}"))
}
