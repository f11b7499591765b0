//! Reads all directories of an image, level by level, into a [`Tree`].

use std::collections::BTreeMap;

use super::record::{Record, joliet_name, plain_name};
use super::source::{Source, block_offset};
use super::susp::{self, SystemUse};
use super::tree::{Node, TextRange, Tree, What, path, slice};
use super::volume::{DescriptorSet, DirectoryExtent};
use super::{BLOCK, Extent, IsoError, Names};

/// How many directory levels are read. ECMA-119 allows 8; Rock Ridge trees seen in the wild stay under 30.
pub(super) const MAX_DEPTH: usize = 100;
/// How many directory records are read, `.` and `..` aside. A live FreeBSD disc has 30,000; this many take about 16 MB.
pub(super) const MAX_RECORDS: u32 = 200_000;
/// How many bytes of directories and continuation areas are read.
pub(super) const MAX_BYTES: u64 = 64 << 20;
/// How many bytes of names and link targets are kept.
const MAX_TEXT: usize = 16 << 20;
/// How many continuation areas one file may have. A link target of 4096 bytes needs three.
const MAX_CONTINUATIONS: usize = 32;
/// How much of a directory is in memory at once.
const CHUNK: u64 = 32 * BLOCK;
/// The longest name taken, in bytes: 255 UCS-2 characters in UTF-8 fit.
const LONGEST_NAME: usize = 1024;
/// File types in a POSIX mode (PX).
const TYPE_MASK: u32 = 0o170_000;
const TYPE_LINK: u32 = 0o120_000;
const TYPE_FILE: u32 = 0o100_000;

/// Reads the tree with the best names that the image has.
pub(super) fn read(source: Source<'_>, set: &DescriptorSet) -> Result<(Tree, Names), IsoError> {
    let mut walk = Walk {
        source,
        names: Names::Plain,
        skip: 0,
        nodes: Vec::new(),
        text: String::new(),
        extents: Vec::new(),
        records: 0,
        bytes: 0,
        taken: BTreeMap::new(),
    };
    let mut root = set.root;
    if let Some(skip) = walk.find_rock_ridge(root)? {
        (walk.names, walk.skip) = (Names::RockRidge, skip);
    } else if let Some(joliet) = set.joliet_root {
        (walk.names, root) = (Names::Joliet, joliet);
    }
    walk.run(root)?;
    let tree = Tree {
        nodes: walk.nodes.into_boxed_slice(),
        text: walk.text.into_boxed_str(),
        extents: walk.extents.into_boxed_slice(),
    };
    Ok((tree, walk.names))
}

struct Walk<'a> {
    source: Source<'a>,
    names: Names,
    /// Bytes before the first SUSP field in each record.
    skip: usize,
    nodes: Vec<Node>,
    text: String,
    extents: Vec<Extent>,
    records: u32,
    bytes: u64,
    /// The directories read: first block, last block, and which one.
    taken: BTreeMap<u64, (u64, usize)>,
}

/// What went wrong within the system use fields of a file.
enum Failure {
    /// The fields, in words that need the name of the file.
    Fields(&'static str),
    /// Something that is not about this file.
    Whole(IsoError),
}

impl Failure {
    fn at(self, named: impl FnOnce(&'static str) -> IsoError) -> IsoError {
        match self {
            Self::Fields(what) => named(what),
            Self::Whole(error) => error,
        }
    }
}

impl Walk<'_> {
    fn run(&mut self, root: DirectoryExtent) -> Result<(), IsoError> {
        let what = What::Unread { block: root.block, len: root.len };
        self.nodes.push(Node { name: TextRange { start: 0, len: 0 }, what, parent: 0 });
        // The table of entries is the queue: entries of a directory are appended while it is read.
        let mut next = 0;
        while let Some(node) = self.nodes.get(next) {
            if let What::Unread { block, len } = node.what {
                self.read_directory(next, DirectoryExtent { block, len })?;
            }
            next += 1;
        }
        Ok(())
    }

