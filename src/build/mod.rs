//! The files of a plan as a folder that any web server, object store or CDN can hand out.
//!
//! [`build`] makes `out/<name>/`, where the name says what is in it: two machines that build the same plan get the same folder,
//! byte for byte. There are two kinds:
//!
//! - [`Kind::Payload`] is what clients fetch from `server { origin … }`, without what netspec answers itself. Its name does not
//!   depend on menus, scripts, networks or rules, so that an edited menu needs no new folder.
//! - [`Kind::Whole`] has the menus and scripts, too, as a server at one address hands them out. It is for servers that are not
//!   netspec.
//!
//! A folder is complete or not there: it is made under another name and renamed. Files that an earlier folder has, too, are
//! hard links to it; where the file system can share ranges of the ISO (Btrfs, XFS and others by `copy_file_range`), it does.
//! All files have the time of one second after 1970, as in a Nix store, so that entity tags made from times are the same on
//! every server. So a folder must never be copied over another one by size and time alone.

mod copy;
mod error;
pub mod index;
mod list;
mod place;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::copy::{Copier, Shared};
pub use self::error::BuildError;
use self::index::{Entry, Index, Left};
use self::place::Place;
use crate::facts::{Digest, Gathered};
use crate::net::Origin;
use crate::plan::{Node, Plan};
use crate::serve::content::Files as _;
use crate::serve::tree::FileTree;

/// What is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum Kind {
    /// What clients fetch from an origin beside netspec.
    Payload,
    /// The whole tree, for other servers.
    Whole {
        /// The address of the TFTP server, which menus and scripts name.
        server: Ipv4Addr,
        /// The URL of the folder on the web server.
        origin: Origin,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Built {
    /// The folder.
    pub folder: PathBuf,
    /// Whether it was there before.
    pub was_there: bool,
    /// How many files it has.
    pub files: usize,
    /// How many bytes they have together.
    pub size: u64,
    /// How many of these bytes are hard links to what was there.
    pub linked: u64,
    /// What it has not.
    pub left: Vec<Left>,
}

/// Hears how far a build is.
pub trait Progress {
    /// So many bytes are to be read in all.
    fn begins(&self, bytes: u64);
    /// So many more are done.
    fn advances(&self, bytes: u64);
}

/// Makes the folder of a plan below `out`.
///
/// # Errors
/// [`BuildError`]; then nothing of the build is left.
pub fn build(
    plan: &Plan,
    gathered: &Gathered,
    kind: &Kind,
    out: &Path,
    progress: &dyn Progress,
) -> Result<Built, BuildError> {
    let mut tree = FileTree::open(plan, gathered)?;
    // For payload no text is written that could name an address.
    let mut server = Ipv4Addr::UNSPECIFIED;
    if let Kind::Whole { server: address, origin } = kind {
        server = *address;
        tree = tree.all_from(origin.clone());
    }
    let list::List { files, left } = list::list(plan, &tree, kind);
    let name = name(plan, &tree, kind, &files, server);
    let place = Place::open(out, &name)?;
    if let Some(index) = place.finished()? {
        let (files, size) = (index.files.len(), index.size());
        place.make_current(kind)?;
        return Ok(Built { folder: place.folder(), was_there: true, files, size, linked: size, left: index.left });
    }
    let before = times(gathered);
    let mut sizes = BTreeMap::new();
    for path in &files {
        let opened = tree.open(path, server).ok_or_else(|| BuildError::Gone { path: path.clone() })?;
        sizes.insert(path.clone(), opened.len);
    }
    progress.begins(sizes.values().sum());
    let shared = Shared::of(place.earlier());
    let partial = place.begin()?;
    let mut copier = Copier::new(partial.path(), shared, sizes.values().sum(), progress);
    let mut entries = Vec::new();
    for path in &files {
        let opened = tree.open(path, server).ok_or_else(|| BuildError::Gone { path: path.clone() })?;
        let sha256 = copier.copy(path, &opened)?;
        entries.push(Entry { path: path.clone(), size: opened.len, sha256: sha256.to_string(), role: opened.role });
    }
    if let Some(path) = changed(gathered, &before) {
        return Err(BuildError::Changed { path });
    }
    let linked = copier.linked();
    let index = Index::new(&name, kind, entries, left);
    partial.finish(&index)?;
    place.make_current(kind)?;
    let (files, size) = (index.files.len(), index.size());
    Ok(Built { folder: place.folder(), was_there: false, files, size, linked, left: index.left })
}

/// The name of the folder: that of the payload, or for a whole tree one of everything in it.
fn name(plan: &Plan, tree: &FileTree, kind: &Kind, files: &[String], server: Ipv4Addr) -> String {
    let payload = plan.payload_folder();
    if *kind == Kind::Payload {
        return payload;
    }
    let is_text = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let node = plan.tree.get(*path).or_else(|| plan.everywhere.get(name));
        matches!(node, Some(Node::Text(_)))
    };
    let mut all = payload.clone();
    for path in files {
        // Both lists are sorted and neither a digest nor a path has a line break at its end, so no two trees give one text.
        let digest = Some(path).filter(is_text).and_then(|path| tree.open(path, server)).map(|opened| opened.etag);
        all.push_str(&format!("\n{path:?} {}", digest.as_deref().unwrap_or_default()));
    }
    let digest = Digest::of(all.as_bytes()).to_string();
    digest.get(..payload.len()).unwrap_or(&digest).to_owned()
}

/// Size and time of each ISO and loader.
fn times(gathered: &Gathered) -> BTreeMap<PathBuf, Option<(u64, std::time::SystemTime)>> {
    let isos = gathered.images.values().map(|image| image.path.clone());
    let stamp = |path: PathBuf| {
        let metadata = std::fs::metadata(&path).ok();
        let stamp = metadata.and_then(|metadata| Some((metadata.len(), metadata.modified().ok()?)));
        (path, stamp)
    };
    isos.chain(gathered.loader_files.values().cloned()).map(stamp).collect()
}

/// A file that is not as it was.
fn changed(gathered: &Gathered, before: &BTreeMap<PathBuf, Option<(u64, std::time::SystemTime)>>) -> Option<PathBuf> {
    times(gathered).into_iter().find(|(path, stamp)| before.get(path) != Some(stamp)).map(|(path, _)| path)
}
