//! The standard ports and broadcasts, in network namespaces of their own.

use std::process::Command;
use std::sync::mpsc;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use socket2::{Domain, Socket, Type};

use super::tests::{Seen, config, receive};
use super::*;
use crate::proto::dhcp::testing::Request;

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
    let links = addresses.len();
    let (unshared, namespace) = mpsc::channel();
    let (serving, ready) = mpsc::channel();
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
    let (events, config) = (seen.clone(), config(interfaces, DhcpPorts::default()));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sockets = bind(config).unwrap();
            serving.send(()).unwrap();
            sockets.run(events, std::future::pending()).await;
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
    let (first, flap) = mpsc::channel();
    let (flapped, back) = mpsc::channel();
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
