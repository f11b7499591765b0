//! What may be written at the cursor.

use std::path::{Path, PathBuf};

use super::documents::normal;
use super::names::{self, File};
use crate::source::Span;
use crate::spec::language::{Node, Part, Value};
use crate::spec::tree::{Place, TreeEntry, TreeNode, inside_quotes};
use crate::world::{OsWorld, World as _};

/// Of a folder, not more names than these are offered.
const MAX_FILES: usize = 500;

/// What an offer is, as LSP's `CompletionItemKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Node = 7,
    Property = 10,
    Word = 12,
    File = 17,
    Reference = 18,
    Folder = 19,
}

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub label: String,
    pub kind: Kind,
    /// In a few words, what it is.
    pub detail: String,
    /// What is written.
    pub text: String,
    /// The same with places to fill in, in the syntax of LSP's snippets.
    pub snippet: Option<String>,
    /// What it takes the place of.
    pub replaces: Span,
}

/// What may be written at this place of a file.
pub(super) fn complete(files: &[File], position: usize, offset: usize, language: &Node) -> Vec<Offer> {
    let Some(file) = files.get(position) else { return Vec::new() };
    let text = &file.text.text;
    let place = file.tree.place(text, offset);
    let Some(parent) = known_around(&place, language) else { return Vec::new() };
    let Some(node) = place.node else {
        // In a comment or behind a block there is nothing to offer.
        let line = text.get(..offset).unwrap_or_default().rsplit(['\n', ';', '{']).next().unwrap_or_default();
        let is_blank = line.trim().is_empty();
        return if is_blank { nodes(parent, &place, None, Span::new(offset, offset)) } else { Vec::new() };
    };
    if offset <= node.name.span.end {
        return nodes(parent, &place, Some(node), node.name.span);
    }
    let Some(known) = parent.child(&node.name.value) else { return Vec::new() };
    let entry = node.entries.iter().find(|entry| entry.span.start <= offset && offset <= entry.span.end);
    let mut offers = Vec::new();
    let at = Cursor { files, position, offset };
    match entry.and_then(|entry| Some((entry, entry.key.as_ref()?))) {
        // Behind `name=`.
        Some((entry, key)) if offset > key.span.end => {
            if let Some(part) = known.property(&key.value) {
                let span = entry.value.as_ref().map_or(Span::new(offset, offset), |value| value.span);
                at.values(part, span, language, &mut offers);
            }
        }
        Some((entry, key)) => properties(known, node, Some(entry), key.span, &mut offers),
        None => {
            let before = node.entries.iter().filter(|entry| entry.key.is_none() && entry.span.end < offset).count();
            let span = entry.map_or(Span::new(offset, offset), |entry| entry.span);
            if let Some(part) = known.argument(before) {
                at.values(part, span, language, &mut offers);
            }
            let is_quoted = text.get(span.start..span.end).is_some_and(|written| written.contains('"'));
            if before >= known.arguments.len() && !is_quoted {
                properties(known, node, entry, span, &mut offers);
            }
        }
    }
    offers
}

/// The node of the language whose block the place is in.
fn known_around<'a>(place: &Place<'_>, language: &'a Node) -> Option<&'a Node> {
    place.around.iter().try_fold(language, |known, node| known.child(&node.name.value))
}

/// The nodes that may stand in a block, but those that stand there already and may not again.
fn nodes(parent: &Node, place: &Place<'_>, current: Option<&TreeNode>, replaces: Span) -> Vec<Offer> {
    let siblings = place.around.last().map_or(&[][..], |node| &node.nodes);
    let is_there = |name: &str| {
        let others = siblings.iter().filter(|node| current.is_none_or(|current| current.head != node.head));
        others.into_iter().any(|node| node.name.value == name)
    };
    let free = parent.children.iter().filter(|child| !(child.once && is_there(child.name)));
    free.map(|child| Offer {
        label: child.name.to_owned(),
        kind: Kind::Node,
        detail: child.doc.to_owned(),
        text: child.name.to_owned(),
        snippet: Some(snippet(child)),
        replaces,
    })
    .collect()
}

