//! What a TFTP or HTTP request is answered with: bytes in memory, or ranges of a file on disk.

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::image::iso9660::Extent;
pub use crate::plan::Role;

/// Where the bytes of an opened file are.
#[derive(Debug, Clone)]
pub enum Content {
    /// Generated or loaded before serving.
    Memory(Bytes),
    /// Ranges of a file on disk, in the order in which they form the served file.
    Extents {
        /// The file that holds the ranges; an ISO or a loader.
        file: Arc<File>,
        /// The ranges. Their lengths add up to [`Opened::len`].
        extents: Arc<[Extent]>,
    },
}

impl Content {
    /// Reads from `offset` on; fewer bytes than asked only at an extent's edge or at the end.
    ///
    /// # Errors
    /// What the operating system says; `UnexpectedEof` where the file on disk was cut while it is served.
    pub fn read_at(&self, mut offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or(&[]);
                let n = rest.len().min(buf.len());
                buf[..n].copy_from_slice(&rest[..n]);
                Ok(n)
            }
            Self::Extents { file, extents } => {
                for extent in extents.iter() {
                    if offset < extent.len {
                        let want = buf.len().min(usize::try_from(extent.len - offset).unwrap_or(usize::MAX));
                        let n = file.read_at(&mut buf[..want], extent.offset + offset)?;
                        return if n == 0 && want > 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(n) };
                    }
                    offset -= extent.len;
                }
                Ok(0)
            }
        }
    }
}

/// A file as one client gets it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The canonical path, without a leading slash: `iso/arch/boot/syslinux/lpxelinux.0`.
    pub path: Arc<str>,
    /// The size in bytes.
    pub len: u64,
    /// The bytes.
    pub content: Content,
    /// A strong entity tag with its double quotes (RFC 9110 section 8.8.3).
    pub etag: Arc<str>,
    /// When the file behind it was last changed, if that is known.
    pub modified: Option<SystemTime>,
    /// What it is to the client.
    pub role: Role,
    /// What was decided for the machine that asks, where that is more than a file: `host desk: entry main/arch, this once`.
    pub decided: Option<Arc<str>>,
}

/// The file table, as TFTP and HTTP see it.
pub trait Files: Send + Sync + 'static {
    /// Looks a name up.
    ///
    /// `path` is canonical: no leading slash, no empty, `.` or `..` component, `/` between components; bytes that are not
    /// UTF-8 stand in it as U+FFFD. `local` is the address of this machine that the client sent its request to; generated files
    /// point back to it. `None` where there is no such file (a directory is no file).
    fn open(&self, path: &str, local: Ipv4Addr) -> Option<Opened>;

    /// Why there is no file where the name speaks of one that is made for the machine that asks: in words, for the journal.
    fn why_not(&self, path: &str, local: Ipv4Addr, client: Ipv4Addr) -> Option<String> {
        let _ = (path, local, client);
        None
    }

    /// The same for the client at an address, where it matters who asks.
    fn open_for(&self, path: &str, local: Ipv4Addr, client: Ipv4Addr) -> Option<Opened> {
        let _ = client;
        self.open(path, local)
    }
}
