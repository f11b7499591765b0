//! A range of bytes in an image file.

/// `len` bytes from `offset` on, both in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Extent {
    /// Offset of the first byte in the image.
    pub offset: u64,
    /// How many bytes; never 0.
    pub len: u64,
}
