//! What can be wrong with an image, and what to do about it: the message says the one, [`IsoError::advice`] the other.

use std::io;

use crate::diag::nearest::grouped;

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
    #[error("not an ISO 9660 image: {looks}")]
    NotIso {
        /// What the file looks like instead.
        looks: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// There are volume descriptors, but none that describes the volume.
    #[error("the image has no primary volume descriptor")]
    NoPrimary,
    /// A volume descriptor contradicts itself.
    #[error("the {field} in the volume descriptor at byte {offset} is damaged")]
    Descriptor {
        /// Where the descriptor starts.
        offset: u64,
        /// Which field.
        field: &'static str,
    },
    /// The volume counts in blocks that no boot medium has.
    #[error("the volume has blocks of {found} bytes, but boot media have 2048")]
    BlockSize {
        /// The size found.
        found: u16,
    },
    /// The file is shorter than its volume.
    #[error("the file has {} bytes but the volume needs {}", grouped(*size), grouped(*volume))]
    Truncated {
        /// Size of the file.
        size: u64,
        /// What the volume needs; the least that it can need where the file ends within its descriptors.
        volume: u64,
    },
    /// A file or directory lies behind the end of the image.
    #[error("`{path}` reaches to byte {end}, but the image ends at byte {size}")]
    OutsideFile {
        /// Which file or directory.
        path: String,
        /// Where its data would end.
        end: u64,
        /// Size of the image file.
        size: u64,
    },
    /// A block that should hold a directory holds something else.
    #[error("there is no directory at byte {offset}, where `{path}` should be")]
    NotADirectory {
        /// Which directory.
        path: String,
        /// Where it should start.
        offset: u64,
    },
    /// A directory record contradicts itself.
    #[error("the directory record at byte {offset}, in `{path}`, is damaged")]
    Record {
        /// Which directory.
        path: String,
        /// Where the record starts.
        offset: u64,
    },
    /// The Rock Ridge fields of a directory record contradict themselves.
    #[error("the Rock Ridge fields of `{path}` are damaged: {what}")]
    RockRidge {
        /// The file by its ISO 9660 name, without Rock Ridge.
        path: String,
        /// What is wrong with them.
        what: &'static str,
    },
    /// A name that no file can have.
    #[error("a file in `{path}` is named `{name}`, which is no file name")]
    Name {
        /// The directory.
        path: String,
        /// The name, control characters escaped.
        name: String,
    },
    /// A file whose bytes alternate with those of another one.
    #[error("`{path}` is interleaved with another file, which netspec cannot serve")]
    Interleaved {
        /// Which file.
        path: String,
    },
    /// A file of several sections, the last of which is missing.
    #[error("the last section of `{path}` is missing")]
    Unfinished {
        /// Which file.
        path: String,
    },
    /// A directory that contains itself.
    #[error("`{path}` is its own ancestor: a directory loop")]
    Loop {
        /// The inner of the two paths.
        path: String,
    },
    /// Two directories share bytes.
    #[error("`{path}` shares its bytes with another directory")]
    Overlap {
        /// The directory found later.
        path: String,
    },
    /// More directory levels than the limit.
    #[error("`{path}` is more than {limit} directories deep")]
    TooDeep {
        /// The first directory beyond the limit.
        path: String,
        /// How many levels are read.
        limit: usize,
    },
    /// More entries than the limit.
    #[error("the image has more than {limit} directory records")]
    TooManyEntries {
        /// How many are read.
        limit: u32,
    },
    /// More directory data than the limit.
    #[error("the directories of the image take more than {limit} bytes")]
    TooManyBytes {
        /// How many are read.
        limit: u64,
    },
    /// The El Torito boot catalog is damaged.
    #[error("the El Torito boot catalog at byte {offset} is damaged: {what}")]
    BootCatalog {
        /// Where the catalog starts.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl IsoError {
    /// What the user can do about it, as a sentence without its full stop.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Io { .. } => "see whether its disk is failing, with `dmesg`, and copy the file to another one",
            Self::NotIso { advice, .. } => advice,
            Self::Truncated { .. } => {
                "resume the download or repeat it, and compare its checksum with the one that the distribution publishes"
            }
            Self::NoPrimary
            | Self::Descriptor { .. }
            | Self::OutsideFile { .. }
            | Self::NotADirectory { .. }
            | Self::Record { .. }
            | Self::RockRidge { .. }
            | Self::Unfinished { .. }
            | Self::BootCatalog { .. } => {
                "it is damaged: download it again, and compare its checksum with the one that the distribution publishes"
            }
            Self::Name { .. } | Self::Loop { .. } | Self::Overlap { .. } => {
                "it is damaged or hostile: download it from the distribution itself"
            }
            Self::TooDeep { .. } | Self::TooManyEntries { .. } | Self::TooManyBytes { .. } => {
                "netspec does not read such images: use the one that the distribution publishes"
            }
            Self::BlockSize { .. } => "rebuild it with blocks of 2048 bytes, the default of xorriso and genisoimage",
            Self::Interleaved { .. } => "rebuild it with xorriso, which never interleaves",
        }
    }
}
