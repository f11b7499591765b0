//! The plan: everything that serving does, as one value.
//!
//! [`lower`] makes it from a [`ResolvedSpec`] and [`Facts`], and from nothing else: no file, clock, environment or address.
//! The same spec and the same files give the same bytes on every machine, and [`Plan::digest`] names them.
//!
//! The tree that clients see:
//!
//! | path | what |
//! |---|---|
//! | `iso/<name>/…` | the ISO, in place; a few files replaced by rewritten ones |
//! | `iso/<name>.iso` | the ISO file itself |
//! | `file/<menu>/<entry>/…` | files that an entry names and that are in no ISO |
//! | `pxelinux/…` | PXELINUX of this machine and the menus that netspec makes, where they are needed |
//! | `boot.ipxe` | the script for iPXE, which on UEFI is the menu |
//! | `start4.elf` … | the folder of a Raspberry Pi, where the spec names one |
//! | `…/autoexec.ipxe` | what leads iPXE to that script from any folder |
//! | `ipxe/…`, `grub/…` | iPXE, shim and GRUB of this machine |
//! | `start/…` | where clients begin, where they do not all begin alike |
//! | `machine/…` | the one of these that is for the machine that asks ([`machine`]) |
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod answers;
mod archiso;
mod command_line;
pub mod diff;
mod entry;
mod files;
pub mod findings;
mod grub;
mod ipxe;
pub mod left_out;
mod loader;
pub mod machine;
mod menu;
pub mod payload;
mod reach;
mod role;
mod rules;
pub mod secure_boot;
pub mod start;
mod template;
mod title;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use self::answers::Answers;
pub(crate) use self::answers::pass::with_identity;
use self::machine::Machines;
pub use self::role::Role;
pub use self::template::{HOST, ORIGIN, PAYLOAD, Served, Template};
use crate::facts::{Digest, Facts, FilePin, ImageFacts, PROGRAM};
use crate::image::recipe::{ArchisoMenu, Recipe};
use crate::proto::dhcp::{BiosBoot, BootTable, IpxeBoot};
use crate::resolve::{IsoSource, Network, ResolvedSpec, Server};

/// The format of printed plans; grows when a reader of old plans would misread a new one.
const FORMAT: u32 = 1;

/// What to answer, and with which bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// The format of this value when printed.
    pub format: u32,
    /// Where clients are answered.
    pub networks: Vec<Network>,
    /// Ports and limits.
    pub server: Server,
    /// The ISOs, by name. Each one appears in the tree as `iso/<name>/` and as `iso/<name>.iso`.
    pub images: BTreeMap<String, ImageFacts>,
    /// What installers are told, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Answers>,
    /// Files of the machine that are served, pinned by content, by the name they have there.
    pub loaders: BTreeMap<String, FilePin>,
    /// Files that are in no ISO, or that hide one of an ISO.
    pub tree: BTreeMap<String, Node>,
    /// Files that are in every folder that has no file of that name, also in those that are not there: clients look for them
    /// beside whatever they were started from.
    pub everywhere: BTreeMap<String, Node>,
    /// By their folders, what a client gets there that asks for a name which is none: shim takes what Dell's firmware calls the
    /// network card for the name of the next program (ST-11; rhboot/shim #696).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stand_ins: BTreeMap<String, Node>,
    /// Paths of the tree that are served below any folder of eight hexadecimal digits, too: the serial number of a Raspberry
    /// Pi, which asks there first.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub below_serial: BTreeSet<String>,
    /// Machines that begin elsewhere than with the first menu. They ask for a path that says who they are.
    #[serde(skip_serializing_if = "Machines::is_empty")]
    pub machines: Machines,
    /// What files of ISOs are to clients, where it is known.
    pub roles: BTreeMap<String, Role>,
    /// What DHCP tells each kind of client.
    pub boot: BootTable,
}

/// A file of the tree that is not simply a file of an ISO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Node {
    /// Generated text.
    Text(Template),
    /// A file of [`Plan::loaders`].
    Loader(String),
    /// The file of an ISO that has this other path in the tree.
    Alias(String),
}

impl Plan {
    /// The plan as JSON, for people: keys in a fixed order, two blanks of indent, a newline at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// SHA-256 of [`Plan::to_json`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_json().as_bytes())
    }
}

