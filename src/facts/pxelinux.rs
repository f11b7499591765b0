//! PXELINUX of this machine: the loader of legacy BIOS clients where the ISO brings none that fits.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Digest, Facts};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;
use crate::world::World;

/// The files of one PXELINUX: `lpxelinux.0` and its modules, which must be of the same build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pxelinux {
    /// By name: `lpxelinux.0`, `ldlinux.c32`, `menu.c32` …
    pub files: BTreeMap<String, FilePin>,
}

/// A file pinned by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilePin {
    /// In bytes.
    pub size: u64,
    /// Of the whole file.
    pub sha256: Digest,
}

/// Where a distribution puts PXELINUX.
#[derive(Debug, Clone, Copy)]
pub struct PxelinuxPlace {
    /// The file `lpxelinux.0`.
    pub program: &'static str,
    /// The folder of the modules for BIOS.
    pub modules: &'static str,
    /// Who puts it there, by which packages.
    pub packages: &'static str,
}

impl PxelinuxPlace {
    /// The places that are tried, in order.
    pub const ALL: &[Self] = &[
        Self {
            program: "/usr/lib/PXELINUX/lpxelinux.0",
            modules: "/usr/lib/syslinux/modules/bios",
            packages: "`pxelinux` and `syslinux-common` on Debian and Ubuntu",
        },
        Self {
            program: "/usr/lib/syslinux/bios/lpxelinux.0",
            modules: "/usr/lib/syslinux/bios",
            packages: "`syslinux` on Arch",
        },
        Self {
            program: "/usr/share/syslinux/lpxelinux.0",
            modules: "/usr/share/syslinux",
            packages: "`syslinux` on Fedora and openSUSE",
        },
        Self {
            program: "/run/current-system/sw/share/syslinux/lpxelinux.0",
            modules: "/run/current-system/sw/share/syslinux",
            packages: "`syslinux` on NixOS",
        },
    ];
}

/// The loader's name; it has HTTP, which `pxelinux.0` has not.
pub const PROGRAM: &str = "lpxelinux.0";
/// The modules that a menu made by netspec cannot do without.
pub const MODULES: &[&str] = &["ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"];
/// The largest module of syslinux 6.04 has 170 KiB; the loader itself 90 KiB.
const MAX_FILE: u64 = 4 * 1024 * 1024;

type Found = (Pxelinux, BTreeMap<String, PathBuf>);

/// Looks where the spec says, else in the usual places.
pub(super) fn find(spec: &ResolvedSpec, world: &dyn World) -> Result<Option<Found>, Box<Diagnostic>> {
    if let Some(source) = &spec.pxelinux {
        return read(&source.program, &source.modules, world).map(Some).map_err(|(path, error)| {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "there is no such file".to_owned(),
                _ => error.to_string(),
            };
            Box::new(
                Diagnostic::new(Code::LoaderUnusable, format!("loader `pxelinux` lacks `{}`: {why}", path.display()))
                    .at(source.span, "not a PXELINUX")
                    .help(format!(
                        "name `{PROGRAM}` here, and in `modules=` the folder with its {}",
                        MODULES.join(", ")
                    )),
            )
        });
    }
    let places = PxelinuxPlace::ALL.iter();
    Ok(places.filter_map(|place| read(Path::new(place.program), Path::new(place.modules), world).ok()).next())
}

fn read(program: &Path, modules: &Path, world: &dyn World) -> Result<Found, (PathBuf, io::Error)> {
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
        let bytes = world.read(path, MAX_FILE).map_err(|error| (path.clone(), error))?;
        files.insert(name.clone(), FilePin { size: bytes.len() as u64, sha256: Digest::of(&bytes) });
    }
    Ok((Pxelinux { files }, paths))
}

/// Whether a menu has to be made by netspec, so that a PXELINUX with `menu.c32` is needed.
fn reason_for_need(spec: &ResolvedSpec, facts: &Facts) -> Option<String> {
    if let Some(menu) = spec.menus.first() {
        return Some(format!("menu `{}`", menu.name));
    }
    let without_menu = facts.images.iter().find(|(_, image)| image.recipe.own_menu().is_none());
    without_menu.map(|(name, _)| format!("ISO `{name}`, which brings no PXELINUX of its own,"))
}

pub(super) fn check(spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    if facts.pxelinux.is_none()
        && let Some(reason) = reason_for_need(spec, facts)
    {
        let packages: Vec<_> = PxelinuxPlace::ALL.iter().map(|place| place.packages).collect();
        let place = spec.isos.first().map_or_else(Default::default, |iso| iso.span);
        findings.push(
            Diagnostic::new(
                Code::LoaderMissing,
                format!("{reason} needs PXELINUX for BIOS clients, and it is not installed"),
            )
            .at(place, "needs PXELINUX")
            .help(format!("install {}, or say where it is with a `loader \"pxelinux\"` node", packages.join(", "))),
        );
    }
    findings
}
