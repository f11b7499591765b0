use super::*;

fn interface(name: &str, index: u32, addresses: &[&str]) -> Interface {
    let addresses = addresses.iter().map(|net| net.parse().unwrap()).collect();
    Interface { name: name.to_owned(), index, addresses, up: true, running: true, loopback: name == "lo" }
}

fn machine() -> Vec<Interface> {
    vec![
        interface("lo", 1, &["127.0.0.1/8"]),
        interface("lan", 2, &["10.0.0.2/24", "10.0.5.2/24"]),
        interface("lab", 3, &["192.168.7.1/24"]),
        interface("bare", 4, &[]),
    ]
}

fn scope(interfaces: &[&str], networks: &[&str]) -> Scope {
    Scope {
        interfaces: interfaces.iter().map(|name| (*name).to_owned()).collect(),
        networks: networks.iter().map(|net| net.parse().unwrap()).collect(),
        addresses: Vec::new(),
    }
}

fn broadcast(ifindex: u32) -> Arrival {
    Arrival {
        ifindex,
        source: Ipv4Addr::UNSPECIFIED,
        destination: Ipv4Addr::BROADCAST,
        suggested: Ipv4Addr::UNSPECIFIED,
    }
}

fn told(scope: &Scope, arrival: &Arrival, giaddr: [u8; 4]) -> Option<[u8; 4]> {
    match place(&machine(), scope, arrival, giaddr.into()) {
        Place::Server(server) => Some(server.get().octets()),
        _ => None,
    }
}

/// CO-07: each interface has its own address, whatever the routing table prefers.
#[test]
fn tells_the_address_of_the_receiving_interface() {
    let all = scope(&[], &[]);
    assert_eq!(told(&all, &broadcast(2), [0; 4]), Some([10, 0, 0, 2]));
    assert_eq!(told(&all, &broadcast(3), [0; 4]), Some([192, 168, 7, 1]));
    let second = Arrival { suggested: Ipv4Addr::new(10, 0, 5, 2), ..broadcast(2) };
    assert_eq!(told(&all, &second, [0; 4]), Some([10, 0, 5, 2]), "what the kernel would answer from");
    let foreign = Arrival { suggested: Ipv4Addr::new(192, 168, 7, 1), ..broadcast(2) };
    assert_eq!(told(&all, &foreign, [0; 4]), Some([10, 0, 0, 2]), "but only from the same interface");
    assert_eq!(
        place(&machine(), &all, &broadcast(4), Ipv4Addr::UNSPECIFIED),
        Place::NoAddress { interface: "bare".to_owned() }
    );
}

#[test]
fn looks_only_at_served_interfaces() {
    let all = scope(&[], &[]);
    assert_eq!(place(&machine(), &all, &broadcast(1), Ipv4Addr::UNSPECIFIED), Place::Unserved, "loopback");
    assert_eq!(place(&machine(), &all, &broadcast(9), Ipv4Addr::UNSPECIFIED), Place::Unserved, "gone");
    let lab = scope(&["lab"], &[]);
    assert_eq!(told(&lab, &broadcast(2), [0; 4]), None);
    assert_eq!(told(&lab, &broadcast(3), [0; 4]), Some([192, 168, 7, 1]));
    assert_eq!(told(&scope(&["lo"], &[]), &broadcast(1), [0; 4]), Some([127, 0, 0, 1]), "loopback by name");
    assert_eq!((lab.only_interface(), all.only_interface()), (Some("lab"), None));
}

/// The networks of the spec: the interface, the relay or the client has to be in one of them.
#[test]
fn belongs_to_a_network_of_the_spec() {
    let second = scope(&[], &["10.0.5.0/24"]);
    assert_eq!(told(&second, &broadcast(2), [0; 4]), Some([10, 0, 5, 2]));
    assert_eq!(told(&second, &broadcast(3), [0; 4]), None);
    let remote = scope(&[], &["172.16.0.0/16"]);
    assert_eq!(told(&remote, &broadcast(2), [0; 4]), None);
    assert_eq!(told(&remote, &broadcast(2), [172, 16, 3, 1]), Some([10, 0, 0, 2]), "through its relay");
    assert_eq!(told(&second, &broadcast(2), [172, 16, 3, 1]), None, "a relay of another network");
    let routed =
        Arrival { source: Ipv4Addr::new(172, 16, 3, 50), destination: Ipv4Addr::new(10, 0, 0, 2), ..broadcast(2) };
    assert_eq!(told(&remote, &routed, [0; 4]), Some([10, 0, 0, 2]), "its clients come to 4011 by unicast (CO-12)");
}

