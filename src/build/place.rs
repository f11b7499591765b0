//! The folder that holds built ones: complete folders only, whatever happens.

use std::fs::{self, DirBuilder, File, FileTimes, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock, syncfs};

use super::Kind;
use super::error::BuildError;
use super::index::{INDEX, Index, Read};

/// How the name of a folder begins that is being filled.
const PARTIAL: &str = ".netspec-partial-";
/// The link to the whole tree that was built last.
const CURRENT: &str = "current";
/// The largest index that is read: that of an ISO with as many files as are read of one has half of it.
const MAX_INDEX: u64 = 256 * 1024 * 1024;

/// The place of one build below the folder that the user names. No other build writes there as long as it lives.
pub(super) struct Place {
    out: PathBuf,
    name: String,
    /// Locked.
    folder: File,
}

impl Place {
    /// Makes the folder where it is not there, locks it, and clears away what killed builds have left.
    pub(super) fn open(out: &Path, name: &str) -> Result<Self, BuildError> {
        let failed = |error| BuildError::write(out, error, 0);
        fs::create_dir_all(out).map_err(failed)?;
        let folder = File::open(out).map_err(failed)?;
        flock(&folder, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
            rustix::io::Errno::WOULDBLOCK => BuildError::Busy { path: out.to_owned() },
            error => failed(error.into()),
        })?;
        for entry in fs::read_dir(out).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PARTIAL)) {
                remove(&path).map_err(|error| BuildError::write(&path, error, 0))?;
            }
        }
        Ok(Self { out: out.to_owned(), name: name.to_owned(), folder })
    }

    /// The folder that is built.
    pub(super) fn folder(&self) -> PathBuf {
        self.out.join(&self.name)
    }

    /// The index of the folder, if it was built before and has all its files.
    pub(super) fn finished(&self) -> Result<Option<Read>, BuildError> {
        let folder = self.folder();
        match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BuildError::write(&folder, error, 0)),
            Ok(_) => {}
        }
        let index = read_index(&folder, &self.name).ok_or_else(|| BuildError::Foreign { path: folder.clone() })?;
        let is_gone =
            |path: &str, size| !fs::symlink_metadata(folder.join(path)).is_ok_and(|found| found.len() == size);
        match index.files.iter().find(|file| is_gone(&file.path, file.size)) {
            Some(file) => Err(BuildError::Damaged { path: folder, file: file.path.clone() }),
            None => Ok(Some(index)),
        }
    }

    /// The other folders that were built here, with their indexes, sorted.
    pub(super) fn earlier(&self) -> Vec<(PathBuf, Read)> {
        let Ok(entries) = fs::read_dir(&self.out) else { return Vec::new() };
        let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        folders.sort();
        let is_folder = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
        let read = |path: PathBuf| {
            let index = read_index(&path, path.file_name()?.to_str()?)?;
            Some((path, index))
        };
        folders.into_iter().filter(is_folder).filter_map(read).collect()
    }

    /// Makes an empty folder that will become the one that is built.
    pub(super) fn begin(&self) -> Result<Partial<'_>, BuildError> {
        let path = self.out.join(format!("{PARTIAL}{}", self.name));
        make(&path).map_err(|error| BuildError::write(&path, error, 0))?;
        Ok(Partial { place: self, path, is_finished: false })
    }

    /// Lets the link `current` lead to a whole tree, at once for everybody. A payload is found by its name, and a link to it
    /// would make those that follow links publish it twice.
    pub(super) fn make_current(&self, kind: &Kind) -> Result<(), BuildError> {
        if *kind == Kind::Payload {
            return Ok(());
        }
        let (link, new) = (self.out.join(CURRENT), self.out.join(format!("{PARTIAL}{CURRENT}")));
        match fs::symlink_metadata(&link) {
            Ok(found) if !found.is_symlink() => return Err(BuildError::Foreign { path: link }),
            _ => {}
        }
        let linked = std::os::unix::fs::symlink(&self.name, &new).and_then(|()| fs::rename(&new, &link));
        linked.map_err(|error| BuildError::write(&link, error, 0))
    }
}

/// A folder that is being filled; it is removed if it is not finished.
pub(super) struct Partial<'a> {
    place: &'a Place,
    path: PathBuf,
    is_finished: bool,
}

impl Partial<'_> {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the index and gives the folder its name, after all of it is on the disk.
    pub(super) fn finish(mut self, index: &Index) -> Result<(), BuildError> {
        let file = self.path.join(INDEX);
        let json = index.to_json();
        let written = fs::write(&file, &json).and_then(|()| make_alike(&File::options().write(true).open(&file)?));
        let synced = written.and_then(|()| syncfs(&self.place.folder).map_err(io::Error::from));
        synced.map_err(|error| BuildError::write(&file, error, index.size()))?;
        let folder = self.place.folder();
        fs::rename(&self.path, &folder).map_err(|error| BuildError::write(&folder, error, index.size()))?;
        self.is_finished = true;
        // The name is on the disk when this returns; where that fails, the folder is all the same whole or not there.
        let _ = self.place.folder.sync_all();
        Ok(())
    }
}

impl Drop for Partial<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            // What cannot be removed now is removed by the next build.
            let _ = remove(&self.path);
        }
    }
}

/// Gives a file what all files of built folders have, whatever the mask of this process and the time are.
pub(super) fn make_alike(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o644))?;
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    file.set_times(FileTimes::new().set_accessed(time).set_modified(time))
}

/// Makes a folder in `root` with those above it.
pub(super) fn ensure_folder(root: &Path, folder: &str) -> io::Result<()> {
    let mut path = root.to_owned();
    for name in folder.split('/') {
        path.push(name);
        match make(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            made => made?,
        }
    }
    Ok(())
}

/// Makes one folder, which everybody may read whatever the mask of this process is.
fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o755).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

fn read_index(folder: &Path, name: &str) -> Option<Read> {
    let mut json = Vec::new();
    File::open(folder.join(INDEX)).ok()?.take(MAX_INDEX).read_to_end(&mut json).ok()?;
    Read::of(&json, name)
}
