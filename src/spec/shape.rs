//! Which arguments, properties and children a node takes, and the findings where it has others.

use kdl::{KdlDocument, KdlEntry, KdlNode};

use super::value::{annotation_span, key_span, name_span, value_span};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

/// What a node takes.
pub(super) struct Shape {
    /// The node's name; empty for the top of the file.
    pub name: &'static str,
    /// What its arguments are, in words, in order; all are required.
    pub arguments: &'static [&'static str],
    /// What further arguments are, where the last one may be repeated.
    pub more: Option<&'static str>,
    /// The names of its properties.
    pub properties: &'static [&'static str],
    /// Its children; none means that it takes no block.
    pub children: &'static [Child],
}

impl Shape {
    /// The node as a message names it. Of `dhcp`, one mode takes a block and the other takes none.
    fn shown(&self) -> &'static str {
        match (self.name, self.children) {
            ("dhcp", []) => "dhcp \"proxy\"",
            _ => self.name,
        }
    }
}

/// A node that may stand in the block of another.
pub(super) struct Child {
    /// Its name.
    pub name: &'static str,
    /// Whether it may stand there only once.
    pub once: bool,
}

/// Where the nodes of the language belong, for the help on a misplaced one.
const HOMES: &[(&str, &str)] = &[
    ("include", ""),
    ("let", ""),
    ("test", ""),
    ("network", ""),
    ("iso", ""),
    ("answers", ""),
    ("menu", ""),
    ("server", ""),
    ("loader", ""),
    ("host", ""),
    ("group", ""),
    ("firmware", ""),
    ("subnet", "network"),
    ("interface", "network"),
    ("dhcp", "network"),
    ("relay", "network"),
    ("address", "network"),
    ("range", "dhcp"),
    ("lease", "dhcp"),
    ("router", "dhcp"),
    ("dns", "dhcp"),
    ("meta-data", "answers"),
    ("set", "answers"),
    ("entry", "menu"),
    ("separator", "menu"),
    ("kernel", "entry"),
    ("initrd", "entry"),
    ("file", "entry"),
    ("http", "server"),
    ("origin", "server"),
    ("window", "server"),
    ("tftp", "server"),
    ("block-size", "tftp"),
    ("without", "tftp"),
    ("single-port", "tftp"),
    ("wrap", "tftp"),
    ("address", "host"),
    ("mac", "host"),
    ("uuid", "host"),
    ("serial", "host"),
    ("mode", "host"),
    ("delay", "host"),
    ("memory", "host"),
    ("network-cards", "host"),
    ("arch", "firmware"),
    ("vendor-class", "firmware"),
];

/// A node that has been compared with its shape.
pub(super) struct Checked<'a> {
    /// The node.
    pub node: &'a KdlNode,
    shape: &'static Shape,
    /// The children that the shape knows, repeated ones left out.
    pub children: Vec<&'a KdlNode>,
    /// Whether nothing was found. Else a thing that is missing may be there under a wrong name.
    pub clean: bool,
}

impl<'a> Checked<'a> {
    /// Compares a node with its shape.
    pub(super) fn new(node: &'a KdlNode, shape: &'static Shape, out: &mut Diagnostics) -> Self {
        let mut clean = check_entries(node, shape, out);
        if let Some(ty) = node.ty() {
            out.push(unexpected_annotation(annotation_span(ty), ty.value()));
        }
        let mut children = Vec::new();
        if let Some(block) = node.children() {
            if !shape.children.is_empty() {
                let (known, clean_block) = check_children(shape, block, out);
                children = known;
                clean &= clean_block;
            } else if let Some(first) = block.nodes().first() {
                out.push(
                    Diagnostic::new(Code::UnexpectedChildren, format!("`{}` takes no block", shape.shown()))
                        .at(name_span(first), "does not belong here")
                        .help(match shape.properties {
                            [] if shape.name == "dhcp" => {
                                "write `dhcp \"server\"` if netspec is to give out addresses, or remove the block"
                                    .to_owned()
                            }
                            [] => format!("write `{}` without `{{ … }}`", shape.name),
                            names => format!("write `{}` as properties: {}", shape.name, listed(names)),
                        }),
                );
                clean = false;
            }
        }
        Self { node, shape, children, clean }
    }

