//! Payload: the part of the tree that is large and the same for every client, so that any web server can hand it out.
//!
//! That is the files of the ISOs, and the programs of the machine that stand beside them. It has a digest of its own, so that
//! neither an edited menu nor another network makes anybody publish it anew. Menus and scripts stay with netspec: they name
//! its address, and what they say may depend on who asks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde::Serialize;

use super::{FORMAT, Node, Plan, Served, grub};
use crate::facts::{Digest, FilePin, ImageFacts};
use crate::net::Origin;
use crate::proto::dhcp::ProgramOrigin;

/// How many hexadecimal digits of its digest name the folder of a payload: 128 bits, and short enough for the names of files
/// that PXELINUX takes.
const DIGITS: usize = 32;

/// What the digest is of.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Contents<'a> {
    format: u32,
    images: &'a BTreeMap<String, ImageFacts>,
    loaders: &'a BTreeMap<String, FilePin>,
    tree: BTreeMap<&'a str, &'a Node>,
}

impl Plan {
    /// The files of the tree that are payload besides those of ISOs.
    pub fn payload_nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        let mark = grub::http_mark();
        let is_payload = move |path: &str, node: &Node| !matches!(node, Node::Text(_)) || path == mark;
        self.tree.iter().map(|(path, node)| (path.as_str(), node)).filter(move |(path, node)| is_payload(path, node))
    }

    /// The name of the folder that payload is published in: the same wherever the same files stand at the same paths.
    pub fn payload_folder(&self) -> String {
        let tree = self.payload_nodes().collect();
        let contents = Contents { format: FORMAT, images: &self.images, loaders: &self.loaders, tree };
        let json = serde_json::to_vec(&contents).unwrap_or_default();
        Digest::of(&json).to_string().split_at(DIGITS).0.to_owned()
    }

    /// The URL of that folder, where the spec names an origin.
    pub fn payload_origin(&self) -> Option<Origin> {
        self.server.origin.as_ref().map(|origin| origin.below(&self.payload_folder()))
    }

    /// The port of netspec's own HTTP server; `None` where everything that is fetched over HTTP comes from the origin. Answers
    /// never do: they are made for each machine, and installers fetch them over HTTP.
    pub fn http_port(&self) -> Option<u16> {
        let is_needed = self.boot.origin.as_ref().is_none_or(|origin| !origin.only_here.is_empty());
        (is_needed || !self.answers.is_empty()).then_some(self.server.http_port)
    }

    /// What each mark of a text becomes for a client that reaches this machine at `local`; `payload` is
    /// [`Plan::payload_origin`], which takes a while to be made.
    pub fn served<'a>(&self, local: Ipv4Addr, payload: Option<&'a Origin>) -> Served<'a> {
        Served { machine: None, local, http_port: self.http_port(), payload, scripts_too: false }
    }
}

/// How long the URL of a payload is.
pub(super) fn url_length(origin: &Origin) -> usize {
    origin.to_string().len() + 1 + DIGITS
}

/// Says in the boot table where UEFI HTTP Boot fetches its programs.
///
/// shim and GRUB come from this machine in any case: GRUB looks for its menu at the root of the server that it came from.
pub(super) fn add(plan: &mut Plan) {
    let Some(origin) = plan.payload_origin() else { return };
    let folders: BTreeSet<&str> = plan.stand_ins.keys().map(String::as_str).collect();
    let is_here = |path: &&String| path.rsplit_once('/').is_some_and(|(folder, _)| folders.contains(folder));
    let only_here = plan.tree.keys().filter(is_here).cloned().collect();
    plan.boot.origin = Some(ProgramOrigin { url: origin.to_string(), only_here });
}
