//! What a `host` or `group` boots: `menu "lab"`, or `boot "arch"`

use kdl::KdlNode;

use super::effect::argument;
use super::shape::{Checked, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

pub(super) const MENU: Shape = Shape { name: "menu", arguments: &["name"], more: None, properties: &[], children: &[] };
pub(super) const BOOT: Shape =
    Shape { name: "boot", arguments: &["entry"], more: None, properties: &[], children: &[] };

/// What a machine boots in place of the first menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// It sees this menu first.
    Menu(Spanned<String>),
    /// It boots this entry at once: its name, or the name of a menu, a slash and its name.
    Boot(Spanned<String>),
}

impl Choice {
    /// Reads the children that a node has for this. `what` names the node in a finding.
    pub(super) fn decode(checked: &Checked<'_>, what: &str, out: &mut Diagnostics) -> Option<Self> {
        let (menu, boot) = (checked.child("menu"), checked.child("boot"));
        if let (Some(menu), Some(boot)) = (menu, boot) {
            out.push(
                Diagnostic::new(
                    Code::ConflictingTarget,
                    format!("{} has `menu` and `boot`, and can do only one thing", shown(what)),
                )
                .at(name_span(boot), "boots at once")
                .at(name_span(menu), "shows a menu")
                .help("keep `menu` to let people choose, or `boot` to start one entry without asking"),
            );
        }
        let mut read = |node: &KdlNode, shape: &'static Shape| {
            value::string(argument(node, shape, out)?, Wanted::argument(shape.name), out)
        };
        let menu = menu.map(|node| read(node, &MENU));
        let boot = boot.map(|node| read(node, &BOOT));
        match (menu, boot) {
            (_, Some(boot)) => boot.map(Self::Boot),
            (menu, None) => menu.flatten().map(Self::Menu),
        }
    }
}