    /// The argument at this position, and a finding if there is none.
    pub(super) fn argument(&self, position: usize, out: &mut Diagnostics) -> Option<&'a KdlEntry> {
        let found = self.arguments().nth(position);
        // Of several that are missing, the first one is told; the help shows all.
        if found.is_none() && self.clean && self.arguments().count() == position {
            let what = self.shape.arguments.get(position).copied().unwrap_or("value");
            let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            let example: String = self.shape.arguments.iter().map(|what| format!(" {}", placeholder(what))).collect();
            out.push(
                Diagnostic::new(Code::Missing, format!("`{}` needs {article} {what}", self.shape.name))
                    .at(name_span(self.node), format!("{what} missing"))
                    .help(format!("write `{}{example}`", self.shape.name)),
            );
        }
        found
    }

    /// All arguments.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &'a KdlEntry> + use<'a> {
        self.node.entries().iter().filter(|entry| entry.name().is_none())
    }

    /// The property of this name, the first one if it is repeated.
    pub(super) fn property(&self, name: &str) -> Option<&'a KdlEntry> {
        self.node.entries().iter().find(|entry| entry.name().is_some_and(|key| key.value() == name))
    }

    /// The child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&'a KdlNode> {
        self.children.iter().find(|child| child.name().value() == name).copied()
    }
}

/// How an argument looks in a help text.
fn placeholder(what: &str) -> &'static str {
    match what {
        "port" => "80",
        "number of blocks" => "16",
        "number of bytes" => "1024",
        "block number" => "1",
        "TFTP option" => "\"windowsize\"",
        "subnet" => "\"192.168.1.0/24\"",
        "interface name" => "\"eth0\"",
        "range" => "\"192.168.1.100-192.168.1.199\"",
        "duration" => "\"12h\"",
        "amount" => "\"2GiB\"",
        "number" => "2",
        "mode" => "\"proxy\"",
        "path" => "\"path/to/file\"",
        "kind" => "\"pxelinux\"",
        "word" => "\"console=ttyS0\"",
        "hardware address" => "\"52:54:00:12:34:56\"",
        "address" => "\"192.168.1.50\"",
        "UUID" => "\"4c4c4544-0031-3510-8052-b7c04f4b3232\"",
        "serial number" => "\"7XK2Q13\"",
        "entry" => "\"main/debian\"",
        "way to answer" => "\"binl\"",
        "time" => "\"2s\"",
        "architecture" => "\"uefi-x64\"",
        "text" => "\"HW-Client\"",
        "variable" => "\"disk\"",
        "value" => "\"/dev/vda\"",
        _ => "\"name\"",
    }
}

fn check_entries(node: &KdlNode, shape: &Shape, out: &mut Diagnostics) -> bool {
    let mut clean = true;
    let mut arguments = 0;
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for entry in node.entries() {
        if let Some(ty) = entry.ty() {
            out.push(unexpected_annotation(annotation_span(ty), ty.value()));
        }
        let Some(key) = entry.name() else {
            arguments += 1;
            if arguments > shape.arguments.len() && shape.more.is_none() {
                out.push(unexpected_argument(entry, shape));
                clean = false;
            }
            continue;
        };
        let Some(&known) = shape.properties.iter().find(|&&name| name == key.value()) else {
            out.push(unknown_property(entry, key_span(key), key.value(), shape, out.is_full()));
            clean = false;
            continue;
        };
        match seen.iter().find(|(name, _)| *name == known) {
            Some((_, first)) => out.push(
                Diagnostic::new(Code::DuplicateProperty, format!("property `{known}` is given twice"))
                    .at(key_span(key), "given again")
                    .at(*first, "first given here")
                    .help(format!("keep one `{known}`")),
            ),
            None => seen.push((known, key_span(key))),
        }
    }
    clean
}

fn unexpected_argument(entry: &KdlEntry, shape: &Shape) -> Diagnostic {
    let takes = match shape.arguments {
        [] => "takes no argument".to_owned(),
        [one] => format!("takes one argument, the {one}"),
        [first, second] => format!("takes two arguments, the {first} and the {second}"),
        many => format!("takes {} arguments", many.len()),
    };
    let help = match shape.properties {
        [] => "remove it, or put a text with blanks in one pair of quotes".to_owned(),
        names => format!(
            "remove it, put a text with blanks in one pair of quotes, or say which property it is: {}",
            listed(names)
        ),
    };
    Diagnostic::new(Code::UnexpectedArgument, format!("`{}` {takes}", shape.name))
        .at(value_span(entry), "one too many")
        .help(help)
}

