//! One file of the tree becomes one file of the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::copy_file_range;
use sha2::{Digest as _, Sha256};

use super::Progress;
use super::error::BuildError;
use super::index::Read;
use super::list::is_safe;
use super::place::{ensure_folder, make_alike};
use crate::facts::Digest;
use crate::serve::content::{Content, Opened};

/// How much is read at once. A multiple of the blocks of every file system, so that ranges can be shared.
const CHUNK: usize = 1024 * 1024;

/// Files that are there already, by their size and digest.
pub(super) struct Shared {
    sizes: BTreeSet<u64>,
    files: BTreeMap<(u64, String), PathBuf>,
}

impl Shared {
    /// What the folders of earlier builds have.
    pub(super) fn of(earlier: impl IntoIterator<Item = (PathBuf, Read)>) -> Self {
        let mut shared = Self { sizes: BTreeSet::new(), files: BTreeMap::new() };
        for (folder, index) in earlier {
            for file in index.files.into_iter().filter(|file| is_safe(&file.path)) {
                shared.sizes.insert(file.size);
                shared.files.entry((file.size, file.sha256)).or_insert_with(|| folder.join(&file.path));
            }
        }
        shared
    }
}

/// Fills a folder.
pub(super) struct Copier<'a> {
    root: &'a Path,
    shared: Shared,
    /// What was written, by what its bytes come from.
    written: BTreeMap<(String, String, u64), (PathBuf, Digest)>,
    total: u64,
    linked: u64,
    shares_ranges: bool,
    buffer: Vec<u8>,
    progress: &'a dyn Progress,
}

impl<'a> Copier<'a> {
    pub(super) fn new(root: &'a Path, shared: Shared, total: u64, progress: &'a dyn Progress) -> Self {
        let (written, buffer) = (BTreeMap::new(), vec![0; CHUNK]);
        Self { root, shared, written, total, linked: 0, shares_ranges: true, buffer, progress }
    }

    /// How many bytes became hard links.
    pub(super) fn linked(&self) -> u64 {
        self.linked
    }

    /// Writes a file, or links it to one that has the same bytes. Returns its digest.
    pub(super) fn copy(&mut self, path: &str, opened: &Opened) -> Result<Digest, BuildError> {
        if !is_safe(path) {
            return Err(BuildError::Name { path: path.to_owned() });
        }
        let to = self.root.join(path);
        let total = self.total;
        let failed = |error: io::Error| BuildError::write(&to, error, total);
        if let Some((folder, _)) = path.rsplit_once('/') {
            ensure_folder(self.root, folder).map_err(failed)?;
        }
        let source = source(opened);
        if let Some((from, sha256)) = self.written.get(&source)
            && opened.len > 0
            && std::fs::hard_link(from, &to).is_ok()
        {
            let sha256 = *sha256;
            self.linked += opened.len;
            self.progress.advances(opened.len);
            return Ok(sha256);
        }
        // Bytes are hashed before they are written only where they might be there already.
        if opened.len > 0 && self.shared.sizes.contains(&opened.len) {
            let sha256 = self.hash(path, opened)?;
            if let Some(from) = self.shared.files.get(&(opened.len, sha256.to_string()))
                && is_like(from, opened.len)
                && std::fs::hard_link(from, &to).is_ok()
            {
                self.linked += opened.len;
                self.progress.advances(opened.len);
                self.written.insert(source, (to, sha256));
                return Ok(sha256);
            }
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&to).map_err(failed)?;
        let sha256 = self.write(path, opened, &file, &to)?;
        make_alike(&file).map_err(failed)?;
        self.shared.sizes.insert(opened.len);
        self.shared.files.entry((opened.len, sha256.to_string())).or_insert_with(|| to.clone());
        self.written.insert(source, (to, sha256));
        Ok(sha256)
    }

    fn hash(&mut self, path: &str, opened: &Opened) -> Result<Digest, BuildError> {
        let mut hash = Sha256::new();
        let mut at = 0;
        while at < opened.len {
            let n = read(path, opened, at, &mut self.buffer)?;
            hash.update(self.buffer.get(..n).unwrap_or_default());
            at += n as u64;
        }
        Ok(Digest(hash.finalize().into()))
    }

    fn write(&mut self, path: &str, opened: &Opened, to: &File, name: &Path) -> Result<Digest, BuildError> {
        let mut hash = Sha256::new();
        let mut at = 0;
        while at < opened.len {
            let n = read(path, opened, at, &mut self.buffer)?;
            let bytes = self.buffer.get(..n).unwrap_or_default();
            hash.update(bytes);
            let written = if self.shares_ranges { share(opened, at, n, to) } else { Ok(0) };
            let written = match written {
                Ok(written) => written,
                Err(error) if is_lack_of_room(&error) => return Err(BuildError::write(name, error, self.total)),
                // Another file system, or a kernel that cannot: bytes are written from here from now on.
                Err(_) => {
                    self.shares_ranges = false;
                    0
                }
            };
            let rest = bytes.get(written..).unwrap_or_default();
            to.write_all_at(rest, at + written as u64).map_err(|error| BuildError::write(name, error, self.total))?;
            at += n as u64;
            self.progress.advances(n as u64);
        }
        Ok(Digest(hash.finalize().into()))
    }
}