/// A node with places for its arguments, and with its block where most have one.
fn snippet(node: &Node) -> String {
    let mut text = node.name.to_owned();
    for (position, part) in node.arguments.iter().enumerate() {
        let place = format!("${{{}:{}}}", position + 1, part.name);
        let bare = matches!(part.value, Value::Number { .. } | Value::Boolean);
        text.push_str(&if bare { format!(" {place}") } else { format!(" \"{place}\"") });
    }
    let has_block = !node.children.is_empty() && node.properties.is_empty() && !matches!(node.name, "iso" | "dhcp");
    if has_block || node.name == "menu" {
        text.push_str(" {\n\t$0\n}");
    }
    text
}

/// The properties that a node does not have yet.
fn properties(known: &Node, node: &TreeNode, current: Option<&TreeEntry>, replaces: Span, offers: &mut Vec<Offer>) {
    let others = || node.entries.iter().filter(|entry| current.is_none_or(|current| current.span != entry.span));
    let has = |name: &str| others().filter_map(|entry| entry.key.as_ref()).any(|key| key.value == name);
    // A property that is written already keeps its `=`.
    let is_written = current.is_some_and(|entry| entry.key.is_some());
    for part in known.properties.iter().filter(|part| !has(part.name)) {
        let quoted = !matches!(part.value, Value::Number { .. } | Value::Boolean);
        let value = if quoted { "\"$1\"" } else { "$1" };
        offers.push(Offer {
            label: part.name.to_owned(),
            kind: Kind::Property,
            detail: part.doc.to_owned(),
            text: if is_written { part.name.to_owned() } else { format!("{}=", part.name) },
            snippet: (!is_written).then(|| format!("{}={value}", part.name)),
            replaces,
        });
    }
}

struct Cursor<'a> {
    files: &'a [File],
    position: usize,
    offset: usize,
}

impl Cursor<'_> {
    /// The values that an argument or a property may have, in place of the one that is written at `span`.
    fn values(&self, part: &Part, span: Span, language: &Node, offers: &mut Vec<Offer>) {
        let Some(file) = self.files.get(self.position) else { return };
        let written = file.text.text.get(span.start..span.end).unwrap_or_default();
        let is_quoted = written.contains('"');
        let replaces = if is_quoted { inside_quotes(&file.text.text, span) } else { span };
        let mut offer = |word: &str, kind: Kind, detail: String| {
            let bare = is_quoted || word.starts_with('#');
            let text = if bare { word.to_owned() } else { format!("\"{word}\"") };
            offers.push(Offer { label: word.to_owned(), kind, detail, text, snippet: None, replaces });
        };
        for word in part.value.words() {
            offer(word, Kind::Word, part.doc.to_owned());
        }
        match part.value {
            Value::Reference(kinds) => {
                let names = names::names(self.files, language);
                let mut known: Vec<_> = names
                    .iter()
                    .filter(|name| name.is_definition && name.kinds.iter().any(|kind| kinds.contains(kind)))
                    .filter_map(|name| Some((name.value.as_str(), *name.kinds.first()?)))
                    .collect();
                known.sort_unstable();
                known.dedup();
                for (name, kind) in known {
                    offer(name, Kind::Reference, kind.to_owned());
                }
            }
            Value::Interface => {
                let interfaces = crate::serve::interface::interfaces().unwrap_or_default();
                for interface in interfaces {
                    let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
                    offer(&interface.name, Kind::Word, addresses.join(", "));
                }
            }
            Value::Path | Value::PathOrUrl if is_quoted => {
                let typed = file.text.text.get(replaces.start..self.offset).unwrap_or_default();
                for (path, is_folder) in paths(&file.path, typed) {
                    offer(&path, if is_folder { Kind::Folder } else { Kind::File }, String::new());
                }
            }
            _ => {}
        }
    }
}

/// The files and folders in the folder that was typed so far, as paths of the same form.
fn paths(file: &Path, typed: &str) -> Vec<(String, bool)> {
    let folder = &typed[..typed.rfind('/').map_or(0, |slash| slash + 1)];
    let real = normal(&file.parent().unwrap_or(Path::new("")).join(folder));
    let listed: Vec<PathBuf> = OsWorld.list(&real).unwrap_or_default();
    let named = listed.iter().take(MAX_FILES).filter_map(|path| Some((path.file_name()?.to_str()?, path)));
    let plain =
        |name: &str| !name.starts_with('.') && !name.contains(['"', '\\', '{']) && !name.contains(char::is_control);
    named
        .filter(|(name, _)| plain(name))
        .map(|(name, path)| {
            let is_folder = path.is_dir();
            (format!("{folder}{name}{}", if is_folder { "/" } else { "" }), is_folder)
        })
        .collect()
}
