//! The beginning of a file, as far as it was fetched.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BLOCK, FetchError};
use crate::facts::Digest;

/// Of which version of a file a server sends bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    /// Its strong entity tag (RFC 9110 section 8.8.3).
    pub(super) etag: Option<String>,
    /// Its size in bytes.
    pub(super) total: Option<u64>,
}

/// A file that grows, and the digest of what is there.
pub(super) struct Part {
    path: PathBuf,
    from: PathBuf,
    file: File,
    len: u64,
    hash: Sha256,
    version: Version,
}

impl Part {
    /// Opens the beginning of the file that is to be `path`, or makes an empty one.
    pub(super) fn open(path: &Path) -> Result<Self, FetchError> {
        let (part, from) = (path.with_extension("part"), path.with_extension("from"));
        let failed = |error| FetchError::cache(&part, error);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&part).map_err(failed)?;
        // Without its version, nobody knows of what it is the beginning.
        let version = fs::read(&from).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let (mut hash, mut len) = (Sha256::new(), 0);
        match &version {
            None => file.set_len(0).map_err(failed)?,
            Some(_) => {
                let mut block = vec![0; BLOCK];
                loop {
                    match file.read(&mut block).map_err(failed)? {
                        0 => break,
                        n => {
                            hash.update(block.get(..n).unwrap_or_default());
                            len += n as u64;
                        }
                    }
                }
            }
        }
        Ok(Self { path: part, from, file, len, hash, version: version.unwrap_or_default() })
    }

    /// How much is there, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn version(&self) -> &Version {
        &self.version
    }

    /// Begins anew with this version.
    pub(super) fn start(&mut self, version: Version) -> Result<(), FetchError> {
        self.empty()?;
        let json = serde_json::to_vec(&version).unwrap_or_default();
        fs::write(&self.from, json).map_err(|error| FetchError::cache(&self.from, error))?;
        self.version = version;
        Ok(())
    }

    /// Goes on with this version, which must be the one that it began with.
    pub(super) fn go_on(&mut self, version: Version) -> Result<(), FetchError> {
        let same_size = version.total.is_none() || self.version.total.is_none() || version.total == self.version.total;
        let same_tag = version.etag.is_none() || self.version.etag.is_none() || version.etag == self.version.etag;
        if same_size && same_tag { Ok(()) } else { Err(self.changed(version.total)) }
    }

    /// The error about another version; what was fetched of the old one is of no use.
    pub(super) fn changed(&mut self, now: Option<u64>) -> FetchError {
        let before = self.version.total.unwrap_or(self.len);
        match self.empty() {
            Ok(()) => FetchError::Changed { before, now },
            Err(error) => error,
        }
    }

    pub(super) fn broken_off(&self, reason: String) -> FetchError {
        FetchError::BrokenOff { got: self.len, total: self.version.total, reason }
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(|error| FetchError::cache(&self.path, error))?;
        self.hash.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Gives the whole file its name, if it has this digest; else nothing of it stays. Returns its size.
    pub(super) fn finish(mut self, sha256: &[u8; 32], path: &Path) -> Result<u64, FetchError> {
        let found = Digest(std::mem::take(&mut self.hash).finalize().into());
        if found != Digest(*sha256) {
            self.empty()?;
            return Err(FetchError::WrongDigest { wanted: Digest(*sha256), found });
        }
        // The name must not come to the disk before the bytes.
        let failed = |error| FetchError::cache(&self.path, error);
        self.file.sync_all().map_err(failed)?;
        self.file.set_permissions(Permissions::from_mode(0o444)).map_err(failed)?;
        fs::rename(&self.path, path).map_err(|error| FetchError::cache(path, error))?;
        if let Some(folder) = path.parent() {
            // A file system that cannot sync a folder keeps the file all the same.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        let _ = fs::remove_file(&self.from);
        Ok(self.len)
    }

    fn empty(&mut self) -> Result<(), FetchError> {
        self.file.set_len(0).map_err(|error| FetchError::cache(&self.path, error))?;
        let _ = fs::remove_file(&self.from);
        (self.len, self.hash, self.version) = (0, Sha256::new(), Version::default());
        Ok(())
    }
}
