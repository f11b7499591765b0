//! `netspec serve` as the DHCP server of a network: real clients, a killed server, a damaged store, and other servers.

mod lab;

use std::fs;
use std::net::Ipv4Addr;

use self::lab::Lab;
use crate::support::text;

const POOL: &str =
    "dhcp \"server\" { range \"10.9.0.100-10.9.0.199\"; lease \"1h\"; router \"10.9.0.254\"; dns \"9.9.9.9\" }";

/// RFC 2131 section 3.1 with the clients of two systems, and section 3.2: the same address again.
#[test]
fn gives_addresses_to_ordinary_clients() {
    let lab = Lab::new(POOL);
    let server = lab.serve(&[]);
    assert!(
        server.said.contains("10.9.0.1 on lan0, DHCP server for 10.9.0.100-10.9.0.199, leases of 1 h"),
        "{}",
        server.said
    );
    let udhcpc = || {
        let output = lab.far(&["busybox", "udhcpc", "-i", "far0", "-n", "-q", "-f", "-t", "10", "-s", "/bin/true"]);
        let said = text(&output.stderr);
        assert!(output.status.success(), "{said}");
        let (_, rest) = said.split_once("lease of ").unwrap_or_else(|| panic!("{said}"));
        assert!(rest.contains("obtained from 10.9.0.1, lease time 3600"), "{said}");
        rest.split(' ').next().unwrap().parse::<Ipv4Addr>().unwrap()
    };
    let first = udhcpc();
    assert!((100..=199).contains(&first.octets()[3]) && first.octets()[..3] == [10, 9, 0], "{first}");
    assert_eq!(udhcpc(), first);

    let (leases, pid) = (lab.path("dhclient.leases"), lab.path("dhclient.pid"));
    let dhclient = ["dhclient", "-4", "-1", "-d", "-v", "-sf", "/bin/true", "-lf", &leases, "-pf", &pid, "far0"];
    let said = lab.until(&dhclient, "bound to 10.9.0.");
    let known = fs::read_to_string(&leases).unwrap();
    for line in [
        &format!("fixed-address {first};"),
        "option subnet-mask 255.255.255.0;",
        "option routers 10.9.0.254;",
        "option dhcp-lease-time 3600;",
        "option domain-name-servers 9.9.9.9;",
    ] {
        assert!(known.contains(line), "no `{line}` in {known}{said}");
    }
    let told = server.end();
    assert!(told.contains(&format!("has {first} for 1 h")), "{told}");
}

/// The server is killed while clients ask, and started again: who was told an address has it, and nobody else gets it.
#[test]
fn keeps_leases_when_it_is_killed() {
    let lab = Lab::new(POOL);
    let mut had: Vec<(u8, Ipv4Addr)> = Vec::new();
    for round in 0..3u8 {
        let server = lab.serve(&[]);
        let uid = fs::metadata(lab.path("state/leases/book")).map(|file| std::os::unix::fs::MetadataExt::uid(&file));
        assert_eq!(uid.unwrap(), 65534, "the store is of who serves");
        let mut client = lab.client();
        for (number, address) in &had {
            assert_eq!(client.lease(*number), Some(*address), "client {number}, round {round}");
        }
        // Twelve ask at once; the server dies when the third has its answer.
        let asking: Vec<u8> = (round * 12 + 1..=round * 12 + 12).collect();
        let told = client.lease_many(&asking, 3, || server.kill());
        assert!(told.len() >= 3, "{told:?}");
        had.extend(told);
    }
    let server = lab.serve(&[]);
    let mut client = lab.client();
    for (number, address) in &had {
        assert_eq!(client.lease(*number), Some(*address), "client {number}");
    }
    let fresh: Vec<_> = (100..104).filter_map(|number| client.lease(number)).collect();
    assert_eq!(fresh.len(), 4);
    let mut all: Vec<_> = had.iter().map(|(_, address)| *address).chain(fresh).collect();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count, "an address was given twice");
    drop(server);
}

/// A damaged store is said and left as it is, and nothing is given out.
#[test]
fn does_not_begin_with_a_damaged_store() {
    let lab = Lab::new(POOL);
    fs::create_dir_all(lab.path("state/leases")).unwrap();
    let damaged = "netspec leases 1\n10.9.0.100 1764000060 02:00:00:00:00:01 01020000000001 00000000\n";
    fs::write(lab.path("state/leases/book"), damaged).unwrap();
    let said = lab.fails_to_serve(&[]);
    assert!(said.contains("leases/book` are damaged in line 2\n  help: restore the file from a backup"), "{said}");
    assert_eq!(fs::read_to_string(lab.path("state/leases/book")).unwrap(), damaged);
}

