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

/// CO-19: addresses and interfaces come and go; what is there is served, without root and without a restart.
#[test]
fn follows_addresses_and_links_that_come_and_go() {
    let (server, pcs) = (Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    server.ip("addr add 10.1.0.1/24 dev lan0");
    let folder = folder("network \"home\" { interface \"lan0\" }");
    let mut netspec = Netspec::start(&server, folder, &[]);
    let client = pcs.client("pc0");
    client.discover(Class::Bios, ip("10.1.0.1"));
    pcs.ip("addr add 10.1.0.50/24 dev pc0");
    pcs.ip("addr add 10.6.0.50/24 dev pc0");
    assert!(pcs.fetch("http://10.1.0.1/boot.ipxe").contains("chain http://10.1.0.1/"));

    server.ip("addr add 10.6.0.1/24 dev lan0");
    netspec.tells("10.6.0.1  is served now, on lan0");
    server.ip("addr del 10.1.0.1/24 dev lan0");
    netspec.tells("10.1.0.1  is gone: nothing is served there any more");
    let offer = client.discover(Class::Ipxe, ip("10.6.0.1"));
    for url in [offer.file().as_str(), "tftp://10.6.0.1/boot.ipxe"] {
        assert!(pcs.fetch(url).contains("chain http://10.6.0.1/"), "{url}");
    }
    assert_eq!(client.ask_boot_server(Class::Bios, ip("10.6.0.1")).next_server(), ip("10.6.0.1"));

    // Off and on again: nothing ends.
    server.ip("link set lan0 down");
    server.ip("link set lan0 up");
    client.discover(Class::Bios, ip("10.6.0.1"));
    assert!(pcs.fetch("http://10.6.0.1/boot.ipxe").contains("chain"));

    // Gone, and back under the same name, as a USB card does.
    drop(client);
    server.ip("link del lan0");
    netspec.tells("10.6.0.1  is gone: nothing is served there any more");
    server.cable("lan0", &pcs, "pc0");
    server.ip("addr add 10.7.0.1/24 dev lan0");
    netspec.tells("10.7.0.1  is served now, on lan0");
    pcs.ip("addr add 10.7.0.50/24 dev pc0");
    let client = pcs.client("pc0");
    assert_eq!(client.discover(Class::Ipxe, ip("10.7.0.1")).file(), "http://10.7.0.1/boot.ipxe");
    assert!(pcs.fetch("http://10.7.0.1/boot.ipxe").contains("chain http://10.7.0.1/"));
    assert_eq!(client.ask_boot_server(Class::Bios, ip("10.7.0.1")).next_server(), ip("10.7.0.1"));
}

/// CO-06: an address whose port another program holds is told with its cure, and served when the program ends.
#[test]
fn serves_an_address_when_its_ports_become_free() {
    let (server, pcs) = (Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    server.ip("addr add 10.1.0.1/24 dev lan0");
    pcs.ip("addr add 10.6.0.50/24 dev pc0");
    let folder = folder("network \"home\" { interface \"lan0\" }");
    let mut netspec = Netspec::start(&server, folder, &[]);
    server.ip("addr add 10.6.0.1/32 dev lo");
    let held = server.on(|| std::net::TcpListener::bind("10.6.0.1:80").unwrap());
    server.ip("addr add 10.6.0.1/24 dev lan0");
    netspec.tells("10.6.0.1  cannot be served: cannot listen on TCP 80: ");
    drop(held);
    netspec.tells("10.6.0.1  is served now, on lan0");
    assert_eq!(netspec.journal().matches("cannot be served").count(), 1, "{}", netspec.journal());
    assert!(pcs.fetch("http://10.6.0.1/boot.ipxe").contains("chain http://10.6.0.1/"));
}

/// The DHCP server of a machine: it holds 0.0.0.0:67 and shares it with nobody.
const DNSMASQ: [&str; 11] = [
    "--no-daemon",
    "--conf-file=/dev/null",
    "--port=0",
    "--user=root",
    "--pid-file=",
    "--log-dhcp",
    "--log-facility=-",
    "--dhcp-authoritative",
    "--dhcp-broadcast",
    "--no-ping",
    "--dhcp-range=10.1.0.100,10.1.0.150,1h",
];

/// CO-01, CO-03, CO-04, CO-06, G21: beside a DHCP server of the same machine both answer, and its clients keep their leases.
/// A wrong checksum would keep our answer from the client.
#[test]
fn answers_beside_a_dhcp_server_that_holds_the_port() {
    let (mut server, pcs) = (Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    server.ip("addr add 10.1.0.1/24 dev lan0");
    let folder = folder("network \"home\" { interface \"lan0\" }");
    let (leases, script) = (folder.path("leases"), folder.path("script"));
    let leases = format!("--dhcp-leasefile={}", leases.display());
    server.start(&folder.path("dnsmasq.log"), "dnsmasq", &[&DNSMASQ[..], &[&leases]].concat());
    wait_for_port(&server, 67);
    std::fs::write(&script, "#!/bin/sh\n[ \"$1\" = deconfig ] || echo \"$1 $ip\"\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let netspec = Netspec::start(&server, folder, &[]);
    let intro = netspec.intro();
    assert!(intro.contains("UDP 67 on lan0 is held by dnsmasq (pid "), "{intro}");
    assert!(intro.contains("netspec hears and answers beside it"), "{intro}");

    let client = pcs.client("pc0");
    client.discover(Class::Ipxe, ip("10.1.0.1"));
    let answers = client.answers(Class::Ipxe);
    let ours: Vec<_> = answers.iter().filter(|reply| reply.address().is_unspecified()).collect();
    assert_eq!((ours.len(), answers.len()), (1, 2), "one of each server");
    assert_eq!(ours[0].from, SocketAddrV4::new(ip("10.1.0.1"), 67));
    assert_eq!(ours[0].file(), "http://10.1.0.1/boot.ipxe");
    drop(client);

    let script = script.to_str().unwrap();
    let said = pcs.run("busybox", &["udhcpc", "-f", "-q", "-n", "-t", "8", "-T", "1", "-i", "pc0", "-s", script]);
    assert!(said.contains("bound 10.1.0.1"), "{said}");
    // The kernel gives a renewal by unicast to one socket; it must be the DHCP server's.
    let address = said.lines().find_map(|line| line.strip_prefix("bound ")).unwrap().to_owned();
    pcs.ip(&format!("addr add {address}/24 dev pc0"));
    let client = pcs.client("pc0");
    let mut renewal = Class::Bios.message(3);
    renewal[12..16].copy_from_slice(&ip(&address).octets());
    renewal[28..34].copy_from_slice(&pcs.mac("pc0"));
    let to = SocketAddrV4::new(ip("10.1.0.1"), 67);
    assert_eq!(client.ask(&renewal, to, ip("10.1.0.1")).address(), ip(&address));
    assert_eq!(client.ask_boot_server(Class::Bios, ip("10.1.0.1")).next_server(), ip("10.1.0.1"));
    assert_eq!(netspec.journal().matches("another boot server").count(), 0, "{}", netspec.journal());
}

/// CO-01, CO-05: port 4011 alone, beside a DHCP server that sends PCs there itself.
#[test]
fn answers_port_4011_alone_where_the_spec_says_so() {
    let (mut server, pcs) = (Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    server.ip("addr add 10.1.0.1/24 dev lan0");
    let folder = folder("network \"home\" { interface \"lan0\"; dhcp \"boot-server\" }");
    let leases = format!("--dhcp-leasefile={}", folder.path("leases").display());
    let option = "--dhcp-option-force=60,PXEClient";
    server.start(&folder.path("dnsmasq.log"), "dnsmasq", &[&DNSMASQ[..], &[&leases, option]].concat());
    wait_for_port(&server, 67);
    let netspec = Netspec::start(&server, folder, &[]);
    let intro = netspec.intro();
    assert!(intro.contains("port 4011 only: the DHCP server of this machine must send option 60"), "{intro}");
    let client = pcs.client("pc0");
    client.discover(Class::Bios, ip("10.1.0.1"));
    assert!(client.answers(Class::Bios).iter().all(|reply| !reply.address().is_unspecified()), "no offer of ours");
    pcs.ip("addr add 10.1.0.100/24 dev pc0");
    let ack = client.ask_boot_server(Class::Bios, ip("10.1.0.1"));
    assert_eq!(ack.file(), "iso/arch/boot/syslinux/lpxelinux.0");
    // What the DHCP server does is what the spec asked for.
    assert!(!netspec.journal().contains("take option 60"), "{}", netspec.journal());
}

/// CO-01, CO-06: without CAP_NET_RAW a held port is an error with its cure, and nobody else is heard, which is said.
#[test]
fn says_what_it_cannot_do_without_raw_sockets() {
    let (mut server, pcs) = (Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    server.ip("addr add 10.1.0.1/24 dev lan0");
    let spec = "network \"home\" { interface \"lan0\" }";
    let without = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
    let netspec = Netspec::start(&server, folder(spec), &without);
    assert!(
        netspec.intro().contains("other boot servers are not heard: that needs CAP_NET_RAW"),
        "{}",
        netspec.intro()
    );
    pcs.client("pc0").discover(Class::Bios, ip("10.1.0.1"));
    drop(netspec);

    let folder = folder(spec);
    let leases = format!("--dhcp-leasefile={}", folder.path("leases").display());
    server.start(&folder.path("dnsmasq.log"), "dnsmasq", &[&DNSMASQ[..], &[&leases]].concat());
    wait_for_port(&server, 67);
    let command = [&without[..], &[env!("CARGO_BIN_EXE_netspec"), "serve", "spec.kdl"]].concat();
    let output = server.command(command[0]).args(&command[1..]).current_dir(folder.dir.path()).output().unwrap();
    let said = crate::support::text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("cannot listen on UDP 67 on `lan0`: dnsmasq (pid "), "{said}");
    assert!(
        said.contains("help: give netspec the capability CAP_NET_RAW, so that it can answer beside dnsmasq"),
        "{said}"
    );
}

/// CO-15, UE-08, UE-09, HB-04, SE-14, DH-40: other servers on the LAN that give clients something of their own are told once
/// each, with the cure; a DHCP server that does not is not told.
#[test]
fn tells_of_rivals_once_each() {
    let (server, mut others) = (Machine::new(), Machine::new());
    server.cable("lan0", &others, "eth0");
    server.ip("addr add 10.1.0.1/24 dev lan0");
    others.ip("addr add 10.1.0.9/24 dev eth0");
    let folder = folder("network \"home\" { interface \"lan0\" }");
    let log = folder.path("dnsmasq.log");
    let leases = format!("--dhcp-leasefile={}", folder.path("leases").display());
    let mut netspec = Netspec::start(&server, folder, &[]);
    // The client is where the server is: an offer by broadcast reaches all machines.
    let client = server.client("lan0");
    let with = |more: &[&'static str]| -> Vec<String> {
        let range = if more.contains(&"proxy") { "--dhcp-range=10.1.0.0,proxy" } else { DNSMASQ[10] };
        let more = more.iter().filter(|word| **word != "proxy");
        DNSMASQ[..10]
            .iter()
            .chain([&range])
            .chain(more)
            .map(|word| (*word).to_owned())
            .chain([leases.clone()])
            .collect()
    };
    let mut run = |netspec: &mut Netspec, more: &[&'static str], wanted: &str| {
        let arguments = with(more);
        others.start(&log, "dnsmasq", &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        wait_for_port(&others, 67);
        client.discover(Class::Bios, ip("10.1.0.9"));
        client.answers(Class::Bios);
        if !wanted.is_empty() {
            netspec.tells(wanted);
        }
        others.stop();
    };
    run(&mut netspec, &[], "");
    assert!(!netspec.journal().contains("10.1.0.9"), "{}", netspec.journal());
    run(&mut netspec, &["proxy", "--pxe-service=x86PC,Theirs,theirs"], "10.1.0.9  is another boot server: ");
    run(
        &mut netspec,
        &["--dhcp-option-force=60,PXEClient"],
        "10.1.0.9  gives addresses and says that it is a PXE server (option 60 is PXEClient)",
    );
    run(
        &mut netspec,
        &["--dhcp-boot=pxelinux.0,,10.1.0.9"],
        "10.1.0.9  gives addresses and the boot file name \"pxelinux.0\"",
    );
    run(
        &mut netspec,
        &["--dhcp-option-force=60,HTTPClient", "--dhcp-boot=http://10.1.0.9/x.efi"],
        "10.1.0.9  gives addresses and a URL of its own to PCs with UEFI HTTP Boot",
    );
    assert_eq!(netspec.journal().matches("  10.1.0.9  ").count(), 4, "{}", netspec.journal());
}

/// Waits until a program holds a UDP port of a machine.
fn wait_for_port(machine: &Machine, port: u16) {
    let wanted = format!(":{port:04X} ");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !machine.run("cat", &["/proc/net/udp"]).contains(&wanted) {
        assert!(std::time::Instant::now() < until, "nobody holds UDP {port}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
