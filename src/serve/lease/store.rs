//! Leases on disk: a text file that only grows, each line with a checksum.
//!
//! ```text
//! netspec leases 1
//! 10.0.0.100 1764003600 52:54:00:aa:bb:cc 01525400aabbcc 5b7d2a90
//! ```
//!
//! A line says an address, until when it is leased (seconds since 1970), the client's hardware address, its identifier, and the
//! first four bytes of the SHA-256 of all that; the last line about an address counts. [`Store::write`] returns when the line is
//! on the disk, so what a client was told outlives a killed process and a lost power supply. A killed process leaves at worst
//! half a line at the end, which no client was told of and which is taken away. Any other fault is an error that names the line:
//! leases are never forgotten in silence, because an address would then be given out twice.
//!
//! A file and not a database: a few thousand lines of which all fit into memory need no index, a person can read and mend
//! them, and every byte is covered by a checksum that is looked at on each start.
//!
//! From time to time the file is written anew without the lines that no longer count, beside the old one, which it then replaces.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, openat, renameat, unlinkat};
use sha2::{Digest as _, Sha256};

use crate::net::MacAddr;
use crate::proto::dhcp::lease::{ClientId, Record};
use crate::serve::privilege;

/// The folder in the state folder. It belongs to who serves, so that root never writes where others may put links.
const FOLDER: &str = "leases";
const FILE: &str = "book";
/// What the file is called while it is written anew.
const NEW_FILE: &str = "book.new";
const HEADER: &str = "netspec leases 1\n";
/// The largest file that is read; written anew it is far smaller.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Lines that no longer count before the file is written anew.
const SUPERSEDED: usize = 4096;
/// For how many seconds it is remembered who had an address: three months.
const REMEMBERED: u64 = 90 * 86_400;

/// The open store. No other process can open it meanwhile.
#[derive(Debug)]
pub struct Store {
    /// Locked.
    folder: File,
    file: File,
    /// The last record of each address.
    live: BTreeMap<Ipv4Addr, Record>,
    lines: usize,
    /// Whether a write has failed, so that the end of the file is not known.
    is_broken: bool,
}

/// Why the leases cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system does not let us.
    #[error("the leases in `{}` cannot be {what}: {source}", .path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another netspec has it open.
    #[error("another netspec gives out addresses from `{}`", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// It was written by a later netspec, or is something else.
    #[error("`{}` is not a file of leases that this netspec can read: its first line is not `{}`", .path.display(), HEADER.trim_end())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A line that was not written like that.
    #[error("the leases in `{}` are damaged in line {line}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl StoreError {
    /// What to do about it, one sentence.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Io { .. } => "choose a folder that can be written with `--state`, or make room on the disk",
            Self::Locked { .. } => "stop the other one, or give each its own folder with `--state`",
            Self::Foreign { .. } => "move the file away, or choose another folder with `--state`",
            Self::Damaged { .. } => {
                "restore the file from a backup, or remove the line if you know that its client is gone; without the file, \
                 addresses that are in use would be given out again"
            }
        }
    }
}

