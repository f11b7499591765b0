//! What a `host` or `firmware` node changes: `mode "pxe10"; delay "2s"; loader "ipxe-x64"`

use std::time::Duration;

use kdl::{KdlEntry, KdlNode};

use super::duration::duration;
use super::loader::{self, LoaderKind};
use super::shape::{Checked, Shape};
use super::value::{self, Wanted};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

pub(super) const MODE: Shape =
    Shape { name: "mode", arguments: &["way to answer"], more: None, properties: &[], children: &[] };
pub(super) const DELAY: Shape =
    Shape { name: "delay", arguments: &["time"], more: None, properties: &[], children: &[] };
pub(super) const LOADER: Shape =
    Shape { name: "loader", arguments: &["kind"], more: None, properties: &[], children: &[] };

/// The longest delay. Firmware asks for about a minute in all, with pauses up to 32 seconds.
pub(super) const MAX_DELAY: Duration = Duration::from_secs(10);

/// How a client is answered, where that is not as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// In which form it is offered its program, or that it is not.
    pub mode: Option<Spanned<Mode>>,
    /// How long its offer waits; from 0 to 10 seconds.
    pub delay: Option<Spanned<Duration>>,
    /// The program that it is offered.
    pub loader: Option<Spanned<LoaderKind>>,
}

/// The form of an offer to PXE firmware. No form works on all machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Without option 43; the firmware asks again on port 4011. Usual for UEFI.
    Binl,
    /// With option 43 that says to take the program at once. Usual for legacy BIOS.
    Pxe10,
    /// Both, one behind the other.
    Both,
    /// As a menu of one line, behind which the firmware asks a boot server.
    Menu,
    /// None.
    Silent,
    /// Together with the address of the other DHCP server, as one offer.
    Merged,
}

impl Mode {
    pub(super) const ALL: [Self; 6] = [Self::Binl, Self::Pxe10, Self::Both, Self::Menu, Self::Silent, Self::Merged];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Binl => "binl",
            Self::Pxe10 => "pxe10",
            Self::Both => "both",
            Self::Menu => "menu",
            Self::Silent => "silent",
            Self::Merged => "merged",
        }
    }
}

impl Effect {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.mode.is_none() && self.delay.is_none() && self.loader.is_none()
    }

    /// Reads the children that a node has for this.
    pub(super) fn decode(checked: &Checked<'_>, out: &mut Diagnostics) -> Self {
        let mut value = |shape: &'static Shape| argument(checked.child(shape.name)?, shape, out);
        let (mode_entry, delay_entry, loader_entry) = (value(&MODE), value(&DELAY), value(&LOADER));
        Self {
            mode: mode_entry.and_then(|entry| mode(entry, out)),
            delay: delay_entry.and_then(|entry| duration(entry, "delay", Duration::ZERO..=MAX_DELAY, "2s", out)),
            loader: loader_entry.and_then(|entry| loader::kind(entry, out)),
        }
    }
}

/// The one argument of a child.
pub(super) fn argument<'a>(node: &'a KdlNode, shape: &'static Shape, out: &mut Diagnostics) -> Option<&'a KdlEntry> {
    Checked::new(node, shape, out).argument(0, out)
}

fn mode(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<Mode>> {
    let text = value::string(entry, Wanted::argument("mode"), out)?;
    let Some(mode) = Mode::ALL.into_iter().find(|mode| mode.name() == text.value) else {
        let names = || Mode::ALL.iter().map(|mode| mode.name());
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("there is no mode `{}`", shown(&text.value)))
                .at(text.span, "not a mode")
                .help(match nearest(&text.value, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the modes are {}", listed(names())),
                }),
        );
        return None;
    };
    Some(Spanned::new(mode, text.span))
}
