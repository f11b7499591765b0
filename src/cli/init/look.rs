//! What there is to make a spec from.

use std::io;
use std::path::{Path, PathBuf};

use ipnet::Ipv4Net;

use crate::diag::nearest::shown;
use crate::facts::{self, Sources};
use crate::image::iso9660::{self, IsoError};
use crate::image::recipe;
use crate::serve::interface::Interface;
use crate::spec::loader::LoaderKind;
use crate::spec::{MAX_NAME, name_like};
use crate::world::World;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    /// The folder that was looked into.
    pub folder: String,
    /// The networks that this machine is on.
    pub networks: Vec<FoundNetwork>,
    /// The ISOs that netspec knows how to boot.
    pub isos: Vec<FoundIso>,
    /// Other files that call themselves ISOs.
    pub left_out: Vec<LeftOut>,
    /// The names of the loaders that are installed.
    pub loaders: Vec<&'static str>,
    /// Loaders that most people want, with what to install.
    pub missing: Vec<String>,
}

/// A network of this machine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FoundNetwork {
    /// Its name for the spec.
    pub name: String,
    /// Its addresses.
    pub subnet: Ipv4Net,
    /// The interface that is on it.
    pub interface: String,
}

/// An ISO that can be booted.
#[derive(Debug)]
pub(super) struct FoundIso {
    /// Its name for the spec.
    pub name: String,
    /// Its path for the spec.
    pub path: String,
    /// Its path for people.
    pub shown: String,
    /// What menus call it.
    pub title: String,
    /// What it is, for people.
    pub what: String,
}

/// An ISO that cannot be booted, or not without more words.
#[derive(Debug)]
pub(super) struct LeftOut {
    /// Its path for people.
    pub shown: String,
    /// Why.
    pub why: String,
}

/// The loaders of a usual PC, and who needs them.
const WANTED: [(LoaderKind, &str); 4] = [
    (LoaderKind::Pxelinux, "PCs with legacy BIOS"),
    (LoaderKind::IpxeX64, "PCs with UEFI"),
    (LoaderKind::ShimX64, "Secure Boot"),
    (LoaderKind::GrubX64, "Secure Boot"),
];

