//! PXELINUX of this machine: the loader of legacy BIOS clients where the ISO brings none that fits.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::loader::{Found, Sources, check_digest};
use super::{Facts, FilePin, Known, LoaderFiles};
use crate::diag::nearest::listed;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::{IsoSource, ResolvedSpec};
use crate::source::Span;
use crate::spec::loader::LoaderKind;
use crate::world::World;

/// Where a distribution puts PXELINUX.
#[derive(Debug, Clone, Copy)]
pub struct PxelinuxPlace {
    /// The file `lpxelinux.0`.
    pub program: &'static str,
    /// The folder of the modules for BIOS.
    pub modules: &'static str,
    /// Which distributions put it there.
    pub distributions: &'static str,
    /// In which packages.
    pub packages: &'static [&'static str],
}

impl PxelinuxPlace {
    /// The places that are tried, in order.
    pub const ALL: &[Self] = &[
        Self {
            program: "/usr/lib/PXELINUX/lpxelinux.0",
            modules: "/usr/lib/syslinux/modules/bios",
            distributions: "Debian, Ubuntu",
            packages: &["pxelinux", "syslinux-common"],
        },
        Self {
            program: "/usr/lib/syslinux/bios/lpxelinux.0",
            modules: "/usr/lib/syslinux/bios",
            distributions: "Arch",
            packages: &["syslinux"],
        },
        Self {
            program: "/usr/share/syslinux/lpxelinux.0",
            modules: "/usr/share/syslinux",
            distributions: "Fedora, openSUSE",
            packages: &["syslinux"],
        },
        Self {
            program: "/run/current-system/sw/share/syslinux/lpxelinux.0",
            modules: "/run/current-system/sw/share/syslinux",
            distributions: "NixOS",
            packages: &["syslinux"],
        },
    ];
}

/// The loader's name; it has HTTP, which `pxelinux.0` has not.
pub const PROGRAM: &str = "lpxelinux.0";
/// The modules that a menu made by netspec cannot do without.
pub const MODULES: &[&str] = &["ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"];
/// The largest module of syslinux 6.04 has 170 KiB; the loader itself 90 KiB.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Looks where the spec says, else in the usual places. Nothing found is no files.
pub(super) fn find(sources: &Sources, known: &dyn Known, world: &dyn World) -> Result<Found, Box<Diagnostic>> {
    if let Some(source) = sources.get(&LoaderKind::Pxelinux) {
        let found = read(&source.path, &source.modules, known, world).map_err(|(path, error)| {
            let path = path.display();
            let message = match error.kind() {
                io::ErrorKind::NotFound => format!("loader `pxelinux` is incomplete: there is no `{path}`"),
                io::ErrorKind::FileTooLarge => {
                    format!("loader `pxelinux` cannot be used: `{path}` has more than {MAX_FILE} bytes")
                }
                _ => format!("loader `pxelinux` cannot be used: `{path}` cannot be read: {error}"),
            };
            let help = format!("name `{PROGRAM}` here, and in `modules=` the folder with its {}", listed(MODULES));
            Box::new(Diagnostic::new(Code::LoaderUnusable, message).at(source.span, "not a PXELINUX").help(help))
        })?;
        if let Some(pin) = found.0.files.get(PROGRAM) {
            check_digest(LoaderKind::Pxelinux, source, pin)?;
        }
        return Ok(found);
    }
    let places = PxelinuxPlace::ALL.iter();
    let read = |place: &PxelinuxPlace| read(Path::new(place.program), Path::new(place.modules), known, world).ok();
    let mut found = places.filter_map(read);
    Ok(found.next().unwrap_or_default())
}

fn read(program: &Path, modules: &Path, known: &dyn Known, world: &dyn World) -> Result<Found, (PathBuf, io::Error)> {
    let mut paths = BTreeMap::from([(PROGRAM.to_owned(), program.to_owned())]);
    for path in world.list(modules).map_err(|error| (modules.to_owned(), error))? {
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && name.ends_with(".c32")
        {
            paths.insert(name.to_owned(), path.clone());
        }
    }
    if let Some(missing) = MODULES.iter().find(|name| !paths.contains_key(**name)) {
        return Err((modules.join(missing), io::ErrorKind::NotFound.into()));
    }
    let mut files = BTreeMap::new();
    for (name, path) in &paths {
        let pin = match known.pin(name, path) {
            Some(pin) => pin,
            None => pin(path, world).map_err(|error| (path.clone(), error))?,
        };
        files.insert(name.clone(), pin);
    }
    Ok((LoaderFiles { files }, paths))
}

fn pin(path: &Path, world: &dyn World) -> io::Result<FilePin> {
    let file = world.open(path)?;
    if file.size() > MAX_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    FilePin::of(&*file)
}

/// What needs a menu made by netspec, and with it a PXELINUX that has `menu.c32`: as a phrase, why, and where it is written.
fn need(spec: &ResolvedSpec, facts: &Facts) -> Option<(String, &'static str, Span)> {
    if let Some(menu) = spec.menus.first() {
        return Some((format!("menu `{}`", menu.name), "", menu.span));
    }
    let has_none = |iso: &&IsoSource| facts.images.get(&iso.name).is_some_and(|image| image.own_menu().is_none());
    let iso = spec.isos.iter().find(has_none)?;
    Some((format!("ISO `{}`", iso.name), "it brings none of its own, and ", iso.span))
}

pub(super) fn check(spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    if !facts.loaders.contains_key(&LoaderKind::Pxelinux)
        && let Some((what, why, span)) = need(spec, facts)
    {
        let message = format!("{what} needs PXELINUX for BIOS clients: {why}none is installed");
        let help = format!("install {}, or say where it is with a `loader \"pxelinux\"` node", packages());
        findings.push(Diagnostic::new(Code::LoaderMissing, message).at(span, "needs PXELINUX").help(help));
    }
    findings
}

/// What to install, and where: places of the same packages together.
pub(super) fn packages() -> String {
    let groups = PxelinuxPlace::ALL.chunk_by(|a, b| a.packages == b.packages).filter_map(|group| {
        let on: Vec<_> = group.iter().map(|place| place.distributions).collect();
        Some(format!("{} ({})", listed(group.first()?.packages), on.join(", ")))
    });
    groups.collect::<Vec<_>>().join(" or ")
}
