//! `tftp { block-size 1024; without "windowsize" mac="b8:27:eb"; single-port; wrap 1 }` in the block of `server`

use kdl::{KdlEntry, KdlNode};

use super::effect::argument;
use super::firmware::mac_prefix;
use super::shape::{Checked, Child, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::MacPrefix;
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "tftp",
    arguments: &[],
    more: None,
    properties: &[],
    children: &[
        Child { name: "block-size", once: true },
        Child { name: "without", once: false },
        Child { name: "single-port", once: true },
        Child { name: "wrap", once: true },
    ],
};
pub(super) const BLOCK_SIZE: Shape =
    Shape { name: "block-size", arguments: &["number of bytes"], more: None, properties: &[], children: &[] };
pub(super) const WITHOUT: Shape = Shape {
    name: "without",
    arguments: &["TFTP option"],
    more: Some("TFTP option"),
    properties: &["mac"],
    children: &[],
};
pub(super) const SINGLE_PORT: Shape =
    Shape { name: "single-port", arguments: &[], more: None, properties: &[], children: &[] };
pub(super) const WRAP: Shape =
    Shape { name: "wrap", arguments: &["block number"], more: None, properties: &[], children: &[] };

/// How TFTP differs from what firmware usually takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tftp {
    /// The largest block that is granted, in bytes (RFC 2348).
    pub block_size: Option<Spanned<u16>>,
    /// Options that are not granted.
    pub without: Vec<Without>,
    /// Whether data comes from port 69 as well, and where that is said.
    pub single_port: Option<Span>,
    /// The block number behind 65535: 0 or 1.
    pub wrap: Option<Spanned<u16>>,
}

/// Options that are not granted to some clients or to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Without {
    /// The options.
    pub options: Vec<Spanned<TftpOption>>,
    /// The beginning of the hardware addresses of these clients; `None` means all clients.
    pub mac: Option<Spanned<MacPrefix>>,
}

/// An option of TFTP that netspec knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TftpOption {
    /// The size of blocks (RFC 2348).
    Blksize,
    /// The time until a packet is repeated (RFC 2349).
    Timeout,
    /// The size of the file (RFC 2349).
    Tsize,
    /// The number of blocks without an ACK (RFC 7440).
    Windowsize,
}

impl TftpOption {
    pub(super) const NAMES: [(&str, Self); 4] = [
        ("blksize", Self::Blksize),
        ("timeout", Self::Timeout),
        ("tsize", Self::Tsize),
        ("windowsize", Self::Windowsize),
    ];
}

impl Tftp {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Self {
        let checked = Checked::new(node, &SHAPE, out);
        let mut number = |shape: &'static Shape, range, what: &str| {
            let entry = argument(checked.child(shape.name)?, shape, out)?;
            value::integer(entry, Wanted::argument(shape.name), range, what, out)
        };
        let block_size = number(&BLOCK_SIZE, 8..=65464, "a number of bytes");
        let wrap = number(&WRAP, 0..=1, "a block number");
        let single_port = checked.child("single-port").map(|node| {
            Checked::new(node, &SINGLE_PORT, out);
            name_span(node)
        });
        let without = checked.children.iter().filter(|child| child.name().value() == "without");
        Self { block_size, without: without.filter_map(|node| without_of(node, out)).collect(), single_port, wrap }
    }
}

/// `None` where something cannot be read, so that the options are not taken from more clients than was meant.
fn without_of(node: &KdlNode, out: &mut Diagnostics) -> Option<Without> {
    let checked = Checked::new(node, &WITHOUT, out);
    checked.argument(0, out)?;
    let options: Vec<_> = checked.arguments().map(|entry| option(entry, out)).collect();
    let mac = match checked.property("mac") {
        Some(entry) => Some(mac_prefix(entry, out)?),
        None => None,
    };
    let without = Without { options: options.into_iter().collect::<Option<_>>()?, mac };
    checked.clean.then_some(without)
}

fn option(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<TftpOption>> {
    let text = value::string(entry, Wanted::argument("without"), out)?;
    let found = TftpOption::NAMES.into_iter().find(|(name, _)| *name == text.value);
    if let Some((_, option)) = found {
        return Some(Spanned::new(option, text.span));
    }
    let names = TftpOption::NAMES.map(|(name, _)| name);
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("there is no TFTP option `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(match nearest(&text.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the options are {}", listed(names)),
            }),
    );
    None
}
