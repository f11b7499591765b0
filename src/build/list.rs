//! What of a tree becomes files, and what does not.

use std::collections::BTreeSet;

use super::Kind;
use super::index::{Left, LeftKind};
use crate::plan::{Node, Plan};
use crate::serve::content::Files as _;
use crate::serve::tree::FileTree;

/// The paths that are built, sorted, and what is left.
pub(super) struct List {
    pub(super) files: Vec<String>,
    pub(super) left: Vec<Left>,
}

pub(super) fn list(plan: &Plan, tree: &FileTree, kind: &Kind) -> List {
    let payload: BTreeSet<&str> = plan.payload_nodes().map(|(path, _)| path).collect();
    let is_built =
        |path: &String| *kind != Kind::Payload || !plan.tree.contains_key(path) || payload.contains(path.as_str());
    let mut files: BTreeSet<String> = tree.paths().filter(is_built).collect();
    // What menus ask for may be spelled otherwise than in the ISO, or lead through a link.
    let is_there = |path: &&String| !files.contains(*path) && opens(tree, path) && is_built(path);
    let asked: Vec<String> = plan.roles.keys().filter(is_there).cloned().collect();
    files.extend(asked);
    let (wanted, unwanted) =
        plan.images.keys().map(|name| format!("iso/{name}.iso")).partition(|path| names(plan, path));
    let wanted: Vec<String> = wanted;
    files.extend(wanted);
    if *kind != Kind::Payload {
        files.extend(everywhere(plan, &files));
    }
    let texts = plan.tree.iter().filter(|(_, node)| matches!(node, Node::Text(_))).map(|(path, _)| path.clone());
    let left = [
        (LeftKind::MenusAndScripts, texts.filter(|path| !files.contains(path)).collect::<Vec<_>>()),
        (LeftKind::PerMachine, machines(plan)),
        (LeftKind::Answers, plan.answers.keys().cloned().collect()),
        (LeftKind::InEveryFolder, plan.everywhere.keys().cloned().collect()),
        (LeftKind::AnyName, plan.stand_ins.keys().cloned().collect()),
        (LeftKind::BelowSerialNumbers, plan.below_serial.iter().cloned().collect()),
        (LeftKind::WholeIsos, unwanted),
        (LeftKind::LinksToFolders, tree.links_to_folders().collect()),
    ];
    let left = left.into_iter().filter(|(_, paths)| !paths.is_empty());
    List { files: files.into_iter().collect(), left: left.map(|(what, paths)| Left { what, paths }).collect() }
}

/// The machines and groups that are answered by who they are.
fn machines(plan: &Plan) -> Vec<String> {
    let hosts =
        plan.machines.hosts.iter().filter(|host| host.start.is_some()).map(|host| format!("host {}", host.name));
    let groups = plan.machines.groups.iter().filter(|group| group.start.is_some());
    let mut names: Vec<String> = hosts.chain(groups.map(|group| format!("group {}", group.name))).collect();
    names.sort();
    names
}

fn opens(tree: &FileTree, path: &str) -> bool {
    tree.open(path, std::net::Ipv4Addr::UNSPECIFIED).is_some()
}

/// Whether a text of the plan names a file.
fn names(plan: &Plan, path: &str) -> bool {
    plan.tree.values().any(|node| matches!(node, Node::Text(text) if text.contains(path)))
}

/// What clients look for beside the program that they were started from, in the folders where there is one, and in the root.
fn everywhere(plan: &Plan, files: &BTreeSet<String>) -> Vec<String> {
    let is_program = |(path, node): &(&String, &Node)| matches!(node, Node::Loader(_)) && !path.starts_with("iso/");
    let programs = plan.tree.iter().filter(is_program);
    let folders: BTreeSet<&str> =
        programs.map(|(path, _)| path.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    let in_folder = |folder: &str, name: &String| match folder {
        "" => name.clone(),
        folder => format!("{folder}/{name}"),
    };
    let paths = folders
        .into_iter()
        .chain([""])
        .flat_map(|folder| plan.everywhere.keys().map(move |name| in_folder(folder, name)));
    paths.filter(|path| !files.contains(path)).collect()
}

/// Whether a path can be that of a file in a folder; names in ISOs are bytes of strangers.
pub(super) fn is_safe(path: &str) -> bool {
    path.split('/').all(|name| !matches!(name, "" | "." | "..") && !name.contains('\0'))
}
