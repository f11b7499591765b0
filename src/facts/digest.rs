//! SHA-256 digests, printed as 64 hexadecimal digits.

use std::{fmt, io};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
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

impl std::str::FromStr for Digest {
    type Err = ();

    /// Reads 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut bytes = [0; 32];
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(());
        if text.len() != 64 {
            return Err(());
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return Err(()) };
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
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

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| serde::de::Error::custom("a digest has 64 hexadecimal digits"))
    }
}