impl Store {
    /// Opens the leases in a state folder, and makes both where they are not there.
    ///
    /// Called as root, it hands its folder to the user that `serve::privilege` becomes.
    ///
    /// # Errors
    /// Why it cannot be used. Nothing has been changed then but the making of folders.
    pub fn open(state: &Path) -> Result<Self, StoreError> {
        let path = state.join(FOLDER);
        let io = |path: &Path, what: &'static str| {
            let path = path.to_owned();
            move |source: io::Error| StoreError::Io { path, what, source }
        };
        DirBuilder::new().recursive(true).mode(0o755).create(state).map_err(io(state, "kept there"))?;
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io(&path, "kept there")(error)),
            _ => {}
        }
        let folder_flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder =
            rustix::fs::open(&path, folder_flags, Mode::empty()).map_err(|error| io(&path, "opened")(error.into()))?;
        let folder = File::from(folder);
        flock(&folder, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
            rustix::io::Errno::WOULDBLOCK => StoreError::Locked { path: path.clone() },
            error => io(&path, "locked")(error.into()),
        })?;
        let successor = privilege::successor();
        if let Some((uid, gid)) = successor {
            privilege::hand_over(&folder, uid, gid).map_err(io(&path, "handed over"))?;
        }
        let path = path.join(FILE);
        let file =
            open_file(&folder, FILE, OFlags::RDWR | OFlags::CREATE | OFlags::APPEND).map_err(io(&path, "opened"))?;
        if let Some((uid, gid)) = successor {
            privilege::hand_over(&file, uid, gid).map_err(io(&path, "handed over"))?;
        }
        let text = read(&file).map_err(io(&path, "read"))?;
        let (live, lines, whole) = parse(&text, &path)?;
        let mut store = Self { folder, file, live, lines, is_broken: false };
        if whole < text.len() {
            store.cut(whole).map_err(io(&path, "mended"))?;
        }
        if whole == 0 {
            store.rewrite(0).map_err(io(&path, "written"))?;
        }
        Ok(store)
    }

    /// The last record of each address.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.live.values()
    }

    /// Stores records, and returns when they are on the disk. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// What the operating system says; the records are then as if never written.
    pub fn write(&mut self, records: &[Record], now: u64) -> io::Result<()> {
        let before: Vec<_> =
            records.iter().map(|record| (record.address, self.live.get(&record.address).cloned())).collect();
        self.live.extend(records.iter().map(|record| (record.address, record.clone())));
        let written = if self.is_broken || self.lines > 2 * self.live.len() + SUPERSEDED {
            self.rewrite(now)
        } else {
            self.append(records)
        };
        if written.is_err() {
            // What the file now ends with is not known, so that the next write makes a new one.
            self.is_broken = true;
            for (address, record) in before.into_iter().rev() {
                match record {
                    Some(record) => self.live.insert(address, record),
                    None => self.live.remove(&address),
                };
            }
        }
        written
    }

    fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let text: String = records.iter().map(line).collect();
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.lines += records.len();
        Ok(())
    }

    /// Writes what counts into a new file, and puts that in the place of the old one.
    fn rewrite(&mut self, now: u64) -> io::Result<()> {
        let remembers = |record: &Record| record.until.saturating_add(REMEMBERED) > now;
        let kept = || self.live.values().filter(|record| remembers(record));
        let text: String = std::iter::once(HEADER.to_owned()).chain(kept().map(line)).collect();
        match unlinkat(&self.folder, NEW_FILE, AtFlags::empty()) {
            Err(error) if error != rustix::io::Errno::NOENT => return Err(error.into()),
            _ => {}
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::APPEND;
        let mut file = open_file(&self.folder, NEW_FILE, flags)?;
        if let Some((uid, gid)) = privilege::successor() {
            privilege::hand_over(&file, uid, gid)?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        renameat(&self.folder, NEW_FILE, &self.folder, FILE)?;
        self.folder.sync_all()?;
        self.lines = kept().count();
        self.file = file;
        self.is_broken = false;
        Ok(())
    }

    /// Takes away what a killed process left behind the last whole line.
    fn cut(&self, whole: usize) -> io::Result<()> {
        self.file.set_len(whole.try_into().map_err(io::Error::other)?)?;
        self.file.sync_all()
    }
}

fn open_file(folder: &File, name: &str, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(folder, name, flags, Mode::RUSR | Mode::WUSR).map(File::from)?)
}

fn read(mut file: &File) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(io::Error::other("it is no file of leases, or larger than any"));
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// The last record of each address, how many lines there are, and how many bytes of them are whole.
fn parse(text: &[u8], path: &Path) -> Result<(BTreeMap<Ipv4Addr, Record>, usize, usize), StoreError> {
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (lines, rest) = text.split_at(whole);
    // A process that was killed while it made the file has left the beginning of the header.
    if !HEADER.as_bytes().starts_with(rest) && lines.is_empty() {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let mut live = BTreeMap::new();
    let mut count = 0;
    for (number, bytes) in (1..).zip(lines.split_inclusive(|byte| *byte == b'\n')) {
        if number == 1 {
            if bytes != HEADER.as_bytes() {
                return Err(StoreError::Foreign { path: path.to_owned() });
            }
            continue;
        }
        let record = std::str::from_utf8(bytes).ok().and_then(record);
        let record = record.ok_or_else(|| StoreError::Damaged { path: path.to_owned(), line: number })?;
        live.insert(record.address, record);
        count += 1;
    }
    Ok((live, count, whole))
}

fn line(record: &Record) -> String {
    let Record { address, client, mac, until } = record;
    let text = format!("{address} {until} {mac} {client}");
    format!("{text} {}\n", checksum(&text))
}

fn record(line: &str) -> Option<Record> {
    let (text, sum) = line.strip_suffix('\n')?.rsplit_once(' ')?;
    if sum != checksum(text) {
        return None;
    }
    let mut words = text.split(' ');
    let address = words.next()?.parse().ok()?;
    let until = words.next()?.parse().ok()?;
    let mac: MacAddr = words.next()?.parse().ok()?;
    let (pairs, rest) = words.next()?.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let client = pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?;
    let is_all = rest.is_empty() && words.next().is_none();
    is_all.then_some(Record { address, client: ClientId::new(&client)?, mac, until })
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
