//! The standard ports and broadcasts, in network namespaces of their own.

use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use socket2::{Domain, Socket, Type};

use super::tests::{Seen, config, receive};
use super::*;
use crate::proto::dhcp::testing::Request;
use crate::proto::dhcp::{Condition, Effect, Mode, Rule};

/// Tells the second run of a test, inside the namespace, from the first.
const INSIDE: &str = "NETSPEC_TEST_IN_NETNS";

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "ip {arguments}");
}

/// Runs a test of this module once more in a namespace; whether this already is that run.
fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("serve::dhcp::netns_tests::{test}")])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(status.success(), "inside the namespace: {status}");
    false
}

/// Connects `s1` with the first address here to `c1` there, and so on, serves `interfaces`, and runs `clients` there.
///
/// The clients have a namespace of their own, because the kernel takes a packet from one of its own addresses for forged.
fn with_links(
    addresses: &[&str],
    interfaces: &[&str],
    clients: impl FnOnce() + Send + 'static,
) -> (thread::JoinHandle<()>, Arc<Seen>) {
    with_links_and_rules(addresses, interfaces, Vec::new(), clients)
}

/// The same where some machines are answered otherwise.
fn with_links_and_rules(
    addresses: &[&str],
    interfaces: &[&str],
    rules: Vec<Rule>,
    clients: impl FnOnce() + Send + 'static,
) -> (thread::JoinHandle<()>, Arc<Seen>) {
    let links = addresses.len();
    let (unshared, namespace) = std::sync::mpsc::channel();
    let (serving, ready) = std::sync::mpsc::channel();
    let clients = thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        unshared.send(std::fs::read_link("/proc/thread-self").unwrap()).unwrap();
        ready.recv().unwrap();
        (1..=links).for_each(|link| ip(&format!("link set c{link} up")));
        wait_for_carrier(links);
        clients();
    });
    let namespace = format!("/proc/{}/ns/net", namespace.recv().unwrap().display());
    for (link, address) in (1..).zip(addresses) {
        ip(&format!("link add s{link} type veth peer name c{link} netns {namespace}"));
        ip(&format!("addr add {address} dev s{link}"));
        ip(&format!("link set s{link} up"));
    }
    let seen = Arc::new(Seen::default());
    let (events, mut config) = (seen.clone(), config(interfaces, DhcpPorts::default()));
    config.table = Arc::new(BootTable { rules, ..(*config.table).clone() });
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sockets = bind(config).unwrap();
            serving.send(()).unwrap();
            let (_links, changes) = mpsc::channel(1);
            sockets.run(events, changes, std::future::pending()).await.unwrap();
        });
    });
    (clients, seen)
}

/// A link drops what is sent before the kernel has seen its carrier, which takes up to a second.
fn wait_for_carrier(links: usize) {
    while interfaces().unwrap().iter().filter(|interface| interface.running).count() < links {
        thread::sleep(Duration::from_millis(10));
    }
}

/// A client on one link, without an address, listening on port 68.
fn client(device: &str) -> std::net::UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.set_broadcast(true).unwrap();
    socket.bind_device(Some(device.as_bytes())).unwrap();
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68).into()).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    socket.into()
}

/// Discovers on one link; like a real client, asks again until it is heard.
fn discover(client: &std::net::UdpSocket, xid: u32) -> (Vec<u8>, SocketAddrV4) {
    let discover = Request { xid, ..Request::bios(1) }.bytes();
    let ask = |_| {
        client.send_to(&discover, "255.255.255.255:67").unwrap();
        receive(client).ok()
    };
    let (reply, from) = (0..25).find_map(ask).expect("an offer within five seconds");
    assert_eq!(reply[4..8], xid.to_be_bytes());
    (reply, from)
}

/// CO-02, CO-07, CO-08, DH-35, DH-36, G24: each link gets its own address, on its own link, by broadcast from port 67; an interface
/// that is not served gets nothing, not even an event.
#[test]
fn answers_each_link_on_that_link() {
    if !is_inside("answers_each_link_on_that_link") {
        return;
    }
    let (clients, seen) =
        with_links(&["10.1.0.1/24", "10.2.0.1/24", "10.3.0.1/24", "10.1.0.1/24"], &["s1", "s2", "s4"], || {
            let unserved = client("c3");
            for (link, net) in [(1, 1), (2, 2), (4, 1)] {
                unserved.send_to(&Request::bios(1).bytes(), "255.255.255.255:67").unwrap();
                let (reply, from) = discover(&client(&format!("c{link}")), link);
                let server = Ipv4Addr::new(10, net, 0, 1);
                assert_eq!(from, SocketAddrV4::new(server, 67));
                assert_eq!(reply[20..24], server.octets());
                assert_eq!(reply[240..249], [53, 1, 2, 54, 4, 10, net, 0, 1]);
            }
            unserved.recv(&mut [0; 2048]).expect_err("no answer on a link that is not served");
        });
    clients.join().unwrap();
    let mut lines = seen.lines();
    lines.dedup();
    let line = |net: u8| {
        format!("52:54:00:12:34:56 PXE ROM on legacy BIOS, DHCPDISCOVER: lpxelinux.0 from 10.{net}.0.1 (None)")
    };
    assert_eq!(lines, [line(1), line(2), line(1)], "and the same answer to each repetition (DH-15)");
}

