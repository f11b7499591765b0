//! The volume descriptor set (ECMA-119 section 8): what the volume says about itself, and where its trees start.

use super::field::{both_u16, both_u32, date, le_u32, text};
use super::record::Record;
use super::source::{Source, block_offset};
use super::{BLOCK, IsoError};

/// What the volume says about itself; texts without their padding, empty where unset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Volume identifier, the label: `ARCH_202611`.
    pub volume_id: String,
    /// System identifier: `LINUX`.
    pub system_id: String,
    /// Publisher identifier.
    pub publisher: String,
    /// Data preparer identifier.
    pub preparer: String,
    /// Application identifier.
    pub application: String,
    /// Creation time as RFC 3339 text, in the time zone that the volume gives: `2026-11-01T00:00:00Z`.
    pub created: Option<String>,
    /// Size of the volume in blocks.
    pub blocks: u32,
    /// Size of a block in bytes; always 2048.
    pub block_size: u16,
    /// Size of the volume in bytes. The file may be longer, never shorter.
    pub size: u64,
    /// Whether a UDF file system shares the image, as on Windows media, whose ISO 9660 tree is only a readme.
    pub udf: bool,
    /// SHA-256 over the volume descriptors and, for every path in order, its kind, size, extents and link target. File
    /// contents do not enter it.
    pub index_digest: [u8; 32],
}

/// Where a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DirectoryExtent {
    pub(super) block: u32,
    /// In bytes.
    pub(super) len: u32,
}

/// The descriptors that matter.
pub(super) struct DescriptorSet {
    /// Complete but for the digest.
    pub(super) volume: Volume,
    /// Root of the tree of plain and Rock Ridge names.
    pub(super) root: DirectoryExtent,
    /// Root of the tree of Joliet names.
    pub(super) joliet_root: Option<DirectoryExtent>,
    /// First block of the El Torito boot catalog.
    pub(super) boot_catalog: Option<u32>,
    /// All descriptors as recorded.
    pub(super) bytes: Vec<u8>,
}

/// The first block of the set (6.2.1: the blocks before are the system area).
const FIRST: u32 = 16;
/// How many descriptors are read when no terminator comes. Real images have two to five.
const LIMIT: u32 = 32;

/// Volume descriptor types (8.1.1).
const BOOT_RECORD: u8 = 0;
const PRIMARY: u8 = 1;
const SUPPLEMENTARY: u8 = 2;
const TERMINATOR: u8 = 255;

impl DescriptorSet {
    /// Reads the set at block 16.
    pub(super) fn read(source: Source<'_>) -> Result<Self, IsoError> {
        let mut bytes = Vec::new();
        let mut primary = None;
        let mut joliet_root = None;
        let mut boot_catalog = None;
        let mut block = FIRST;
        let mut cut = false;
        while block < FIRST + LIMIT {
            let offset = block_offset(block);
            let mut buf = [0; BLOCK as usize];
            let descriptor = source.read_up_to(offset, &mut buf)?;
            if descriptor.get(1..6) != Some(b"CD001") {
                cut = descriptor.len() < BLOCK as usize;
                break;
            }
            if descriptor.len() < BLOCK as usize {
                cut = true;
                break;
            }
            bytes.extend_from_slice(descriptor);
            block += 1;
            match descriptor[0] {
                BOOT_RECORD if descriptor[7..39].starts_with(b"EL TORITO SPECIFICATION") => {
                    boot_catalog = boot_catalog.or(le_u32(descriptor, 0x47));
                }
                PRIMARY if primary.is_none() => primary = Some(parse_primary(descriptor, offset)?),
                SUPPLEMENTARY if is_joliet(descriptor) => {
                    joliet_root = Some(root(descriptor, offset)?);
                }
                TERMINATOR => break,
                _ => {}
            }
        }
        let Some((mut volume, root)) = primary else {
            return Err(match (bytes.is_empty(), cut && starts_as_iso(source)?) {
                (_, true) => IsoError::Truncated { size: source.size, volume: block_offset(block + 1) },
                (true, false) => not_iso(source)?,
                (false, false) => IsoError::NoPrimary,
            });
        };
        if source.size < volume.size {
            return Err(IsoError::Truncated { size: source.size, volume: volume.size });
        }
        volume.udf = has_udf(source, block)?;
        Ok(Self { volume, root, joliet_root, boot_catalog, bytes })
    }
}

