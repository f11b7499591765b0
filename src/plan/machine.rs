//! Which machine asks, and where it begins.
//!
//! Hosts come before groups, each in the order of the spec, and the first that says where to begin counts. A machine is a host
//! where any of the host's identities is its own: a boot loader does not know all of them, and a PC may have several cards.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::Serialize;

use super::answers::Told;
use crate::net::{MacAddr, MacPrefix, Serial, Uuid};
use crate::proto::identity::Identity;
use crate::resolve::{self, ResolvedSpec, Start, Variables};
use crate::spec::firmware::Arch;
use crate::spec::loader::Machine;

/// The machines that a spec tells apart by what they boot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Machines {
    /// The menu that all others begin with.
    pub first: String,
    /// Single machines, in the order of the spec.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Host>,
    /// Classes of machines, in the order in which they count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Whether they are told answers, so that all have to say who they are.
    #[serde(skip)]
    are_told: bool,
    /// The first host with each identity.
    #[serde(skip)]
    by_mac: BTreeMap<MacAddr, usize>,
    #[serde(skip)]
    by_uuid: BTreeMap<Uuid, usize>,
    #[serde(skip)]
    by_serial: BTreeMap<Serial, usize>,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Host {
    /// Its name in the spec.
    pub name: String,
    /// The hardware address of its network card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<MacAddr>,
    /// Its UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
    /// Its serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
    /// Where it begins, if it does so otherwise than its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// What templates of answers may say of it.
    #[serde(skip_serializing_if = "Told::is_empty")]
    pub told: Told,
}

/// A class of machines. Those that meet one condition of each kind that there is belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Group {
    /// Its name in the spec.
    pub name: String,
    /// Beginnings of hardware addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub macs: Vec<MacPrefix>,
    /// What executes the boot loader. A boot loader does not know whether it came over PXE or HTTP Boot.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "names")]
    pub cpus: Vec<Machine>,
    /// Where the client is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<Ipv4Net>,
    /// Where its machines begin, if otherwise than those of the next group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Variables of templates of answers, for machines that have none of their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: Variables,
}

/// What the spec says of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The host that it is.
    pub host: Option<&'a Host>,
    /// The first group that it belongs to.
    pub group: Option<&'a Group>,
    /// Where it begins; `None` is the first menu, as for everybody.
    pub start: Option<&'a Start>,
    /// The node that says so.
    pub by: Option<By<'a>>,
}

/// The node that says where a machine begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// This `host`.
    Host(&'a str),
    /// This `group`.
    Group(&'a str),
}

impl std::fmt::Display for By<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(name) => write!(f, "host {name}"),
            Self::Group(name) => write!(f, "group {name}"),
        }
    }
}

impl Machines {
    /// Those of a spec; empty where no host and no group says what it boots and nobody is told answers, so that nobody need say
    /// who it is.
    pub(super) fn of(spec: &ResolvedSpec) -> Self {
        let Some(first) = spec.menus.first() else { return Self::default() };
        let mut starts = spec.hosts.iter().map(|host| &host.start).chain(spec.groups.iter().map(|group| &group.start));
        if !starts.any(Option::is_some) && spec.answers.is_empty() {
            return Self::default();
        }
        let (hosts, groups) = (spec.hosts.iter().map(host).collect(), spec.groups.iter().filter_map(group).collect());
        Self { are_told: !spec.answers.is_empty(), ..Self::new(&first.name, hosts, groups) }
    }

    /// Makes the index of the hosts. Where two have one identity, the first one has it.
    pub fn new(first: &str, hosts: Vec<Host>, groups: Vec<Group>) -> Self {
        let mut machines = Self { first: first.to_owned(), groups, ..Self::default() };
        for (at, host) in hosts.iter().enumerate() {
            if let Some(mac) = host.mac {
                machines.by_mac.entry(mac).or_insert(at);
            }
            if let Some(uuid) = host.uuid {
                machines.by_uuid.entry(uuid).or_insert(at);
            }
            if let Some(serial) = &host.serial {
                machines.by_serial.entry(serial.clone()).or_insert(at);
            }
        }
        machines.hosts = hosts;
        machines
    }

