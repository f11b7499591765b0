//! The nodes of a document, for the outline that editors show.

use serde_json::{Value, json};

use super::text::Text;
use crate::source::Span;
use crate::spec::tree::TreeNode;

/// As LSP's `DocumentSymbol`s. A node is shown with its first argument, as it is read: `entry arch`.
pub(super) fn symbols(text: &Text, nodes: &[TreeNode]) -> Vec<Value> {
    nodes.iter().filter(|node| !node.name.value.is_empty()).map(|node| symbol(text, node)).collect()
}

fn symbol(text: &Text, node: &TreeNode) -> Value {
    let argument = node.arguments().next();
    let selected = argument.map_or(node.name.span, |argument| Span::new(node.name.span.start, argument.span.end));
    let name = match argument {
        Some(argument) if !argument.value.is_empty() => format!("{} {}", node.name.value, argument.value),
        _ => node.name.value.clone(),
    };
    // What has a block is an object, what has none a property.
    let kind = if node.block.is_some() { 19 } else { 7 };
    json!({
        "name": name,
        "kind": kind,
        "range": text.range(node.span()),
        "selectionRange": text.range(selected),
        "children": symbols(text, &node.nodes),
    })
}
