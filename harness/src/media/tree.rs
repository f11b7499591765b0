//! A folder that becomes a file system: fixed modes and times, whatever the builder's umask and clock are.
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;

use super::error::{Context, MediaError};

/// A folder tree under construction; all names are relative to its root.
pub(super) struct Tree {
    root: PathBuf,
}

impl Tree {
    pub(super) fn new(root: PathBuf) -> Result<Tree, MediaError> {
        fs::create_dir_all(&root).context("create", &root)?;
        Ok(Tree { root })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where `name` is on this machine; its folder exists afterwards.
    pub(super) fn place(&self, name: &str) -> Result<PathBuf, MediaError> {
        let path = self.root.join(name.trim_start_matches('/'));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).context("create", folder)?;
        }
        Ok(path)
    }

    pub(super) fn folder(&self, name: &str) -> Result<(), MediaError> {
        let path = self.place(name)?;
        fs::create_dir_all(&path).context("create", &path)
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), MediaError> {
        let path = self.place(name)?;
        fs::write(&path, content).context("write", &path)
    }

    /// A file that may be executed.
    pub(super) fn program(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), MediaError> {
        self.write(name, content)?;
        let path = self.place(name)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755)).context("write", &path)
    }

    /// Copies a file of this machine; links are followed. `package` is named when the file is missing.
    pub(super) fn copy(&self, from: &Path, name: &str, package: &str) -> Result<(), MediaError> {
        if !from.is_file() {
            return Err(MediaError::MissingFile { path: from.to_owned(), package: package.to_owned() });
        }
        let path = self.place(name)?;
        fs::copy(from, &path).context("write", &path).map(drop)
    }

    /// A second name for the content of `from`, stored once in the ISO.
    pub(super) fn hard_link(&self, from: &str, name: &str) -> Result<(), MediaError> {
        let path = self.place(name)?;
        fs::hard_link(self.place(from)?, &path).context("create", &path)
    }

    pub(super) fn symlink(&self, target: &str, name: &str) -> Result<(), MediaError> {
        let path = self.place(name)?;
        symlink(target, &path).context("create", &path)
    }

    /// Every name below the root with folders before their content, in byte order.
    pub(super) fn names(&self) -> Result<Vec<PathBuf>, MediaError> {
        let mut names = Vec::new();
        gather(&self.root, Path::new(""), &mut names)?;
        Ok(names)
    }

    /// Gives every file, folder and link the time `seconds` (since 1970), and every file and folder a plain mode.
    pub(super) fn settle(&self, seconds: i64) -> Result<(), MediaError> {
        let time = TimeSpec::new(seconds, 0);
        // From the end, so that a folder gets its time after its content.
        for name in self.names()?.iter().rev().map(PathBuf::as_path).chain([Path::new("")]) {
            let path = self.root.join(name);
            let about = fs::symlink_metadata(&path).context("read", &path)?;
            if !about.is_symlink() {
                let executable = about.is_dir() || about.permissions().mode() & 0o100 != 0;
                let mode = if executable { 0o755 } else { 0o644 };
                fs::set_permissions(&path, Permissions::from_mode(mode)).context("write", &path)?;
            }
            utimensat(AT_FDCWD, &path, &time, &time, UtimensatFlags::NoFollowSymlink)
                .map_err(std::io::Error::from)
                .context("set the time of", &path)?;
        }
        Ok(())
    }
}

fn gather(root: &Path, below: &Path, names: &mut Vec<PathBuf>) -> Result<(), MediaError> {
    let folder = root.join(below);
    let mut here = Vec::new();
    for entry in fs::read_dir(&folder).context("read", &folder)? {
        here.push(below.join(entry.context("read", &folder)?.file_name()));
    }
    here.sort();
    for name in here {
        let path = root.join(&name);
        let is_folder = fs::symlink_metadata(&path).context("read", &path)?.is_dir();
        names.push(name.clone());
        if is_folder {
            gather(root, &name, names)?;
        }
    }
    Ok(())
}
