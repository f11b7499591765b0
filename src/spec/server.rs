//! `server { http 80; window 16; tftp { … } }`; the port of TFTP has no choice, for firmware asks 69 only (RFC 1350 section 4)

use std::ops::RangeInclusive;

use kdl::KdlNode;

use super::shape::{Checked, Child, Shape};
use super::tftp::Tftp;
use super::value::{self, Wanted, name_span};
use crate::diag::Diagnostics;
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "server",
    arguments: &[],
    more: None,
    properties: &[],
    children: &[
        Child { name: "http", once: true },
        Child { name: "window", once: true },
        Child { name: "tftp", once: true },
    ],
};
pub(super) const HTTP: Shape = Shape { name: "http", arguments: &["port"], more: None, properties: &[], children: &[] };
pub(super) const WINDOW: Shape =
    Shape { name: "window", arguments: &["number of blocks"], more: None, properties: &[], children: &[] };

/// How the servers are set up; what is `None` has its default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The TCP port of HTTP.
    pub http: Option<Spanned<u16>>,
    /// The largest window of TFTP that is granted, in blocks (RFC 7440).
    pub window: Option<Spanned<u16>>,
    /// What else TFTP does otherwise than usual.
    pub tftp: Option<Tftp>,
    /// The place of the word `server`.
    pub span: Span,
}

impl Server {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Self {
        let checked = Checked::new(node, &SHAPE, out);
        let mut number = |shape: &'static Shape, range: RangeInclusive<u16>, what: &str| {
            let child = Checked::new(checked.child(shape.name)?, shape, out);
            let entry = child.argument(0, out)?;
            value::integer(entry, Wanted::argument(shape.name), range, what, out)
        };
        let http = number(&HTTP, 1..=65535, "a port");
        let window = number(&WINDOW, 1..=64, "a number of blocks");
        Self { http, window, tftp: checked.child("tftp").map(|node| Tftp::decode(node, out)), span: name_span(node) }
    }
}