    /// Whether all machines begin alike and are told nothing of their own.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.groups.is_empty() && !self.are_told
    }

    /// Whether a host is known by its serial number, so that clients have to tell theirs.
    pub fn know_serials(&self) -> bool {
        !self.by_serial.is_empty()
    }

    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// Which host and group a machine is, and where it begins.
    ///
    /// Of several hosts that a machine is by different identities, the first one of the spec counts. This takes a look into
    /// three maps and one walk over the groups, however many hosts there are.
    pub fn find(&self, identity: &Identity) -> Found<'_> {
        let by_mac = identity.mac.and_then(|mac| self.by_mac.get(&mac));
        let by_uuid = identity.uuid.and_then(|uuid| self.by_uuid.get(&uuid));
        let by_serial = identity.serial.as_ref().and_then(|serial| self.by_serial.get(serial));
        let first = [by_mac, by_uuid, by_serial].into_iter().flatten().min();
        let host = first.and_then(|at| self.hosts.get(*at));
        let mut groups = self.groups.iter().filter(|group| group.has(identity));
        let of_host = host.and_then(|host| Some((host.start.as_ref()?, By::Host(&host.name))));
        let of_group = || groups.clone().find_map(|group| Some((group.start.as_ref()?, By::Group(&group.name))));
        let (start, by) = of_host.or_else(of_group).unzip();
        Found { host, group: groups.next(), start, by }
    }
}

impl Group {
    /// Whether a machine belongs to it. What a machine does not say of itself meets no condition.
    pub fn has(&self, identity: &Identity) -> bool {
        let Identity { mac, cpu, address, .. } = identity;
        let is_met = |none: bool, any: bool| none || any;
        is_met(self.macs.is_empty(), mac.is_some_and(|mac| self.macs.iter().any(|beginning| beginning.covers(mac))))
            && is_met(self.cpus.is_empty(), cpu.is_some_and(|cpu| self.cpus.contains(&cpu)))
            && is_met(
                self.subnets.is_empty(),
                address.is_some_and(|address| self.subnets.iter().any(|subnet| subnet.contains(&address))),
            )
    }
}

fn host(written: &resolve::Host) -> Host {
    let resolve::Host { name, mac, uuid, serial, start, address, subnet, variables, .. } = written.clone();
    Host { name, mac, uuid, serial, start, told: Told { address, subnet, variables } }
}

/// `None` where no boot loader ever says that it is one of its kinds of firmware.
fn group(written: &resolve::Group) -> Option<Group> {
    let mut cpus: Vec<Machine> = written.arches.iter().filter_map(|arch| arch.of_menus()).collect();
    cpus.sort();
    cpus.dedup();
    (written.arches.is_empty() || !cpus.is_empty()).then(|| Group {
        name: written.name.clone(),
        macs: written.macs.clone(),
        cpus,
        subnets: written.subnets.clone(),
        start: written.start.clone(),
        variables: written.variables.clone(),
    })
}

