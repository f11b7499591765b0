//! The folder of boot files for a Raspberry Pi: firmware, device trees, a kernel, and what tells them about each other.
//!
//! The boot ROM asks for fixed names, so the folder is served as it lies there. It has no usual place: which kernel is in it is
//! somebody's choice.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::loader::{Found, Sources};
use super::{FilePin, Known, LoaderFiles, scan};
use crate::diag::nearest::{listed, shown};
use crate::diag::{Code, Diagnostic};
use crate::resolve::LoaderSource;
use crate::spec::loader::LoaderKind;
use crate::world::World;

/// What the names of these files in plans begin with.
pub const RASPBERRY_PI: &str = "raspberry-pi/";
/// One of these is in every folder that a Raspberry Pi boots from; models differ in which.
pub const FIRST_FILES: &[&str] = &["bootcode.bin", "start.elf", "start4.elf", "config.txt", "boot.img"];
/// Names at the root of the tree that are netspec's own.
const RESERVED: &[&str] = &["iso", "file", "pxelinux", "ipxe", "grub", "boot.ipxe"];

/// The folder of Raspberry Pi OS has some 400 files, and no folder deeper than `overlays`.
const MAX_FILES: usize = 4096;
const MAX_DEPTH: usize = 8;
/// In bytes; a kernel with its initial RAM disk has some 100 MB.
const MAX_FILE: u64 = 1024 * 1024 * 1024;

/// Reads the folder that the spec names, if it names one. Hidden files are left out, and so are links that lead out of it.
pub(super) fn find(sources: &Sources, known: &dyn Known, world: &dyn World) -> Result<Found, Box<Diagnostic>> {
    let Some(source) = sources.get(&LoaderKind::RaspberryPi) else { return Ok(Found::default()) };
    let mut walk = Walk { world, root: PathBuf::new(), paths: BTreeMap::new() };
    let walked = world.canonical(&source.path).and_then(|root| {
        walk.root = root;
        walk.folder(&source.path, "", 0)
    });
    if let Err(error) = walked {
        return Err(unusable(source, &format!("`{}` {}", source.path.display(), reason(&error))));
    }
    if !FIRST_FILES.iter().any(|name| walk.paths.contains_key(*name)) {
        return Err(unusable(source, &format!("`{}` has no {}", source.path.display(), either(FIRST_FILES))));
    }
    if let Some(own) = walk.paths.keys().filter_map(|path| path.split('/').next()).find(|top| RESERVED.contains(top)) {
        return Err(unusable(
            source,
            &format!("clients find netspec's own files at `{own}`, which the folder has, too"),
        ));
    }
    let (mut files, mut paths) = Found::default();
    for (name, path) in walk.paths {
        let name = format!("{RASPBERRY_PI}{name}");
        let pin = match known.pin(&name, &path) {
            Some(pin) => pin,
            None => pin(&path, world).map_err(|error| {
                unusable(source, &format!("`{}` {}", shown(&path.display().to_string()), reason(&error)))
            })?,
        };
        files.files.insert(name.clone(), pin);
        paths.insert(name, path);
    }
    Ok((files, paths))
}

impl LoaderFiles {
    /// The files of a Raspberry Pi's folder: their paths in it.
    pub fn in_folder(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|name| name.strip_prefix(RASPBERRY_PI))
    }
}

/// A walk through a folder.
struct Walk<'a> {
    world: &'a dyn World,
    /// Where the folder really is.
    root: PathBuf,
    /// The files found: by their paths in the folder, where they are.
    paths: BTreeMap<String, PathBuf>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, below: &str, depth: usize) -> io::Result<()> {
        for path in self.world.list(folder)? {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let is_inside = || self.world.canonical(&path).is_ok_and(|real| real.starts_with(&self.root));
            if name.starts_with('.') || name.contains(char::is_control) || !is_inside() {
                continue;
            }
            let name = format!("{below}{name}");
            match self.world.open(&path) {
                Ok(_) if self.paths.len() == MAX_FILES => {
                    return Err(io::Error::other(format!("has more than {MAX_FILES} files")));
                }
                Ok(_) => {
                    self.paths.insert(name, path);
                }
                Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                    if depth == MAX_DEPTH {
                        return Err(io::Error::other(format!("has folders more than {MAX_DEPTH} deep")));
                    }
                    self.folder(&path, &format!("{name}/"), depth + 1)?;
                }
                Err(error) => return Err(io::Error::new(error.kind(), format!("cannot be read: `{name}`: {error}"))),
            }
        }
        Ok(())
    }
}

fn pin(path: &Path, world: &dyn World) -> io::Result<FilePin> {
    let file = world.open(path)?;
    if file.size() > MAX_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let scanned = scan::scan(&*file, [])?;
    Ok(FilePin { size: file.size(), sha256: scanned.sha256, speaks_http: false, speaks_https: false })
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        io::ErrorKind::NotADirectory => "is a file, not a folder".to_owned(),
        io::ErrorKind::FileTooLarge => format!("has more than {MAX_FILE} bytes"),
        _ if error.get_ref().is_some() => error.to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

fn either(names: &[&str]) -> String {
    listed(names).replace(" and ", " or ")
}

fn unusable(source: &LoaderSource, why: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(Code::LoaderUnusable, format!("loader `raspberry-pi` cannot be used: {why}"))
            .at(source.span, "not the boot files of a Raspberry Pi")
            .help("name a copy of the boot partition of a Raspberry Pi's system, which is `/boot/firmware` there"),
    )
}