/// CO-19: the one served link goes down, comes back with another address, and is served on.
#[test]
fn outlives_a_link_that_goes_down() {
    if !is_inside("outlives_a_link_that_goes_down") {
        return;
    }
    let (first, flap) = std::sync::mpsc::channel();
    let (flapped, back) = std::sync::mpsc::channel();
    let (clients, _) = with_links(&["10.1.0.1/24"], &["s1"], move || {
        let client = client("c1");
        assert_eq!(discover(&client, 1).0[20..24], [10, 1, 0, 1]);
        first.send(()).unwrap();
        back.recv().unwrap();
        wait_for_carrier(1);
        assert_eq!(discover(&client, 2).0[20..24], [10, 9, 0, 1]);
    });
    flap.recv().unwrap();
    ip("link set s1 down");
    ip("addr flush dev s1");
    ip("addr add 10.9.0.1/24 dev s1");
    ip("link set s1 up");
    flapped.send(()).unwrap();
    clients.join().unwrap();
}

/// A rule for the machine whose hardware address ends with this byte.
fn host(last: u8, then: Effect) -> Rule {
    let mac = MacAddr([0x52, 0x54, 0, 0x12, 0x34, last]);
    let when = Condition { mac: Some(mac.into()), ..Condition::default() };
    Rule { name: format!("host {last}"), when, then }
}

/// A request of the machine whose hardware address ends with this byte.
fn from(last: u8, request: Request) -> Vec<u8> {
    let mut request = Request { xid: last.into(), ..request };
    request.chaddr[5] = last;
    request.bytes()
}

/// DH-38, DH-39, UE-12, BS-01, BS-07, G26: one machine waits and holds up no other, one gets two offers, one finds the boot
/// server by broadcast with the address that it leased, and one is left alone.
#[test]
fn ue_12_answers_each_machine_as_its_rule_says() {
    if !is_inside("ue_12_answers_each_machine_as_its_rule_says") {
        return;
    }
    let mode = |mode: Mode| Effect { mode: Some(mode), ..Effect::default() };
    let rules = vec![
        host(1, Effect { delay_ms: 700, ..Effect::default() }),
        host(2, mode(Mode::Both)),
        host(3, mode(Mode::Menu)),
        host(4, mode(Mode::Silent)),
    ];
    let (clients, seen) = with_links_and_rules(&["10.1.0.1/24"], &["s1"], rules, || {
        ip("addr add 10.1.0.50/24 dev c1");
        let client = client("c1");
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let send = |bytes: Vec<u8>| client.send_to(&bytes, "255.255.255.255:67").unwrap();
        let next = || receive(&client).unwrap().0;
        discover(&client, 9);
        client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        while receive(&client).is_ok() {}
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();

        let asked = Instant::now();
        send(from(1, Request::bios(1)));
        send(from(4, Request::bios(1)));
        send(from(2, Request::bios(1)));
        let (first, second) = (next(), next());
        assert!(asked.elapsed() < Duration::from_millis(700), "nobody is held up");
        assert_eq!([first[7], second[7]], [2, 2]);
        assert!(!first.windows(5).any(|part| part == [43, 4, 6, 1, 8]), "binl");
        assert!(second.windows(6).any(|part| part == [43, 4, 6, 1, 8, 255]), "pxe10");

        let question = [71, 4, 0x80, 0, 0, 0, 255];
        let leased = Request { ciaddr: Ipv4Addr::new(10, 1, 0, 50), ..Request::bios(3).with(43, &question) };
        send(from(3, leased));
        let ack = next();
        assert_eq!((ack[7], &ack[12..24]), (3, &[0, 0, 0, 0, 10, 1, 0, 50, 10, 1, 0, 1][..]));
        assert!(ack.windows(9).any(|part| part == [43, 7, 71, 4, 0x80, 0, 0, 0, 255]));

        assert_eq!(next()[7], 1);
        assert!(asked.elapsed() >= Duration::from_millis(700), "the delay");
    });
    clients.join().unwrap();
    // The event of an answer follows it.
    let line = |ending: &str| {
        let seen_now = || seen.lines().iter().any(|line| line.ends_with(ending));
        let deadline = Instant::now() + Duration::from_secs(5);
        while !seen_now() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(seen_now(), "{ending} in {:#?}", seen.lines());
    };
    line("PXE ROM on legacy BIOS, DHCPDISCOVER: lpxelinux.0 from 10.1.0.1 (None) by host 1");
    line("PXE ROM on legacy BIOS, DHCPDISCOVER: lpxelinux.0 from 10.1.0.1 (None) by host 2");
    line("boot server type 32768, DHCPREQUEST: lpxelinux.0 from 10.1.0.1 (Some(10.1.0.50)) by host 3");
    line("PXE ROM on legacy BIOS: host 4 says to be silent");
}
