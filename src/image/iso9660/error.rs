//! What can be wrong with an image, and what to do about it.

use std::io;

/// Why an image cannot be used. Paths are inside the image and start with `/`; sizes and offsets are in bytes.
#[derive(Debug, thiserror::Error)]
pub enum IsoError {
    /// The file cannot be read.
    #[error("cannot read the image at byte {offset}: {source}")]
    Io {
        /// Where the read began.
        offset: u64,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is no volume descriptor at block 16.
    #[error("not an ISO 9660 image: `CD001` is missing at byte 32769; {hint}")]
    NotIso {
        /// What the file looks like instead, and what to do.
        hint: &'static str,
    },
    /// There are volume descriptors, but none that describes the volume.
    #[error("the image has no primary volume descriptor; it is damaged, download it again")]
    NoPrimary,
    /// A volume descriptor contradicts itself.
    #[error("the {field} in the volume descriptor at byte {offset} is damaged; download the image again")]
    Descriptor {
        /// Where the descriptor starts.
        offset: u64,
        /// Which field.
        field: &'static str,
    },
    /// The volume counts in blocks that no boot medium has.
    #[error(
        "the volume has blocks of {found} bytes, but boot media have 2048; rebuild the image with 2048-byte blocks, \
         the default of xorriso and genisoimage"
    )]
    BlockSize {
        /// The size found.
        found: u16,
    },
    /// The file is shorter than its volume.
    #[error("the file has {size} bytes but the volume says {volume}: the download is incomplete, resume or repeat it")]
    Truncated {
        /// Size of the file.
        size: u64,
        /// What the volume needs; the least that it can need where the file ends within its descriptors.
        volume: u64,
    },
    /// A file or directory lies behind the end of the image.
    #[error("`{path}` reaches to byte {end}, but the image ends at byte {size}; it is damaged, download it again")]
    OutsideFile {
        /// Which file or directory.
        path: String,
        /// Where its data would end.
        end: u64,
        /// Size of the image file.
        size: u64,
    },
    /// A block that should hold a directory holds something else.
    #[error(
        "there is no directory at byte {offset}, where `{path}` should be; the image is damaged, download it again"
    )]
    NotADirectory {
        /// Which directory.
        path: String,
        /// Where it should start.
        offset: u64,
    },
    /// A directory record contradicts itself.
    #[error("the directory record at byte {offset}, in `{path}`, is damaged; download the image again")]
    Record {
        /// Which directory.
        path: String,
        /// Where the record starts.
        offset: u64,
    },
    /// The Rock Ridge fields of a directory record contradict themselves.
    #[error("the Rock Ridge fields of `{path}` are damaged: {what}; download the image again")]
    RockRidge {
        /// The file by its ISO 9660 name, without Rock Ridge.
        path: String,
        /// What is wrong with them.
        what: &'static str,
    },
    /// A name that no file can have.
    #[error("a file in `{path}` is named `{name}`, which is no file name; the image is damaged or hostile")]
    Name {
        /// The directory.
        path: String,
        /// The name, control characters escaped.
        name: String,
    },
    /// A file whose bytes alternate with those of another one.
    #[error(
        "`{path}` is interleaved, which netspec cannot serve; rebuild the image with xorriso, which never interleaves"
    )]
    Interleaved {
        /// Which file.
        path: String,
    },
    /// A file of several sections, the last of which is missing.
    #[error("the last section of `{path}` is missing; the image is damaged, download it again")]
    Unfinished {
        /// Which file.
        path: String,
    },
    /// A directory that contains itself.
    #[error("`{path}` is its own ancestor: a directory loop; the image is damaged or hostile")]
    Loop {
        /// The inner of the two paths.
        path: String,
    },
    /// Two directories share bytes.
    #[error("`{path}` shares its bytes with another directory; the image is damaged or hostile")]
    Overlap {
        /// The directory found later.
        path: String,
    },
    /// More directory levels than the limit.
    #[error("`{path}` is more than {limit} directories deep; netspec does not read such images")]
    TooDeep {
        /// The first directory beyond the limit.
        path: String,
        /// How many levels are read.
        limit: usize,
    },
    /// More entries than the limit.
    #[error("the image has more than {limit} directory records; netspec does not read such images")]
    TooManyEntries {
        /// How many are read.
        limit: u32,
    },
    /// More directory data than the limit.
    #[error("the directories of the image take more than {limit} bytes; netspec does not read such images")]
    TooManyBytes {
        /// How many are read.
        limit: u64,
    },
    /// The El Torito boot catalog is damaged.
    #[error("the El Torito boot catalog at byte {offset} is damaged: {what}; download the image again")]
    BootCatalog {
        /// Where the catalog starts.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
}