/// RFC 2131 section 2.2: an address that another machine answers for is not offered, and the next one is.
#[test]
fn does_not_offer_what_another_machine_has() {
    let lab = Lab::new("dhcp \"server\" { range \"10.9.0.100-10.9.0.101\" }");
    lab.far_ok(&["ip", "address", "add", "10.9.0.100/24", "dev", "far0"]);
    let server = lab.serve(&[]);
    let mut client = lab.client();
    assert_eq!(client.lease(1), Some(Ipv4Addr::new(10, 9, 0, 101)));
    assert_eq!(client.lease(2), None);
    let told = server.end();
    assert!(told.contains("is not offered 10.9.0.100: "), "{told}");
    assert!(told.contains("gets no address: none is left of 10.9.0.100-10.9.0.101"), "{told}");
}

/// dnsmasq at the far end, with 10.9.0.200 to 10.9.0.210.
fn router(lab: &Lab) -> lab::Running {
    lab.far_ok(&["ip", "address", "add", "10.9.0.9/24", "dev", "far0"]);
    let leases = format!("--dhcp-leasefile={}", lab.path("dnsmasq.leases"));
    let pool = ["--dhcp-range=10.9.0.200,10.9.0.210,1h", "--dhcp-authoritative", "--no-ping", "--pid-file=", &leases];
    let usual = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=far0"];
    lab.far_start(&[&usual[..], &["--bind-interfaces"], &pool].concat())
}

/// UE-13, ST-08: for a machine of which a rule says so, the router's answers come through us, with the boot file in them; for
/// all others the router answers alone, and we offer no address.
#[test]
fn makes_one_offer_of_the_routers_and_its_own() {
    let rule = "host \"desk\" {\n    mac \"02:00:00:00:00:07\"\n    mode \"merged\"\n}";
    let lab = Lab::with_rules("dhcp \"proxy\"", rule);
    let _router = router(&lab);
    let server = lab.serve(&[]);
    let mut client = lab.client();
    let (offer, ack) = client.lease_as_firmware(7).expect("an offer with an address and a file");
    for (reply, kind) in [(&offer, 2), (&ack, 5)] {
        assert_eq!(reply[242], kind);
        assert!(reply[16..19] == [10, 9, 0] && (200..=210).contains(&reply[19]), "{:?}", &reply[16..20]);
        assert_eq!(reply[20..24], [10, 9, 0, 1]);
        assert!(reply[108..].starts_with(b"iso/arch/boot/syslinux/lpxelinux.0\0"));
    }
    assert_eq!(offer[16..20], ack[16..20]);
    let leases = fs::read_to_string(lab.path("dnsmasq.leases")).unwrap();
    assert!(leases.contains("02:00:00:00:00:07"), "the router knows of it: {leases}");
    let other = client.discover_as_firmware(8).expect("a proxy's offer");
    assert!(other[16..20] == [0; 4] || other[243..249] == [54, 4, 10, 9, 0, 9], "{:?}", &other[16..20]);
    let told = server.end();
    assert!(told.contains("02:00:00:00:00:07  was offered iso/arch/boot/syslinux/lpxelinux.0 by 10.9.0.1"), "{told}");
}

/// Two servers that do not know of each other give out one address twice, so the second one does not start unless it must.
#[test]
fn does_not_begin_beside_another_server() {
    let lab = Lab::new(POOL);
    let _rival = router(&lab);
    let said = lab.fails_to_serve(&[]);
    assert!(
        said.contains("the DHCP server 10.9.0.9 answers on network `home` (`lan0`)\n  help: write `dhcp \"proxy\"`"),
        "{said}"
    );
    let server = lab.serve(&["--force"]);
    assert!(
        server.said.contains("10.9.0.9 answers on network `home` (`lan0`); addresses are given out all the same"),
        "{}",
        server.said
    );
}

/// The invariant of `proto::dhcp`: on a network without `dhcp "server"` no client is told an address.
#[test]
fn only_networks_that_say_so_give_out_addresses() {
    let lab = Lab::new("dhcp \"proxy\"");
    let server = lab.serve(&[]);
    let mut client = lab.client();
    assert_eq!(client.lease(1), None);
    let offer = client.discover_as_firmware(2).expect("a proxy's offer");
    assert_eq!(offer[16..20], [0; 4]);
    assert!(!lab.exists("state"), "nothing is kept");
    drop(server);
    let lab = Lab::new(POOL);
    let server = lab.serve(&[]);
    let mut client = lab.client();
    let offer = client.discover_as_firmware(2).expect("an offer");
    assert_eq!(offer[16..19], [10, 9, 0]);
    assert_eq!(offer[20..24], [10, 9, 0, 1]);
    assert!(offer[108] != 0, "with the file in the same packet");
    drop(server);
}
