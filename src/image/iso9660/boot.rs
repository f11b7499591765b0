//! The El Torito boot catalog (Bootable CD-ROM Format Specification 1.0, section 2).

use super::IsoError;
use super::field::{le_u16, le_u32};
use super::source::{Source, block_offset};

/// An image that firmware would start from a CD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootEntry {
    /// Which firmware it is for.
    pub platform: Platform,
    /// Whether firmware may start it; an entry can be present and switched off.
    pub bootable: bool,
    /// What the image pretends to be.
    pub media: Media,
    /// How many 512-byte sectors firmware loads first. For EFI often 0 or 1, although the image is a whole file system.
    pub load_sectors: u16,
    /// Where the image starts, in bytes from the start of the ISO.
    pub offset: u64,
}

/// The firmware that a boot entry is for (platform ID).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// 0x00: 80x86 with BIOS.
    Bios,
    /// 0x01: PowerPC.
    PowerPc,
    /// 0x02: Mac.
    Mac,
    /// 0xEF: UEFI (UEFI specification, section 13.3.2.1).
    Efi,
    /// A number without a meaning in the standards.
    Other(u8),
}

/// How firmware shows the image to the program in it (boot media type, bits 0 to 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// 0: as it is.
    NoEmulation,
    /// 1: as a floppy of 1.2 MB.
    Floppy1200,
    /// 2: as a floppy of 1.44 MB.
    Floppy1440,
    /// 3: as a floppy of 2.88 MB.
    Floppy2880,
    /// 4: as a hard disk.
    HardDisk,
    /// A number without a meaning in the standard.
    Other(u8),
}

/// Size of everything in the catalog.
const ENTRY: usize = 32;
/// How much of a catalog is read: 256 entries. The longest seen has 8.
const LIMIT: usize = 8192;

/// Reads the catalog that starts at `block`.
pub(super) fn read(source: Source<'_>, block: u32) -> Result<Vec<BootEntry>, IsoError> {
    let offset = block_offset(block);
    let mut buf = [0; LIMIT];
    let catalog = source.read_up_to(offset, &mut buf)?;
    parse(catalog, source.size).map_err(|what| IsoError::BootCatalog { offset, what })
}

fn parse(catalog: &[u8], size: u64) -> Result<Vec<BootEntry>, &'static str> {
    let mut entries = catalog.chunks_exact(ENTRY);
    let validation = entries.next().ok_or("it lies behind the end of the image")?;
    let sum =
        validation.chunks_exact(2).fold(0_u16, |sum, word| sum.wrapping_add(u16::from_le_bytes([word[0], word[1]])));
    if validation[0] != 1 || validation[30..] != [0x55, 0xaa] {
        return Err("its validation entry is missing");
    }
    if sum != 0 {
        return Err("the checksum of its validation entry is wrong");
    }
    let default = entries.next().ok_or("its default entry is missing")?;
    let mut found = vec![entry(default, platform(validation[1]), size)?];
    // 0x90 and 0x91 head a section; other values, mostly 0, end the catalog. Some catalogs forget to say 0x91 in the
    // last header, so the end is where no header follows.
    while let Some(header) = entries.next().filter(|header| matches!(header[0], 0x90 | 0x91)) {
        for _ in 0..le_u16(header, 2).unwrap_or(0) {
            let Some(bytes) = entries.next() else { return Err("a section is longer than the catalog") };
            found.push(entry(bytes, platform(header[1]), size)?);
            // Bit 5 of the media type announces extension entries (0x44), of which each announces the next.
            let mut extended = bytes[1] & 0x20 != 0;
            while extended {
                extended = entries.next().is_some_and(|bytes| bytes[0] == 0x44 && bytes[1] & 0x20 != 0);
            }
        }
        if header[0] == 0x91 {
            break;
        }
    }
    Ok(found)
}

fn entry(bytes: &[u8], platform: Platform, size: u64) -> Result<BootEntry, &'static str> {
    let bootable = match bytes[0] {
        0x88 => true,
        0x00 => false,
        _ => return Err("an entry is neither bootable (0x88) nor not bootable (0x00)"),
    };
    let offset = block_offset(le_u32(bytes, 8).unwrap_or(0));
    if bootable && offset >= size {
        return Err("a boot image lies behind the end of the image");
    }
    let media = match bytes[1] & 0x0f {
        0 => Media::NoEmulation,
        1 => Media::Floppy1200,
        2 => Media::Floppy1440,
        3 => Media::Floppy2880,
        4 => Media::HardDisk,
        other => Media::Other(other),
    };
    Ok(BootEntry { platform, bootable, media, load_sectors: le_u16(bytes, 6).unwrap_or(0), offset })
}

fn platform(id: u8) -> Platform {
    match id {
        0x00 => Platform::Bios,
        0x01 => Platform::PowerPc,
        0x02 => Platform::Mac,
        0xef => Platform::Efi,
        other => Platform::Other(other),
    }
}
