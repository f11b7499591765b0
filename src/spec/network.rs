//! `network "home" { subnet "192.168.1.0/24"; interface "eth0"; dhcp "proxy" }`

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use kdl::{KdlEntry, KdlNode};

use super::dhcp::{self, DhcpServer};
use super::name::name;
use super::shape::{Checked, Child, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

/// The longest interface name, in bytes: Linux's `IFNAMSIZ` less the closing NUL.
const MAX_INTERFACE: usize = 15;

const SHAPE: Shape = Shape {
    name: "network",
    arguments: &["name"],
    more: None,
    properties: &[],
    children: &[
        Child { name: "subnet", once: true },
        Child { name: "interface", once: true },
        Child { name: "dhcp", once: true },
    ],
};
const SUBNET: Shape = Shape { name: "subnet", arguments: &["subnet"], more: None, properties: &[], children: &[] };
const INTERFACE: Shape =
    Shape { name: "interface", arguments: &["interface name"], more: None, properties: &[], children: &[] };

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
    /// The place of the word `network`.
    pub span: Span,
}

/// Who gives out addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DhcpMode {
    /// Another server does; netspec adds the boot information (PXE 2.1 section 2.2.3).
    #[default]
    Proxy,
    /// netspec does (RFC 2131), to all clients of the network, and no other server may.
    Server(DhcpServer),
}

impl Network {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "network", out));
        let subnet = checked.child("subnet").and_then(|node| argument(node, &SUBNET, out)).and_then(|e| subnet(e, out));
        let interface =
            checked.child("interface").and_then(|node| argument(node, &INTERFACE, out)).and_then(|e| interface(e, out));
        let dhcp = checked.child("dhcp").and_then(|node| dhcp::mode(node, out));
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
        Some(Self { name: name?, subnet, interface, dhcp, span: name_span(node) })
    }
}

fn argument<'a>(node: &'a KdlNode, shape: &'static Shape, out: &mut Diagnostics) -> Option<&'a KdlEntry> {
    Checked::new(node, shape, out).argument(0, out)
}

fn subnet(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<Ipv4Net>> {
    let text = value::string(entry, Wanted::argument("subnet"), out)?;
    let seen = shown(&text.value);
    let invalid = |message: String, label: &str, help: String| {
        Diagnostic::new(Code::InvalidSubnet, message).at(text.span, label).help(help)
    };
    let diagnostic = match text.value.parse::<Ipv4Net>() {
        Ok(net) if net.addr() != net.network() => invalid(
            format!("`{seen}` is an address in a subnet, not the subnet"),
            "host bits are set",
            format!("write `\"{}\"`", net.trunc()),
        ),
        Ok(net) if net.prefix_len() == 0 => invalid(
            format!("`{seen}` is all of IPv4"),
            "no subnet",
            "write the subnet of one network, as in `\"192.168.1.0/24\"`".to_owned(),
        ),
        Ok(net) => return Some(Spanned::new(net, text.span)),
        Err(_) if text.value.contains(':') => invalid(
            format!("`{seen}` is not an IPv4 subnet"),
            "IPv6 or a hardware address",
            "write the IPv4 subnet: netspec boots over IPv4 only".to_owned(),
        ),
        Err(_) => match (text.value.parse::<Ipv4Addr>(), text.value.split_once('/')) {
            (Ok(address), _) => invalid(
                format!("`{seen}` has no prefix length"),
                "an address alone",
                format!("write how long the network part is, as in `\"{}\"`", slash_24(address)),
            ),
            (_, Some((address, mask))) if address.parse::<Ipv4Addr>().is_ok() => invalid(
                format!("`{seen}` has no prefix length from 0 to 32 behind the `/`"),
                "not a prefix length",
                match mask
                    .parse()
                    .ok()
                    .and_then(|mask| Ipv4Net::with_netmask(address.parse().ok()?, mask).ok().map(|net| net.trunc()))
                {
                    Some(net) => format!("write `\"{net}\"`"),
                    None => "write it as in `\"192.168.1.0/24\"`".to_owned(),
                },
            ),
            _ => invalid(
                format!("`{seen}` is not an IPv4 subnet"),
                "not a subnet",
                "write an address and a prefix length, as in `\"192.168.1.0/24\"`".to_owned(),
            ),
        },
    };
    out.push(diagnostic);
    None
}

/// The usual subnet of a small network around this address.
fn slash_24(address: Ipv4Addr) -> Ipv4Net {
    Ipv4Net::new_assert(address, 24).trunc()
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
