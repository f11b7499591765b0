//! Names and URLs that a client is told, looked up as serving looks them up.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::Serialize;

use crate::facts::Gathered;
use crate::plan::{Node, Plan, Role, start};
use crate::proto::name;
use crate::serve::content::{Content, Files, Opened};
use crate::serve::event::Transport;
use crate::serve::tree::FileTree;

/// Menus and scripts have some kilobytes; of a longer one this much is read.
const MAX_TEXT: u64 = 1024 * 1024;

/// The files of a plan, as the clients of one server address see them.
pub(super) struct Shelf<'a> {
    pub(super) tree: &'a FileTree,
    pub(super) plan: &'a Plan,
    pub(super) gathered: &'a Gathered,
    pub(super) server: Ipv4Addr,
    /// The address of the client, where it is known.
    pub(super) client: Option<Ipv4Addr>,
}

/// What a client asks for, and what it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fetched {
    /// The name or URL as the client writes it.
    pub asks_for: String,
    /// How it asks.
    pub over: Transport,
    /// What it gets; `None` where there is no such file.
    pub gets: Option<Got>,
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Got {
    /// Its path in the tree.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is to the client.
    pub role: Role,
    /// Where its bytes come from.
    pub from: Source,
    /// What was decided for the machine, where the file depends on it: `host desk: menu lab`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided: Option<String>,
}

/// Where the bytes of a served file come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum Source {
    /// netspec writes it.
    Generated,
    /// A file of this machine.
    File {
        /// Where it is; its name alone where it is known from a lock.
        path: PathBuf,
        /// SHA-256 of it.
        sha256: String,
        /// Its name in the plan: `ipxe-x64.efi`.
        loader: String,
    },
    /// A file in an ISO, or the whole ISO.
    Iso {
        /// The ISO's name in the spec.
        iso: String,
        /// The path in it; empty for the whole ISO.
        inside: String,
    },
}

