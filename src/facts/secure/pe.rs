//! The parts of a UEFI program that matter here: sections, and the certificate table (PE Format, "Optional Header").

/// So many bytes at the start of a program hold its headers.
pub(super) const HEADERS: usize = 4096;
/// No signed program of a distribution has more than two signatures of 2 KiB.
const MAX_CERTIFICATES: u32 = 256 * 1024;

/// Where a part of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From the start of the file.
    pub(super) offset: u64,
    /// In bytes.
    pub(super) len: usize,
}

impl Place {
    /// The bytes of this place in a file that is in memory.
    pub(super) fn of(self, file: &[u8]) -> Option<&[u8]> {
        file.get(usize::try_from(self.offset).ok()?..)?.get(..self.len)
    }
}

fn le_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.get(..2)?.try_into().ok()?))
}

fn le_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.get(..4)?.try_into().ok()?))
}

/// The COFF header with everything behind it; `None` for what is no PE program.
fn coff(file: &[u8]) -> Option<&[u8]> {
    let offset = file.starts_with(b"MZ").then(|| le_u32(file, 0x3c)).flatten()?;
    file.get(usize::try_from(offset).ok()?..)?.strip_prefix(b"PE\0\0")
}

/// Where the signatures of a program are; `None` for one without. The headers are enough to find it.
pub(super) fn certificates(file: &[u8]) -> Option<Place> {
    const OPTIONAL: usize = 20;
    const CERTIFICATE_TABLE: usize = 4;
    let coff = coff(file)?;
    let optional = coff.get(OPTIONAL..)?;
    let directories = match le_u16(optional, 0)? {
        0x10b => 96,
        0x20b => 112,
        _ => return None,
    };
    let count = usize::try_from(le_u32(optional, directories - 4)?).ok()?;
    if count <= CERTIFICATE_TABLE {
        return None;
    }
    let entry = directories + CERTIFICATE_TABLE * 8;
    // Of all directories, this one has an offset in the file where the others have an address.
    let (offset, len) = (le_u32(optional, entry)?, le_u32(optional, entry + 4)?);
    let len = (1..=MAX_CERTIFICATES).contains(&len).then(|| usize::try_from(len).ok()).flatten()?;
    (offset > 0).then_some(Place { offset: offset.into(), len })
}

/// The bytes of a section by its name.
pub(super) fn section<'a>(file: &'a [u8], name: &str) -> Option<&'a [u8]> {
    const HEADER: usize = 40;
    let coff = coff(file)?;
    let count = usize::from(le_u16(coff, 2)?);
    let table = coff.get(20 + usize::from(le_u16(coff, 16)?)..)?;
    let header = table
        .chunks_exact(HEADER)
        .take(count)
        .find(|header| section_name(file, coff, header).is_some_and(|found| found == name.as_bytes()))?;
    let (len, offset) = (le_u32(header, 16)?, le_u32(header, 20)?);
    Place { offset: offset.into(), len: usize::try_from(len).ok()? }.of(file)
}

/// The name of a section: eight bytes of its header, or `/123`, which is an offset in the string table (PE Format, "Section
/// Table (Section Headers)").
fn section_name<'a>(file: &'a [u8], coff: &[u8], header: &'a [u8]) -> Option<&'a [u8]> {
    const SYMBOL: usize = 18;
    let short = header.get(..8)?.split(|byte| *byte == 0).next()?;
    let Some(digits) = short.strip_prefix(b"/") else { return Some(short) };
    let at: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let symbols = usize::try_from(le_u32(coff, 8)?).ok()?;
    let count = usize::try_from(le_u32(coff, 12)?).ok()?;
    let strings = file.get(symbols.checked_add(count.checked_mul(SYMBOL)?)?..)?;
    strings.get(at..)?.split(|byte| *byte == 0).next()
}

/// The folder that was built into a GRUB: the object of type 3 in its section `mods` (GRUB's `include/grub/kernel.h`).
pub(super) fn grub_prefix(mods: &[u8]) -> Option<String> {
    const PREFIX: u32 = 3;
    let mods = mods.strip_prefix(b"mimg")?;
    // Behind the mark and four bytes of padding: where the first object is, and how long all are, both from the mark on.
    let first = usize::try_from(le_u32(mods, 4)?).ok()?.checked_sub(4)?;
    let mut rest = mods.get(first..)?;
    loop {
        let (kind, len) = (le_u32(rest, 0)?, usize::try_from(le_u32(rest, 4)?).ok()?);
        let body = rest.get(8..len)?;
        if kind == PREFIX {
            let text = body.split(|byte| *byte == 0).next()?;
            return std::str::from_utf8(text).ok().filter(|text| is_folder(text)).map(str::to_owned);
        }
        rest = rest.get(len..)?;
    }
}

/// Whether a text is a folder of the tree, as every distribution has one.
fn is_folder(text: &str) -> bool {
    let is_name = |name: &str| {
        name != "."
            && name != ".."
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    text.len() <= 64 && text.starts_with('/') && text.split('/').all(is_name)
}

#[cfg(test)]
pub(super) mod tests;
