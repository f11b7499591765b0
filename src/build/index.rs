//! `index.json`: what a built folder has, and what it has not.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::plan::Role;
pub use crate::serve::origin::INDEX;

/// The format of the file; grows when a reader of old ones would misread a new one.
const FORMAT: u32 = 1;

/// What a built folder has. The same on every machine: it has no time, no path of a machine, and a fixed order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Index {
    /// The format of this value when printed.
    pub format: u32,
    /// The name of the folder.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// The files, sorted by path.
    pub files: Vec<Entry>,
    /// What netspec's own servers answer besides.
    pub left: Vec<Left>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// Its path in the folder.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of it, as 64 hexadecimal digits.
    pub sha256: String,
    /// What it is to a client.
    pub role: Role,
}

/// Something that `netspec serve` answers, and that a folder has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Left {
    /// What it is.
    pub what: LeftKind,
    /// The paths, folders or names that it is about, sorted.
    pub paths: Vec<String>,
}

/// Kinds of what a folder has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftKind {
    /// Texts that name netspec's address.
    MenusAndScripts,
    /// What single machines and groups of machines begin with.
    PerMachine,
    /// Files that answer what installers ask, made for each machine.
    Answers,
    /// Names that are in every folder, also in those that are not there.
    InEveryFolder,
    /// Folders in which a name that is none gets a program.
    AnyName,
    /// Files that are also below every folder that is named like the serial number of a Raspberry Pi.
    BelowSerialNumbers,
    /// Whole ISOs that nothing asks for.
    WholeIsos,
    /// Links to folders in ISOs, whose files are there by their own paths only.
    LinksToFolders,
}

impl Left {
    /// It in words, for people.
    pub fn describe(&self) -> String {
        let paths = &self.paths;
        let count = |one: &str, many: &str| match paths.len() {
            1 => format!("1 {one}"),
            n => format!("{n} {many}"),
        };
        match self.what {
            LeftKind::MenusAndScripts => {
                format!(
                    "{}, written for each request (`--server` builds them)",
                    count("menu or script", "menus and scripts")
                )
            }
            LeftKind::PerMachine => format!("what {} begin with, by who asks", paths.join(", ")),
            LeftKind::Answers => format!("the answers {}, made for each machine", paths.join(", ")),
            LeftKind::InEveryFolder => format!("{} in folders that are not there", paths.join(", ")),
            LeftKind::AnyName => {
                format!("names in {} that are none, for firmware that makes them up", paths.join(", "))
            }
            LeftKind::BelowSerialNumbers => {
                format!("{} below serial numbers of Raspberry Pis, which ask without them next", count("file", "files"))
            }
            LeftKind::WholeIsos => format!("{}, which nothing asks for", paths.join(", ")),
            LeftKind::LinksToFolders => format!("paths through {}", count("link to a folder", "links to folders")),
        }
    }
}

impl Index {
    pub(super) fn new(name: &str, kind: &Kind, files: Vec<Entry>, left: Vec<Left>) -> Self {
        Self { format: FORMAT, name: name.to_owned(), kind: kind.clone(), files, left }
    }

    /// The bytes of all files together.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    pub(super) fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }
}

/// An index as it is read back: what counts of one that an earlier build has left.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Read {
    pub(super) format: u32,
    pub(super) name: String,
    pub(super) files: Vec<ReadEntry>,
    pub(super) left: Vec<Left>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ReadEntry {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) sha256: String,
}

impl Read {
    /// Reads an index of the folder `name`; `None` where it is none of this format, or of another folder.
    pub(super) fn of(json: &[u8], name: &str) -> Option<Self> {
        let read: Self = serde_json::from_slice(json).ok()?;
        (read.format == FORMAT && read.name == name).then_some(read)
    }

    pub(super) fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }
}
