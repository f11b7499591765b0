//! The names of an image and where their bytes are, held compactly.

use std::sync::Arc;

use super::Extent;

/// The files and directories of an image.
///
/// Paths are given as clients write them: a leading `/`, doubled slashes, `.` and `..` are fine, and `..` never leaves
/// the root. Symbolic links are followed inside the image, absolute ones from its root. Each component is looked up as
/// written first, then without regard to ASCII case if only one name fits; link targets are exact. Paths returned have
/// no leading `/`; the root is `""`.
///
/// One entry costs some 40 bytes and its name: directories are ranges of one table, names slices of one text.
#[derive(Debug)]
pub struct Tree {
    /// Entry 0 is the root. The entries of one directory are adjacent and sorted by name.
    pub(super) nodes: Box<[Node]>,
    /// Names and link targets, one after the other.
    pub(super) text: Box<str>,
    /// The extents of all files, those of one file adjacent.
    pub(super) extents: Box<[Extent]>,
}

/// A file to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Size in bytes.
    pub size: u64,
    /// The ranges of the image that form the file, in order; neighbors are merged. Their lengths add up to `size`.
    pub extents: Arc<[Extent]>,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link, whether or not its target exists.
    Link,
    /// Nothing that can be served: a device, a socket, a file compressed by zisofs.
    Other,
}

/// A range of [`Tree::text`].
#[derive(Debug, Clone, Copy)]
pub(super) struct TextRange {
    pub(super) start: u32,
    pub(super) len: u16,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) name: TextRange,
    pub(super) what: What,
    /// Index of the directory that it is in; the root is in itself.
    pub(super) parent: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// `count` entries from `first` on.
    Directory { first: u32, count: u32 },
    /// `count` extents from `first` on.
    File { first: u32, count: u32 },
    /// A symbolic link.
    Link(TextRange),
    /// See [`Kind::Other`].
    Other,
    /// A directory that the walk has not come to yet; never in a finished tree.
    Unread { block: u32, len: u32 },
}

/// How many symbolic links one lookup follows, as in Linux.
const MAX_LINKS: usize = 40;

impl Tree {
    /// The file at a path; `None` where there is none or where the path is something else.
    pub fn file(&self, path: &str) -> Option<FileEntry> {
        match self.node(self.find(path)?)?.what {
            What::File { first, count } => {
                let extents = self.extents(first, count);
                Some(FileEntry { size: extents.iter().map(|e| e.len).sum(), extents: extents.into() })
            }
            _ => None,
        }
    }

    /// Whether a path is a directory.
    pub fn is_dir(&self, path: &str) -> bool {
        self.find(path).and_then(|node| self.node(node)).is_some_and(|node| node.kind() == Kind::Directory)
    }

    /// The entries of a directory, sorted by name; none where the path is no directory. Links are shown, not followed.
    pub fn children(&self, path: &str) -> impl Iterator<Item = (&str, Kind)> {
        let range = self.find(path).map_or(0..0, |node| self.range(node));
        self.nodes.get(range).unwrap_or(&[]).iter().map(|node| (self.text(node.name), node.kind()))
    }

    /// The path of what a path leads to, with all links followed and names spelled as in the image.
    pub fn resolve(&self, path: &str) -> Option<String> {
        self.find(path).map(|node| self.path(node))
    }

    /// All paths but the root. A directory stands before its entries, which are sorted by name. Links are not followed.
    pub fn walk(&self) -> impl Iterator<Item = (String, Kind)> {
        self.walk_nodes().filter_map(|index| Some((self.path(index), self.node(index)?.kind())))
    }

    /// How many files, directories and links there are, without the root.
    pub fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Whether the root directory is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Indices of all entries but the root, in the order of [`Tree::walk`].
    pub(super) fn walk_nodes(&self) -> impl Iterator<Item = usize> {
        let mut open = vec![self.range(0)];
        std::iter::from_fn(move || {
            loop {
                let Some(index) = open.last_mut()?.next() else {
                    open.pop();
                    continue;
                };
                open.push(self.range(index));
                return Some(index);
            }
        })
    }

    /// The path of an entry.
    pub(super) fn path(&self, index: usize) -> String {
        path(&self.nodes, &self.text, index)
    }

    pub(super) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    pub(super) fn text(&self, range: TextRange) -> &str {
        slice(&self.text, range)
    }

    pub(super) fn extents(&self, first: u32, count: u32) -> &[Extent] {
        self.extents.get(first as usize..first as usize + count as usize).unwrap_or(&[])
    }

    /// The indices of the entries of a directory; empty for all else.
    fn range(&self, index: usize) -> std::ops::Range<usize> {
        match self.node(index).map(|node| node.what) {
            Some(What::Directory { first, count }) => first as usize..first as usize + count as usize,
            _ => 0..0,
        }
    }

    /// The entry that a path leads to once all links are followed.
    fn find(&self, path: &str) -> Option<usize> {
        let mut here = 0;
        let mut links = 0;
        let mut ahead: Vec<&str> = path.rsplit('/').collect();
        let mut asked = ahead.len();
        while let Some(name) = ahead.pop() {
            // What a link says is exact: only clients spell names in another case. That also keeps hostile links from
            // costing a scan of a large directory per component.
            let exact = ahead.len() >= asked;
            asked = asked.min(ahead.len());
            match name {
                "" | "." => continue,
                ".." => {
                    here = self.node(here)?.parent as usize;
                    continue;
                }
                _ => {}
            }
            let next = self.child(here, name, exact)?;
            if let What::Link(target) = self.node(next)?.what {
                links += 1;
                if links > MAX_LINKS {
                    return None;
                }
                let target = self.text(target);
                if target.starts_with('/') {
                    here = 0;
                }
                ahead.extend(target.rsplit('/'));
            } else {
                here = next;
            }
        }
        Some(here)
    }

    /// The entry of a directory by its name; unless `exact`, also by a name that differs in case alone.
    fn child(&self, directory: usize, name: &str, exact: bool) -> Option<usize> {
        let range = self.range(directory);
        let entries = self.nodes.get(range.clone())?;
        if let Ok(at) = entries.binary_search_by(|node| self.text(node.name).cmp(name)) {
            return Some(range.start + at);
        }
        if exact {
            return None;
        }
        let mut similar =
            entries.iter().enumerate().filter(|(_, node)| self.text(node.name).eq_ignore_ascii_case(name));
        let (at, _) = similar.next()?;
        similar.next().is_none().then_some(range.start + at)
    }
}

impl Node {
    pub(super) fn kind(&self) -> Kind {
        match self.what {
            What::Directory { .. } | What::Unread { .. } => Kind::Directory,
            What::File { .. } => Kind::File,
            What::Link(_) => Kind::Link,
            What::Other => Kind::Other,
        }
    }
}

/// The path of an entry, by way of its parents.
pub(super) fn path(nodes: &[Node], text: &str, index: usize) -> String {
    let mut names = Vec::new();
    let mut here = index;
    while here != 0 {
        let Some(node) = nodes.get(here) else { break };
        names.push(slice(text, node.name));
        here = node.parent as usize;
    }
    names.reverse();
    names.join("/")
}

pub(super) fn slice(text: &str, range: TextRange) -> &str {
    text.get(range.start as usize..range.start as usize + usize::from(range.len)).unwrap_or("")
}
