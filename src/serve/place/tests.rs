use super::*;
use crate::resolve::DhcpMode;

fn interface(name: &str, index: u32, addresses: &[&str]) -> Interface {
    let addresses = addresses.iter().map(|net| net.parse().unwrap()).collect();
    Interface { name: name.to_owned(), index, addresses, up: true, running: true, loopback: name == "lo" }
}

fn machine() -> Vec<Interface> {
    vec![
        interface("lo", 1, &["127.0.0.1/8"]),
        interface("lan", 2, &["10.0.0.2/24", "10.0.5.2/24"]),
        interface("lab", 3, &["192.168.7.1/24"]),
        interface("lab.5", 4, &["192.168.9.1/24"]),
    ]
}

/// A network on an interface of the machine, with the subnet or the relays that are not empty.
fn network(interface: &str, addresses: &[&str], subnet: &str, relay: &str) -> Located {
    Located {
        network: interface.to_owned(),
        interface: interface.to_owned(),
        addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
        subnet: subnet.parse().ok(),
        relays: relay.parse().into_iter().collect(),
        dhcp: DhcpMode::Proxy,
    }
}

fn lan() -> Located {
    network("lan", &["10.0.0.2", "10.0.5.2"], "", "")
}

fn lab() -> Located {
    network("lab", &["192.168.7.1"], "192.168.7.0/24", "")
}

fn broadcast(ifindex: u32) -> Arrival {
    Arrival {
        ifindex,
        source: Ipv4Addr::UNSPECIFIED,
        destination: Ipv4Addr::BROADCAST,
        suggested: Ipv4Addr::UNSPECIFIED,
    }
}

fn to(ifindex: u32, destination: [u8; 4]) -> Arrival {
    Arrival { destination: destination.into(), ..broadcast(ifindex) }
}

fn placed(networks: &[Located], arrival: &Arrival, giaddr: [u8; 4]) -> Place {
    place(&machine(), &networks.iter().collect::<Vec<_>>(), arrival, giaddr.into())
}

fn told(networks: &[Located], arrival: &Arrival, giaddr: [u8; 4]) -> Option<[u8; 4]> {
    match placed(networks, arrival, giaddr) {
        Place::Server(server) => Some(server.get().octets()),
        _ => None,
    }
}

/// CO-07, CO-09: each interface has its own address, a VLAN as well, whatever the routing table prefers.
#[test]
fn tells_the_address_of_the_receiving_interface() {
    let all = [lan(), lab(), network("lab.5", &["192.168.9.1"], "", "")];
    assert_eq!(told(&all, &broadcast(2), [0; 4]), Some([10, 0, 0, 2]));
    assert_eq!(told(&all, &broadcast(3), [0; 4]), Some([192, 168, 7, 1]));
    assert_eq!(told(&all, &broadcast(4), [0; 4]), Some([192, 168, 9, 1]));
    let second = Arrival { suggested: Ipv4Addr::new(10, 0, 5, 2), ..broadcast(2) };
    assert_eq!(told(&all, &second, [0; 4]), Some([10, 0, 5, 2]), "what the kernel would answer from");
    let renews = Arrival { source: Ipv4Addr::new(10, 0, 5, 77), ..broadcast(2) };
    assert_eq!(told(&all, &renews, [0; 4]), Some([10, 0, 5, 2]), "the one in the client's subnet");
    let foreign = Arrival { suggested: Ipv4Addr::new(192, 168, 7, 1), ..broadcast(2) };
    assert_eq!(told(&all, &foreign, [0; 4]), Some([10, 0, 0, 2]), "but only from the same interface");
}

#[test]
fn looks_only_at_served_interfaces() {
    let lab = [lab()];
    assert_eq!(placed(&lab, &broadcast(1), [0; 4]), Place::Unserved, "loopback");
    assert_eq!(placed(&lab, &broadcast(9), [0; 4]), Place::Unserved, "gone");
    assert_eq!(placed(&lab, &broadcast(2), [0; 4]), Place::Unserved);
    assert_eq!(placed(&lab, &broadcast(4), [0; 4]), Place::Unserved, "a VLAN is not its parent");
    assert_eq!(told(&lab, &broadcast(3), [0; 4]), Some([192, 168, 7, 1]));
    assert_eq!(told(&[network("lo", &["127.0.0.1"], "", "")], &broadcast(1), [0; 4]), Some([127, 0, 0, 1]));
}

