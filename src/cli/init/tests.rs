use std::path::Path;
use std::sync::Arc;

use super::draft::draft;
use super::look::{Found, FoundIso, FoundNetwork, LeftOut, look};
use crate::serve::interface::Interface;
use crate::source::SourceFile;
use crate::spec;
use crate::world::MemWorld;

fn interface(name: &str, addresses: &[&str]) -> Interface {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Interface { name: name.into(), index: 1, addresses, up: true, running: true, loopback: false }
}

/// A machine with these cards, whose other interfaces are virtual.
fn world(cards: &[&str]) -> MemWorld {
    let empty = MemWorld::default().with("isos/readme.txt", "");
    cards.iter().fold(empty, |world, card| world.with(format!("/sys/class/net/{card}/device/vendor"), "0x8086"))
}

fn networks(interfaces: &[Interface], world: &MemWorld) -> Vec<String> {
    let found = look(Path::new("isos"), Path::new("isos"), interfaces, world).unwrap();
    found.networks.iter().map(|n| format!("{} {} {}", n.name, n.subnet, n.interface)).collect()
}

#[test]
fn virtual_networks_count_only_where_there_are_no_others() {
    let machine = [
        interface("enp3s0", &["192.168.1.7/24", "203.0.113.7/24", "169.254.3.4/16"]),
        interface("docker0", &["172.17.0.1/16"]),
        interface("wg0", &["10.8.0.2/24"]),
    ];
    assert_eq!(networks(&machine, &world(&["enp3s0"])), ["lan 192.168.1.0/24 enp3s0"]);
    assert_eq!(networks(&machine[1..], &world(&[])), ["docker0 172.17.0.0/16 docker0", "wg0 10.8.0.0/24 wg0"]);
}

#[test]
fn a_bridge_or_vlan_over_a_card_is_a_network_of_the_card() {
    let machine = [interface("br0", &["10.0.0.1/24"]), interface("virbr0", &["192.168.122.1/24"])];
    let world = world(&["eth0"])
        .with("/sys/class/net/br0/lower_bond0/x", "")
        .with("/sys/class/net/bond0/lower_eth0/x", "")
        .with("/sys/class/net/virbr0/lower_vnet0/x", "")
        // The kernel has no such ring; a mistake must not hang.
        .with("/sys/class/net/vnet0/lower_vnet0/x", "");
    assert_eq!(networks(&machine, &world), ["lan 10.0.0.0/24 br0"]);
}

#[test]
fn what_is_down_and_what_is_the_same_network_is_left_out() {
    let mut machine = [
        interface("wlan0", &["192.168.1.8/24"]),
        interface("enp3s0", &["192.168.1.7/24"]),
        interface("enp4s0", &["10.20.0.1/16", "10.30.0.1/31"]),
        interface("enp5s0", &["10.40.0.1/16"]),
        interface("lo", &["10.50.0.1/16"]),
    ];
    machine[0].running = false;
    machine[3].up = false;
    machine[4].loopback = true;
    let world = world(&["wlan0", "enp3s0", "enp4s0", "enp5s0", "lo"]);
    assert_eq!(networks(&machine, &world), ["enp3s0 192.168.1.0/24 enp3s0", "enp4s0 10.20.0.0/16 enp4s0"]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    assert!(look(Path::new("nowhere"), Path::new(""), &[], &MemWorld::default()).is_err());
}

/// Whatever is in names, the draft is a spec in the form of `fmt` that has them as they are.
#[test]
fn hostile_names_stay_names() {
    let hostile = "a\"b\\c{isos}{{d}\u{2028}iso \"evil\" \"x\"\u{feff}\u{202e}";
    let iso = |name: &str| FoundIso {
        name: name.into(),
        path: format!("{hostile}.iso"),
        shown: hostile.into(),
        title: hostile.into(),
        what: format!("{hostile}\niso \"evil\" \"y\""),
    };
    for isos in [vec![], vec![iso("one")], vec![iso("one"), iso("two")]] {
        let found = Found {
            folder: ".".into(),
            networks: vec![FoundNetwork {
                name: "lan".into(),
                subnet: "10.0.0.0/24".parse().unwrap(),
                interface: hostile.into(),
            }],
            left_out: vec![LeftOut { shown: hostile.into(), why: "so\n}\nevil".into() }],
            isos,
            loaders: Vec::new(),
            missing: Vec::new(),
        };
        let text = draft(&found, hostile);
        assert_eq!(spec::layout::format(&text).as_ref(), Ok(&text));
        let source = SourceFile { path: "netspec.kdl".into(), text: Arc::from(text.as_str()) };
        let loaded = spec::load(&source, &MemWorld::default());
        assert!(!loaded.findings.has_errors(), "{:?}\n{text}", loaded.findings);
        let paths: Vec<_> = loaded.spec.isos.iter().map(|iso| iso.path.as_ref().unwrap().value.clone()).collect();
        let right: Vec<_> = found.isos.iter().map(|iso| iso.path.clone()).collect();
        assert_eq!(paths, right);
        let titles: Vec<_> =
            loaded.spec.menus.iter().flat_map(|menu| menu.entries()).filter_map(|entry| entry.title.as_ref()).collect();
        assert!(titles.windows(2).all(|pair| pair[0].value != pair[1].value), "{titles:?}");
        assert_eq!(
            titles.len(),
            if right.len() == 2 { 2 } else { 0 },
            "two ISOs of one title are told apart by their names"
        );
    }
}
