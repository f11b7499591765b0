//! `network "home" { subnet "192.168.1.0/24"; interface "eth0"; dhcp "proxy"; relay "10.1.0.0/16"; address "192.168.1.5" }`

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use kdl::{KdlEntry, KdlNode};

use super::dhcp::{self, DhcpServer};
use super::name::name;
use super::shape::{Checked, Child, Shape};
use super::subnet;
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

/// The longest interface name, in bytes: Linux's `IFNAMSIZ` less the closing NUL.
const MAX_INTERFACE: usize = 15;

pub(super) const SHAPE: Shape = Shape {
    name: "network",
    arguments: &["name"],
    more: None,
    properties: &[],
    children: &[
        Child { name: "subnet", once: true },
        Child { name: "interface", once: true },
        Child { name: "dhcp", once: true },
        Child { name: "relay", once: false },
        Child { name: "address", once: true },
    ],
};
pub(super) const SUBNET: Shape =
    Shape { name: "subnet", arguments: &["subnet"], more: None, properties: &[], children: &[] };
pub(super) const INTERFACE: Shape =
    Shape { name: "interface", arguments: &["interface name"], more: None, properties: &[], children: &[] };
pub(super) const RELAY: Shape =
    Shape { name: "relay", arguments: &["subnet"], more: None, properties: &[], children: &[] };
pub(super) const ADDRESS: Shape =
    Shape { name: "address", arguments: &["address"], more: None, properties: &[], children: &[] };

/// A network on which clients are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: Spanned<String>,
    /// Its addresses; the interface that has one of them is the one that is served.
    pub subnet: Option<Spanned<Ipv4Net>>,
    /// The interface that is served.
    pub interface: Option<Spanned<String>>,
    /// How DHCP is done; `None` means [`DhcpMode::Proxy`].
    pub dhcp: Option<Spanned<DhcpMode>>,
    /// Subnets whose clients come through DHCP relays.
    pub relays: Vec<Spanned<Ipv4Net>>,
    /// The address of this machine that clients are told, where it has several.
    pub address: Option<Spanned<Ipv4Addr>>,
    /// The place of the word `network`.
    pub span: Span,
}

/// Who gives out addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DhcpMode {
    /// Another server does; netspec adds the boot information (PXE 2.1 section 2.2.3).
    #[default]
    Proxy,
    /// A DHCP server on this machine does, and sends clients to port 4011 itself; nothing is answered on port 67 (CO-01, CO-05).
    BootServer,
    /// netspec does (RFC 2131), to all clients of the network, and no other server may.
    Server(DhcpServer),
}

impl Network {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "network", out));
        let subnet = checked.child("subnet").and_then(|node| argument(node, &SUBNET, out));
        let subnet = subnet.and_then(|entry| subnet::subnet(entry, "subnet", out));
        let interface =
            checked.child("interface").and_then(|node| argument(node, &INTERFACE, out)).and_then(|e| interface(e, out));
        let dhcp = checked.child("dhcp").and_then(|node| dhcp::mode(node, out));
        let relays = checked.children.iter().filter(|child| child.name().value() == "relay");
        let relays = relays.filter_map(|node| {
            let entry = argument(node, &RELAY, out)?;
            subnet::subnet(entry, "relay", out)
        });
        let relays = relays.collect();
        let address = checked.child("address").and_then(|node| argument(node, &ADDRESS, out));
        let address = address.and_then(|entry| {
            subnet::address(entry, "write one that `ip -brief address` shows, as in `\"192.168.1.5\"`", out)
        });
        if checked.clean && checked.child("subnet").is_none() && checked.child("interface").is_none() {
            out.push(
                Diagnostic::new(Code::Missing, "`network` needs a `subnet` or an `interface`")
                    .at(name_span(node), "served on no interface")
                    .help("add `subnet \"192.168.1.0/24\"` with the addresses of your network in its block"),
            );
        }
        if let Some(Spanned { value: DhcpMode::Server(_), span }) = &dhcp
            && checked.clean
            && checked.child("subnet").is_none()
        {
            out.push(
                Diagnostic::new(Code::Missing, "`dhcp \"server\"` needs the `subnet` of its network")
                    .at(*span, "addresses of which subnet?")
                    .help(
                        "add `subnet \"192.168.1.0/24\"` with the addresses of your network to the block of `network`",
                    ),
            );
        }
        Some(Self { name: name?, subnet, interface, dhcp, relays, address, span: name_span(node) })
    }
}

fn argument<'a>(node: &'a KdlNode, shape: &'static Shape, out: &mut Diagnostics) -> Option<&'a KdlEntry> {
    Checked::new(node, shape, out).argument(0, out)
}

fn interface(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let text = value::string(entry, Wanted::argument("interface"), out)?;
    let seen = shown(&text.value);
    let why = if text.value.len() > MAX_INTERFACE {
        format!("interface name `{seen}` has {} bytes, more than the {MAX_INTERFACE} of Linux", text.value.len())
    } else if text.value.contains(|c: char| c.is_whitespace() || c == '/') || matches!(text.value.as_str(), "." | "..")
    {
        format!("`{seen}` cannot be an interface name")
    } else {
        return Some(text);
    };
    out.push(
        Diagnostic::new(Code::InvalidValue, why)
            .at(text.span, "no such interface can exist")
            .help("write a name that `ip link` shows, as in `\"eth0\"`"),
    );
    None
}