impl Shelf<'_> {
    /// A name as a TFTP client asks for it.
    pub(super) fn tftp(&self, asks_for: &str) -> Fetched {
        let found = name::from_tftp(asks_for.as_bytes()).ok();
        self.fetched(asks_for, Transport::Tftp, found)
    }

    /// An absolute URL. `None` where it leads to another server or uses another protocol.
    pub(super) fn url(&self, url: &str) -> Option<Fetched> {
        let (over, path) = self.ours(url)?;
        let path = match over {
            Transport::Http => name::from_http(path.as_bytes()),
            Transport::Tftp => name::from_tftp(path.as_bytes()),
        };
        Some(self.fetched(url, over, path.ok()))
    }

    /// The path in the tree that a URL leads to.
    pub(super) fn path_of(&self, url: &str) -> Option<String> {
        let (_, path) = self.ours(url)?;
        // A folder is no name of a file.
        let is_folder = path.ends_with('/');
        let file = if is_folder { format!("{path}file") } else { path.to_owned() };
        let name = name::from_http(file.as_bytes()).ok()?;
        Some(if is_folder { name.trim_end_matches("file").to_owned() } else { name })
    }

    /// Why a file that would be made for the client cannot be made.
    pub(super) fn why_not(&self, path: &str) -> Option<String> {
        self.tree.why_not(path, self.server, self.server)
    }

    /// The path of a URL that leads to this server, or to the origin of payload.
    fn ours<'u>(&self, url: &'u str) -> Option<(Transport, &'u str)> {
        if let Some(path) = self.plan.boot.origin.as_ref().and_then(|origin| url.strip_prefix(&origin.url)) {
            return path.strip_prefix('/').map(|path| (Transport::Http, path));
        }
        let (scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (over, usual) = match scheme {
            "http" => (Transport::Http, 80),
            "tftp" => (Transport::Tftp, 69),
            _ => return None,
        };
        let (host, port) = match host.split_once(':') {
            Some((host, port)) => (host, port.parse::<u16>().ok()?),
            None => (host, usual),
        };
        let served = match over {
            Transport::Http => self.plan.server.http_port,
            Transport::Tftp => usual,
        };
        (host.parse() == Ok(self.server) && port == served).then_some((over, path))
    }

    fn fetched(&self, asks_for: &str, over: Transport, path: Option<String>) -> Fetched {
        let opened = path.and_then(|path| self.open(&path));
        let gets = opened.map(|opened| Got {
            path: opened.path.to_string(),
            size: opened.len,
            role: opened.role,
            from: self.source(&opened.path),
            decided: opened.decided.as_deref().map(str::to_owned),
        });
        Fetched { asks_for: asks_for.to_owned(), over, gets }
    }

    fn open(&self, path: &str) -> Option<Opened> {
        match self.client {
            Some(client) => self.tree.open_for(path, self.server, client),
            None => self.tree.open(path, self.server),
        }
    }

    /// In the order of [`FileTree`]: a file of the plan, a file of an ISO, a file that is everywhere.
    fn source(&self, path: &str) -> Source {
        let in_iso = Source::in_iso(path);
        let is_in_iso = match &in_iso {
            Source::Iso { iso, inside } => self
                .gathered
                .images
                .get(iso)
                .is_some_and(|image| inside.is_empty() || image.iso.tree.file(inside).is_some()),
            _ => false,
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let everywhere = || self.plan.everywhere.get(name).filter(|_| !is_in_iso);
        match self.plan.tree.get(path).or_else(everywhere) {
            Some(Node::Text(_)) => Source::Generated,
            Some(Node::Loader(name)) => Source::File {
                path: self.gathered.loader_files.get(name).cloned().unwrap_or_else(|| PathBuf::from(name)),
                sha256: self.plan.loaders.get(name).map(|pin| pin.sha256.to_string()).unwrap_or_default(),
                loader: name.clone(),
            },
            Some(Node::Alias(other)) => Source::in_iso(other),
            None if start::is_own(path) => Source::Generated,
            None => in_iso,
        }
    }

    /// The text of a file that was found; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn text(&self, got: &Got) -> String {
        String::from_utf8_lossy(&self.head(got, MAX_TEXT)).into_owned()
    }

    /// The first bytes of a file that was found; fewer where it ends before or cannot be read.
    pub(super) fn head(&self, got: &Got, limit: u64) -> Vec<u8> {
        self.open(&got.path).map(|opened| head(&opened, limit)).unwrap_or_default()
    }

    /// The root images of an ISO below a URL such as `http://192.168.1.5/iso/arch/`.
    pub(super) fn root_images_below(&self, url: &str) -> Vec<Fetched> {
        let Some((_, folder)) = self.ours(url).filter(|(_, path)| path.ends_with('/')) else { return Vec::new() };
        let roles = self.plan.roles.range(folder.to_owned()..).take_while(|(path, _)| path.starts_with(folder));
        let images = roles.filter(|(_, role)| **role == Role::RootImage);
        images.filter_map(|(path, _)| self.url(&format!("{url}{}", path.strip_prefix(folder)?))).collect()
    }
}

impl Source {
    fn in_iso(path: &str) -> Self {
        let below = path.strip_prefix("iso/").unwrap_or(path);
        let (iso, inside) = below.split_once('/').unwrap_or((below.strip_suffix(".iso").unwrap_or(below), ""));
        Self::Iso { iso: iso.to_owned(), inside: inside.to_owned() }
    }
}

fn head(opened: &Opened, limit: u64) -> Vec<u8> {
    if let Content::Memory(bytes) = &opened.content {
        return bytes.to_vec();
    }
    let len = usize::try_from(opened.len.min(limit)).unwrap_or(0);
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        match opened.content.read_at(filled as u64, &mut bytes[filled..]) {
            Ok(n) if n > 0 => filled += n,
            _ => break,
        }
    }
    bytes.truncate(filled);
    bytes
}