/// What the bytes of a file come from: two paths of one source are one file.
fn source(opened: &Opened) -> (String, String, u64) {
    let place: Vec<&str> = opened.path.splitn(3, '/').take(2).collect();
    (place.join("/"), opened.etag.to_string(), opened.len)
}

/// Whether a file of an earlier build is still as it was written, as far as that shows.
fn is_like(path: &Path, size: u64) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| {
        metadata.is_file() && metadata.len() == size && metadata.permissions().mode() & 0o7777 == 0o644
    })
}

fn read(path: &str, opened: &Opened, at: u64, buffer: &mut [u8]) -> Result<usize, BuildError> {
    let unread = |error| BuildError::Read { path: path.to_owned(), error };
    let wanted = usize::try_from(opened.len - at).map_or(buffer.len(), |rest| rest.min(buffer.len()));
    let n = opened.content.read_at(at, buffer.get_mut(..wanted).unwrap_or_default()).map_err(unread)?;
    if n == 0 { Err(unread(io::ErrorKind::UnexpectedEof.into())) } else { Ok(n) }
}

/// Makes the file system copy a range, which it does by sharing the blocks where it can. Returns how much was copied.
fn share(opened: &Opened, at: u64, len: usize, to: &File) -> io::Result<usize> {
    let Content::Extents { file, extents } = &opened.content else { return Ok(0) };
    let mut skipped = 0;
    for extent in extents.iter() {
        if at < skipped + extent.len {
            let mut from = extent.offset + (at - skipped);
            let mut into = at;
            let mut copied = 0;
            while copied < len {
                match copy_file_range(file, Some(&mut from), to, Some(&mut into), len - copied)? {
                    0 => break,
                    n => copied += n,
                }
            }
            return Ok(copied);
        }
        skipped += extent.len;
    }
    Ok(0)
}

fn is_lack_of_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::image::iso9660::Extent;
    use crate::plan::Role;

    struct Quiet;

    impl Progress for Quiet {
        fn begins(&self, _: u64) {}
        fn advances(&self, _: u64) {}
    }

    fn opened(file: &File, path: &str, extents: Vec<Extent>) -> Opened {
        let len = extents.iter().map(|extent| extent.len).sum();
        let content = Content::Extents { file: Arc::new(file.try_clone().unwrap()), extents: extents.into() };
        Opened {
            path: path.into(),
            len,
            content,
            etag: format!("{path}-{len}").into(),
            modified: None,
            role: Role::Other,
            decided: None,
        }
    }

    #[test]
    fn ranges_of_any_place_and_length_become_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..3 * CHUNK + 5000).map(|at| (at % 251) as u8).collect();
        let image = folder.path().join("image");
        std::fs::write(&image, &bytes).unwrap();
        let image = File::open(&image).unwrap();
        let root = folder.path().join("out");
        std::fs::create_dir(&root).unwrap();
        let mut copier = Copier::new(&root, Shared::of([]), 0, &Quiet);
        for (name, ranges) in [
            ("a/aligned", vec![(4096, CHUNK + 4096)]),
            ("a/half", vec![(2048, 2 * CHUNK + 17)]),
            ("two", vec![(6144, 3000), (CHUNK + 2048, CHUNK + 1)]),
            ("empty", vec![]),
        ] {
            let extents: Vec<Extent> =
                ranges.iter().map(|(offset, len)| Extent { offset: *offset as u64, len: *len as u64 }).collect();
            let wanted: Vec<u8> = ranges.iter().flat_map(|(at, len)| bytes[*at..at + len].to_vec()).collect();
            let sha256 = copier.copy(name, &opened(&image, name, extents)).unwrap();
            assert_eq!(std::fs::read(root.join(name)).unwrap(), wanted, "{name}");
            assert_eq!(sha256, Digest::of(&wanted), "{name}");
        }
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let image = tempfile::tempfile().unwrap();
        let mut copier = Copier::new(folder.path(), Shared::of([]), 0, &Quiet);
        for name in ["../x", "a/../../x", "/x", "a//x", ".", "a/.", "a\0b"] {
            let error = copier.copy(name, &opened(&image, name, Vec::new())).unwrap_err();
            assert!(matches!(error, BuildError::Name { .. }), "{name}: {error}");
        }
    }
}
