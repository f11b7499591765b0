//! Sends an answer: its head, and behind it a part of a file.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Shared;
use crate::serve::content::Content;
use crate::serve::meter::Meter;
use crate::serve::read::read;

/// Why an answer was not sent to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    /// The client does not take it any more.
    #[error("the client closed the connection ({0})")]
    Client(io::Error),
    /// The client takes nothing for too long.
    #[error("the client stopped reading")]
    Stalled,
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    /// The server ends.
    #[error("netspec stops")]
    Stopping,
}

/// Bytes of buffers for all answers together. A single answer gets [`MOST`] of it, which is as fast as more.
const BUDGET: usize = 16 * 1024 * 1024;
/// The largest buffer.
const MOST: usize = 256 * 1024;
/// The smallest buffer, however many answers are under way.
const LEAST: usize = 16 * 1024;

/// Counts an answer as long as it lives.
struct Sending<'s>(&'s AtomicUsize);

impl<'s> Sending<'s> {
    /// Counts one more, and says how large its buffer may be.
    fn start(count: &'s AtomicUsize) -> (Self, usize) {
        let others = count.fetch_add(1, Ordering::Relaxed);
        (Self(count), (BUDGET / (others + 1)).clamp(LEAST, MOST))
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sends `head`, then `len` bytes of `content` from `offset` on.
///
/// # Errors
/// Why not all of it was sent.
pub(super) async fn send(
    shared: &Shared,
    stream: &mut TcpStream,
    head: Vec<u8>,
    content: &Content,
    mut offset: u64,
    len: u64,
    meter: &mut Meter,
) -> Result<(), Halt> {
    let (_sending, room) = Sending::start(&shared.sending);
    let mut left = len;
    let mut buf = head;
    // The head goes out in one packet with the begin of the file.
    let mut ahead = buf.len();
    let size = room.min(usize::try_from(left).unwrap_or(usize::MAX).saturating_add(ahead)).max(ahead);
    buf.resize(size, 0);
    loop {
        let end = size.min(usize::try_from(left).unwrap_or(usize::MAX).saturating_add(ahead));
        let got = if left > 0 { read(content, offset, &mut buf, ahead..end).await.map_err(Halt::Read)? } else { 0 };
        if got == 0 && left > 0 {
            return Err(Halt::Read(io::ErrorKind::UnexpectedEof.into()));
        }
        write(shared, stream, buf.get(..ahead + got).unwrap_or_default(), ahead, meter).await?;
        offset += got as u64;
        left -= got as u64;
        ahead = 0;
        if left == 0 {
            return Ok(());
        }
    }
}

/// Writes all of `bytes`, of which the first `ahead` are no part of the file.
async fn write(
    shared: &Shared,
    stream: &mut TcpStream,
    mut bytes: &[u8],
    mut ahead: usize,
    meter: &mut Meter,
) -> Result<(), Halt> {
    while !bytes.is_empty() {
        let written = match timeout(shared.config.stall_timeout, stream.write(bytes)).await {
            Ok(Ok(0)) => return Err(Halt::Client(io::ErrorKind::WriteZero.into())),
            Ok(Ok(written)) => written,
            Ok(Err(error)) => return Err(Halt::Client(error)),
            Err(_) => return Err(Halt::Stalled),
        };
        let of_head = ahead.min(written);
        ahead -= of_head;
        meter.add((written - of_head) as u64);
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}
