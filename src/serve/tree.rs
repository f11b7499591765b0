//! The file table that TFTP and HTTP share: the plan's tree over the ISOs and loaders of this machine.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::content::{Content, Files, Opened};
use crate::facts::{Digest, Facts, Gathered, ImageFacts};
use crate::image::iso9660::{Extent, Iso};
use crate::plan::{Node, Plan, Role, Template};

/// Looks names up in a plan whose files are open.
pub struct FileTree {
    http_port: u16,
    images: BTreeMap<String, OpenImage>,
    /// The files of ISOs that are not on this machine.
    outlines: BTreeMap<String, Outline>,
    files: BTreeMap<String, OpenNode>,
    everywhere: BTreeMap<String, OpenNode>,
    stand_ins: BTreeMap<String, OpenNode>,
    below_serial: BTreeSet<String>,
    roles: BTreeMap<String, Role>,
}

struct OpenImage {
    iso: Arc<Iso>,
    disk: DiskFile,
    /// The start of entity tags: what tells this build of the ISO from others.
    tag: String,
}

/// What is known of the files of an ISO that is not on this machine.
struct Outline {
    sizes: BTreeMap<String, u64>,
    /// The files of its menu.
    texts: BTreeMap<String, Bytes>,
}

enum OpenNode {
    Text(Template),
    Loader {
        disk: DiskFile,
        etag: Arc<str>,
    },
    Alias(String),
    /// A file that is not on this machine, and its size.
    Absent(u64),
}

#[derive(Clone)]
struct DiskFile {
    file: Arc<File>,
    size: u64,
    modified: Option<SystemTime>,
}

impl DiskFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok(Self { size: metadata.len(), modified: metadata.modified().ok(), file: Arc::new(file) })
    }

    fn whole(&self) -> Content {
        let extents = if self.size == 0 { Vec::new() } else { vec![Extent { offset: 0, len: self.size }] };
        Content::Extents { file: self.file.clone(), extents: extents.into() }
    }
}

/// A file of the plan cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open `{}`: {reason}", path.display())]
pub struct TreeError {
    /// The file on this machine.
    pub path: PathBuf,
    /// What the operating system says, or that the file has changed.
    pub reason: String,
}

impl FileTree {
    /// Opens every file that the plan serves.
    ///
    /// # Errors
    /// The first file that cannot be opened, or that is not what the plan pins.
    pub fn open(plan: &Plan, gathered: &Gathered) -> Result<Self, TreeError> {
        let mut images = BTreeMap::new();
        for (name, local) in &gathered.images {
            let disk = open_disk(&local.path)?;
            let tag = Digest(local.iso.volume.index_digest).short();
            images.insert(name.clone(), OpenImage { iso: local.iso.clone(), disk, tag });
        }
        // A module stands in the folder of each ISO that has it, and is opened once for all.
        let mut loaders = BTreeMap::new();
        let mut loader = |name: &String| {
            let (disk, etag) = match loaders.entry(name.clone()) {
                Entry::Occupied(open) => open.into_mut(),
                Entry::Vacant(free) => free.insert(open_loader(name, plan, gathered)?),
            };
            Ok(OpenNode::Loader { disk: disk.clone(), etag: etag.clone() })
        };
        let tree = Self::of(plan, &mut loader)?;
        Ok(Self { images, ..tree })
    }

    /// The tree of a plan whose files are not on this machine: all its names, sizes and menus, and of other files no bytes. It
    /// is for who asks what clients are told, and not for serving.
    pub fn outline(plan: &Plan, facts: &Facts) -> Self {
        let mut loader =
            |name: &String| Ok::<_, Infallible>(OpenNode::Absent(plan.loaders.get(name).map_or(0, |pin| pin.size)));
        let outlines = facts.images.iter().map(|(name, image)| (name.clone(), Outline::of(image))).collect();
        match Self::of(plan, &mut loader) {
            Ok(tree) => Self { outlines, ..tree },
            Err(never) => match never {},
        }
    }

    /// The tree without ISOs.
    fn of<E>(plan: &Plan, loader: &mut dyn FnMut(&String) -> Result<OpenNode, E>) -> Result<Self, E> {
        let mut open = |(path, node): (&String, &Node)| {
            let open = match node {
                Node::Text(template) => OpenNode::Text(template.clone()),
                Node::Alias(path) => OpenNode::Alias(path.clone()),
                Node::Loader(name) => loader(name)?,
            };
            Ok((path.clone(), open))
        };
        let files = plan.tree.iter().map(&mut open).collect::<Result<_, _>>()?;
        let everywhere = plan.everywhere.iter().map(&mut open).collect::<Result<_, _>>()?;
        let stand_ins = plan.stand_ins.iter().map(&mut open).collect::<Result<_, _>>()?;
        let (below_serial, roles) = (plan.below_serial.clone(), plan.roles.clone());
        let (images, outlines) = Default::default();
        Ok(Self {
            http_port: plan.server.http_port,
            images,
            outlines,
            files,
            everywhere,
            stand_ins,
            below_serial,
            roles,
        })
    }

    fn role(&self, path: &str) -> Role {
        self.roles.get(path).copied().unwrap_or_else(|| Role::of_name(path))
    }

