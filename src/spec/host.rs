//! `host "desk" { mac "52:54:00:aa:bb:cc"; address "10.0.0.50"; mode "pxe10"; delay "2s"; loader "ipxe-x64" }`

use std::net::Ipv4Addr;

use kdl::{KdlEntry, KdlNode};

use super::effect::{Effect, argument};
use super::name::name;
use super::set::{self, Variable};
use super::shape::{Checked, Child, Shape};
use super::subnet;
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::MacAddr;
use crate::source::{Span, Spanned};

const SHAPE: Shape = Shape {
    name: "host",
    arguments: &["name"],
    more: None,
    properties: &[],
    children: &[
        Child { name: "mac", once: true },
        Child { name: "address", once: true },
        Child { name: "mode", once: true },
        Child { name: "delay", once: true },
        Child { name: "loader", once: true },
        Child { name: "set", once: false },
    ],
};
const MAC: Shape = Shape { name: "mac", arguments: &["hardware address"], more: None, properties: &[], children: &[] };
const ADDRESS: Shape = Shape { name: "address", arguments: &["address"], more: None, properties: &[], children: &[] };

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: Spanned<String>,
    /// The hardware address of its network card.
    pub mac: Option<Spanned<MacAddr>>,
    /// The address that it always gets, where netspec gives out addresses.
    pub address: Option<Spanned<Ipv4Addr>>,
    /// How it is answered.
    pub effect: Effect,
    /// Values of variables in templates of answers.
    pub variables: Vec<Variable>,
    /// The place of the word `host`.
    pub span: Span,
}

impl Host {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "host", out));
        let mac = checked.child("mac").and_then(|node| argument(node, &MAC, out)).and_then(|entry| mac(entry, out));
        let address = checked
            .child("address")
            .and_then(|node| argument(node, &ADDRESS, out))
            .and_then(|entry| subnet::address(entry, "write one IPv4 address, as in `\"192.168.1.50\"`", out));
        let effect = Effect::decode(&checked, out);
        let variables = set::decode_all(&checked, "host", out);
        if checked.clean && checked.child("mac").is_none() {
            out.push(
                Diagnostic::new(Code::Missing, "`host` needs a `mac`")
                    .at(name_span(node), "no machine is known by it")
                    .help("add `mac \"52:54:00:12:34:56\"` with the hardware address of the machine in its block"),
            );
        }
        Some(Self { name: name?, mac, address, effect, variables, span: name_span(node) })
    }
}

fn mac(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<MacAddr>> {
    let text = value::string(entry, Wanted::argument("mac"), out)?;
    let found = text.value.parse::<MacAddr>();
    let (why, help) = match found {
        Ok(MacAddr([first, ..])) if first & 1 == 1 => (
            format!("`{}` is a group address, which no network card has", shown(&text.value)),
            "write the hardware address that the machine shows when it boots from the network".to_owned(),
        ),
        Ok(mac) => return Some(Spanned::new(mac, text.span)),
        Err(_) => (
            format!("`{}` is not a hardware address", shown(&text.value)),
            "write six pairs of hexadecimal digits, as in `\"52:54:00:12:34:56\"`".to_owned(),
        ),
    };
    out.push(Diagnostic::new(Code::InvalidValue, why).at(text.span, "not an address of a machine").help(help));
    None
}
