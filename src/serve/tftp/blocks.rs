//! The blocks of one file, read ahead of what is sent.

use std::io;

use crate::serve::content::Content;
use crate::serve::read::read;

/// Bytes that are read beyond the window. A cold disk then costs one wait for many blocks (TF-32).
const READ_AHEAD: usize = 16 * 1024;

/// The window of a file that is under way, and a little more.
pub(super) struct Blocks {
    content: Content,
    /// Size of the file in bytes.
    len: u64,
    blksize: usize,
    /// Whether line ends are translated.
    netascii: bool,
    /// Offset in the file of the next byte to read.
    unread: u64,
    /// Offset of the buffer's first byte in what is sent.
    start: u64,
    /// How much of the buffer is filled.
    filled: usize,
    buf: Vec<u8>,
    /// What is read before its translation.
    raw: Vec<u8>,
}

impl Blocks {
    /// The file in blocks of `blksize` bytes, of which `windowsize` are needed at once.
    pub(super) fn new(content: Content, len: u64, blksize: u16, windowsize: u16, netascii: bool) -> Self {
        let window = usize::from(blksize) * usize::from(windowsize);
        // A small file needs a small buffer.
        let most = usize::try_from(len).unwrap_or(usize::MAX).saturating_mul(if netascii { 2 } else { 1 }).max(1);
        let buf = vec![0; (window + READ_AHEAD).min(most)];
        let raw = if netascii { vec![0; READ_AHEAD / 4] } else { Vec::new() };
        Self { content, len, blksize: blksize.into(), netascii, unread: 0, start: 0, filled: 0, buf, raw }
    }

    /// Has the blocks from `first` to in front of `end` in memory, and forgets those before. Blocks are counted from 1.
    ///
    /// # Errors
    /// As [`Content::read_at`]; `UnexpectedEof` where the file is shorter than it should be.
    pub(super) async fn load(&mut self, first: u64, end: u64) -> io::Result<()> {
        let from = self.offset(first);
        let until = self.offset(end);
        if from > self.start {
            let done = usize::try_from(from - self.start).unwrap_or(usize::MAX).min(self.filled);
            self.buf.copy_within(done..self.filled, 0);
            self.filled -= done;
            self.start += done as u64;
        }
        while self.unread < self.len && self.start + (self.filled as u64) < until {
            let added = if self.netascii { self.translate().await? } else { self.append().await? };
            if added == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// The payload of a loaded block; shorter than `blksize` only for the last. `None` for one that was forgotten.
    pub(super) fn get(&self, block: u64) -> Option<&[u8]> {
        let from = usize::try_from(self.offset(block).checked_sub(self.start)?).ok()?;
        self.buf.get(from..self.filled.min(from.saturating_add(self.blksize)))
    }

    /// The last block, once the end of the file was read. It is empty where the size is a multiple of `blksize` (TF-27).
    pub(super) fn last(&self) -> Option<u64> {
        (self.unread >= self.len).then(|| (self.start + self.filled as u64) / self.blksize as u64 + 1)
    }

    /// The bytes in front of the block behind `block`.
    pub(super) fn bytes_until(&self, block: u64) -> u64 {
        let end = if self.unread >= self.len { self.start + self.filled as u64 } else { u64::MAX };
        self.offset(block.saturating_add(1)).min(end)
    }

    fn offset(&self, block: u64) -> u64 {
        block.saturating_sub(1).saturating_mul(self.blksize as u64)
    }

    async fn append(&mut self) -> io::Result<usize> {
        let rest = usize::try_from(self.len - self.unread).unwrap_or(usize::MAX);
        let end = self.buf.len().min(self.filled.saturating_add(rest));
        let read = read(&self.content, self.unread, &mut self.buf, self.filled..end).await?;
        self.filled += read;
        self.unread += read as u64;
        Ok(read)
    }

    async fn translate(&mut self) -> io::Result<usize> {
        // Each byte may become two.
        let room = (self.buf.len() - self.filled) / 2;
        let rest = usize::try_from(self.len - self.unread).unwrap_or(usize::MAX);
        let want = self.raw.len().min(room).min(rest);
        let read = read(&self.content, self.unread, &mut self.raw, 0..want).await?;
        for byte in &self.raw[..read] {
            let pair = match byte {
                b'\n' => &b"\r\n"[..],
                b'\r' => b"\r\0",
                other => std::slice::from_ref(other),
            };
            self.buf[self.filled..self.filled + pair.len()].copy_from_slice(pair);
            self.filled += pair.len();
        }
        self.unread += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// The blocks in order, read window by window.
    async fn all(text: &[u8], blksize: u16, windowsize: u16, netascii: bool) -> Vec<Vec<u8>> {
        let content = Content::Memory(Bytes::copy_from_slice(text));
        let mut blocks = Blocks::new(content, text.len() as u64, blksize, windowsize, netascii);
        let mut got = Vec::new();
        for first in (1..).step_by(windowsize.into()) {
            blocks.load(first, first + u64::from(windowsize)).await.unwrap();
            for block in first..first + u64::from(windowsize) {
                got.push(blocks.get(block).unwrap().to_vec());
                if blocks.last() == Some(block) {
                    assert_eq!(blocks.bytes_until(block), got.concat().len() as u64);
                    return got;
                }
            }
        }
        unreachable!("the blocks have an end")
    }

    #[tokio::test]
    async fn tf_27_a_file_ends_in_a_short_or_empty_block() {
        for (len, ends) in [(0, 0), (1, 1), (511, 511), (512, 0), (513, 1), (512 * 200, 0), (512 * 200 + 7, 7)] {
            let text: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            for windowsize in [1, 3, 16] {
                let blocks = all(&text, 512, windowsize, false).await;
                assert_eq!(blocks.len(), len / 512 + 1);
                assert_eq!(blocks.last().unwrap().len(), ends);
                assert_eq!(blocks.concat(), text);
            }
        }
    }

    #[tokio::test]
    async fn g47_netascii_translates_line_ends_across_blocks() {
        let blocks = all(b"a\nb\rc\r\n", 8, 1, true).await;
        assert_eq!(blocks, [&b"a\r\nb\r\0c\r"[..], b"\0\r\n"]);
        let blocks = all(&b"\n".repeat(40_000), 8, 1, true).await;
        assert_eq!((blocks.len(), blocks.concat()), (10_001, b"\r\n".repeat(40_000)));
    }

    #[tokio::test]
    async fn a_file_shorter_than_promised_is_an_error() {
        let mut blocks = Blocks::new(Content::Memory(Bytes::from_static(b"abc")), 10, 8, 1, false);
        assert_eq!(blocks.load(1, 2).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
