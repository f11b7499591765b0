//! Writes a folder as a cpio archive in the "newc" form that the Linux kernel unpacks
//! (Documentation/driver-api/early-userspace/buffer-format.rst).
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::{Context, MediaError};
use super::tree::Tree;

/// Archives `tree` to `into`: names in order, owner root, inode numbers counted up, times as they are.
pub(super) fn archive(tree: &Tree, into: &Path) -> Result<(), MediaError> {
    let mut out = BufWriter::new(File::create(into).context("create", into)?);
    for (number, name) in tree.names()?.iter().enumerate() {
        let path = tree.root().join(name);
        let about = fs::symlink_metadata(&path).context("read", &path)?;
        let content = if about.is_symlink() {
            fs::read_link(&path).context("read", &path)?.into_os_string().into_encoded_bytes()
        } else if about.is_file() {
            fs::read(&path).context("read", &path)?
        } else {
            Vec::new()
        };
        let entry = Entry { number: number + 1, mode: about.mode(), time: about.mtime(), content: &content };
        entry.write(name.as_os_str().as_bytes(), &mut out).context("write", into)?;
    }
    Entry { number: 0, mode: 0, time: 0, content: &[] }.write(b"TRAILER!!!", &mut out).context("write", into)?;
    out.flush().context("write", into)
}

struct Entry<'a> {
    number: usize,
    mode: u32,
    time: i64,
    content: &'a [u8],
}

impl Entry<'_> {
    fn write(&self, name: &[u8], out: &mut impl Write) -> io::Result<()> {
        let links = 1;
        let (owner, group, device) = (0, 0, 0);
        let sum = 0;
        write!(out, "070701{:08x}{:08x}{owner:08x}{group:08x}{links:08x}", self.number, self.mode)?;
        write!(out, "{:08x}{:08x}", self.time, self.content.len())?;
        write!(out, "{device:08x}{device:08x}{device:08x}{device:08x}{:08x}{sum:08x}", name.len() + 1)?;
        out.write_all(name)?;
        out.write_all(&[0])?;
        pad(110 + name.len() + 1, out)?;
        out.write_all(self.content)?;
        pad(self.content.len(), out)
    }
}

/// Fills up to a multiple of four bytes.
fn pad(length: usize, out: &mut impl Write) -> io::Result<()> {
    let zeros = [0; 3];
    out.write_all(zeros.get(..(4 - length % 4) % 4).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_the_kernels_form() {
        let mut out = Vec::new();
        let entry = Entry { number: 1, mode: 0o100644, time: 0, content: b"hello" };
        entry.write(b"a", &mut out).expect("a vector takes everything");
        let expected = concat!(
            "070701",
            "00000001",
            "000081a4",
            "00000000",
            "00000000",
            "00000001",
            "00000000",
            "00000005",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000002",
            "00000000",
            "a\0",
            "hello\0\0\0"
        );
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
