//! The image as blocks, with errors that say where.

use super::{BLOCK, IsoError};
use crate::world::ReadAt;

/// An image and its size at the time of opening.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    image: &'a dyn ReadAt,
    /// Size of the file in bytes.
    pub(super) size: u64,
}

impl<'a> Source<'a> {
    pub(super) fn new(image: &'a dyn ReadAt) -> Self {
        Self { image, size: image.size() }
    }

    /// Fills `buf` from `offset` on.
    pub(super) fn read(self, offset: u64, buf: &mut [u8]) -> Result<(), IsoError> {
        self.image.read_exact_at(offset, buf).map_err(|source| IsoError::Io { offset, source })
    }

    /// Fills as much of `buf` as the image has from `offset` on, and returns that part.
    pub(super) fn read_up_to(self, offset: u64, buf: &mut [u8]) -> Result<&[u8], IsoError> {
        let len = usize::try_from(self.size.saturating_sub(offset)).map_or(buf.len(), |rest| rest.min(buf.len()));
        let buf = &mut buf[..len];
        self.read(offset, buf)?;
        Ok(buf)
    }
}

/// Where a block starts.
pub(super) fn block_offset(block: u32) -> u64 {
    u64::from(block) * BLOCK
}