    /// Reads one directory and replaces its `Unread`.
    fn read_directory(&mut self, directory: usize, extent: DirectoryExtent) -> Result<(), IsoError> {
        let start = block_offset(extent.block);
        let end = start + u64::from(extent.len);
        if end > self.source.size {
            return Err(IsoError::OutsideFile { path: self.shown(directory), end, size: self.source.size });
        }
        self.claim(directory, extent)?;
        self.count_bytes(extent.len.into())?;
        let first = self.nodes.len();
        let mut open = None;
        let mut offset = start;
        let mut buf = vec![0; usize::try_from(CHUNK.min(end - start)).unwrap_or(0)];
        while offset < end {
            let chunk = self.source.read_up_to(offset, &mut buf)?;
            let chunk = &chunk[..usize::try_from(end - offset).map_or(chunk.len(), |rest| rest.min(chunk.len()))];
            for (sector, offset) in chunk.chunks(BLOCK as usize).zip((offset..).step_by(BLOCK as usize)) {
                let mut at = 0;
                // A length of 0 says that the rest of the sector is unused (ECMA-119 section 6.8.1.1).
                while sector.get(at).is_some_and(|len| *len != 0) {
                    let offset = offset + at as u64;
                    let Some((record, len)) = sector.get(at..).and_then(Record::parse) else {
                        return Err(IsoError::Record { path: self.shown(directory), offset });
                    };
                    // Blocks that a broken download filled with zeros must not look like an empty directory.
                    if offset == start && !record.is_self() {
                        return Err(IsoError::NotADirectory { path: self.shown(directory), offset });
                    }
                    at += len;
                    if !record.is_self() && !record.is_parent() {
                        self.add(directory, &record, &mut open)?;
                    }
                }
                if at == 0 && offset == start {
                    return Err(IsoError::NotADirectory { path: self.shown(directory), offset });
                }
            }
            offset += chunk.len() as u64;
        }
        if open.is_some() {
            return Err(IsoError::Unfinished { path: self.shown(self.nodes.len() - 1) });
        }
        // Of two equal names the first counts, as in Linux; with version numbers that is the newest.
        let mut entries = self.nodes.split_off(first);
        entries.sort_by(|a, b| slice(&self.text, a.name).cmp(slice(&self.text, b.name)));
        entries.dedup_by(|later, earlier| slice(&self.text, later.name) == slice(&self.text, earlier.name));
        let what = What::Directory { first: index(first), count: index(entries.len()) };
        self.nodes.append(&mut entries);
        if let Some(node) = self.nodes.get_mut(directory) {
            node.what = what;
        }
        Ok(())
    }

    /// Adds the file or directory of one record, or one more section to the file before. `open` is the identifier of a
    /// file that has more sections to come.
    fn add(&mut self, directory: usize, record: &Record<'_>, open: &mut Option<Vec<u8>>) -> Result<(), IsoError> {
        self.records += 1;
        if self.records > MAX_RECORDS {
            return Err(IsoError::TooManyEntries { limit: MAX_RECORDS });
        }
        if record.is_associated() {
            return Ok(());
        }
        if let Some(id) = open.take() {
            if id != record.id || record.is_directory() {
                return Err(IsoError::Unfinished { path: self.shown(self.nodes.len() - 1) });
            }
        } else {
            let Some(node) = self.entry(directory, record)? else { return Ok(()) };
            self.nodes.push(node);
        }
        let newest = self.nodes.len() - 1;
        if matches!(self.nodes.last(), Some(Node { what: What::File { .. }, .. })) {
            if record.interleaved {
                return Err(IsoError::Interleaved { path: self.shown(newest) });
            }
            self.add_extent(newest, record)?;
        }
        if record.continues() && !record.is_directory() {
            *open = Some(record.id.to_vec());
        }
        Ok(())
    }

