//! `netspec serve` on networks as they are: several interfaces, VLANs, relays, other servers, and changes while it runs.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::support::net::{Class, Machine, Netspec};
use crate::support::{Folder, trees};

/// A spec with one Arch ISO.
fn folder(networks: &str) -> Folder {
    let spec = format!("{networks}\niso \"arch\" \"isos/arch.iso\"\n");
    Folder::with_spec(&spec).iso("arch.iso", "ARCH_202611", &trees::archiso())
}

fn ip(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

/// CO-07, CO-08, CO-09, CO-10, CO-11, CO-12, G20, G24: each link gets the server's address on it, out of that link, and a
/// client behind a relay (a real one) that of its network; and the files are there.
#[test]
fn each_link_vlan_and_relay_is_told_its_own_address() {
    let (server, pcs, mut relay) = (Machine::new(), Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    server.cable("lan1", &pcs, "pc1");
    server.cable("lan2", &relay, "r0");
    relay.cable("r1", &pcs, "pc3");
    // Some kernels are built without VLANs; a link like the others stands in for it there, so that the rest is tested.
    if server.try_ip("link add link lan0 name lan0.5 type vlan id 5") {
        pcs.ip("link add link pc0 name pc0.5 type vlan id 5");
        pcs.ip("link set pc0.5 up");
    } else {
        eprintln!("skipped: VLAN subinterfaces, which this kernel does not have");
        server.cable("lan0.5", &pcs, "pc0.5");
    }
    for (link, address) in [("lan0", "10.1.0.1"), ("lan1", "10.2.0.1"), ("lan2", "10.3.0.1"), ("lan0.5", "10.5.0.1")] {
        server.ip(&format!("addr add {address}/24 dev {link}"));
        server.ip(&format!("link set {link} up"));
    }
    server.ip("addr add 10.3.0.2/24 dev lan2");
    server.ip("route add 10.77.0.0/16 via 10.3.0.9");
    relay.ip("addr add 10.3.0.9/24 dev r0");
    relay.ip("addr add 10.77.0.1/16 dev r1");
    relay.run("sysctl", &["-qw", "net.ipv4.ip_forward=1"]);
    let folder = folder(
        r#"
        network "a" { interface "lan0" }
        network "b" { subnet "10.2.0.0/24" }
        network "c" { interface "lan2"; address "10.3.0.2"; relay "10.77.0.0/16" }
        network "vlan" { interface "lan0.5" }
        "#,
    );
    let log = folder.path("relay.log");
    let mut netspec = Netspec::start(&server, folder, &[]);
    assert!(netspec.intro().contains("network c: 10.3.0.2 on lan2, proxyDHCP"), "{}", netspec.intro());
    assert!(netspec.intro().contains("and clients behind relays in 10.77.0.0/16"), "{}", netspec.intro());

    for (link, subnet) in [("pc0", "10.1.0"), ("pc1", "10.2.0"), ("pc0.5", "10.5.0")] {
        let address = ip(&format!("{subnet}.1"));
        let client = pcs.client(link);
        for class in [Class::Bios, Class::Ipxe] {
            let offer = client.discover(class, address);
            assert_eq!(offer.from, SocketAddrV4::new(address, 67), "{link}");
            assert_eq!(offer.next_server(), address, "{link}");
        }
        let offer = client.discover(Class::Ipxe, address);
        assert_eq!(offer.file(), format!("http://{address}/boot.ipxe"));
        pcs.ip(&format!("addr add {subnet}.50/24 dev {link}"));
        assert!(pcs.fetch(&offer.file()).contains(&format!("chain http://{address}/")));
        assert!(pcs.fetch(&format!("tftp://{address}/boot.ipxe")).contains(&format!("chain http://{address}/")));
        assert_eq!(client.ask_boot_server(Class::Bios, address).next_server(), address);
    }

    // A relay that no network names gets nothing, and the log says so (SE-04).
    relay.ip("addr add 10.99.0.1/24 dev r1");
    let arguments = ["--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file="];
    let relays = ["--dhcp-relay=10.77.0.1,10.3.0.2", "--log-dhcp", "--log-facility=-"];
    relay.start(&log, "dnsmasq", &[&arguments[..], &relays].concat());
    let client = pcs.client("pc3");
    let address = ip("10.3.0.2");
    let offer = client.discover(Class::Ipxe, address);
    assert_eq!((offer.next_server(), offer.file()), (address, "http://10.3.0.2/boot.ipxe".to_owned()));
    assert_eq!(offer.bytes[24..28], [10, 77, 0, 1], "the relay's address is kept");
    pcs.ip("addr add 10.77.0.50/16 dev pc3");
    pcs.ip("route add 10.3.0.0/24 via 10.77.0.1");
    assert!(pcs.fetch(&offer.file()).contains("chain http://10.3.0.2/"));
    let ack = client.ask_boot_server(Class::Bios, address);
    assert_eq!((ack.next_server(), ack.from), (address, SocketAddrV4::new(address, 4011)), "through the router");

    let by_hand = relay.on(|| std::net::UdpSocket::bind("10.3.0.9:0").unwrap());
    let mut question = Class::Bios.message(1);
    question[24..28].copy_from_slice(&[10, 99, 0, 1]);
    by_hand.send_to(&question, "10.3.0.2:67").unwrap();
    netspec.tells("comes through relay 10.99.0.1, which is in no `relay` subnet of the spec");
}
