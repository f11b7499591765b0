//! One directory record (ECMA-119 section 9.1), and the names in it.

use super::field::both_u32;

/// The bytes before the file identifier.
const HEAD: usize = 33;

/// A directory record whose fields are known to lie within it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    /// The first block of data, behind the extended attribute record if there is one.
    pub(super) block: u32,
    /// Bytes of data in this section of the file.
    pub(super) len: u32,
    /// File flags (9.1.6).
    flags: u8,
    /// Whether the section alternates with gaps (9.1.7, 9.1.8).
    pub(super) interleaved: bool,
    /// The file identifier (9.1.11).
    pub(super) id: &'a [u8],
    /// What is behind the identifier and its padding (9.1.13); empty or the home of Rock Ridge.
    pub(super) system_use: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record at the start of `bytes` and its length there; `None` where the fields contradict each other.
    ///
    /// `bytes` ends where the sector ends: no record crosses a sector boundary (6.8.1.1).
    pub(super) fn parse(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let len = usize::from(*bytes.first()?);
        let record = bytes.get(..len)?;
        let id_len = usize::from(*record.get(32)?);
        let id = record.get(HEAD..HEAD + id_len).filter(|id| !id.is_empty())?;
        // The identifier is padded so that the system use field starts at an even offset.
        let system_use = record.get(HEAD + id_len + usize::from(id_len.is_multiple_of(2))..).unwrap_or(&[]);
        let attributes = u32::from(*record.get(1)?);
        let parsed = Self {
            block: both_u32(record, 2)?.checked_add(attributes)?,
            len: both_u32(record, 10)?,
            flags: *record.get(25)?,
            interleaved: *record.get(26)? != 0 || *record.get(27)? != 0,
            id,
            system_use,
        };
        Some((parsed, len))
    }

    /// Whether it describes the directory that it is in.
    pub(super) fn is_self(&self) -> bool {
        self.id == [0]
    }

    /// Whether it describes the parent of the directory that it is in.
    pub(super) fn is_parent(&self) -> bool {
        self.id == [1]
    }

    pub(super) fn is_directory(&self) -> bool {
        self.flags & 0x02 != 0
    }

    /// Whether it is an associated file: a resource fork beside the file of the same name.
    pub(super) fn is_associated(&self) -> bool {
        self.flags & 0x04 != 0
    }

    /// Whether the next record holds the next section of the same file.
    pub(super) fn continues(&self) -> bool {
        self.flags & 0x80 != 0
    }
}

/// The name that an identifier stands for without Rock Ridge and Joliet, in lower case.
pub(super) fn plain_name(id: &[u8]) -> String {
    let mut name = String::from_utf8_lossy(id).to_ascii_lowercase();
    strip_version(&mut name);
    name
}

/// The name that an identifier in the Joliet tree stands for: UCS-2 in big-endian order.
pub(super) fn joliet_name(id: &[u8]) -> String {
    let units = id.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
    let mut name: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    strip_version(&mut name);
    name
}

/// Takes away `;1` and the dot that ECMA-119 asks for behind a name without extension.
fn strip_version(name: &mut String) {
    if let Some((stem, version)) = name.rsplit_once(';')
        && version.bytes().all(|b| b.is_ascii_digit())
    {
        name.truncate(stem.len());
    }
    if name.len() > 1 && name.ends_with('.') {
        name.pop();
    }
}
