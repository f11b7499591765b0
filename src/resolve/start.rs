//! What machines boot: the `host` and `group` nodes, with the names of menus and entries found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::Serialize;

use super::answers::{self, Variables};
use crate::net::{MacAddr, MacPrefix, Serial, Uuid};
use crate::source::Span;
use crate::spec::firmware::Arch;
use crate::spec::{self, Choice, Spec};

/// One machine that the spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name in the spec.
    pub name: String,
    /// The hardware address of its network card.
    pub mac: Option<MacAddr>,
    /// Its UUID.
    pub uuid: Option<Uuid>,
    /// Its serial number.
    pub serial: Option<Serial>,
    /// Where it begins; `None` leaves that to its group.
    pub start: Option<Start>,
    /// The address that it always has.
    pub address: Option<Ipv4Addr>,
    /// The subnet of that address, where a network of the spec has it.
    pub subnet: Option<Ipv4Net>,
    /// Its own values of variables.
    pub variables: Variables,
    /// Where each of these is named.
    pub variable_spans: BTreeMap<String, Span>,
}

/// A class of machines: those that meet one condition of each kind that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in the spec.
    pub name: String,
    /// Beginnings of hardware addresses.
    pub macs: Vec<MacPrefix>,
    /// Kinds of firmware.
    pub arches: Vec<Arch>,
    /// Where the client is.
    pub subnets: Vec<Ipv4Net>,
    /// Where its machines begin; `None` leaves that to the next group.
    pub start: Option<Start>,
    /// Values of variables for machines that have none of their own.
    pub variables: Variables,
    /// Where each of these is named.
    pub variable_spans: BTreeMap<String, Span>,
}

/// Where a client begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// With this menu.
    Menu(String),
    /// With this entry of this menu, without showing the menu.
    Entry(String, String),
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Menu(menu) => write!(f, "menu {menu}"),
            Self::Entry(menu, entry) => write!(f, "entry {menu}/{entry}"),
        }
    }
}

/// The names of menus and entries.
pub(super) struct Names<'a> {
    menus: BTreeSet<&'a str>,
    /// By the name of an entry, the menus that have one of this name, each once, in the order of the spec.
    entries: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Names<'a> {
    /// Those of a spec.
    pub(super) fn of(spec: &'a Spec) -> Self {
        let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for menu in &spec.menus {
            for entry in menu.entries() {
                let menus = entries.entry(&entry.name.value).or_default();
                if !menus.contains(&&*menu.name.value) {
                    menus.push(&menu.name.value);
                }
            }
        }
        Self { menus: spec.menus.iter().map(|menu| &*menu.name.value).collect(), entries }
    }

    /// Whether a menu has this name.
    pub(super) fn has_menu(&self, name: &str) -> bool {
        self.menus.contains(name)
    }

    /// The menus with an entry that `written` may mean: all that have one of that name, or the one that stands before a slash.
    pub(super) fn menus_of(&self, written: &str) -> Vec<&'a str> {
        let (menu, entry) = split(written);
        let menus = self.entries.get(entry).map_or(&[][..], Vec::as_slice);
        menus.iter().copied().filter(|known| menu.is_none_or(|menu| menu == *known)).collect()
    }

    /// Every entry as it can be named: by its name alone where that is unique, and else with its menu.
    pub(super) fn all_entries(&self) -> impl Iterator<Item = String> {
        self.entries.iter().flat_map(|(entry, menus)| {
            let is_unique = menus.len() == 1;
            menus.iter().map(move |menu| if is_unique { (*entry).to_owned() } else { format!("{menu}/{entry}") })
        })
    }

    /// Where a choice leads; `None` where the name is unknown or ambiguous.
    fn start(&self, choice: &Choice) -> Option<Start> {
        match choice {
            Choice::Menu(menu) => self.has_menu(&menu.value).then(|| Start::Menu(menu.value.clone())),
            Choice::Boot(written) => match self.menus_of(&written.value)[..] {
                [menu] => Some(Start::Entry(menu.to_owned(), split(&written.value).1.to_owned())),
                _ => None,
            },
        }
    }
}

/// The menu and the entry of `menu/entry`; names hold no slash.
pub(super) fn split(written: &str) -> (Option<&str>, &str) {
    written.split_once('/').map_or((None, written), |(menu, entry)| (Some(menu), entry))
}

pub(super) fn hosts(spec: &Spec) -> Vec<Host> {
    let names = Names::of(spec);
    let subnets = || spec.networks.iter().filter_map(|network| Some(network.subnet.as_ref()?.value));
    let address = |host: &spec::Host| host.address.as_ref().map(|address| address.value);
    let host = |host: &spec::Host| Host {
        name: host.name.value.clone(),
        mac: host.mac.as_ref().map(|mac| mac.value),
        uuid: host.uuid.as_ref().map(|uuid| uuid.value),
        serial: host.serial.as_ref().map(|serial| serial.value.clone()),
        start: host.choice.as_ref().and_then(|choice| names.start(choice)),
        address: address(host),
        subnet: address(host).and_then(|address| subnets().find(|subnet| subnet.contains(&address))),
        variables: answers::values(&host.variables),
        variable_spans: answers::spans(&host.variables),
    };
    spec.hosts.iter().map(host).collect()
}

pub(super) fn groups(spec: &Spec) -> Vec<Group> {
    let names = Names::of(spec);
    let group = |group: &spec::Group| Group {
        name: group.name.value.clone(),
        macs: group.macs.iter().map(|mac| mac.value.clone()).collect(),
        arches: group.arches.iter().map(|arch| arch.value).collect(),
        subnets: group.subnets.iter().map(|subnet| subnet.value).collect(),
        start: group.choice.as_ref().and_then(|choice| names.start(choice)),
        variables: answers::values(&group.variables),
        variable_spans: answers::spans(&group.variables),
    };
    spec.groups.iter().map(group).collect()
}
