//! The parts of a UEFI program that tell about it: its processor, its sections, its signatures.
//!
//! By the PE Format: "MS-DOS Stub", "COFF File Header", "Optional Header", "Section Table", "The Attribute Certificate Table".

/// The certificate table is the fifth of the data directories.
const CERTIFICATES: usize = 4;
/// A section header has 40 bytes.
const SECTION_HEADER: usize = 40;
/// A symbol has 18 bytes; the string table stands behind the last one.
const SYMBOL: u64 = 18;
/// No signed program of a distribution has more than a few signatures of 2 KiB.
const MAX_CERTIFICATES: u32 = 256 * 1024;
/// So many bytes at the start of a program hold its headers.
pub(super) const HEADERS: usize = 4096;
/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`
const PKCS_SIGNED_DATA: u16 = 2;

/// A certificate table that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// Where a part of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From the start of the file, in bytes.
    pub(super) offset: u64,
    /// In bytes.
    pub(super) len: usize,
}

impl Place {
    fn of(self, file: &[u8]) -> Option<&[u8]> {
        file.get(usize::try_from(self.offset).ok()?..)?.get(..self.len)
    }
}

/// A PE image, or the first [`HEADERS`] bytes of one.
#[derive(Clone, Copy)]
pub(super) struct Pe<'a> {
    bytes: &'a [u8],
    /// From the machine type on.
    header: &'a [u8],
}

impl<'a> Pe<'a> {
    /// `None` for bytes that are no PE image.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(b"MZ") {
            return None;
        }
        let offset = usize::try_from(u32_at(bytes, 0x3c)?).ok()?;
        let header = bytes.get(offset..)?.strip_prefix(b"PE\0\0")?;
        u16_at(header, 0)?;
        Some(Self { bytes, header })
    }

    /// For which processor it was built.
    pub(super) fn machine_type(self) -> u16 {
        u16_at(self.header, 0).unwrap_or(0)
    }

    /// The bytes of the first section of this name.
    pub(super) fn section(self, name: &str) -> Option<&'a [u8]> {
        let read = |place: Place| place.of(self.bytes).map(<[u8]>::to_vec);
        self.section_place(name, &read)?.of(self.bytes)
    }

    /// Where the first section of this name is, for which the headers are enough, and `read` for a name that stands elsewhere.
    pub(super) fn section_place(self, name: &str, read: &dyn Fn(Place) -> Option<Vec<u8>>) -> Option<Place> {
        let count = usize::from(u16_at(self.header, 2)?);
        let table = self.header.get(20 + usize::from(u16_at(self.header, 16)?)..)?;
        let mut headers = table.chunks_exact(SECTION_HEADER).take(count);
        let header = headers.find(|header| self.is_named(header, name, read).unwrap_or(false))?;
        let (len, offset) = (u32_at(header, 16)?, u32_at(header, 20)?);
        Some(Place { offset: offset.into(), len: usize::try_from(len).ok()? })
    }

    /// Compares the name of a section: eight bytes of its header, or `/123`, which is an offset in the string table.
    fn is_named(self, header: &[u8], name: &str, read: &dyn Fn(Place) -> Option<Vec<u8>>) -> Option<bool> {
        let short = header.get(..8)?.split(|byte| *byte == 0).next()?;
        let Some(digits) = short.strip_prefix(b"/") else { return Some(short == name.as_bytes()) };
        let at: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let symbols = u64::from(u32_at(self.header, 8)?);
        let strings = symbols + u64::from(u32_at(self.header, 12)?) * SYMBOL;
        let stored = read(Place { offset: strings.checked_add(at)?, len: name.len() + 1 })?;
        Some(stored.strip_suffix(b"\0") == Some(name.as_bytes()))
    }

    /// Where its signatures are, for which the headers are enough; `None` where there are none. `Err` where no program of a
    /// distribution has them.
    pub(super) fn certificates(self) -> Result<Option<Place>, Damaged> {
        self.directory().map_or(Ok(None), |(offset, len)| match (offset, len) {
            (0, _) | (_, 0) => Ok(None),
            (offset, 1..=MAX_CERTIFICATES) => {
                Ok(Some(Place { offset: offset.into(), len: usize::try_from(len).map_err(|_| Damaged)? }))
            }
            _ => Err(Damaged),
        })
    }

    /// The entry of the certificate table. Of all directories, this one has an offset in the file where others have an address.
    fn directory(self) -> Option<(u32, u32)> {
        let optional = self.header.get(20..)?;
        // PE32 has 96 bytes before the directories, PE32+ has 112.
        let directories = match u16_at(optional, 0)? {
            0x10b => 96,
            0x20b => 112,
            _ => return None,
        };
        let count = usize::try_from(u32_at(optional, directories - 4)?).ok()?;
        let entry = directories + 8 * CERTIFICATES;
        (count > CERTIFICATES).then_some((u32_at(optional, entry)?, u32_at(optional, entry + 4)?))
    }

    /// Its signatures, each as PKCS #7 SignedData in DER. `None` where the table is damaged.
    pub(super) fn signatures(self) -> Option<Vec<&'a [u8]>> {
        let Some(place) = self.certificates().ok()? else { return Some(Vec::new()) };
        signatures_in(place.of(self.bytes)?)
    }
}

/// The signatures of a certificate table. `None` where it is damaged.
pub(super) fn signatures_in(mut table: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !table.is_empty() {
        let len = usize::try_from(u32_at(table, 0)?).ok()?;
        let signature = table.get(8..len)?;
        if u16_at(table, 6)? == PKCS_SIGNED_DATA {
            found.push(signature);
        }
        // Entries begin at multiples of eight bytes.
        table = table.get(len.checked_next_multiple_of(8)?..).unwrap_or_default();
    }
    Some(found)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::testing::program;

    #[test]
    fn reads_the_parts_of_a_program() {
        let bytes = program(0xaa64, &[(".sbat", b"sbat,1"), (".text", b"code")], &[b"first sig", b"second"]);
        let pe = Pe::new(&bytes).unwrap();
        assert_eq!(pe.machine_type(), 0xaa64);
        assert_eq!((pe.section(".sbat"), pe.section(".text")), (Some(&b"sbat,1"[..]), Some(&b"code"[..])));
        assert_eq!(pe.section(".sba"), None);
        let long = program(0x8664, &[("mods", b"one"), (".vendor_cert", b"two"), ("12345678", b"eight")], &[]);
        let long = Pe::new(&long).unwrap();
        assert_eq!((long.section(".vendor_cert"), long.section("12345678")), (Some(&b"two"[..]), Some(&b"eight"[..])));
        assert_eq!(pe.signatures().unwrap(), [&b"first sig"[..], b"second"]);
        let unsigned = program(0x8664, &[], &[]);
        assert!(Pe::new(&unsigned).unwrap().signatures().unwrap().is_empty());
    }

    /// The kernels of an ISO are not read whole.
    #[test]
    fn the_headers_tell_where_the_signatures_are() {
        let body = vec![b'.'; HEADERS];
        let whole = program(0x8664, &[(".text", &body)], &[b"signature"]);
        let place = Pe::new(&whole[..HEADERS]).unwrap().certificates().unwrap().unwrap();
        assert_eq!(place.of(&whole).map(|table| &table[8..17]), Some(&b"signature"[..]));
        let unsigned = program(0x8664, &[(".text", &body)], &[]);
        assert_eq!(Pe::new(&unsigned[..HEADERS]).unwrap().certificates(), Ok(None));
    }

    /// A cut file is a shorter program, or none, and never more than it was.
    #[test]
    fn a_cut_program_is_none_or_says_less() {
        let whole = program(0x8664, &[(".sbat", b"sbat,1")], &[b"signature"]);
        for len in 0..whole.len() {
            let Some(pe) = Pe::new(&whole[..len]) else { continue };
            assert_eq!(pe.machine_type(), 0x8664);
            assert!(pe.section(".sbat").is_none_or(|section| section == b"sbat,1"));
            assert!(pe.signatures().is_none_or(|found| found.is_empty()), "{len} of {} bytes", whole.len());
        }
        assert!(Pe::new(b"#!ipxe").is_none());
    }

    proptest! {
        #[test]
        fn survives_any_change(at in 0usize..0x200, bytes in prop::collection::vec(any::<u8>(), 1..9)) {
            let mut program = program(0x8664, &[(".sbat", b"sbat,1")], &[b"signature"]);
            let at = at.min(program.len() - bytes.len());
            program[at..at + bytes.len()].copy_from_slice(&bytes);
            if let Some(pe) = Pe::new(&program) {
                let _ = (pe.machine_type(), pe.section(".sbat"), pe.signatures());
            }
        }
    }
}
