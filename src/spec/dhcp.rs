//! `dhcp "server" { range "10.0.0.100-10.0.0.199"; lease "12h"; router "10.0.0.1"; dns "10.0.0.1" }` in a `network`

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use kdl::{KdlEntry, KdlNode};

use super::duration::duration;
use super::network::DhcpMode;
use super::shape::{Checked, Child, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::{nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::AddressRange;
use crate::source::{Span, Spanned};

/// The names of the modes.
pub(super) const MODES: [&str; 3] = ["proxy", "server", "boot-server"];

/// A lease ends soon enough that a spec that changed takes hold, and not so soon that clients do nothing but renew.
pub(super) const LEASE: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(365 * 86_400);

/// The most addresses of a range. Leases are kept in memory, and this many are more than one network has.
const MAX_RANGE: u64 = 65_536;

/// The most DNS servers: clients ask the first three, and a reply has little room (RFC 2132 section 3.8).
pub(super) const MAX_DNS: usize = 8;

pub(super) const PROXY: Shape =
    Shape { name: "dhcp", arguments: &["mode"], more: None, properties: &[], children: &[] };
pub(super) const SERVER: Shape = Shape {
    name: "dhcp",
    arguments: &["mode"],
    more: None,
    properties: &[],
    children: &[
        Child { name: "range", once: true },
        Child { name: "lease", once: true },
        Child { name: "router", once: true },
        Child { name: "dns", once: true },
    ],
};
pub(super) const RANGE: Shape =
    Shape { name: "range", arguments: &["range"], more: None, properties: &[], children: &[] };
pub(super) const LEASE_TIME: Shape =
    Shape { name: "lease", arguments: &["duration"], more: None, properties: &[], children: &[] };
pub(super) const ROUTER: Shape =
    Shape { name: "router", arguments: &["address"], more: None, properties: &[], children: &[] };
pub(super) const DNS: Shape =
    Shape { name: "dns", arguments: &["address"], more: Some("address"), properties: &[], children: &[] };

/// How addresses are given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DhcpServer {
    /// The addresses that are given out; `None` only where their lack or fault has been reported.
    pub range: Option<Spanned<AddressRange>>,
    /// For how long; `None` means 12 hours.
    pub lease: Option<Spanned<Duration>>,
    /// The router that clients are told.
    pub router: Option<Spanned<Ipv4Addr>>,
    /// The DNS servers that clients are told, the preferred one first.
    pub dns: Vec<Spanned<Ipv4Addr>>,
    /// The place of the word `dhcp`.
    pub span: Span,
}

/// Reads a node `dhcp`. Its value stands for the mode, so its place is that of the argument.
pub(super) fn mode(node: &KdlNode, out: &mut Diagnostics) -> Option<Spanned<DhcpMode>> {
    let is_server = node.entries().iter().any(|entry| entry.value().as_string() == Some("server"));
    let checked = Checked::new(node, if is_server { &SERVER } else { &PROXY }, out);
    let text = value::string(checked.argument(0, out)?, Wanted::argument("dhcp"), out)?;
    match text.value.as_str() {
        "proxy" => Some(Spanned::new(DhcpMode::Proxy, text.span)),
        "server" => Some(Spanned::new(DhcpMode::Server(server(&checked, out)), text.span)),
        "boot-server" => Some(Spanned::new(DhcpMode::BootServer, text.span)),
        "v6" | "ipv6" | "dhcpv6" => {
            out.push(
                Diagnostic::new(Code::NotYetSupported, "boot over IPv6 is to come, and not in this release")
                    .at(text.span, "not yet supported")
                    .help(
                        "remove this line: clients boot over IPv4; where firmware offers both, choose IPv4 in its setup",
                    ),
            );
            None
        }
        other => {
            out.push(
                Diagnostic::new(Code::InvalidValue, format!("`dhcp` has no mode `{}`", shown(other)))
                    .at(text.span, "not a mode")
                    .help(match nearest(other, MODES) {
                        _ if other == "relay" => {
                            "write `relay \"10.1.0.0/16\"` with the subnet that is behind the relay".to_owned()
                        }
                        Some(near) => format!("did you mean `\"{near}\"`?"),
                        None => {
                            "write `\"proxy\"`, beside the DHCP server of the network, or `\"server\"`, where there \
                                 is none"
                                .to_owned()
                        }
                    }),
            );
            None
        }
    }
}

fn server(checked: &Checked<'_>, out: &mut Diagnostics) -> DhcpServer {
    if checked.clean && checked.child("range").is_none() {
        out.push(
            Diagnostic::new(Code::Missing, "`dhcp \"server\"` needs a `range` of addresses to give out")
                .at(name_span(checked.node), "which addresses?")
                .help("add `{ range \"192.168.1.100-192.168.1.199\" }` with addresses that no machine has"),
        );
    }
    let mut argument = |shape: &'static Shape| Checked::new(checked.child(shape.name)?, shape, out).argument(0, out);
    let (range, lease, router) = (argument(&RANGE), argument(&LEASE_TIME), argument(&ROUTER));
    let dns = checked.child("dns").map(|node| {
        let node = Checked::new(node, &DNS, out);
        node.argument(0, out);
        node.arguments().collect::<Vec<_>>()
    });
    let dns = dns.unwrap_or_default();
    if let Some(beyond) = dns.get(MAX_DNS) {
        out.push(
            Diagnostic::new(Code::UnexpectedArgument, format!("`dns` has {} servers, and takes {MAX_DNS}", dns.len()))
                .at(value::value_span(beyond), "one too many")
                .help("keep the two or three that clients should ask first"),
        );
    }
    DhcpServer {
        range: range.and_then(|entry| address_range(entry, out)),
        lease: lease.and_then(|entry| duration(entry, "lease", LEASE, "12h", out)),
        router: router.and_then(|entry| address(entry, "router", out)),
        dns: dns.into_iter().take(MAX_DNS).filter_map(|entry| address(entry, "dns", out)).collect(),
        span: name_span(checked.node),
    }
}

fn address_range(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<AddressRange>> {
    let text = value::string(entry, Wanted::argument("range"), out)?;
    let seen = shown(&text.value);
    let ends = text.value.split_once('-').map(|(first, last)| (first.trim().parse(), last.trim().parse()));
    let (message, label, help) = match ends {
        Some((Ok(first), Ok(last))) => match AddressRange::new(first, last) {
            Some(range) if range.count() <= MAX_RANGE => return Some(Spanned::new(range, text.span)),
            Some(range) => (
                format!("range `{seen}` has {} addresses, more than the {MAX_RANGE} of one network", range.count()),
                "too many",
                "end it earlier: each machine needs only one".to_owned(),
            ),
            None => {
                (format!("range `{seen}` ends before it begins"), "reversed", format!("write `\"{last}-{first}\"`"))
            }
        },
        _ => (
            format!("`{seen}` is not a range of IPv4 addresses"),
            "not two addresses",
            "write the first and the last address, as in `\"192.168.1.100-192.168.1.199\"`".to_owned(),
        ),
    };
    out.push(Diagnostic::new(Code::InvalidRange, message).at(text.span, label).help(help));
    None
}

/// Reads the IPv4 address of one machine.
fn address(entry: &KdlEntry, holder: &str, out: &mut Diagnostics) -> Option<Spanned<Ipv4Addr>> {
    let text = value::string(entry, Wanted::argument(holder), out)?;
    let is_of_a_machine =
        |addr: &Ipv4Addr| !(addr.is_unspecified() || addr.is_broadcast() || addr.is_multicast() || addr.is_loopback());
    match text.value.parse().ok().filter(is_of_a_machine) {
        Some(address) => Some(Spanned::new(address, text.span)),
        None => {
            let message = format!("`{holder}` expects the IPv4 address of a machine, found `{}`", shown(&text.value));
            out.push(
                Diagnostic::new(Code::InvalidValue, message)
                    .at(text.span, "not such an address")
                    .help("write it as in `\"192.168.1.1\"`"),
            );
            None
        }
    }
}
