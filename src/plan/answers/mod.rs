//! Answers in the plan: the templates, how menus name their files, and what a machine that asks for one gets.
//!
//! | path | what |
//! |---|---|
//! | `answers/<answers>/<iso>/machine/…/preseed.cfg` | for debian-installer |
//! | `answers/<answers>/<iso>/machine/…/ks.cfg` | for Anaconda |
//! | `answers/<answers>/<iso>/machine/…/user-data`, `meta-data`, `vendor-data` | for cloud-init, which is told the folder |
//! | `answers/<answers>/<iso>/machine/…/config.json`, `install.sh` | for archinstall: its configuration, and what starts it |
//!
//! `machine/…` is what the boot loader says of the machine ([`Identity`]); templates may name the ISO, so that its name is in
//! the path, too. The files are made when they are asked for, by [`Ready::file`], and are the same each time.

pub mod check;
mod expand;
pub(super) mod pass;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

pub(super) use self::expand::expand;
use super::machine::{Found, Machines};
use crate::answers::{self, Machine, Place, Template};
use crate::facts::Facts;
use crate::proto::identity::Identity;
use crate::resolve::{ResolvedSpec, Variables};
use crate::spec::answers::Format;
use crate::spec::firmware::Arch;

/// The folder of the tree that the files are in.
const ROOT: &str = "answers";
/// What stands in place of an ISO's name where an entry has none; no name begins like that.
const NO_ISO: &str = "_";

/// One `answers` node: the templates, with what they are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answers {
    /// The installer that reads them.
    pub format: Format,
    /// The text of the template.
    #[serde(serialize_with = "lines")]
    pub template: String,
    /// The text of the template of `meta-data`, where the spec has one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_lines")]
    pub meta_data: Option<String>,
    /// Variables of machines that have none of their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: Variables,
}

/// What templates may say of a host beside what it is known by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// The address that the spec gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// The subnet of that address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Ipv4Net>,
    /// Its variables.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: Variables,
}

impl Told {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One element a line keeps a printed plan readable and its differences small.
fn lines<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(None)?;
    text.split_inclusive('\n').try_for_each(|line| sequence.serialize_element(line))?;
    sequence.end()
}

fn some_lines<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    lines(text.as_deref().unwrap_or_default(), serializer)
}

/// All answers that an entry names.
pub(super) fn all(spec: &ResolvedSpec, facts: &Facts) -> BTreeMap<String, Answers> {
    let source = |name: &str| spec.answers.iter().find(|source| source.name == name);
    let named = check::uses(spec).map(|named| named.answers);
    let answers = named.filter_map(|name| {
        let (source, text) = (source(name)?, facts.answers.get(name)?);
        Some((
            name.to_owned(),
            Answers {
                format: source.format,
                template: text.template.clone(),
                meta_data: text.meta_data.clone(),
                variables: source.defaults.clone(),
            },
        ))
    });
    answers.collect()
}

/// A path of a file of answers, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The name of the answers.
    pub answers: &'a str,
    /// The name of the ISO that is booted.
    pub iso: Option<&'a str>,
    /// What the boot loader has said of the machine.
    pub identity: Identity,
    /// The name of the file.
    pub file: &'a str,
}

impl<'a> Asked<'a> {
    /// Reads a canonical path. `None` where it is another one.
    pub fn from_path(path: &'a str) -> Option<Self> {
        let (answers, rest) = path.strip_prefix(ROOT)?.strip_prefix('/')?.split_once('/')?;
        let (iso, rest) = rest.split_once('/')?;
        let (identity, file) = Identity::from_path(rest)?;
        Some(Self { answers, iso: Some(iso).filter(|iso| *iso != NO_ISO), identity, file })
    }
}

/// The folder of the files for the machine that `machine` names: `machine/mac-52-54-00-aa-bb-cc`.
pub fn folder(answers: &str, iso: Option<&str>, machine: &str) -> String {
    format!("{ROOT}/{answers}/{}/{machine}/", iso.unwrap_or(NO_ISO))
}

/// The file that the installer is told, by its name in the folder; empty where it is told the folder.
pub fn first_file(format: Format) -> &'static str {
    match format {
        Format::Preseed => "preseed.cfg",
        Format::Kickstart => "ks.cfg",
        Format::CloudInit => "",
        Format::Archinstall => "config.json",
    }
}