/// The primary volume descriptor (8.4).
fn parse_primary(descriptor: &[u8], offset: u64) -> Result<(Volume, DirectoryExtent), IsoError> {
    let damaged = |field| IsoError::Descriptor { offset, field };
    let block_size = both_u16(descriptor, 128).ok_or_else(|| damaged("logical block size"))?;
    if u64::from(block_size) != BLOCK {
        return Err(IsoError::BlockSize { found: block_size });
    }
    let blocks = both_u32(descriptor, 80).ok_or_else(|| damaged("volume space size"))?;
    let volume = Volume {
        volume_id: text(&descriptor[40..72]),
        system_id: text(&descriptor[8..40]),
        publisher: text(&descriptor[318..446]),
        preparer: text(&descriptor[446..574]),
        application: text(&descriptor[574..702]),
        created: date(&descriptor[813..830]),
        blocks,
        block_size,
        size: block_offset(blocks),
        udf: false,
        index_digest: [0; 32],
    };
    Ok((volume, root(descriptor, offset)?))
}

/// The root directory, from the record at a fixed place of a primary or supplementary descriptor (8.4.18).
fn root(descriptor: &[u8], offset: u64) -> Result<DirectoryExtent, IsoError> {
    match Record::parse(&descriptor[156..190]) {
        Some((record, _)) if record.is_self() => Ok(DirectoryExtent { block: record.block, len: record.len }),
        _ => Err(IsoError::Descriptor { offset, field: "root directory record" }),
    }
}

/// Whether the escape sequences are those of UCS-2 level 1, 2 or 3 (Joliet specification, "SVD Escape Sequences").
fn is_joliet(descriptor: &[u8]) -> bool {
    matches!(descriptor[88..91], [b'%', b'/', b'@' | b'C' | b'E'])
}

/// Whether a UDF volume recognition sequence follows the set (ECMA-167 part 2, section 8.3).
fn has_udf(source: Source<'_>, after: u32) -> Result<bool, IsoError> {
    let mut buf = [0; 4 * BLOCK as usize];
    let blocks = source.read_up_to(block_offset(after), &mut buf)?;
    Ok(blocks.chunks(BLOCK as usize).any(|block| matches!(block.get(1..6), Some(b"NSR02" | b"NSR03"))))
}

/// Whether the file ends within the descriptors, but as far as it goes looks like an ISO.
fn starts_as_iso(source: Source<'_>) -> Result<bool, IsoError> {
    let mut buf = [0; 6];
    Ok(source.read_up_to(block_offset(FIRST), &mut buf)?.get(1..) == Some(b"CD001"))
}

/// What a file without volume descriptors may be.
fn not_iso(source: Source<'_>) -> Result<IsoError, IsoError> {
    let (looks, advice) = looks(source)?;
    Ok(IsoError::NotIso { looks, advice })
}

/// What the file looks like, and what to do about it.
fn looks(source: Source<'_>) -> Result<(&'static str, &'static str), IsoError> {
    let mut buf = [0; 6];
    if source.read_up_to(block_offset(FIRST), &mut buf)?.get(1..) == Some(b"BEA01") {
        return Ok(("it is a UDF image", "name an ISO 9660 image: netspec does not read UDF"));
    }
    let mut buf = [0; 512];
    let head = source.read_up_to(0, &mut buf)?;
    let html = |word: &[u8]| head.trim_ascii_start().get(..word.len()).is_some_and(|h| h.eq_ignore_ascii_case(word));
    const UNPACK: &str = "unpack it, and name the ISO that was in it";
    const COMPARE: &str = "download it again, and compare its checksum with the one that the distribution publishes";
    Ok(match head {
        [] => ("the file is empty", "download it again"),
        [0x1f, 0x8b, ..] => ("it is compressed", "run `gunzip` on it, and name the result"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => ("it is compressed", "run `unxz` on it, and name the result"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("it is compressed", "run `unzstd` on it, and name the result"),
        [b'B', b'Z', b'h', ..] => ("it is compressed", "run `bunzip2` on it, and name the result"),
        [b'P', b'K', 3, 4, ..] => ("it is a ZIP archive", UNPACK),
        [b'7', b'z', 0xbc, 0xaf, ..] => ("it is a 7z archive", UNPACK),
        [0, 0xff, 0xff, 0xff, ..] => {
            ("it is a raw CD image with 2352-byte sectors", "run `bchunk` on it, and name the result")
        }
        _ if html(b"<!doctype") || html(b"<html") => {
            ("it is a web page", "download the image itself: the link led to a page about it")
        }
        _ if source.size < block_offset(FIRST + 1) => ("the file is too short for one", "download it again"),
        [.., 0x55, 0xaa] => ("it is a disk image, or an ISO that was damaged while it was copied", COMPARE),
        _ => ("`CD001` is missing at byte 32769", COMPARE),
    })
}