/// CO-10, CO-13: our address in the relay's subnet, else the one that the relay sent to.
#[test]
fn tells_a_relayed_client_the_address_nearest_to_it() {
    let all = scope(&[], &[]);
    let unicast = Arrival { destination: Ipv4Addr::new(10, 0, 0, 2), ..broadcast(2) };
    assert_eq!(told(&all, &unicast, [192, 168, 7, 254]), Some([192, 168, 7, 1]));
    assert_eq!(told(&all, &unicast, [172, 16, 3, 1]), Some([10, 0, 0, 2]));
    assert_eq!(told(&all, &broadcast(3), [172, 16, 3, 1]), Some([192, 168, 7, 1]));
    assert_eq!(
        told(&scope(&["lan"], &[]), &unicast, [192, 168, 7, 254]),
        Some([10, 0, 0, 2]),
        "not one that is not served"
    );
}

/// DH-54: the kernel delivers to any of our addresses on any interface.
#[test]
fn leaves_datagrams_for_other_addresses_alone() {
    let to_lab = Arrival { destination: Ipv4Addr::new(192, 168, 7, 1), ..broadcast(2) };
    assert_eq!(told(&scope(&["lan"], &[]), &to_lab, [0; 4]), None);
    assert_eq!(told(&scope(&[], &[]), &to_lab, [0; 4]), Some([192, 168, 7, 1]));
}

/// CO-07, CO-19: no client is told an address at which nothing listens, as one that came up after the start.
#[test]
fn tells_only_addresses_at_which_files_are_served() {
    let second = Scope { addresses: vec![[10, 0, 5, 2].into()], ..scope(&["lan"], &[]) };
    assert_eq!(told(&second, &broadcast(2), [0; 4]), Some([10, 0, 5, 2]));
    let to_first = Arrival { destination: Ipv4Addr::new(10, 0, 0, 2), ..broadcast(2) };
    assert_eq!(told(&second, &to_first, [0; 4]), Some([10, 0, 5, 2]));
    assert_eq!(told(&second, &broadcast(2), [10, 0, 0, 254]), Some([10, 0, 5, 2]), "through a relay");
    let gone = Scope { addresses: vec![[10, 0, 9, 9].into()], ..scope(&["lan"], &[]) };
    let place = place(&machine(), &gone, &broadcast(2), Ipv4Addr::UNSPECIFIED);
    assert_eq!(place, Place::NoAddress { interface: "lan".to_owned() });
}

#[test]
fn se_04_knows_which_sources_are_near() {
    let near =
        |scope: &Scope, source: [u8; 4]| is_near(&machine(), scope, &Arrival { source: source.into(), ..broadcast(2) });
    for source in [[0, 0, 0, 0], [10, 0, 0, 77], [10, 0, 5, 77]] {
        assert!(near(&scope(&["lan"], &[]), source), "{source:?}");
    }
    for source in [[8, 8, 8, 8], [192, 168, 7, 9], [127, 0, 0, 1]] {
        assert!(!near(&scope(&["lan"], &[]), source), "{source:?}");
    }
    assert!(near(&scope(&[], &["172.16.0.0/16"]), [172, 16, 3, 50]), "behind a relay, in a network of the spec");
}

#[test]
fn reads_the_loopback_of_this_machine() {
    let found = interfaces().unwrap();
    let lo = found.iter().find(|interface| interface.name == "lo").unwrap();
    assert!(lo.loopback && lo.index > 0);
    assert!(!lo.up || lo.addresses.contains(&"127.0.0.1/8".parse().unwrap()), "{lo:?}");
}
