//! Kernels that are in no ISO: files of this machine, and files of other servers.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{AnswersTarget, words};
use crate::source::{Sources, Span, Spanned};
use crate::spec;
use crate::spec::file::FileRef;
use crate::spec::url::Url;

/// A kernel, or another program, with all that it is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesTarget {
    /// What is started.
    pub kernel: FileSource,
    /// The initial RAM disks, in order.
    pub initrds: Vec<FileSource>,
    /// Files that it finds by these names, as wimboot does.
    pub named: Vec<(String, FileSource)>,
    /// The words of the command line. `{server}` in one stands for our address, `{answers}` for the URL of the answers.
    pub arguments: Vec<String>,
    /// What its system is told.
    pub answers: Option<AnswersTarget>,
}

/// Where a client gets a file from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// From us.
    Served(ServedFile),
    /// From another server, unchecked.
    Elsewhere(Spanned<Url>),
}

/// A file that we serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedFile {
    /// Its path in the tree, in characters that every boot loader writes alike.
    pub tree: String,
    /// What it is, for people: ``kernel of entry `memtest` ``.
    pub what: String,
    /// Where it is.
    pub origin: Origin,
    /// The SHA-256 digest that it must have.
    pub sha256: Option<Spanned<[u8; 32]>>,
    /// Where its path was written.
    pub span: Span,
}

/// Where we have a file from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is on this machine, relative to the current folder or absolute.
    Path(PathBuf),
    /// It is fetched once.
    Fetched(Pinned),
}

/// A file of another server, known by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Where it is fetched from.
    pub url: Url,
    /// Its SHA-256 digest.
    pub sha256: [u8; 32],
    /// Where the URL was written.
    pub span: Span,
}

impl FilesTarget {
    /// All files, in the order in which a client loads them.
    pub fn sources(&self) -> impl Iterator<Item = &FileSource> {
        std::iter::once(&self.kernel).chain(&self.initrds).chain(self.named.iter().map(|(_, file)| file))
    }

    /// The files that we serve.
    pub fn served(&self) -> impl Iterator<Item = &ServedFile> {
        self.sources().filter_map(|source| match source {
            FileSource::Served(file) => Some(file),
            FileSource::Elsewhere(_) => None,
        })
    }

    /// The files that clients get from other servers.
    pub fn elsewhere(&self) -> impl Iterator<Item = &Spanned<Url>> {
        self.sources().filter_map(|source| match source {
            FileSource::Served(_) => None,
            FileSource::Elsewhere(url) => Some(url),
        })
    }
}

impl FileSource {
    /// The last part of its name.
    pub fn file_name(&self) -> &str {
        match self {
            Self::Served(file) => file.tree.rsplit('/').next().unwrap_or_default(),
            Self::Elsewhere(url) => url.value.file_name(),
        }
    }
}

/// The target of an entry with a kernel of its own; `None` where the kernel could not be read.
pub(super) fn target(menu: &str, entry: &spec::menu::Entry, sources: &Sources) -> Option<FilesTarget> {
    let mut place = Places { folder: format!("file/{menu}/{}", entry.name.value), taken: BTreeSet::new() };
    let mut source = |node: &str, file: &FileRef| {
        let what = format!("{node} of entry `{}`", entry.name.value);
        place.source(what, file, sources)
    };
    Some(FilesTarget {
        kernel: source("kernel", entry.kernel.as_ref()?),
        initrds: entry.initrds.iter().map(|file| source("initrd", file)).collect(),
        named: entry
            .files
            .iter()
            .map(|extra| (extra.name.value.clone(), source(&format!("file `{}`", extra.name.value), &extra.file)))
            .collect(),
        arguments: entry.arguments.iter().flat_map(|argument| words(&argument.value)).collect(),
        answers: None,
    })
}

/// Gives each file of an entry a path of its own.
struct Places {
    folder: String,
    taken: BTreeSet<String>,
}

impl Places {
    fn source(&mut self, what: String, file: &FileRef, sources: &Sources) -> FileSource {
        let (origin, name) = match (&file.url, &file.sha256) {
            (Some(url), None) => return FileSource::Elsewhere(Spanned::new(url.clone(), file.path.span)),
            (Some(url), Some(sha256)) => {
                let pinned = Pinned { url: url.clone(), sha256: sha256.value, span: file.path.span };
                (Origin::Fetched(pinned), url.file_name())
            }
            (None, _) => {
                let path = sources.beside(&file.path);
                (Origin::Path(path), file.path.value.rsplit('/').next().unwrap_or_default())
            }
        };
        let tree = self.free(&plain(name));
        FileSource::Served(ServedFile { tree, what, origin, sha256: file.sha256.clone(), span: file.path.span })
    }

    fn free(&mut self, name: &str) -> String {
        let mut path = format!("{}/{name}", self.folder);
        let mut number = 2;
        while !self.taken.insert(path.clone()) {
            path = format!("{}/{number}-{name}", self.folder);
            number += 1;
        }
        path
    }
}

/// A name without what PXELINUX, GRUB and iPXE write in different ways.
fn plain(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._~".contains(c) { c } else { '-' }).collect();
    // A name of dots alone would be a folder.
    if plain.chars().all(|c| c == '.') { "file".to_owned() } else { plain }
}