/// CO-07: no client is told an address at which nothing listens; the spec may leave one alone.
#[test]
fn tells_only_addresses_at_which_files_are_served() {
    let second = [network("lan", &["10.0.5.2"], "", "")];
    assert_eq!(told(&second, &broadcast(2), [0; 4]), Some([10, 0, 5, 2]));
    assert_eq!(told(&second, &to(2, [10, 0, 0, 2]), [0; 4]), Some([10, 0, 5, 2]));
    assert_eq!(placed(&second, &to(2, [10, 0, 0, 2]), [10, 0, 0, 254]), Place::UnknownRelay);
    assert_eq!(placed(&[network("lan", &["10.0.9.9"], "", "")], &broadcast(2), [0; 4]), Place::Unserved, "gone");
}

/// CO-10, CO-13, G20: a relay belongs to the network that its address lies in, wherever its packets come in.
#[test]
fn tells_a_relayed_client_the_address_of_its_network() {
    let all = [lan(), network("lab", &["192.168.7.1"], "192.168.7.0/24", "172.16.0.0/16")];
    let unicast = to(2, [10, 0, 0, 2]);
    assert_eq!(told(&all, &unicast, [192, 168, 7, 254]), Some([192, 168, 7, 1]), "ours in the relay's subnet");
    assert_eq!(told(&all, &unicast, [10, 0, 5, 254]), Some([10, 0, 5, 2]), "without a subnet in the spec");
    assert_eq!(told(&all, &unicast, [172, 16, 3, 1]), Some([192, 168, 7, 1]), "the network that names the relay");
    assert_eq!(told(&all, &to(3, [192, 168, 7, 1]), [172, 16, 3, 1]), Some([192, 168, 7, 1]));
    let two = [network("lan", &["10.0.0.2", "10.0.5.2"], "", "172.16.0.0/16")];
    assert_eq!(told(&two, &to(2, [10, 0, 5, 2]), [172, 16, 3, 1]), Some([10, 0, 5, 2]), "the one that was sent to");
    let back = Arrival { source: Ipv4Addr::new(172, 16, 3, 50), ..to(2, [10, 0, 5, 2]) };
    assert_eq!(told(&two, &back, [0; 4]), Some([10, 0, 5, 2]), "and its client comes to 4011 there (CO-12)");
}

/// SE-04: a relay that no network names gets nothing.
#[test]
fn se_04_knows_which_relays_are_named() {
    let all = [lan(), lab()];
    assert_eq!(placed(&all, &to(2, [10, 0, 0, 2]), [172, 16, 3, 1]), Place::UnknownRelay);
    assert_eq!(placed(&all, &broadcast(3), [192, 168, 9, 254]), Place::UnknownRelay, "of an unserved interface");
}

/// DH-54: the kernel delivers to any of our addresses on any interface.
#[test]
fn leaves_datagrams_for_other_addresses_alone() {
    let to_lab = to(2, [192, 168, 7, 1]);
    assert_eq!(placed(&[lan()], &to_lab, [0; 4]), Place::Unserved);
    assert_eq!(told(&[lan(), lab()], &to_lab, [0; 4]), Some([192, 168, 7, 1]));
}

#[test]
fn se_04_knows_which_sources_are_near() {
    let near = |networks: &[Located], source: [u8; 4]| {
        is_near(&machine(), networks, &Arrival { source: source.into(), ..broadcast(2) })
    };
    for source in [[0, 0, 0, 0], [10, 0, 0, 77], [10, 0, 5, 77]] {
        assert!(near(&[lan()], source), "{source:?}");
    }
    for source in [[8, 8, 8, 8], [192, 168, 7, 9], [127, 0, 0, 1], [172, 16, 3, 50]] {
        assert!(!near(&[lan()], source), "{source:?}");
    }
    assert!(near(&[network("lan", &["10.0.0.2"], "", "172.16.0.0/16")], [172, 16, 3, 50]), "behind a relay");
    assert!(near(&[lan(), lab()], [192, 168, 7, 9]), "in another served network");
}