fn unknown_property(entry: &KdlEntry, span: Span, key: &str, shape: &Shape, full: bool) -> Diagnostic {
    let seen = shown(key);
    let diagnostic = Diagnostic::new(Code::UnknownProperty, format!("`{}` has no property `{seen}`", shape.name))
        .at(span, "not known");
    if full {
        return diagnostic;
    }
    let help = if shape.children.iter().any(|child| child.name == key) {
        let value = entry.format().map_or_else(String::new, |format| shown(&format.value_repr));
        format!("write it in the block of `{}`, as `{{ {key} {value} }}`", shape.name)
    } else if let Some(near) = nearest(key, shape.properties.iter().copied()) {
        format!("did you mean `{near}`?")
    } else if shape.more.is_some() {
        format!("put the whole word in quotes: `\"{seen}=…\"`")
    } else if shape.properties.is_empty() {
        format!("`{}` takes no properties", shape.name)
    } else {
        format!("`{}` takes {}", shape.name, listed(shape.properties))
    };
    diagnostic.help(help)
}

fn unexpected_annotation(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedAnnotation, format!("type annotation `({})` has no meaning here", shown(ty)))
        .at(span, "not needed")
        .help("remove it: netspec knows the type of each value")
}

/// Compares the nodes of a block with the shape of the node it belongs to.
///
/// Gives the nodes that belong there, and whether all did.
pub(super) fn check_children<'a>(
    shape: &'static Shape,
    block: &'a KdlDocument,
    out: &mut Diagnostics,
) -> (Vec<&'a KdlNode>, bool) {
    let mut clean = true;
    let mut known: Vec<&KdlNode> = Vec::new();
    let mut once: Vec<(&str, Span)> = Vec::new();
    for node in block.nodes() {
        let name = node.name().value();
        let span = name_span(node);
        let Some(child) = shape.children.iter().find(|child| child.name == name) else {
            out.push(unknown_node(name, span, shape, out.is_full()));
            clean = false;
            continue;
        };
        if !child.once {
            known.push(node);
            continue;
        }
        match once.iter().find(|(first, _)| *first == name) {
            Some((_, first)) => out.push(
                Diagnostic::new(Code::DuplicateNode, format!("`{name}` stands twice where it may stand once"))
                    .at(span, "stands again")
                    .at(*first, "first one here")
                    .help(if shape.name == "network" {
                        format!("keep one `{name}`, or write a second `network` for the other")
                    } else {
                        format!("keep one `{name}`")
                    }),
            ),
            None => {
                once.push((child.name, span));
                known.push(node);
            }
        }
    }
    (known, clean)
}

fn unknown_node(name: &str, span: Span, shape: &Shape, full: bool) -> Diagnostic {
    let seen = shown(name);
    let message = if shape.name.is_empty() {
        format!("unknown node `{seen}`")
    } else {
        format!("unknown node `{seen}` in `{}`", shape.name)
    };
    if full {
        return Diagnostic::new(Code::UnknownNode, message).at(span, "not known");
    }
    let names = || shape.children.iter().map(|child| child.name);
    let home = HOMES.iter().find(|(node, _)| *node == name);
    let (label, help) = match home {
        Some((_, "")) => {
            ("not in a block", format!("write `{name}` at the top of the file, outside of `{}`", shape.name))
        }
        Some((_, home)) => ("not in this place", format!("`{name}` belongs in the block of a `{home}`")),
        None if shape.properties.contains(&name) => {
            ("a property", format!("write it before the block, as `{} {name}=…`", shape.name))
        }
        None => match nearest(name, names()) {
            Some(near) => ("not known", format!("did you mean `{near}`?")),
            None if shape.name.is_empty() => ("not known", format!("a spec is made of {}", listed(names()))),
            None => ("not known", format!("`{}` takes {}", shape.name, listed(names()))),
        },
    };
    Diagnostic::new(Code::UnknownNode, message).at(span, label).help(help)
}
