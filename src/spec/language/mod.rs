//! What the language has, as data: each node with its arguments, properties and children.
//!
//! [`language()`] is built from the same shapes that decoding compares a spec with; `nodes` adds what stands in each place,
//! what holds where it is left out, and a sentence about it. The tables of `docs/reference/` and what `netspec lsp` completes
//! are made from it, and `tests/it/reference.rs` asks the decoder whether all of it is so.

mod nodes;
mod value;

use self::nodes::{Described, NODES};
pub use self::value::Value;

/// A node of the language.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name; empty for the top of a file.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub doc: &'static str,
    /// What holds where it is left out.
    pub without: &'static str,
    /// Whether it may stand only once in its place.
    pub once: bool,
    /// Its arguments, in order; all are required.
    pub arguments: Vec<Part>,
    /// Whether the last argument may be repeated.
    pub more: bool,
    /// Its properties; none is required in every case.
    pub properties: Vec<Part>,
    /// What may stand in its block; none means that it takes no block.
    pub children: Vec<Node>,
}

/// An argument or a property.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What an argument is, in a word or two; the name of a property.
    pub name: &'static str,
    /// What stands there.
    pub value: Value,
    /// What it says, in a sentence; empty where the sentence about its node says it.
    pub doc: &'static str,
    /// What holds where a property is left out; empty for an argument.
    pub without: &'static str,
}

impl Node {
    /// The child of this name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The property of this name.
    pub fn property(&self, name: &str) -> Option<&Part> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// The argument at this position, counted from 0.
    pub fn argument(&self, position: usize) -> Option<&Part> {
        match self.arguments.get(position) {
            None if self.more => self.arguments.last(),
            found => found,
        }
    }

    /// Whether it is a word with plain values behind it, so that one line says all about it.
    pub fn is_plain(&self) -> bool {
        self.children.is_empty() && self.properties.is_empty() && self.arguments.iter().all(|part| part.doc.is_empty())
    }
}

/// Nodes that a later release will have.
const RESERVED: [&str; 1] = [super::decode::TEST];

/// The whole language: the top of a file, with the nodes that may stand there as its children.
pub fn language() -> Node {
    node("", "", true)
}

/// The node of this name in the block of others: `dhcp` at `network/dhcp`. One that nobody has described is a mere name.
fn node(name: &'static str, path: &str, once: bool) -> Node {
    let described = NODES.iter().find(|described| described.path == path);
    let shape = described.map(|described| described.shape);
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    let children = shape.map_or(&[][..], |shape| shape.children);
    Node {
        name,
        doc: described.map_or("", |described| described.doc),
        without: described.map_or("", |described| described.without),
        once,
        arguments: described.map_or_else(Vec::new, arguments),
        more: shape.is_some_and(|shape| shape.more.is_some()),
        properties: described.map_or_else(Vec::new, properties),
        children: children
            .iter()
            .filter(|child| !RESERVED.contains(&child.name))
            .map(|child| node(child.name, &below(child.name), child.once))
            .collect(),
    }
}

fn arguments(described: &Described) -> Vec<Part> {
    let part = |(position, &name): (usize, &&'static str)| {
        let (value, doc) = described.arguments.get(position).copied().unwrap_or((Value::Text, ""));
        Part { name, value, doc, without: "" }
    };
    described.shape.arguments.iter().enumerate().map(part).collect()
}

fn properties(described: &Described) -> Vec<Part> {
    let part = |&name: &&'static str| {
        let known = described.properties.iter().find(|(property, ..)| *property == name);
        let (_, value, without, doc) = known.copied().unwrap_or((name, Value::Text, "", ""));
        Part { name, value, doc, without }
    };
    described.shape.properties.iter().map(part).collect()
}
