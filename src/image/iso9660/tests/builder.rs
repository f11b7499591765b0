//! Images made by hand, block by block, so that every field can be wrong.

use std::io;

use crate::world::ReadAt;

/// Size of a block in bytes.
pub(super) const BLOCK: usize = 2048;
/// The block of the root directory; 18 and 19 are free for further descriptors or a boot catalog.
pub(super) const ROOT: u32 = 20;

/// An image with a primary volume descriptor, a terminator, and an empty root directory.
#[derive(Clone)]
pub(super) struct Image(pub(super) Vec<u8>);

impl Image {
    /// A volume of that many blocks.
    pub(super) fn new(blocks: u32) -> Self {
        let mut image = Self(vec![0; blocks as usize * BLOCK]);
        image.put(16, &descriptor(1, blocks, ROOT));
        image.put(17, b"\xffCD001\x01");
        image.directory(ROOT, &[])
    }

    /// Overwrites bytes from the start of a block on.
    pub(super) fn put(&mut self, block: u32, bytes: &[u8]) {
        self.patch(block as usize * BLOCK, bytes);
    }

    /// Overwrites bytes.
    pub(super) fn patch(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Puts a file's bytes in place.
    pub(super) fn data(mut self, block: u32, bytes: &[u8]) -> Self {
        self.put(block, bytes);
        self
    }

    /// A directory of one block, with plain `.` and `..`.
    pub(super) fn directory(self, block: u32, entries: &[Record]) -> Self {
        self.directory_with(Record::new([0], block, BLOCK as u32).directory(), block, entries)
    }

    /// A root directory that announces Rock Ridge, behind `skip` bytes of others in each system use field.
    pub(super) fn rock_ridge_root(self, skip: u8, entries: &[Record]) -> Self {
        let dot = Record::new([0], ROOT, BLOCK as u32).directory().with(sp(skip)).with(px(0o040_755));
        self.directory_with(dot, ROOT, entries)
    }

    /// A directory of one block with a given `.` record.
    pub(super) fn directory_with(mut self, dot: Record, block: u32, entries: &[Record]) -> Self {
        let mut bytes = dot.bytes();
        bytes.extend(Record::new([1], ROOT, BLOCK as u32).directory().bytes());
        for entry in entries {
            bytes.extend(entry.bytes());
        }
        assert!(bytes.len() <= BLOCK, "the directory needs more than one block");
        bytes.resize(BLOCK, 0);
        self.put(block, &bytes);
        self
    }
}

/// A volume descriptor of a type.
pub(super) fn descriptor(kind: u8, blocks: u32, root: u32) -> Vec<u8> {
    let mut bytes = vec![0; BLOCK];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, &[kind]);
    put(1, b"CD001\x01");
    put(8, &[b' '; 64]);
    put(40, b"TEST");
    put(80, &both(blocks));
    put(128, &[0x00, 0x08, 0x08, 0x00]);
    put(156, &Record::new([0], root, BLOCK as u32).directory().bytes());
    bytes
}

/// A directory record.
#[derive(Clone)]
pub(super) struct Record {
    id: Vec<u8>,
    block: u32,
    len: u32,
    flags: u8,
    interleaved: bool,
    system_use: Vec<u8>,
}

impl Record {
    pub(super) fn new(id: impl AsRef<[u8]>, block: u32, len: u32) -> Self {
        Self { id: id.as_ref().to_vec(), block, len, flags: 0, interleaved: false, system_use: Vec::new() }
    }

    pub(super) fn directory(self) -> Self {
        self.flag(0x02)
    }

    pub(super) fn flag(mut self, flag: u8) -> Self {
        self.flags |= flag;
        self
    }

    pub(super) fn interleaved(mut self) -> Self {
        self.interleaved = true;
        self
    }

    /// Appends a system use field.
    pub(super) fn with(mut self, field: impl AsRef<[u8]>) -> Self {
        self.system_use.extend_from_slice(field.as_ref());
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0];
        bytes.extend(both(self.block));
        bytes.extend(both(self.len));
        bytes.extend([0; 7]);
        bytes.extend([self.flags, u8::from(self.interleaved), u8::from(self.interleaved), 1, 0, 0, 1]);
        bytes.push(u8::try_from(self.id.len()).unwrap());
        bytes.extend(&self.id);
        if self.id.len().is_multiple_of(2) {
            bytes.push(0);
        }
        bytes.extend(&self.system_use);
        if bytes.len() % 2 == 1 {
            bytes.push(0);
        }
        bytes[0] = u8::try_from(bytes.len()).expect("the record is longer than 255 bytes");
        bytes
    }
}

/// A number in both byte orders.
pub(super) fn both(number: u32) -> Vec<u8> {
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

/// A system use field.
pub(super) fn field(signature: &[u8; 2], payload: &[u8]) -> Vec<u8> {
    [signature, &[u8::try_from(payload.len() + 4).unwrap(), 1][..], payload].concat()
}

pub(super) fn sp(skip: u8) -> Vec<u8> {
    field(b"SP", &[0xbe, 0xef, skip])
}

pub(super) fn px(mode: u32) -> Vec<u8> {
    field(b"PX", &[both(mode), both(1), both(0), both(0)].concat())
}

pub(super) fn nm(flags: u8, name: &str) -> Vec<u8> {
    field(b"NM", &[&[flags], name.as_bytes()].concat())
}

/// A link field of components, each with its flags.
pub(super) fn sl(flags: u8, components: &[(u8, &str)]) -> Vec<u8> {
    let mut payload = vec![flags];
    for (flags, name) in components {
        payload.extend([*flags, u8::try_from(name.len()).unwrap()]);
        payload.extend(name.as_bytes());
    }
    field(b"SL", &payload)
}

pub(super) fn ce(block: u32, offset: u32, len: usize) -> Vec<u8> {
    field(b"CE", &[both(block), both(offset), both(u32::try_from(len).unwrap())].concat())
}

/// A file that is mostly zeros and larger than memory.
pub(super) struct Sparse {
    pub(super) size: u64,
    pub(super) parts: Vec<(u64, Vec<u8>)>,
}

impl ReadAt for Sparse {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let len = usize::try_from(self.size.saturating_sub(offset)).unwrap().min(buf.len());
        for (at, byte) in (offset..).zip(&mut buf[..len]) {
            let part = self.parts.iter().find(|(start, bytes)| (*start..start + bytes.len() as u64).contains(&at));
            *byte = part.map_or(0, |(start, bytes)| bytes[usize::try_from(at - start).unwrap()]);
        }
        Ok(len)
    }

    fn size(&self) -> u64 {
        self.size
    }
}
