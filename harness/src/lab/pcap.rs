//! Packet captures in the classic pcap format, as every analyzer reads it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Context, Error, Result};

/// The first four bytes of a file with microsecond stamps, in the writer's byte order.
const MAGIC: u32 = 0xa1b2_c3d4;

/// Link type Ethernet.
const ETHERNET: u32 = 1;

/// The longest frame that is kept.
const SNAP: u32 = 65_535;

/// A frame longer than this in a file that is read is taken for damage.
const LONGEST: u32 = 256 * 1024;

/// Writes captured frames, each at once, so that a killed process loses none.
#[derive(Debug)]
pub struct PcapWriter<W> {
    out: W,
}

impl PcapWriter<File> {
    /// Starts a capture in a new file.
    pub fn create(path: &Path) -> Result<Self> {
        Self::new(File::create(path).context(path.display())?)
    }
}

impl<W: Write> PcapWriter<W> {
    /// Starts a capture: writes the file header.
    pub fn new(mut out: W) -> Result<Self> {
        let mut header = Vec::with_capacity(24);
        header.extend(MAGIC.to_le_bytes());
        header.extend(2_u16.to_le_bytes());
        header.extend(4_u16.to_le_bytes());
        header.extend([0; 8]);
        header.extend(SNAP.to_le_bytes());
        header.extend(ETHERNET.to_le_bytes());
        out.write_all(&header).context("writing the capture")?;
        Ok(Self { out })
    }

    /// Adds one frame, of which at most `keep` bytes are stored.
    pub fn frame(&mut self, at: SystemTime, frame: &[u8], keep: usize) -> Result<()> {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let stored = &frame[..frame.len().min(keep)];
        let mut record = Vec::with_capacity(16 + stored.len());
        // The format has 32 bits for the seconds, which lasts until 2106.
        record.extend((since.as_secs() as u32).to_le_bytes());
        record.extend(since.subsec_micros().to_le_bytes());
        record.extend((stored.len() as u32).to_le_bytes());
        record.extend((frame.len() as u32).to_le_bytes());
        record.extend(stored);
        self.out.write_all(&record).context("writing the capture")
    }
}

/// One frame of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it passed, since 1970.
    pub at: Duration,
    /// The stored bytes.
    pub bytes: Vec<u8>,
    /// How long the frame was on the wire, in bytes.
    pub length: u32,
}

/// Calls `each` for every frame of a capture; a last record that was cut short ends the reading.
pub fn read(mut input: impl Read, mut each: impl FnMut(Record)) -> Result<()> {
    let mut header = [0; 24];
    input.read_exact(&mut header).context("reading the capture")?;
    if word(&header, 0) != MAGIC || word(&header, 20) != ETHERNET {
        return Err(Error::new("not an Ethernet capture of this machine's byte order"));
    }
    let mut head = [0; 16];
    while input.read_exact(&mut head).is_ok() {
        let stored = word(&head, 8);
        if stored > LONGEST {
            return Err(Error::new(format!("a frame of {stored} bytes in the capture")));
        }
        let mut bytes = vec![0; stored as usize];
        if input.read_exact(&mut bytes).is_err() {
            break;
        }
        let at = Duration::new(word(&head, 0).into(), word(&head, 4).saturating_mul(1000).min(999_999_999));
        each(Record { at, bytes, length: word(&head, 12) });
    }
    Ok(())
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|slice| slice.try_into().ok()).map_or(0, u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(frames: &[(&[u8], usize)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = PcapWriter::new(&mut bytes).unwrap();
        for (frame, keep) in frames {
            writer.frame(UNIX_EPOCH + Duration::new(7, 5_000), frame, *keep).unwrap();
        }
        bytes
    }

    fn records(bytes: &[u8]) -> Vec<Record> {
        let mut records = Vec::new();
        read(bytes, |record| records.push(record)).unwrap();
        records
    }

    #[test]
    fn frames_come_back_with_time_and_true_length() {
        let back = records(&capture(&[(b"0123456789", 4), (b"abc", 100)]));
        assert_eq!(back[0], Record { at: Duration::new(7, 5_000), bytes: b"0123".to_vec(), length: 10 });
        assert_eq!(back[1].bytes, b"abc");
        assert_eq!(back.len(), 2);
    }

    #[test]
    fn a_cut_off_last_frame_does_not_hide_the_ones_before() {
        let mut bytes = capture(&[(b"first", 100), (b"second", 100)]);
        bytes.truncate(bytes.len() - 2);
        assert_eq!(records(&bytes).len(), 1);
    }

    #[test]
    fn other_files_and_absurd_lengths_are_refused() {
        assert!(read(&b"this is not a capture at all"[..], |_| ()).is_err());
        let mut bytes = capture(&[(b"x", 1)]);
        bytes[24 + 8..24 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(read(&bytes[..], |_| ()).is_err());
    }
}
