//! `answers "server" "answers/preseed.cfg.j2" format="preseed" { set "disk" "/dev/sda" }`

use std::fmt;

use kdl::KdlNode;
use serde::{Serialize, Serializer};

use super::name::name;
use super::set::{self, Variable};
use super::shape::{Checked, Child, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "answers",
    arguments: &["name", "path"],
    more: None,
    properties: &["format"],
    children: &[Child { name: "meta-data", once: true }, Child { name: "set", once: false }],
};
pub(super) const META_DATA: Shape =
    Shape { name: "meta-data", arguments: &["path"], more: None, properties: &[], children: &[] };

/// What an installer is told in place of a person who answers its questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// Its name.
    pub name: Spanned<String>,
    /// The path of the template, relative to the folder of the spec file.
    pub path: Option<Spanned<String>>,
    /// Which installer reads it.
    pub format: Option<Spanned<Format>>,
    /// The path of the template of cloud-init's `meta-data`, where netspec does not make it.
    pub meta_data: Option<Spanned<String>>,
    /// Values of variables for machines that have none of their own.
    pub variables: Vec<Variable>,
    /// The place of the word `answers`.
    pub span: Span,
}

/// The language of an answers file, and so the installer that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Lines of debconf, for debian-installer.
    Preseed,
    /// Commands and scripts, for Anaconda.
    Kickstart,
    /// YAML, for cloud-init and Ubuntu's installer.
    CloudInit,
    /// JSON, for archinstall.
    Archinstall,
}

impl Format {
    /// Every format, in the order in which they are listed.
    pub const ALL: &[Self] = &[Self::Preseed, Self::Kickstart, Self::CloudInit, Self::Archinstall];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preseed => "preseed",
            Self::Kickstart => "kickstart",
            Self::CloudInit => "cloud-init",
            Self::Archinstall => "archinstall",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Answers {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "answers", out));
        let path = checked.argument(1, out).and_then(|entry| value::string(entry, Wanted::argument("answers"), out));
        let format = format(&checked, out);
        let meta_data = checked.child("meta-data").and_then(|node| meta_data(node, format.as_ref(), out));
        let variables = set::decode_all(&checked, "answers", out);
        Some(Self { name: name?, path, format, meta_data, variables, span: name_span(node) })
    }
}

fn format(checked: &Checked<'_>, out: &mut Diagnostics) -> Option<Spanned<Format>> {
    let Some(entry) = checked.property("format") else {
        if checked.clean && checked.arguments().count() == 2 {
            out.push(
                Diagnostic::new(Code::Missing, "`answers` needs a `format`")
                    .at(name_span(checked.node), "for which installer?")
                    .help("add `format=\"preseed\"`, `\"kickstart\"`, `\"cloud-init\"` or `\"archinstall\"`"),
            );
        }
        return None;
    };
    let text = value::string(entry, Wanted::property("format"), out)?;
    if let Some(format) = Format::ALL.iter().find(|format| format.name() == text.value) {
        return Some(Spanned::new(*format, text.span));
    }
    let names = || Format::ALL.iter().map(|format| format.name());
    let help = match (text.value.as_str(), nearest(&text.value, names())) {
        ("autoinstall" | "cloud-config" | "nocloud" | "user-data", _) => "write `format=\"cloud-init\"`".to_owned(),
        (_, Some(near)) => format!("did you mean `\"{near}\"`?"),
        (_, None) => format!("netspec knows {}", listed(names())),
    };
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("`format` cannot be `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(help),
    );
    None
}

fn meta_data(node: &KdlNode, format: Option<&Spanned<Format>>, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let entry = Checked::new(node, &META_DATA, out).argument(0, out)?;
    let path = value::string(entry, Wanted::argument("meta-data"), out)?;
    if let Some(format) = format.filter(|format| format.value != Format::CloudInit) {
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("`{}` has no `meta-data`", format.value))
                .at(name_span(node), "for cloud-init only")
                .at(format.span, "not cloud-init")
                .help("remove it, or write `format=\"cloud-init\"`"),
        );
    }
    Some(path)
}
