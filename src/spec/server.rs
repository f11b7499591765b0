//! `server { http 80; origin "http://cdn.example/boot"; window 16; tftp { … } }`; the port of TFTP has no choice, for firmware asks 69 only (RFC 1350 section 4)

use std::ops::RangeInclusive;

use kdl::KdlNode;

use super::shape::{Checked, Child, Shape};
use super::tftp::Tftp;
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::{MAX_ORIGIN, Origin, OriginError};
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "server",
    arguments: &[],
    more: None,
    properties: &[],
    children: &[
        Child { name: "http", once: true },
        Child { name: "origin", once: true },
        Child { name: "window", once: true },
        Child { name: "tftp", once: true },
    ],
};
pub(super) const HTTP: Shape = Shape { name: "http", arguments: &["port"], more: None, properties: &[], children: &[] };
pub(super) const ORIGIN: Shape =
    Shape { name: "origin", arguments: &["URL"], more: None, properties: &[], children: &[] };
pub(super) const WINDOW: Shape =
    Shape { name: "window", arguments: &["number of blocks"], more: None, properties: &[], children: &[] };

/// How the servers are set up; what is `None` has its default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The TCP port of HTTP.
    pub http: Option<Spanned<u16>>,
    /// Where payload is fetched from, in place of this machine.
    pub origin: Option<Spanned<Origin>>,
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
        let origin = checked.child("origin").and_then(|node| origin(node, out));
        let tftp = checked.child("tftp").map(|node| Tftp::decode(node, out));
        Self { http, origin, window, tftp, span: name_span(node) }
    }
}

fn origin(node: &KdlNode, out: &mut Diagnostics) -> Option<Spanned<Origin>> {
    let child = Checked::new(node, &ORIGIN, out);
    let entry = child.argument(0, out)?;
    let text = value::string(entry, Wanted::argument(ORIGIN.name), out)?;
    match text.value.parse() {
        Ok(origin) => Some(Spanned::new(origin, text.span)),
        Err(error) => {
            out.push(refused(&text, error));
            None
        }
    }
}

fn refused(text: &Spanned<String>, error: OriginError) -> Diagnostic {
    let (label, help) = match error {
        OriginError::NoScheme => ("no URL", format!("write it with the protocol, as in `\"http://{}\"`", text.value)),
        OriginError::OtherScheme => ("not HTTP", "write a URL that begins with `http://`".to_owned()),
        OriginError::NoHost | OriginError::Host => {
            ("no server", "write the server's name or address, as in `\"http://cdn.example/boot\"`".to_owned())
        }
        OriginError::User => {
            ("has a user name", "let the server hand the files out to everybody on the networks that boot".to_owned())
        }
        OriginError::Ipv6 => ("IPv6", "write a name, or an IPv4 address".to_owned()),
        OriginError::Port => ("not a port", "write a port, as in `\"http://cdn.example:8080/boot\"`".to_owned()),
        OriginError::Query => {
            ("more than a folder", "write the URL of a folder, as in `\"http://cdn.example/boot\"`".to_owned())
        }
        OriginError::Path => ("not a plain path", "publish the files under a path of plain characters".to_owned()),
        OriginError::TooLong => ("too long", format!("publish the files under a URL of at most {MAX_ORIGIN} bytes")),
    };
    Diagnostic::new(Code::InvalidOrigin, format!("origin `{}` {error}", shown(&text.value)))
        .at(text.span, label)
        .help(help)
}
