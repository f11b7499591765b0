//! Files that entries name, which are in no ISO: what they are, and whether they are those that the spec pins.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::kernel::{self, FileKind, HEAD};
use super::nearby::nearby;
use super::{Digest, FilePin, Known};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::{IsoSource, Origin, Pinned, ResolvedSpec, ServedFile};
use crate::world::{ReadAt, World};

/// The facts of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FileFacts {
    /// Its content.
    pub pin: FilePin,
    /// What it is to boot loaders.
    pub kind: FileKind,
}

/// What was found: the facts and where the files are, both by their paths in the tree.
pub(super) type Found = (BTreeMap<String, FileFacts>, BTreeMap<String, PathBuf>);

/// Reads every file that entries name.
pub(super) fn gather(spec: &ResolvedSpec, known: &dyn Known, world: &dyn World, findings: &mut Diagnostics) -> Found {
    let (mut facts, mut paths) = Found::default();
    // Several entries may name one file, which is read once.
    let mut done: BTreeMap<PathBuf, FileFacts> = BTreeMap::new();
    for (_, _, target) in spec.files_targets() {
        for file in target.served() {
            let path = match &file.origin {
                Origin::Path(path) => path.clone(),
                Origin::Fetched(pinned) => world.fetched(&pinned.sha256),
            };
            let read = match done.get(&path).cloned().or_else(|| known.file(file, &path)) {
                Some(read) => Ok(read),
                None => read(file, &path, world),
            };
            match read.and_then(|read| check(file, &path, read)) {
                Ok(read) => {
                    done.insert(path.clone(), read.clone());
                    facts.insert(file.tree.clone(), read);
                    paths.insert(file.tree.clone(), path);
                }
                Err(finding) => findings.push(*finding),
            }
        }
    }
    (facts, paths)
}

/// Where an ISO is on this machine; a finding where it is still to be fetched.
pub(super) fn path_of_iso(source: &IsoSource, world: &dyn World) -> Result<PathBuf, Box<Diagnostic>> {
    let Some(pinned) = &source.fetched else { return Ok(source.path.clone()) };
    let path = world.fetched(&pinned.sha256);
    match world.open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(not_fetched(&format!("ISO `{}`", source.name), pinned, &path))
        }
        _ => Ok(path),
    }
}

fn read(file: &ServedFile, path: &Path, world: &dyn World) -> Result<FileFacts, Box<Diagnostic>> {
    let opened = world.open(path).map_err(|error| unopened(file, path, &error, world))?;
    let unreadable = |error: io::Error| unopened(file, path, &error, world);
    let head = head(&*opened).map_err(unreadable)?;
    let sha256 = match &file.origin {
        // It was verified when it was put there, under this name.
        Origin::Fetched(pinned) => Digest(pinned.sha256),
        Origin::Path(_) => Digest::read(&*opened).map_err(unreadable)?,
    };
    let pin = FilePin { size: opened.size(), sha256, speaks_http: false, speaks_https: false };
    Ok(FileFacts { pin, kind: kernel::kind_of(&head) })
}

fn head(file: &dyn ReadAt) -> io::Result<Vec<u8>> {
    let mut head = vec![0; usize::try_from(file.size()).map_or(HEAD, |size| size.min(HEAD))];
    file.read_exact_at(0, &mut head)?;
    Ok(head)
}

fn check(file: &ServedFile, path: &Path, facts: FileFacts) -> Result<FileFacts, Box<Diagnostic>> {
    let found = facts.pin.sha256;
    let Some(wanted) = file.sha256.as_ref().filter(|wanted| Digest(wanted.value) != found) else { return Ok(facts) };
    let message = format!(
        "{} is not the file that the spec pins: `{}` has the SHA-256 digest {found}, and the spec wants {}",
        file.what,
        path.display(),
        Digest(wanted.value)
    );
    let help = format!("put back the file that was pinned, or, if you trust the new one, write `sha256=\"{found}\"`");
    Err(Box::new(Diagnostic::new(Code::FileDigest, message).at(wanted.span, "another digest").help(help)))
}

fn unopened(file: &ServedFile, path: &Path, error: &io::Error, world: &dyn World) -> Box<Diagnostic> {
    let (what, seen) = (&file.what, path.display());
    if let (Origin::Fetched(pinned), io::ErrorKind::NotFound) = (&file.origin, error.kind()) {
        return not_fetched(what, pinned, path);
    }
    let (code, message, label, help) = match error.kind() {
        io::ErrorKind::NotFound => (
            Code::FileNotFound,
            format!("{what} is not there: no file `{seen}`"),
            "no such file",
            nearby(path, world, |_| true),
        ),
        io::ErrorKind::IsADirectory => (
            Code::FileUnreadable,
            format!("{what} is a folder: `{seen}`"),
            "a folder",
            "name the file in it that is to be loaded".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => (
            Code::FileUnreadable,
            format!("{what} may not be read by this user: `{seen}`"),
            "no permission",
            "let the user that runs netspec read the file and enter the folders that it is in".to_owned(),
        ),
        _ => (
            Code::FileUnreadable,
            format!("{what} cannot be read: `{seen}`: {error}"),
            "cannot be read",
            format!("see what `sha256sum {seen}` says"),
        ),
    };
    Box::new(Diagnostic::new(code, message).at(file.span, label).help(help))
}

fn not_fetched(what: &str, pinned: &Pinned, path: &Path) -> Box<Diagnostic> {
    let message = format!("{what} is not fetched yet: no file `{}`", path.display());
    let help = "run `netspec fetch` with this spec, as the user that is to serve it";
    Box::new(Diagnostic::new(Code::UrlNotFetched, message).at(pinned.span, "not in the cache").help(help))
}