    /// The entry that a record describes, without extents; `None` where it stands for an entry elsewhere.
    fn entry(&mut self, directory: usize, record: &Record<'_>) -> Result<Option<Node>, IsoError> {
        let plain = match self.names {
            Names::Joliet => joliet_name(record.id),
            Names::RockRidge | Names::Plain => plain_name(record.id),
        };
        let mut posix = SystemUse::default();
        let (mut name, mut link) = (None, None);
        if self.names == Names::RockRidge {
            let damaged = |walk: &Self, what| IsoError::RockRidge { path: walk.shown_in(directory, &plain), what };
            let area = record.system_use.get(self.skip..).unwrap_or(&[]);
            posix = self.system_use(area).map_err(|failure| failure.at(|what| damaged(self, what)))?;
            name = std::mem::take(&mut posix.name).finish().map_err(|what| damaged(self, what))?;
            link = std::mem::take(&mut posix.link).finish().map_err(|what| damaged(self, what))?;
        }
        if posix.relocated {
            return Ok(None);
        }
        let name = name.filter(|name| !name.is_empty()).unwrap_or(plain);
        if matches!(&*name, "" | "." | "..") || name.contains(['/', '\0']) || name.len() > LONGEST_NAME {
            let name = name.escape_debug().take(LONGEST_NAME).collect();
            return Err(IsoError::Name { path: self.shown(directory), name });
        }
        let file_type = posix.mode.map_or(0, |mode| mode & TYPE_MASK);
        let what = if let Some(block) = posix.child {
            self.relocated(block, || self.shown_in(directory, &name))?
        } else if record.is_directory() {
            What::Unread { block: record.block, len: record.len }
        } else if let (Some(target), 0 | TYPE_LINK) = (link, file_type) {
            What::Link(self.keep(&target)?)
        } else if posix.compressed || !matches!(file_type, 0 | TYPE_FILE) {
            What::Other
        } else {
            What::File { first: index(self.extents.len()), count: 0 }
        };
        Ok(Some(Node { name: self.keep(&name)?, what, parent: index(directory) }))
    }

    /// Appends the bytes of one record to the newest file.
    fn add_extent(&mut self, file: usize, record: &Record<'_>) -> Result<(), IsoError> {
        let extent = Extent { offset: block_offset(record.block), len: record.len.into() };
        if extent.len == 0 {
            return Ok(());
        }
        let end = extent.offset + extent.len;
        if end > self.source.size {
            return Err(IsoError::OutsideFile { path: self.shown(file), end, size: self.source.size });
        }
        let Some(Node { what: What::File { count, .. }, .. }) = self.nodes.get_mut(file) else { return Ok(()) };
        match self.extents.last_mut() {
            Some(last) if *count > 0 && last.offset + last.len == extent.offset => last.len += extent.len,
            _ => {
                self.extents.push(extent);
                *count += 1;
            }
        }
        Ok(())
    }

    /// The directory that a child link leads to. The link gives only its block, so the size comes from its `.` record.
    fn relocated(&self, block: u32, shown: impl Fn() -> String) -> Result<What, IsoError> {
        let offset = block_offset(block);
        let mut buf = [0; BLOCK as usize];
        match Record::parse(self.source.read_up_to(offset, &mut buf)?) {
            Some((record, _)) if record.is_self() && record.block == block => {
                Ok(What::Unread { block, len: record.len })
            }
            _ => Err(IsoError::NotADirectory { path: shown(), offset }),
        }
    }

