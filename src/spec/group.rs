//! `group "pis" { mac "b8:27:eb"; arch "uefi-arm64"; subnet "10.1.0.0/16"; menu "lab" }`

use ipnet::Ipv4Net;
use kdl::{KdlEntry, KdlNode};

use super::choice::Choice;
use super::firmware::{self, Arch};
use super::name::name;
use super::set::{self, Variable};
use super::shape::{Checked, Child, Shape};
use super::subnet;
use super::value::name_span;
use crate::diag::Diagnostics;
use crate::diag::nearest::shown;
use crate::net::MacPrefix;
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "group",
    arguments: &["name"],
    more: None,
    properties: &[],
    children: &[
        Child { name: "mac", once: false },
        Child { name: "arch", once: false },
        Child { name: "subnet", once: false },
        Child { name: "menu", once: true },
        Child { name: "boot", once: true },
        Child { name: "set", once: false },
    ],
};
pub(super) const MAC: Shape = Shape {
    name: "mac",
    arguments: &["hardware address"],
    more: Some("hardware address"),
    properties: &[],
    children: &[],
};
pub(super) const ARCH: Shape =
    Shape { name: "arch", arguments: &["architecture"], more: Some("architecture"), properties: &[], children: &[] };
pub(super) const SUBNET: Shape =
    Shape { name: "subnet", arguments: &["subnet"], more: Some("subnet"), properties: &[], children: &[] };

/// A class of machines and what they boot. Those that meet one condition of each kind that there is belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Spanned<String>,
    /// Beginnings of hardware addresses.
    pub macs: Vec<Spanned<MacPrefix>>,
    /// Kinds of firmware.
    pub arches: Vec<Spanned<Arch>>,
    /// Where the client is.
    pub subnets: Vec<Spanned<Ipv4Net>>,
    /// What its machines boot.
    pub choice: Option<Choice>,
    /// Values of variables in templates of answers.
    pub variables: Vec<Variable>,
    /// The place of the word `group`.
    pub span: Span,
}

impl Group {
    /// Whether it has no condition, so that all machines belong to it.
    pub fn is_for_all(&self) -> bool {
        self.macs.is_empty() && self.arches.is_empty() && self.subnets.is_empty()
    }

    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "group", out));
        let macs = values(&checked, &MAC, out, firmware::mac_prefix);
        let arches = values(&checked, &ARCH, out, firmware::arch);
        let subnets = values(&checked, &SUBNET, out, |entry, out| subnet::subnet(entry, "subnet", out));
        let what = name.as_ref().map_or_else(|| "group".to_owned(), |name| format!("group `{}`", shown(&name.value)));
        let choice = Choice::decode(&checked, &what, out);
        let variables = set::decode_all(&checked, "group", out);
        // Without a condition that could not be read, the group would be for more machines than was meant.
        let complete = checked.clean;
        let group = Self {
            name: name?,
            macs: macs?,
            arches: arches?,
            subnets: subnets?,
            choice,
            variables,
            span: name_span(node),
        };
        complete.then_some(group)
    }
}

/// The arguments of all children of one name; `None` where one of them could not be read.
fn values<T>(
    checked: &Checked<'_>,
    shape: &'static Shape,
    out: &mut Diagnostics,
    mut read: impl FnMut(&KdlEntry, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    let mut values = Some(Vec::new());
    for node in checked.children.iter().filter(|child| child.name().value() == shape.name) {
        let checked = Checked::new(node, shape, out);
        // One without a value is reported here.
        if checked.argument(0, out).is_none() {
            values = None;
        }
        for entry in checked.arguments() {
            match (read(entry, out), &mut values) {
                (Some(value), Some(values)) => values.push(value),
                _ => values = None,
            }
        }
    }
    values
}