/// Looks for ISOs in `folder` and one level below it. Paths start at `base`, where the spec will be.
///
/// # Errors
/// Where the folder cannot be read.
pub(super) fn look(folder: &Path, base: &Path, interfaces: &[Interface], world: &dyn World) -> io::Result<Found> {
    let mut found = Found {
        folder: shown(&folder.display().to_string()),
        networks: networks(interfaces, world),
        isos: Vec::new(),
        left_out: Vec::new(),
        loaders: Vec::new(),
        missing: Vec::new(),
    };
    let places = (world.canonical(folder)?, world.canonical(base)?);
    for path in isos(folder, world)? {
        let inside = path.strip_prefix(folder).unwrap_or(&path);
        let name = inside.display().to_string();
        match iso(&path, inside, &places, &found.isos, world) {
            Ok(iso) => found.isos.push(iso),
            Err(why) => found.left_out.push(LeftOut { shown: shown(&name), why }),
        }
    }
    for survey in facts::survey(&Sources::default(), world).0 {
        let wanted = WANTED.iter().find(|(kind, _)| *kind == survey.kind);
        match (survey.programs.is_empty(), wanted, &survey.install) {
            (false, ..) => found.loaders.push(survey.kind.name()),
            (true, Some((kind, whom)), Some(packages)) => {
                found.missing.push(format!("{}, for {whom}: install {packages}", kind.name()));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The files that end in `.iso`, in the order of their names, those of the folder itself first.
fn isos(folder: &Path, world: &dyn World) -> io::Result<Vec<PathBuf>> {
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_iso = |path: &PathBuf| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("iso"));
    let (mut isos, others): (Vec<_>, Vec<_>) =
        world.list(folder)?.into_iter().filter(|path| !is_hidden(path)).partition(is_iso);
    // What is no folder, or none that may be read, has nothing in it.
    let below = others.iter().flat_map(|folder| world.list(folder).unwrap_or_default());
    isos.extend(below.filter(|path| !is_hidden(path)).filter(is_iso));
    Ok(isos)
}

/// Looks into an ISO. The places are those of the folder and of the spec.
fn iso(
    path: &Path,
    inside: &Path,
    (folder, base): &(PathBuf, PathBuf),
    known: &[FoundIso],
    world: &dyn World,
) -> Result<FoundIso, String> {
    let image = world.open(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let read = iso9660::read(&*image).map_err(|error| match error {
        IsoError::NotIso { .. } => format!("it is {error}"),
        _ => error.to_string(),
    })?;
    let recipe = recipe::recognize(&read, &*image).map_err(|error| error.to_string())?;
    let whole = folder.join(inside);
    let written = whole.strip_prefix(base).unwrap_or(&whole).to_str();
    let written = written.filter(|path| !path.chars().any(char::is_control));
    let written = written.ok_or("its name cannot be written in a spec: rename it")?;
    let stem = inside.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let taken = |name: &str| name == super::draft::DISK || known.iter().any(|iso| iso.name == name);
    Ok(FoundIso {
        name: unique(&named(stem), taken),
        path: written.to_owned(),
        shown: shown(&inside.display().to_string()),
        title: shown(recipe.title()),
        what: shown(&format!("{} ({})", recipe.title(), recipe.family())),
    })
}

/// A name from that of a file. Of a long one only whole words are kept: `debian-live-12.8.0-amd64` of
/// `debian-live-12.8.0-amd64-standard`.
fn named(stem: &str) -> String {
    let Some(name) = name_like(stem) else { return "iso".to_owned() };
    let goes_on = stem.chars().nth(name.len()).is_some_and(|next| next.is_ascii_alphanumeric());
    match name.rfind('-') {
        Some(end) if goes_on && name.len() == MAX_NAME => name[..end].to_owned(),
        _ => name,
    }
}

/// The name, with a number if it is taken.
fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    // The number gets five characters.
    let stem = name.get(..MAX_NAME - 5).unwrap_or(name);
    let numbered = (2..).map(|number| format!("{stem}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// The private IPv4 networks of the interfaces that are up; those of virtual interfaces only where there are no others.
fn networks(interfaces: &[Interface], world: &dyn World) -> Vec<FoundNetwork> {
    let up = || interfaces.iter().filter(|interface| interface.up && !interface.loopback);
    let mut all = of(up().filter(|interface| is_hardware(&interface.name, world, MAX_LAYERS)));
    if all.is_empty() {
        all = of(up());
    }
    match all.as_mut_slice() {
        [only] => only.name = "lan".to_owned(),
        many => {
            for at in 0..many.len() {
                let (before, rest) = many.split_at_mut(at);
                let Some(network) = rest.first_mut() else { break };
                let name = name_like(&network.interface).unwrap_or_else(|| "lan".to_owned());
                network.name = unique(&name, |name| before.iter().any(|other| other.name == name));
            }
        }
    }
    all
}

/// One network for each subnet; of two interfaces on the same one, the one with a carrier counts.
fn of<'a>(interfaces: impl Iterator<Item = &'a Interface>) -> Vec<FoundNetwork> {
    let mut sorted: Vec<_> = interfaces.collect();
    sorted.sort_by_key(|interface| !interface.running);
    let mut found: Vec<FoundNetwork> = Vec::new();
    for interface in sorted {
        for net in interface.addresses.iter().filter(|net| net.addr().is_private() && net.prefix_len() < 31) {
            let subnet = net.trunc();
            if !found.iter().any(|other| other.subnet.contains(&subnet) || subnet.contains(&other.subnet)) {
                found.push(FoundNetwork { name: String::new(), subnet, interface: interface.name.clone() });
            }
        }
    }
    found
}

/// Bridges over VLANs over bonds, and one more.
const MAX_LAYERS: usize = 4;

/// Whether there is a network card behind an interface: its own, or that of one below it, as with bridges, bonds and VLANs. The
/// bridges and tunnels of containers, virtual machines and VPNs have none.
fn is_hardware(name: &str, world: &dyn World, layers: usize) -> bool {
    let folder = Path::new("/sys/class/net").join(name);
    let lower = |path: PathBuf| Some(path.file_name()?.to_str()?.strip_prefix("lower_")?.to_owned());
    world.canonical(&folder.join("device")).is_ok()
        || layers > 0
            && world
                .list(&folder)
                .unwrap_or_default()
                .into_iter()
                .filter_map(lower)
                .any(|below| is_hardware(&below, world, layers - 1))
}