    /// All system use fields from `area` on, continuation areas included.
    fn system_use(&mut self, area: &[u8]) -> Result<SystemUse, Failure> {
        let mut all = SystemUse::default();
        let mut next = all.add(area).map_err(Failure::Fields)?;
        let mut areas = 0;
        while let Some(more) = next {
            areas += 1;
            if areas > MAX_CONTINUATIONS {
                return Err(Failure::Fields("they continue (CE) without end"));
            }
            let offset = block_offset(more.block) + u64::from(more.offset);
            if offset + u64::from(more.len) > self.source.size {
                return Err(Failure::Fields("they continue (CE) behind the end of the image"));
            }
            self.count_bytes(more.len.into()).map_err(Failure::Whole)?;
            let mut area = vec![0; more.len as usize];
            self.source.read(offset, &mut area).map_err(Failure::Whole)?;
            next = all.add(&area).map_err(Failure::Fields)?;
        }
        Ok(all)
    }

    /// Whether the root directory has Rock Ridge, and how many bytes precede its fields elsewhere.
    fn find_rock_ridge(&mut self, root: DirectoryExtent) -> Result<Option<usize>, IsoError> {
        let mut buf = [0; BLOCK as usize];
        let sector = self.source.read_up_to(block_offset(root.block), &mut buf)?;
        // What is wrong with the root directory is said when it is read.
        let Some((record, _)) = Record::parse(sector).filter(|(record, _)| record.is_self()) else { return Ok(None) };
        let Some((at, skip)) = susp::start(record.system_use) else { return Ok(None) };
        let fields = self.system_use(record.system_use.get(at..).unwrap_or(&[]));
        let fields = fields.map_err(|failure| failure.at(|what| IsoError::RockRidge { path: "/".to_owned(), what }))?;
        Ok(fields.rock_ridge.then_some(skip))
    }

    /// Refuses a directory that was read before, in whole or in part, or that is too deep.
    fn claim(&mut self, directory: usize, extent: DirectoryExtent) -> Result<(), IsoError> {
        let depth = self.ancestors(directory).count();
        if depth > MAX_DEPTH {
            return Err(IsoError::TooDeep { path: self.shown(directory), limit: MAX_DEPTH });
        }
        if extent.len == 0 {
            return Ok(());
        }
        let first = u64::from(extent.block);
        let last = first + u64::from(extent.len - 1) / BLOCK;
        if let Some((_, (_, taker))) = self.taken.range(..=last).next_back().filter(|(_, (end, _))| *end >= first) {
            let path = self.shown(directory);
            let looped = self.ancestors(directory).any(|ancestor| ancestor == *taker);
            return Err(if looped { IsoError::Loop { path } } else { IsoError::Overlap { path } });
        }
        self.taken.insert(first, (last, directory));
        Ok(())
    }

    /// The directories above an entry, from the inside out; none for the root.
    fn ancestors(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(index), |here| {
            (*here != 0).then(|| self.nodes.get(*here).map_or(0, |node| node.parent as usize))
        })
        .skip(1)
    }

    fn count_bytes(&mut self, bytes: u64) -> Result<(), IsoError> {
        // Even an empty area costs a read.
        self.bytes += bytes.max(64);
        if self.bytes > MAX_BYTES { Err(IsoError::TooManyBytes { limit: MAX_BYTES }) } else { Ok(()) }
    }

    /// Stores a name or link target.
    fn keep(&mut self, text: &str) -> Result<TextRange, IsoError> {
        let range = TextRange { start: index(self.text.len()), len: u16::try_from(text.len()).unwrap_or(u16::MAX) };
        self.text.push_str(text);
        if self.text.len() > MAX_TEXT { Err(IsoError::TooManyBytes { limit: MAX_TEXT as u64 }) } else { Ok(range) }
    }

    /// The path of an entry for people.
    fn shown(&self, index: usize) -> String {
        format!("/{}", path(&self.nodes, &self.text, index))
    }

    /// The path of a file in a directory for people.
    fn shown_in(&self, directory: usize, name: &str) -> String {
        let directory = self.shown(directory);
        format!("{}/{name}", directory.trim_end_matches('/'))
    }
}

/// A place in a table as it is stored. The limits above keep every table far below `u32::MAX` entries.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
