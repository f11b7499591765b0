//! Reads served bytes without making other transfers wait for the disk (TF-32, HT-19).

use std::io::{self, IoSliceMut};
use std::mem;
use std::ops::Range;

use rustix::io::{Errno, ReadWriteFlags, preadv2};

use super::content::Content;

/// Reads from `offset` on into `buf[range]`; fewer bytes than asked only at an extent's edge, at the end, or where the rest is
/// not in memory yet.
///
/// Bytes that the kernel holds in memory are copied at once. Others are waited for on a thread for that purpose; the buffer
/// travels there and back, so it is empty when this future is dropped before it is ready.
///
/// # Errors
/// As [`Content::read_at`]; `InvalidInput` where the range is outside of the buffer.
pub(super) async fn read(content: &Content, offset: u64, buf: &mut Vec<u8>, range: Range<usize>) -> io::Result<usize> {
    let part = buf.get_mut(range.clone()).ok_or(io::ErrorKind::InvalidInput)?;
    if let Some(read) = read_now(content, offset, part) {
        return read;
    }
    let content = content.clone();
    let mut traveling = mem::take(buf);
    let (back, read) = tokio::task::spawn_blocking(move || {
        let read = traveling
            .get_mut(range)
            .ok_or_else(|| io::ErrorKind::InvalidInput.into())
            .and_then(|part| content.read_at(offset, part));
        (traveling, read)
    })
    .await
    .map_err(io::Error::other)?;
    *buf = back;
    read
}

/// What can be read without waiting; `None` where nothing can.
fn read_now(content: &Content, mut offset: u64, buf: &mut [u8]) -> Option<io::Result<usize>> {
    let Content::Extents { file, extents } = content else { return Some(content.read_at(offset, buf)) };
    for extent in extents.iter() {
        if offset < extent.len {
            let want = buf.len().min(usize::try_from(extent.len - offset).unwrap_or(usize::MAX));
            let part = &mut [IoSliceMut::new(&mut buf[..want])];
            return match preadv2(file, part, extent.offset + offset, ReadWriteFlags::NOWAIT) {
                Ok(0) if want > 0 => Some(Err(io::ErrorKind::UnexpectedEof.into())),
                // Not in memory, or a file system that cannot say so: both are for a thread that may wait.
                Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::INTR | Errno::NOSYS | Errno::INVAL) => None,
                read => Some(read.map_err(io::Error::from)),
            };
        }
        offset -= extent.len;
    }
    Some(Ok(0))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;
    use crate::image::iso9660::Extent;

    fn extents(file: std::fs::File, extents: &[(u64, u64)]) -> Content {
        let extents = extents.iter().map(|(offset, len)| Extent { offset: *offset, len: *len }).collect();
        Content::Extents { file: Arc::new(file), extents }
    }

    #[tokio::test]
    async fn reads_across_extents_one_extent_at_a_time() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let content = extents(file, &[(5, 3), (0, 2)]);
        let mut buf = vec![0; 8];
        assert_eq!(read(&content, 1, &mut buf, 2..8).await.unwrap(), 2);
        assert_eq!(&buf[2..4], b"67");
        assert_eq!(read(&content, 3, &mut buf, 0..8).await.unwrap(), 2);
        assert_eq!(&buf[..2], b"01");
        assert_eq!(read(&content, 5, &mut buf, 0..8).await.unwrap(), 0);
        assert_eq!(read(&content, 0, &mut buf, 0..9).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[tokio::test]
    async fn a_file_that_was_cut_is_an_error_and_no_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123").unwrap();
        let content = extents(file, &[(0, 10)]);
        let mut buf = vec![0; 8];
        assert_eq!(read(&content, 0, &mut buf, 0..8).await.unwrap(), 4);
        assert_eq!(read(&content, 4, &mut buf, 0..8).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