/// Makes the plan.
///
/// `facts` must be of this spec: [`crate::facts::gather`] has found every ISO, and PXELINUX where a menu needs it.
pub fn lower(spec: &ResolvedSpec, facts: &Facts) -> Plan {
    let spec = &*answers::expand(spec, facts);
    let mut plan = Plan {
        format: FORMAT,
        networks: spec.networks.clone(),
        server: spec.server.clone(),
        images: facts.images.clone(),
        answers: answers::all(spec, facts),
        loaders: BTreeMap::new(),
        tree: BTreeMap::new(),
        everywhere: BTreeMap::new(),
        stand_ins: BTreeMap::new(),
        below_serial: BTreeSet::new(),
        machines: Machines::of(spec),
        roles: BTreeMap::new(),
        boot: BootTable::default(),
    };
    for iso in &spec.isos {
        if let Some(recipe) = facts.images.get(&iso.name).and_then(|image| image.recipe.as_ref()) {
            add_image(&mut plan, iso, recipe);
        }
    }
    for target in spec.kernel_targets() {
        let path = |path: &str| format!("iso/{}/{path}", target.iso);
        plan.roles.insert(path(&target.kernel.value), Role::Kernel);
        plan.roles.extend(target.initrds.iter().map(|initrd| (path(&initrd.value), Role::Initrd)));
    }
    files::add(spec, facts, &mut plan);
    let bios = match (&spec.menus[..], &spec.isos[..]) {
        ([], [iso]) => bios_of_single_iso(spec, facts, iso, &mut plan),
        _ => menu::add(spec, facts, &mut plan),
    };
    ipxe::add(spec, facts, &bios, &mut plan);
    start::add(spec, facts, &mut plan);
    grub::add(spec, facts, &mut plan);
    loader::place_raspberry_pi(facts, &mut plan);
    plan.boot.bios = Some(bios);
    rules::add(spec, facts, &mut plan);
    answers::pass::carry_identity(&mut plan);
    payload::add(&mut plan);
    plan
}

/// The files and roles that an ISO brings, whatever the menus are.
fn add_image(plan: &mut Plan, iso: &IsoSource, recipe: &Recipe) {
    let root = format!("iso/{}", iso.name);
    for (path, role) in role::of_recipe(recipe) {
        plan.roles.insert(format!("{root}/{path}"), role);
    }
    if let Recipe::Archiso(archiso) = recipe
        && let Some(menu) = &archiso.menu
    {
        for (path, text) in archiso::rewritten(archiso, menu, iso) {
            plan.roles.insert(format!("{root}/{path}"), Role::Menu);
            plan.tree.insert(format!("{root}/{path}"), Node::Text(text));
        }
        // Names in the menu of 2014 are relative to a folder above the modules, and modules look there for their libraries.
        if menu.working_folder != menu.folder {
            for name in &menu.modules {
                let target = format!("{root}/{}/{name}", menu.folder);
                plan.tree.insert(format!("{root}/{}/{name}", menu.working_folder), Node::Alias(target));
            }
        }
    }
}

/// One ISO and no menu: the client goes straight to the ISO's own menu.
fn bios_of_single_iso(spec: &ResolvedSpec, facts: &Facts, iso: &IsoSource, plan: &mut Plan) -> BiosBoot {
    let menu = facts.images.get(&iso.name).and_then(|image| image.own_menu());
    match menu {
        Some(menu) => bios_of_archiso(iso, menu),
        None => menu::add(spec, facts, plan),
    }
}

/// The loader of the ISO itself, with the two options that archiso's documentation asks for.
fn bios_of_archiso(iso: &IsoSource, menu: &ArchisoMenu) -> BiosBoot {
    let ArchisoMenu { folder, working_folder, first, .. } = menu;
    let config = folder.strip_prefix(working_folder.as_str()).unwrap_or_default().trim_start_matches('/');
    let config = if config.is_empty() { first.clone() } else { format!("{config}/{first}") };
    BiosBoot {
        file: format!("iso/{}/{folder}/{PROGRAM}", iso.name),
        config_file: Some(config),
        path_prefix: Some(format!("/iso/{}/{working_folder}/", iso.name)),
    }
}

/// What iPXE is told: the script, and for PXELINUX behind it the same two options as a plain BIOS client gets.
fn ipxe_boot(script: &str, bios: &BiosBoot) -> IpxeBoot {
    IpxeBoot { script: script.to_owned(), config_file: bios.config_file.clone(), path_prefix: bios.path_prefix.clone() }
}
