//! The standard ports and broadcasts, in a network namespace of its own.

use std::process::Command;
use std::sync::mpsc;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use socket2::{Domain, Socket, Type};

use super::tests::{Seen, config, receive};
use super::*;
use crate::proto::dhcp::testing::Request;

/// Tells the second run of this test, inside the namespace, from the first.
const INSIDE: &str = "NETSPEC_TEST_IN_NETNS";

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "ip {arguments}");
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

/// CO-07, CO-08, DH-35, DH-36, G24: each link gets its own address, on its own link, by broadcast from port 67; an interface
/// that is not served gets nothing, not even an event.
#[test]
fn answers_each_link_on_that_link() {
    if std::env::var_os(INSIDE).is_none() {
        let name = "serve::dhcp::netns_tests::answers_each_link_on_that_link";
        let status = Command::new("unshare")
            .args(["--user", "--map-root-user", "--net"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(INSIDE, "1")
            .status()
            .unwrap();
        assert!(status.success(), "inside the namespace: {status}");
        return;
    }
    let (unshared, clients_ns) = mpsc::channel();
    let (moved, links) = mpsc::channel();
    // The clients have a namespace of their own, because the kernel takes a packet from one of its own addresses for forged.
    let clients = thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        unshared.send(std::fs::read_link("/proc/thread-self").unwrap()).unwrap();
        links.recv().unwrap();
        discover_on_each_link();
    });
    let clients_ns = format!("/proc/{}/ns/net", clients_ns.recv().unwrap().display());
    for link in 1..=3 {
        ip(&format!("link add s{link} type veth peer name c{link} netns {clients_ns}"));
        ip(&format!("addr add 10.{link}.0.1/24 dev s{link}"));
        ip(&format!("link set s{link} up"));
    }

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let seen = Arc::new(Seen::default());
    let server = runtime.block_on(async { bind(config(&["s1", "s2"], DhcpPorts::default())) }).unwrap();
    runtime.spawn(server.run(seen.clone(), std::future::pending()));
    moved.send(()).unwrap();
    clients.join().unwrap();
    let line = |link: u8| {
        format!("52:54:00:12:34:56 PXE ROM on legacy BIOS, DHCPDISCOVER: lpxelinux.0 from 10.{link}.0.1 (None)")
    };
    let mut lines = seen.lines();
    lines.dedup();
    assert_eq!(lines, [line(1), line(2)], "and the same answer to each repetition (DH-15)");
}

fn discover_on_each_link() {
    (1..=3).for_each(|link| ip(&format!("link set c{link} up")));
    // A link drops what is sent before the kernel has seen its carrier, which takes up to a second.
    while interfaces().unwrap().iter().filter(|interface| interface.running).count() < 3 {
        thread::sleep(Duration::from_millis(10));
    }
    let unserved = client("c3");
    for (link, xid) in [(1u8, 11u32), (2, 22)] {
        let client = client(&format!("c{link}"));
        let discover = Request { xid, ..Request::bios(1) }.bytes();
        // Like a real client, this one asks again until it is heard.
        let (reply, from) = (0..25)
            .find_map(|_| {
                unserved.send_to(&discover, "255.255.255.255:67").unwrap();
                client.send_to(&discover, "255.255.255.255:67").unwrap();
                receive(&client).ok()
            })
            .expect("an offer within five seconds");
        let server = Ipv4Addr::new(10, link, 0, 1);
        assert_eq!(from, SocketAddrV4::new(server, 67));
        assert_eq!(reply[4..8], xid.to_be_bytes());
        assert_eq!(reply[20..24], server.octets());
        assert_eq!(reply[240..249], [53, 1, 2, 54, 4, 10, link, 0, 1]);
    }
    unserved.recv(&mut [0; 2048]).expect_err("no answer on a link that is not served");
}
