//! `host "desk" { mac "52:54:00:aa:bb:cc"; uuid "4c4c4544-…"; serial "7XK2Q13"; menu "lab"; address "10.0.0.50"; mode "pxe10" }`

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use kdl::{KdlEntry, KdlNode};

use super::choice::Choice;
use super::effect::{Effect, argument};
use super::name::name;
use super::set::{self, Variable};
use super::shape::{Checked, Child, Shape};
use super::size;
use super::subnet;
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::{MacAddr, Serial, Uuid};
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "host",
    arguments: &["name"],
    more: None,
    properties: &[],
    children: &[
        Child { name: "mac", once: true },
        Child { name: "uuid", once: true },
        Child { name: "serial", once: true },
        Child { name: "menu", once: true },
        Child { name: "boot", once: true },
        Child { name: "address", once: true },
        Child { name: "mode", once: true },
        Child { name: "delay", once: true },
        Child { name: "loader", once: true },
        Child { name: "memory", once: true },
        Child { name: "network-cards", once: true },
        Child { name: "set", once: false },
    ],
};
pub(super) const MAC: Shape =
    Shape { name: "mac", arguments: &["hardware address"], more: None, properties: &[], children: &[] };
pub(super) const UUID: Shape = Shape { name: "uuid", arguments: &["UUID"], more: None, properties: &[], children: &[] };
pub(super) const SERIAL: Shape =
    Shape { name: "serial", arguments: &["serial number"], more: None, properties: &[], children: &[] };
pub(super) const ADDRESS: Shape =
    Shape { name: "address", arguments: &["address"], more: None, properties: &[], children: &[] };
pub(super) const MEMORY: Shape =
    Shape { name: "memory", arguments: &["amount"], more: None, properties: &[], children: &[] };
pub(super) const NETWORK_CARDS: Shape =
    Shape { name: "network-cards", arguments: &["number"], more: None, properties: &[], children: &[] };

/// How many network cards a machine can have.
pub(super) const CARDS: RangeInclusive<u16> = 1..=64;

/// One machine. It is known by each of the identities that it has; one of them is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: Spanned<String>,
    /// The hardware address of its network card.
    pub mac: Option<Spanned<MacAddr>>,
    /// The UUID that its firmware has for it.
    pub uuid: Option<Spanned<Uuid>>,
    /// The serial number that its firmware has for it.
    pub serial: Option<Spanned<Serial>>,
    /// What it boots.
    pub choice: Option<Choice>,
    /// The address that it always gets, where netspec gives out addresses.
    pub address: Option<Spanned<Ipv4Addr>>,
    /// How it is answered.
    pub effect: Effect,
    /// How much memory it has, in bytes; for findings alone.
    pub memory: Option<Spanned<u64>>,
    /// How many network cards it has; for findings alone.
    pub network_cards: Option<Spanned<u16>>,
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
        let uuid = checked.child("uuid").and_then(|node| argument(node, &UUID, out)).and_then(|entry| uuid(entry, out));
        let serial =
            checked.child("serial").and_then(|node| argument(node, &SERIAL, out)).and_then(|entry| serial(entry, out));
        let what = name.as_ref().map_or_else(|| "host".to_owned(), |name| format!("host `{}`", shown(&name.value)));
        let choice = Choice::decode(&checked, &what, out);
        let address = checked
            .child("address")
            .and_then(|node| argument(node, &ADDRESS, out))
            .and_then(|entry| subnet::address(entry, "write one IPv4 address, as in `\"192.168.1.50\"`", out));
        let effect = Effect::decode(&checked, out);
        let variables = set::decode_all(&checked, "host", out);
        let mut said = |shape: &'static Shape| argument(checked.child(shape.name)?, shape, out);
        let (memory, cards) = (said(&MEMORY), said(&NETWORK_CARDS));
        let memory = memory.and_then(|entry| size::memory(entry, out));
        let wanted = Wanted::argument(NETWORK_CARDS.name);
        let network_cards = cards.and_then(|entry| value::integer(entry, wanted, CARDS, "a number of cards", out));
        let is_known = ["mac", "uuid", "serial"].iter().any(|id| checked.child(id).is_some());
        if checked.clean && !is_known {
            out.push(
                Diagnostic::new(Code::Missing, "`host` needs a `mac`, `uuid` or `serial`")
                    .at(name_span(node), "no machine is known by it")
                    .help("add `mac \"52:54:00:12:34:56\"` with the hardware address of the machine in its block"),
            );
        }
        // Addresses are given by the hardware address, because that is what every DHCP client tells.
        if let (true, None, Some(address)) = (checked.clean && is_known, checked.child("mac"), checked.child("address"))
        {
            out.push(
                Diagnostic::new(Code::Missing, "`address` needs the `mac` of the machine")
                    .at(name_span(address), "for which network card?")
                    .help("add `mac \"52:54:00:12:34:56\"` with the hardware address of the machine in its block"),
            );
        }
        Some(Self {
            name: name?,
            mac,
            uuid,
            serial,
            choice,
            address,
            effect,
            variables,
            memory,
            network_cards,
            span: name_span(node),
        })
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

fn uuid(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<Uuid>> {
    let text = value::string(entry, Wanted::argument("uuid"), out)?;
    match text.value.parse::<Uuid>() {
        Ok(uuid) if uuid.is_placeholder() => {
            out.push(placeholder(&text, "UUID"));
            None
        }
        Ok(uuid) => Some(Spanned::new(uuid, text.span)),
        Err(_) => {
            out.push(
                Diagnostic::new(Code::InvalidValue, format!("`{}` is not a UUID", shown(&text.value)))
                    .at(text.span, "not 32 hexadecimal digits")
                    .help("write what `dmidecode -s system-uuid` shows on it, as in `\"4c4c4544-0031-3510-8052-b7c04f4b3232\"`"),
            );
            None
        }
    }
}

fn serial(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<Serial>> {
    let text = value::string(entry, Wanted::argument("serial"), out)?;
    match text.value.parse::<Serial>() {
        Ok(serial) if serial.is_placeholder() => {
            out.push(placeholder(&text, "serial number"));
            None
        }
        Ok(serial) => Some(Spanned::new(serial, text.span)),
        Err(_) => {
            out.push(
                Diagnostic::new(
                    Code::InvalidValue,
                    "`serial` expects 1 to 64 letters, digits, signs and blanks of ASCII",
                )
                .at(text.span, "not a serial number")
                .help("write what `dmidecode -s system-serial-number` shows on the machine, as in `\"7XK2Q13\"`"),
            );
            None
        }
    }
}

fn placeholder(text: &Spanned<String>, what: &str) -> Diagnostic {
    Diagnostic::new(
        Code::PlaceholderId,
        format!("the {what} `{}` is what makers leave in many boards", shown(&text.value)),
    )
    .at(text.span, "no machine is known by it")
    .help("write the `mac` of its network card instead")
}