/// As the language calls them.
fn names<S: serde::Serializer>(cpus: &[Machine], serializer: S) -> Result<S::Ok, S::Error> {
    let name = |cpu: &Machine| Arch::ALL.iter().find(|arch| arch.of_menus() == Some(*cpu)).map(|arch| arch.name());
    serializer.collect_seq(cpus.iter().filter_map(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(text: &str) -> Identity {
        Identity::from_path(&format!("machine/{text}/x")).unwrap().0
    }

    fn named(name: &str, mac: Option<&str>, uuid: Option<&str>, serial: Option<&str>, menu: Option<&str>) -> Host {
        Host {
            name: name.into(),
            mac: mac.map(|text| text.parse().unwrap()),
            uuid: uuid.map(|text| text.parse().unwrap()),
            serial: serial.map(|text| text.parse().unwrap()),
            start: menu.map(|menu| Start::Menu(menu.into())),
            told: Told::default(),
        }
    }

    fn class(name: &str, macs: &[&str], cpus: &[Machine], subnets: &[&str], menu: Option<&str>) -> Group {
        Group {
            name: name.into(),
            macs: macs.iter().map(|text| text.parse().unwrap()).collect(),
            cpus: cpus.to_vec(),
            subnets: subnets.iter().map(|text| text.parse().unwrap()).collect(),
            start: menu.map(|menu| Start::Menu(menu.into())),
            variables: BTreeMap::new(),
        }
    }

    const UUID: &str = "b78bca22-4ea4-4d0c-9efd-e3c9a210ac79";

    fn says(machines: &Machines, identity: &Identity) -> String {
        let found = machines.find(identity);
        let name = |name: Option<&String>| name.map_or("-".to_owned(), Clone::clone);
        let (host, group) = (name(found.host.map(|host| &host.name)), name(found.group.map(|group| &group.name)));
        let start = found.start.map_or("-".to_owned(), ToString::to_string);
        format!("{host} {group} {start} {}", found.by.map_or("-".to_owned(), |by| by.to_string()))
    }

    #[test]
    fn a_machine_is_a_host_by_any_of_its_identities() {
        let machines = Machines::new(
            "main",
            vec![
                named("a", Some("52:54:00:00:00:01"), Some(UUID), None, Some("lab")),
                named("b", None, None, Some("7XK2Q13"), Some("b")),
            ],
            Vec::new(),
        );
        for asks in [
            "mac-52-54-00-00-00-01",
            "uuid-22ca8bb7-a44e-0c4d-9efd-e3c9a210ac79",
            &format!("mac-52-54-00-00-00-99/uuid-{UUID}"),
        ] {
            assert_eq!(says(&machines, &identity(asks)), "a - menu lab host a", "{asks}");
        }
        assert_eq!(says(&machines, &identity("serial-37-78-6b-32-71-31-33-20")), "b - menu b host b");
        assert_eq!(
            says(&machines, &identity("serial-37-78-6b-32-71-31-33/mac-52-54-00-00-00-01")),
            "a - menu lab host a"
        );
        assert_eq!(says(&machines, &identity("mac-52-54-00-00-00-02")), "- - - -");
    }

    #[test]
    fn every_kind_of_condition_must_hold_and_within_one_any() {
        let group = class("g", &["b8:27:eb", "dc:a6:32"], &[Machine::Arm64], &["10.1.0.0/16"], Some("pi"));
        let machines = Machines::new("main", Vec::new(), vec![group]);
        let at = |text: &str, address: Option<&str>| {
            let asks = Identity { address: address.map(|text| text.parse().unwrap()), ..identity(text) };
            machines.find(&asks).group.is_some()
        };
        assert!(at("mac-dc-a6-32-00-00-01/arch-arm64-efi", Some("10.1.2.3")));
        assert!(!at("mac-dc-a6-33-00-00-01/arch-arm64-efi", Some("10.1.2.3")), "another maker");
        assert!(!at("mac-dc-a6-32-00-00-01/arch-x86_64-efi", Some("10.1.2.3")), "another processor");
        assert!(!at("mac-dc-a6-32-00-00-01/arch-arm64-efi", Some("10.2.2.3")), "another subnet");
        assert!(!at("mac-dc-a6-32-00-00-01", Some("10.1.2.3")), "it does not say its processor");
        assert!(!at("mac-dc-a6-32-00-00-01/arch-arm64-efi", None));
    }

    #[test]
    fn hosts_come_before_groups_and_the_first_that_says_where_to_begin_counts() {
        let machines = Machines::new(
            "main",
            vec![
                named("silent", Some("52:54:00:00:00:01"), None, None, None),
                named("own", Some("52:54:00:00:00:02"), None, None, Some("own")),
            ],
            vec![
                class("without", &["52:54:00"], &[], &[], None),
                class("first", &["52:54"], &[], &[], Some("first")),
                class("second", &[], &[], &[], Some("second")),
            ],
        );
        assert_eq!(says(&machines, &identity("mac-52-54-00-00-00-02")), "own without menu own host own");
        assert_eq!(says(&machines, &identity("mac-52-54-00-00-00-01")), "silent without menu first group first");
        assert_eq!(says(&machines, &identity("mac-52-55-00-00-00-01")), "- second menu second group second");
    }

    #[test]
    fn ten_thousand_hosts_are_three_looks() {
        let hosts = (0..10_000_u32).map(|at| {
            let [_, a, b, c] = at.to_be_bytes();
            let mac = format!("52:54:00:{a:02x}:{b:02x}:{c:02x}");
            named(&format!("host{at}"), Some(&mac), None, Some(&format!("SN{at}")), Some("lab"))
        });
        let machines = Machines::new("main", hosts.collect(), Vec::new());
        let asks = Identity { serial: "sn9999".parse().ok(), ..Identity::default() };
        assert_eq!(says(&machines, &asks), "host9999 - menu lab host host9999");
    }
}
