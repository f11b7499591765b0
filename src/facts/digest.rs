//! SHA-256 digests, printed as 64 hexadecimal digits.

use std::{fmt, io};

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::world::ReadAt;

/// So much of a file is in memory at a time, in bytes.
const BLOCK: usize = 256 * 1024;

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of a file of any size, read piece by piece.
    ///
    /// # Errors
    /// What the operating system says; `UnexpectedEof` where the file became shorter.
    pub fn read(file: &dyn ReadAt) -> io::Result<Self> {
        let size = file.size();
        let mut hash = Sha256::new();
        let mut block = vec![0; usize::try_from(size).map_or(BLOCK, |size| size.min(BLOCK))];
        let mut at = 0;
        while at < size {
            let n = usize::try_from(size - at).map_or(block.len(), |rest| rest.min(block.len()));
            file.read_exact_at(at, &mut block[..n])?;
            hash.update(&block[..n]);
            at += n as u64;
        }
        Ok(Self(hash.finalize().into()))
    }

    /// The first 16 digits, which are enough to tell the files of one server apart.
    pub fn short(&self) -> String {
        self.to_string()[..16].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