/// All files of a machine, by their names in the folder.
pub fn files(format: Format) -> &'static [&'static str] {
    match format {
        Format::Preseed => &["preseed.cfg"],
        Format::Kickstart => &["ks.cfg"],
        Format::CloudInit => &["user-data", "meta-data", "vendor-data"],
        Format::Archinstall => &["config.json", "install.sh"],
    }
}

/// What starts archinstall in an Arch ISO that is told `script=` (archiso, `.automated_script.sh`).
///
/// It fetches the file itself: archinstall takes a URL as `--config-url` since 2025 and took it as `--config` before.
fn install_script(url: &str) -> String {
    format!(
        "#!/bin/sh
set -e
curl --fail --silent --show-error --retry 5 --output /tmp/netspec-answers.json '{url}'
exec archinstall --config /tmp/netspec-answers.json --silent
"
    )
}

/// Answers whose templates are read.
#[derive(Debug)]
pub struct Ready {
    format: Format,
    template: Template,
    meta_data: Option<Template>,
    variables: Variables,
}

impl Ready {
    /// Reads the templates.
    ///
    /// # Errors
    /// What is wrong with one of them; [`crate::facts::gather`] has seen to it that nothing is.
    pub fn of(answers: &Answers) -> Result<Self, answers::TemplateError> {
        Ok(Self {
            format: answers.format,
            template: Template::parse(answers.format, &answers.template)?,
            meta_data: answers.meta_data.as_ref().map(|text| Template::parse(answers.format, text)).transpose()?,
            variables: answers.variables.clone(),
        })
    }

    /// The installer that reads them.
    pub fn format(&self) -> Format {
        self.format
    }

    /// A file for a machine; `None` where there is none of that name.
    ///
    /// # Errors
    /// Why it cannot be made, in words for the journal.
    pub fn file(&self, asked: &Asked<'_>, machines: &Machines, place: &Place) -> Option<Result<String, String>> {
        let found = machines.find(&asked.identity);
        let machine = machine(&asked.identity, &found, machines, &self.variables);
        self.file_for(asked.file, &machine, place, || {
            let folder = folder(asked.answers, asked.iso, asked.identity.path("").trim_end_matches('/'));
            format!("{}/{folder}{}", place.origin, first_file(self.format))
        })
    }

    fn file_for(
        &self,
        file: &str,
        machine: &Machine<'_>,
        place: &Place,
        url: impl FnOnce() -> String,
    ) -> Option<Result<String, String>> {
        if !files(self.format).contains(&file) {
            return None;
        }
        let render = |template: &Template| template.render(machine, place).map_err(|error| error.to_string());
        Some(match (file, &self.meta_data) {
            ("vendor-data", _) => Ok(String::new()),
            ("meta-data", Some(template)) => render(template),
            ("meta-data", None) => Ok(answers::minimal_meta_data(machine)),
            ("install.sh", _) => Ok(install_script(&url())),
            _ => render(&self.template),
        })
    }
}

/// What is known of a machine: by what it says of itself, and by what the spec says of it.
pub fn machine<'a>(
    identity: &'a Identity,
    found: &Found<'a>,
    machines: &'a Machines,
    defaults: &'a Variables,
) -> Machine<'a> {
    let host = found.host;
    let told = host.map(|host| &host.told);
    let groups = machines.groups.iter().filter(|group| group.has(identity)).map(|group| &group.variables);
    let mut variables = BTreeMap::new();
    for (name, value) in told.map(|told| &told.variables).into_iter().chain(groups).chain([defaults]).flatten() {
        variables.entry(name.as_str()).or_insert(value);
    }
    Machine {
        name: host.map(|host| host.name.as_str()),
        mac: identity.mac.or(host.and_then(|host| host.mac)),
        uuid: identity.uuid.or(host.and_then(|host| host.uuid)),
        serial: identity.serial.as_ref().or(host.and_then(|host| host.serial.as_ref())).map(|serial| serial.as_str()),
        address: told.and_then(|told| told.address),
        subnet: told.and_then(|told| told.subnet),
        arch: identity
            .cpu
            .and_then(|cpu| Arch::ALL.iter().find(|arch| arch.of_menus() == Some(cpu)))
            .map(|arch| arch.name()),
        variables,
    }
}

/// Where a machine reaches us.
///
/// ISOs are below `payload`, which is another server's where the spec says so.
pub fn place(server: Ipv4Addr, origin: &str, payload: &str, iso: Option<&str>) -> Place {
    Place { server, origin: origin.to_owned(), iso: iso.map(|iso| format!("{payload}/iso/{iso}")) }
}
