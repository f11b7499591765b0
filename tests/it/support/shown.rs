//! The files and interfaces that a page of the manual shows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use netspec::serve::interface::Interface;
use netspec::world::{MemWorld, ReadAt, World};

use super::trees::uefi_program;
use super::{iso9660, signed};

/// The files of a page: a line `--- <path>` and then the content, where `\xff` stands for the byte.
///
/// Behind the path and a colon may stand, separated by commas:
///
/// - `ISO <volume>`: the content is a list of files in the ISO, each with its size in bytes where it is not small: `live/a 9000`
/// - `kernel <path> 0x<machine type>`: that file of the ISO is the headers of a UEFI program
/// - `initrd <path>`: that file of the ISO begins as an initial RAM disk does
/// - `first <n> bytes`: the rest is missing
/// - `no permission`: it cannot be opened
/// - `bad sector at <n>`: it cannot be read from that byte on
/// - `zeros in block <n>`: the block was overwritten
/// - `<n> bytes`: it is filled up with zeros
/// - `UEFI program 0x<machine type>`: it is the headers of one, for that processor
/// - `iPXE with HTTPS`: it is the headers of a UEFI program for x86-64, and the name of the scheme
/// - `shim of <authority>`, `GRUB of <authority>`, `GRUB without HTTP of <authority>`: it is one with these names in it
///
/// `locked/<path>` is the file as it was when the lock was made.
#[derive(Default)]
pub(crate) struct Files {
    world: MemWorld,
    /// Files that were others when the lock was made.
    locked: Vec<(PathBuf, Vec<u8>)>,
    forbidden: BTreeSet<PathBuf>,
    bad_sectors: BTreeMap<PathBuf, u64>,
}

impl Files {
    pub(crate) fn read(block: &str) -> Self {
        let mut files = Self::default();
        let mut rest = block.strip_prefix("--- ").expect("a file begins with `--- <path>`");
        while !rest.is_empty() {
            let (file, later) = rest.split_once("\n--- ").unwrap_or((rest, ""));
            let (head, content) = file.split_once('\n').unwrap_or((file, ""));
            files.add(head, content);
            rest = later;
        }
        files
    }

    fn add(&mut self, head: &str, content: &str) {
        let (path, traits) = head.split_once(": ").unwrap_or((head, ""));
        let mut bytes = unescaped(content);
        for what in traits.split(", ").filter(|what| !what.is_empty()) {
            let number = || what.split(' ').find_map(|word| word.parse::<usize>().ok()).expect(what);
            if let Some(volume_id) = what.strip_prefix("ISO ") {
                bytes = iso9660::image(volume_id, &files_of_iso(content, traits));
            } else if let Some(machine) = what.strip_prefix("UEFI program 0x") {
                bytes = uefi_program(u16::from_str_radix(machine, 16).expect("a machine type"));
            } else if what == "iPXE with HTTPS" {
                bytes = [uefi_program(0x8664), b"https\0".to_vec()].concat();
            } else if let Some(authority) = what.strip_prefix("shim of ") {
                bytes = signed::shim(authority);
            } else if let Some(authority) = what.strip_prefix("GRUB of ") {
                bytes = signed::grub(authority, true);
            } else if let Some(authority) = what.strip_prefix("GRUB without HTTP of ") {
                bytes = signed::grub(authority, false);
            } else if what.starts_with("kernel ") || what.starts_with("initrd ") {
                // It was put into the ISO above.
            } else if what.starts_with("first ") {
                bytes.truncate(number());
            } else if what.starts_with("zeros in block ") {
                bytes[number() * iso9660::BLOCK..][..iso9660::BLOCK].fill(0);
            } else if what == "no permission" {
                self.forbidden.insert(path.into());
            } else if what.starts_with("bad sector") {
                self.bad_sectors.insert(path.into(), number() as u64);
            } else if what.ends_with(" bytes") {
                bytes.resize(number(), 0);
            } else {
                panic!("a file cannot be `{what}`");
            }
        }
        match path.strip_prefix("locked/") {
            Some(path) => self.locked.push((path.into(), bytes)),
            None => self.world = std::mem::take(&mut self.world).with(path, bytes),
        }
    }

    /// The files as they were when the lock was made.
    pub(crate) fn when_locked(&self) -> MemWorld {
        self.locked.iter().fold(self.world.clone(), |world, (path, bytes)| world.with(path, bytes.clone()))
    }

    /// The same files and one more.
    pub(crate) fn with(&self, path: &str, bytes: &[u8]) -> Self {
        let Self { world, locked, forbidden, bad_sectors } = self;
        Self {
            world: world.clone().with(path, bytes),
            locked: locked.clone(),
            forbidden: forbidden.clone(),
            bad_sectors: bad_sectors.clone(),
        }
    }
}

fn files_of_iso(list: &str, traits: &str) -> BTreeMap<String, Vec<u8>> {
    let file = |line: &str| {
        let (path, size) = line.split_once(' ').unwrap_or((line, "9"));
        (path.to_owned(), vec![b'\n'; size.parse().expect("the size of a file")])
    };
    let kernel = |what: &str| {
        let (path, machine) = what.strip_prefix("kernel ")?.split_once(" 0x").expect("a path and a machine type");
        Some((path.to_owned(), uefi_program(u16::from_str_radix(machine, 16).expect("a machine type"))))
    };
    let initrd = |what: &str| Some((what.strip_prefix("initrd ")?.to_owned(), b"070701 as cpio begins".to_vec()));
    let traits = || traits.split(", ");
    list.lines().map(file).chain(traits().filter_map(kernel)).chain(traits().filter_map(initrd)).collect()
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits behind `\\x`"));
        bytes.extend(rest.as_bytes());
    }
    bytes
}

struct BadSector {
    file: Arc<dyn ReadAt>,
    at: u64,
}

impl ReadAt for BadSector {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if offset + buf.len() as u64 > self.at {
            return Err(io::Error::other("the disk does not answer"));
        }
        self.file.read_at(offset, buf)
    }

    fn size(&self) -> u64 {
        self.file.size()
    }
}

impl World for Files {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        if self.forbidden.contains(path) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let file = self.world.open(path)?;
        Ok(match self.bad_sectors.get(path) {
            Some(&0) => return Err(io::Error::other("the disk does not answer")),
            Some(&at) => Arc::new(BadSector { file, at }),
            None => file,
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.world.list(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.world.canonical(path)
    }
}

/// Interfaces, one in each line: the name, its addresses, and `down` or `loopback`.
pub(crate) fn interfaces(block: &str) -> Vec<Interface> {
    (1..)
        .zip(block.lines())
        .map(|(index, line)| {
            let mut words = line.split_whitespace();
            let name = words.next().expect("the name of an interface").to_owned();
            let words: Vec<_> = words.collect();
            let up = !words.contains(&"down");
            let addresses = words.iter().filter_map(|word| word.parse().ok()).collect();
            Interface { name, index, addresses, up, running: up, loopback: words.contains(&"loopback") }
        })
        .collect()
}
