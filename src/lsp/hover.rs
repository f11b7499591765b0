//! What is said about the word under the cursor.

use std::collections::BTreeMap;

use super::names::{self, File, Name};
use super::pages;
use crate::source::Span;
use crate::spec::language::Node;

/// Of a node that a name stands for, not more lines than these are shown.
const MAX_LINES: usize = 12;

/// The text in Markdown, and what it is about. `found` says what ISOs hold, by their names.
pub(super) fn hover(
    files: &[File],
    position: usize,
    offset: usize,
    language: &Node,
    found: &BTreeMap<String, String>,
) -> Option<(String, Span)> {
    let file = files.get(position)?;
    let place = file.tree.place(&file.text.text, offset);
    let node = place.node?;
    let mut around = Vec::new();
    let mut parent = language;
    for outer in &place.around {
        parent = parent.child(&outer.name.value)?;
        around.push(parent);
    }
    let known = parent.child(&node.name.value)?;
    let within = |span: Span| span.start <= offset && offset <= span.end;
    if within(node.name.span) {
        return Some((pages::about_node(&around, known), node.name.span));
    }
    let entry = node.entries.iter().find(|entry| within(entry.span))?;
    let part = match &entry.key {
        Some(key) => known.property(&key.value),
        None => {
            let before = node.entries.iter().filter(|other| other.key.is_none() && other.span.start < entry.span.start);
            known.argument(before.count())
        }
    };
    let about_part = part.map(|part| pages::about_part(known, part, entry.key.is_some()));
    let names = names::names(files, language);
    let name = names::at(&names, position, offset);
    let about_name = name.and_then(|name| about_name(files, &names, name, found));
    let span = name.map_or(entry.span, |name| name.span);
    let texts: Vec<String> = about_name.into_iter().chain(about_part).collect();
    (!texts.is_empty()).then(|| (texts.join("\n\n---\n\n"), span))
}

/// The node that a name stands for, and what was found in an ISO.
fn about_name(files: &[File], names: &[Name], name: &Name, found: &BTreeMap<String, String>) -> Option<String> {
    let definition = names.iter().find(|other| other.is_definition && other.means(name))?;
    let found = found.get(&definition.value).filter(|_| definition.kinds.contains(&"iso"));
    let found = found.map(|found| format!("Holds {found}."));
    let text = files.get(definition.file)?.text.text.get(definition.node.start..definition.node.end)?;
    let shown: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let more = if text.lines().count() > MAX_LINES { "\n…" } else { "" };
    // At the definition itself, its text is in view.
    let shown = (!name.is_definition).then(|| format!("```kdl\n{}{more}\n```", shown.join("\n")));
    let texts: Vec<String> = shown.into_iter().chain(found).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}
