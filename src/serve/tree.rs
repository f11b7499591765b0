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

use super::answers::AnswerFiles;
use super::content::{Content, Files, Opened};
use super::next_boot::{NextBoots, Taken};
use crate::facts::{Digest, Facts, Gathered, ImageFacts};
use crate::image::iso9660::{Extent, Iso, Kind};
use crate::net::Origin;
use crate::plan::machine::Machines;
use crate::plan::{Node, Plan, Role, Served, Template, start, with_identity};
use crate::proto::identity::Identity;
use crate::resolve::Start;

/// Looks names up in a plan whose files are open.
pub struct FileTree {
    http_port: Option<u16>,
    payload: Option<Origin>,
    scripts_too: bool,
    images: BTreeMap<String, OpenImage>,
    /// The files of ISOs that are not on this machine.
    outlines: BTreeMap<String, Outline>,
    files: BTreeMap<String, OpenNode>,
    everywhere: BTreeMap<String, OpenNode>,
    stand_ins: BTreeMap<String, OpenNode>,
    below_serial: BTreeSet<String>,
    answers: AnswerFiles,
    roles: BTreeMap<String, Role>,
    machines: Machines,
    next_boots: Option<Arc<NextBoots>>,
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
            http_port: plan.http_port(),
            payload: plan.payload_origin(),
            scripts_too: false,
            images,
            outlines,
            files,
            everywhere,
            stand_ins,
            below_serial,
            answers: AnswerFiles::of(plan),
            roles,
            machines: plan.machines.clone(),
            next_boots: None,
        })
    }

    /// Machines boot once what is noted for them there.
    #[must_use]
    pub fn with_next_boots(self, next_boots: Option<Arc<NextBoots>>) -> Self {
        Self { next_boots, ..self }
    }

    /// `machine/…`: what the machine that the path speaks of begins with.
    fn open_own(&self, path: &str, local: Ipv4Addr, client: Option<Ipv4Addr>) -> Option<Opened> {
        let (identity, file) = start::own(path)?;
        let identity = Identity { address: client, ..identity };
        let first = Start::Menu(self.machines.first.clone());
        let (chosen, decided) = self.decide(&identity);
        // An entry may be nothing that this boot loader can start.
        let mut targets = [chosen.as_ref(), Some(&first)].into_iter().flatten();
        let node = targets.find_map(|start| self.files.get(&start::path(start, file)))?;
        let who = self.answers.who(&identity);
        let opened = self.open_node_for(Some(&who), path, node, local)?;
        Some(Opened { role: Role::Menu, decided: decided.map(Into::into), ..opened })
    }

    /// Where a machine begins, and that in words; nothing is said of one that begins like everybody.
    fn decide(&self, identity: &Identity) -> (Option<Start>, Option<String>) {
        let found = self.machines.find(identity);
        if let Some(host) = found.host
            && let Some(next_boots) = &self.next_boots
        {
            let is_there = |start: &Start| self.files.contains_key(&start::path(start, start::IPXE));
            match next_boots.take(&host.name, identity.mac, is_there) {
                Taken::Nothing => {}
                Taken::Boots(start) => {
                    let words = format!("host {}: {start}, this once", host.name);
                    return (Some(start), Some(words));
                }
                Taken::Unusable(why) => {
                    let words = format!("host {}: its next boot is not taken, because {why}", host.name);
                    return (found.start.cloned(), Some(words));
                }
            }
        }
        let who = found.by.map(|by| by.to_string()).or_else(|| found.host.map(|host| format!("host {}", host.name)));
        let first = || format!("menu {}", self.machines.first);
        let words = who.map(|who| format!("{who}: {}", found.start.map_or_else(first, ToString::to_string)));
        (found.start.cloned(), words)
    }

    /// The same tree with texts that name another server for all that is fetched over HTTP, scripts included.
    #[must_use]
    pub fn all_from(self, origin: Origin) -> Self {
        Self { payload: Some(origin), scripts_too: true, ..self }
    }

    /// The paths of all files, in no order and without those that only the server can know: what is in every folder, and what
    /// stands in for names that are none. Links in ISOs are left out where they lead to no file.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let in_images = self.images.iter().flat_map(|(name, image)| {
            let is_file = |path: &str, kind: Kind| match kind {
                Kind::File => true,
                Kind::Link => image.iso.tree.file(path).is_some(),
                Kind::Directory | Kind::Other => false,
            };
            let files = image.iso.tree.walk().filter(move |(path, kind)| is_file(path, *kind));
            files.map(move |(path, _)| format!("iso/{name}/{path}"))
        });
        in_images.filter(|path| !self.files.contains_key(path)).chain(self.files.keys().cloned())
    }

    /// The paths of links to folders in ISOs, whose files [`FileTree::paths`] has by their own paths only.
    pub fn links_to_folders(&self) -> impl Iterator<Item = String> {
        self.images.iter().flat_map(|(name, image)| {
            let links = image.iso.tree.walk().filter(|(path, kind)| *kind == Kind::Link && image.iso.tree.is_dir(path));
            links.map(move |(path, _)| format!("iso/{name}/{path}"))
        })
    }

    fn role(&self, path: &str) -> Role {
        self.roles.get(path).copied().unwrap_or_else(|| Role::of_name(path))
    }

    fn open_node(&self, path: &str, node: &OpenNode, local: Ipv4Addr) -> Option<Opened> {
        self.open_node_for(None, path, node, local)
    }

    /// The same for a client of which this beginning of a path says who it is.
    fn open_node_for(&self, machine: Option<&str>, path: &str, node: &OpenNode, local: Ipv4Addr) -> Option<Opened> {
        let (content, len, etag, modified) = match node {
            OpenNode::Text(template) => {
                let served = Served {
                    machine,
                    local,
                    http_port: self.http_port,
                    payload: self.payload.as_ref(),
                    scripts_too: self.scripts_too,
                };
                let bytes = Bytes::from(template.render(&served));
                let etag = format!("\"{}\"", Digest::of(&bytes).short()).into();
                let len = bytes.len() as u64;
                (Content::Memory(bytes), len, etag, None)
            }
            OpenNode::Loader { disk, etag } => (disk.whole(), disk.size, etag.clone(), disk.modified),
            OpenNode::Alias(other) => return self.open_in_image(other),
            OpenNode::Absent(size) => return Some(self.absent(path, *size, Bytes::new())),
        };
        Some(Opened { path: path.into(), len, content, etag, modified, role: self.role(path), decided: None })
    }

    /// A menu for PXELINUX with a word about who asks.
    fn open_with_identity(&self, path: &str, local: Ipv4Addr) -> Option<Opened> {
        let (file, machine) = with_identity(path)?;
        let node = self.files.get(file).filter(|node| matches!(node, OpenNode::Text(_)))?;
        let opened = self.open_node_for(Some(machine), path, node, local)?;
        Some(Opened { role: self.role(file), ..opened })
    }

    /// A file of which only these bytes are known.
    fn absent(&self, path: &str, len: u64, bytes: Bytes) -> Opened {
        let (content, etag) = (Content::Memory(bytes), "\"\"".into());
        Opened { path: path.into(), len, content, etag, modified: None, role: self.role(path), decided: None }
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
                decided: None,
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
            decided: None,
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
    fn why_not(&self, path: &str, local: Ipv4Addr, client: Ipv4Addr) -> Option<String> {
        self.answers.open(path, local, Some(client))?.err()
    }

    fn open_for(&self, path: &str, local: Ipv4Addr, client: Ipv4Addr) -> Option<Opened> {
        self.open_own(path, local, Some(client))
            .or_else(|| self.answers.open(path, local, Some(client))?.ok())
            .or_else(|| self.open_shared(path, local))
    }

    fn open(&self, path: &str, local: Ipv4Addr) -> Option<Opened> {
        self.open_own(path, local, None)
            .or_else(|| self.answers.open(path, local, None)?.ok())
            .or_else(|| self.open_shared(path, local))
    }
}

impl FileTree {
    /// What is the same for every machine.
    fn open_shared(&self, path: &str, local: Ipv4Addr) -> Option<Opened> {
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
            None => self
                .open_in_image(path)
                .or_else(|| self.open_with_identity(path, local))
                .or_else(everywhere)
                .or_else(stand_in),
        }
    }
}
