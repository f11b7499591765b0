//! The pages of reference, as an editor shows them.

use crate::spec::language::{Node, Part};

macro_rules! pages {
    ($($node:literal)*) => {
        const PAGES: &[(&str, &str)] = &[$(($node, include_str!(concat!("../../docs/reference/", $node, ".md"))),)*];
    };
}

pages! { "include" "let" "network" "iso" "answers" "menu" "server" "loader" "host" "group" "firmware" }

/// What is shown about a node: the page of one at the top of a file, the section or the row of one in a block.
///
/// `around` holds the nodes around it, outermost first.
pub(super) fn about_node(around: &[&Node], node: &Node) -> String {
    let page = |name: &str| PAGES.iter().find(|(known, _)| *known == name).map(|(_, page)| *page);
    match around.first() {
        None => page(node.name).map_or_else(|| row(node), for_editor),
        Some(top) => page(top.name).and_then(|page| section(page, node.name)).unwrap_or_else(|| row(node)),
    }
}

/// What is shown about an argument or a property of a node.
pub(super) fn about_part(node: &Node, part: &Part, is_property: bool) -> String {
    let title = if is_property { format!("`{}` of `{}`", part.name, node.name) } else { format!("`{}`", node.name) };
    let doc = if part.doc.is_empty() { node.doc } else { part.doc };
    let without = if is_property { part.without } else { "" };
    lines(&title, doc, &part.value.describe(), without)
}

fn row(node: &Node) -> String {
    let values: Vec<String> = node.arguments.iter().map(|part| part.value.describe()).collect();
    lines(&format!("`{}`", node.name), node.doc, &values.join(", then "), node.without)
}

fn lines(title: &str, doc: &str, value: &str, without: &str) -> String {
    let mut text = format!("**{title}**: {doc}");
    if !value.is_empty() {
        text.push_str(&format!("\n\nValue: {value}."));
    }
    if !without.is_empty() {
        text.push_str(&format!("\n\nWithout it: {without}."));
    }
    text
}

/// The section of a page that is about a node in its block.
fn section(page: &str, node: &str) -> Option<String> {
    let mut level = 0;
    let mut in_block = false;
    let mut section = String::new();
    for line in page.split_inclusive('\n') {
        in_block ^= line.starts_with("```");
        let depth = if in_block { 0 } else { line.bytes().take_while(|&byte| byte == b'#').count() };
        if level == 0 && depth > 1 && line.trim_start_matches('#').trim() == format!("`{node}`") {
            level = depth;
        } else if level > 0 && depth > 0 && depth <= level {
            break;
        }
        if level > 0 {
            section.push_str(line);
        }
    }
    (!section.is_empty()).then(|| for_editor(&section))
}

/// The page without what only its test reads, and without links, which lead nowhere from an editor.
fn for_editor(page: &str) -> String {
    let mut text = String::new();
    for line in page.lines().filter(|line| !line.starts_with("<!--")) {
        let mut rest = line;
        while let Some((before, link)) = rest.split_once('[') {
            let Some((label, behind)) = link
                .split_once("](")
                .and_then(|(label, target)| target.split_once(')').map(|(_, behind)| (label, behind)))
            else {
                break;
            };
            text.push_str(&format!("{before}{label}"));
            rest = behind;
        }
        text.push_str(&format!("{rest}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::language;

    #[test]
    fn every_node_has_its_page() {
        let language = language();
        let nodes: Vec<_> = language.children.iter().map(|node| node.name).collect();
        let pages: Vec<_> = PAGES.iter().map(|(name, _)| *name).collect();
        assert_eq!(pages, nodes, "the list above names the nodes in the order of the language");
    }

    #[test]
    fn a_node_in_a_block_has_its_section_or_its_row() {
        let language = language();
        let menu = language.child("menu").unwrap();
        let entry = about_node(&[menu], menu.child("entry").unwrap());
        assert!(entry.starts_with("## `entry`") && entry.contains("| `iso=` |") && !entry.contains("## Left out"));
        assert!(!entry.contains("<!--") && !entry.contains("]("), "{entry}");
        let network = language.child("network").unwrap();
        let relay = about_node(&[network], network.child("relay").unwrap());
        assert!(relay.starts_with("**`relay`**: The subnet of PCs") && relay.contains("Without it: PCs"), "{relay}");
        let timeout = about_part(menu, menu.property("timeout").unwrap(), true);
        assert!(timeout.contains("Value: 0 to 3600 seconds."), "{timeout}");
        assert!(about_node(&[], menu).starts_with("# `menu`"));
    }
}