    fn open_node(&self, path: &str, node: &OpenNode, local: Ipv4Addr) -> Option<Opened> {
        let (content, len, etag, modified) = match node {
            OpenNode::Text(template) => {
                let bytes = Bytes::from(template.render(local, self.http_port));
                let etag = format!("\"{}\"", Digest::of(&bytes).short()).into();
                let len = bytes.len() as u64;
                (Content::Memory(bytes), len, etag, None)
            }
            OpenNode::Loader { disk, etag } => (disk.whole(), disk.size, etag.clone(), disk.modified),
            OpenNode::Alias(other) => return self.open_in_image(other),
            OpenNode::Absent(size) => return Some(self.absent(path, *size, Bytes::new())),
        };
        Some(Opened { path: path.into(), len, content, etag, modified, role: self.role(path) })
    }

    /// A file of which only these bytes are known.
    fn absent(&self, path: &str, len: u64, bytes: Bytes) -> Opened {
        let (content, etag) = (Content::Memory(bytes), "\"\"".into());
        Opened { path: path.into(), len, content, etag, modified: None, role: self.role(path) }
    }

    /// `iso/<name>/<path in the ISO>`, or `iso/<name>.iso`.
    fn open_in_image(&self, path: &str) -> Option<Opened> {
        let below = path.strip_prefix("iso/")?;
        let Some((name, inner)) = below.split_once('/') else {
            let image = self.images.get(below.strip_suffix(".iso")?)?;
            let etag = format!("\"{}-iso\"", image.tag).into();
            let DiskFile { size, modified, .. } = image.disk;
            return Some(Opened {
                path: path.into(),
                len: size,
                content: image.disk.whole(),
                etag,
                modified,
                role: self.role(path),
            });
        };
        let Some(image) = self.images.get(name) else {
            let outline = self.outlines.get(name)?;
            let text = outline.texts.get(inner).cloned().unwrap_or_default();
            return Some(self.absent(path, *outline.sizes.get(inner)?, text));
        };
        let entry = image.iso.tree.file(inner)?;
        let first = entry.extents.first().map_or(0, |extent| extent.offset);
        Some(Opened {
            path: path.into(),
            len: entry.size,
            content: Content::Extents { file: image.disk.file.clone(), extents: entry.extents.clone() },
            etag: format!("\"{}-{first:x}-{:x}\"", image.tag, entry.size).into(),
            modified: image.disk.modified,
            role: self.role(path),
        })
    }
}

impl Outline {
    fn of(image: &ImageFacts) -> Self {
        let menu = image.own_menu();
        let text = |folder: &str, (name, text): (&String, &String)| {
            (format!("{folder}/{name}"), Bytes::copy_from_slice(text.as_bytes()))
        };
        let texts = menu.into_iter().flat_map(|menu| menu.files.iter().map(|file| text(&menu.folder, file)));
        Self { sizes: image.files.clone(), texts: texts.collect() }
    }
}

fn open_disk(path: &Path) -> Result<DiskFile, TreeError> {
    DiskFile::open(path).map_err(|error| TreeError { path: path.to_owned(), reason: error.to_string() })
}

fn open_loader(name: &str, plan: &Plan, gathered: &Gathered) -> Result<(DiskFile, Arc<str>), TreeError> {
    let missing =
        || TreeError { path: PathBuf::from(name), reason: "the plan names it, and it is not on this machine".into() };
    let path = gathered.loader_files.get(name).ok_or_else(missing)?;
    let pin = plan.loaders.get(name).ok_or_else(missing)?;
    let disk = open_disk(path)?;
    if disk.size != pin.size {
        let reason = format!("it changed from {} to {} bytes since it was planned; start again", pin.size, disk.size);
        return Err(TreeError { path: path.clone(), reason });
    }
    let etag = format!("\"{}\"", pin.sha256.short()).into();
    Ok((disk, etag))
}

/// Whether a program beside shim cannot be meant: all that shim and GRUB look for there has a dot in its name but `grubenv`, and
/// what firmware calls a network card has none in its first word ("Onboard NIC").
fn is_no_name(name: &str) -> bool {
    !name.contains('.') && name != "grubenv"
}

/// Whether a folder is named like the serial number of a Raspberry Pi.
fn is_serial(name: &str) -> bool {
    name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Files for FileTree {
    fn open(&self, path: &str, local: Ipv4Addr) -> Option<Opened> {
        let everywhere = || {
            let name = path.rsplit('/').next().unwrap_or(path);
            self.open_node(path, self.everywhere.get(name)?, local)
        };
        let stand_in = || {
            let (folder, name) = path.rsplit_once('/')?;
            self.open_node(path, self.stand_ins.get(folder).filter(|_| is_no_name(name))?, local)
        };
        let path = match path.split_once('/') {
            Some((serial, below))
                if self.below_serial.contains(below) && is_serial(serial) && !self.files.contains_key(path) =>
            {
                below
            }
            _ => path,
        };
        match self.files.get(path) {
            Some(node) => self.open_node(path, node, local),
            None => self.open_in_image(path).or_else(everywhere).or_else(stand_in),
        }
    }
}
