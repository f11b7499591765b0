use std::net::UdpSocket;
use std::sync::Mutex;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::proto::dhcp::testing::Request;
use crate::proto::dhcp::{BiosBoot, IpxeBoot};
use crate::source::Span;

#[derive(Default)]
pub(super) struct Seen(Mutex<Vec<BootEvent>>);

impl Events for Seen {
    fn emit(&self, event: BootEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl Seen {
    /// One line per event.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |event: &BootEvent| match event {
            BootEvent::Answered { mac, client, asked, file, server, ciaddr, rule } => {
                let rule = rule.as_ref().map_or_else(String::new, |rule| format!(" by {rule}"));
                format!("{mac} {client}, {asked}: {file} from {server} ({ciaddr:?}){rule}")
            }
            BootEvent::Silent { mac, reason } => format!("{mac:?} {reason}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().iter().map(line).collect()
    }
}

pub(super) fn config(interfaces: &[&str], ports: DhcpPorts) -> DhcpConfig {
    let table = BootTable {
        bios: Some(BiosBoot { file: "lpxelinux.0".to_owned(), config_file: None, path_prefix: None }),
        ipxe: Some(IpxeBoot { script: "boot.ipxe".to_owned(), config_file: None, path_prefix: None }),
        ..BootTable::default()
    };
    let networks = interfaces.iter().map(|name| network(name)).collect();
    DhcpConfig { table: Arc::new(table), networks, http_port: 8080, ports }
}

/// All of an interface as a network.
pub(super) fn network(interface: &str) -> Network {
    Network {
        name: interface.to_owned(),
        subnet: None,
        interface: Some(interface.to_owned()),
        dhcp: DhcpMode::Proxy,
        relays: Vec::new(),
        address: None,
        address_span: None,
        span: Span::new(0, 0),
    }
}

/// A server on the loopback with ports of the system's choice.
struct Running {
    dhcp: u16,
    boot_server: u16,
    seen: Arc<Seen>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
    /// Dropping it is no change.
    _links: mpsc::Sender<LinkChange>,
}

fn start(client: &UdpSocket) -> Running {
    start_with_relay_port(client.local_addr().unwrap().port())
}

fn start_with_relay_port(relay: u16) -> Running {
    let ports = DhcpPorts { dhcp: 0, boot_server: 0, client: 68, relay };
    let sockets = bind(config(&["lo"], ports)).unwrap();
    let (dhcp, boot_server) = sockets.links[0].ports().unwrap();
    let dhcp = dhcp.unwrap();
    let seen = Arc::new(Seen::default());
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { stopped.await.unwrap_or(()) };
    let (links, changes) = mpsc::channel(1);
    let task = tokio::spawn(sockets.run(seen.clone(), changes, shutdown));
    Running { dhcp, boot_server, seen, stop, task, _links: links }
}

fn client() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

/// The next datagram, and where it came from.
pub(super) fn receive(socket: &UdpSocket) -> io::Result<(Vec<u8>, SocketAddrV4)> {
    let mut bytes = [0; 2048];
    let (len, from) = socket.recv_from(&mut bytes)?;
    let std::net::SocketAddr::V4(from) = from else { panic!("{from}") };
    Ok((bytes[..len].to_vec(), from))
}

/// DH-36, DH-50: from the port that was asked, to the port that asked.
#[tokio::test(flavor = "multi_thread")]
async fn answers_a_boot_server_request_where_it_came_from() {
    let client = client();
    let running = start(&client);
    let request = Request { ciaddr: Ipv4Addr::LOCALHOST, ..Request::bios(3) };
    client.send_to(&request.bytes(), ("127.0.0.1", running.boot_server)).unwrap();
    let (reply, from) = receive(&client).unwrap();
    assert_eq!(from, SocketAddrV4::new(Ipv4Addr::LOCALHOST, running.boot_server));
    assert_eq!(reply[240..249], [53, 1, 5, 54, 4, 127, 0, 0, 1]);
    assert!(reply[108..].starts_with(b"lpxelinux.0\0"));

    running.stop.send(()).unwrap();
    running.task.await.unwrap().unwrap();
    let line = "52:54:00:12:34:56 PXE ROM on legacy BIOS, DHCPREQUEST on port 4011: lpxelinux.0 from 127.0.0.1 (Some(127.0.0.1))";
    assert_eq!(running.seen.lines(), [line]);
}

/// CO-10, DH-36: to the relay's port, from ours.
#[tokio::test(flavor = "multi_thread")]
async fn answers_through_a_relay() {
    let relay = client();
    let running = start(&relay);
    let request = Request { giaddr: Ipv4Addr::LOCALHOST, hops: 1, ..Request::ipxe(1).with(82, &[1, 1, 7]) };
    relay.send_to(&request.bytes(), ("127.0.0.1", running.dhcp)).unwrap();
    let (reply, from) = receive(&relay).unwrap();
    assert_eq!(from, SocketAddrV4::new(Ipv4Addr::LOCALHOST, running.dhcp));
    assert!(reply[108..].starts_with(b"http://127.0.0.1:8080/boot.ipxe\0"));
    assert_eq!(reply[24..28], [127, 0, 0, 1]);
}

/// Invariant 5: an answer that the network refuses is an event too. Nobody can be sent to port 0.
#[tokio::test(flavor = "multi_thread")]
async fn says_when_an_answer_cannot_be_sent() {
    let relay = client();
    let running = start_with_relay_port(0);
    let request = Request { giaddr: Ipv4Addr::LOCALHOST, ..Request::bios(1) };
    relay.send_to(&request.bytes(), ("127.0.0.1", running.dhcp)).unwrap();
    while running.seen.lines().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let line = &running.seen.lines()[0];
    assert!(
        line.contains("PXE ROM on legacy BIOS: the answer to 127.0.0.1:0") && line.contains("cannot be sent: "),
        "{line}"
    );
}

/// Invariants 5 and 6: one event per datagram, and no datagram ends the loop.
#[tokio::test(flavor = "multi_thread")]
async fn survives_hostile_datagrams_with_one_event_each() {
    let client = client();
    let running = start(&client);
    let good = Request::bios(3).bytes();
    let mut hostile =
        vec![vec![], vec![1], vec![0xff; 239], vec![0; 240], vec![1; 4096], vec![1; 4097], vec![1; 60_000]];
    hostile.extend((0..good.len()).step_by(7).map(|cut| good[..cut].to_vec()));
    hostile.extend((240..good.len()).map(|at| {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        bytes
    }));
    let mut answers = 0;
    for datagram in &hostile {
        for port in [running.dhcp, running.boot_server] {
            client.send_to(datagram, ("127.0.0.1", port)).unwrap();
            // One at a time, so that no socket buffer overflows and the count is exact.
            let sent = answers + 1;
            while running.seen.0.lock().unwrap().len() < sent {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            answers = sent;
        }
    }
    // The ACKs to mutations that were harmless wait before the one to this.
    client.send_to(&Request { xid: 99, ..Request::bios(3) }.bytes(), ("127.0.0.1", running.boot_server)).unwrap();
    while receive(&client).unwrap().0[4..8] != [0, 0, 0, 99] {}
    running.stop.send(()).unwrap();
    running.task.await.unwrap().unwrap();
    let lines = running.seen.lines();
    assert_eq!(lines.len(), 2 * hostile.len() + 1);
    assert!(lines.iter().any(|line| line.ends_with("longer than 4096 bytes, which no boot client sends")));
    assert!(lines.iter().all(|line| !line.contains("bug in netspec") && !line.chars().any(char::is_control)));
}

/// An interface with one address, which no machine needs to have.
fn lan() -> Interface {
    let addresses = vec!["10.0.0.2/24".parse().unwrap()];
    Interface { name: "lan".to_owned(), index: 2, addresses, up: true, running: true, loopback: false }
}

/// SE-04: an answer on port 4011 goes to its source by unicast, so a source from elsewhere gets none.
#[tokio::test]
async fn se_04_asks_from_elsewhere_get_no_answer_on_4011() {
    let known = vec![lan()];
    let config = config(&["lan"], DhcpPorts::default());
    let located = locate_among(&config.networks, &known).0;
    let server = Server { known, located, ..Server::new(config, None, Arc::new(Seen::default())) };
    let decide_as = |source: [u8; 4], ciaddr: [u8; 4]| {
        let destination = Ipv4Addr::new(10, 0, 0, 2);
        let arrival = Arrival { ifindex: 2, source: source.into(), destination, suggested: destination };
        let bytes = Request { ciaddr: ciaddr.into(), ..Request::bios(3) }.bytes();
        server.decide(ReceivedOn::Boot4011, None, &Received { bytes, truncated: false, arrival, source_port: 68 })
    };
    let decide = |source: [u8; 4]| decide_as(source, source);
    assert!(matches!(decide([10, 0, 0, 50]), Outcome::Answer(_)));
    // Whoever has no address yet is answered where it says, and only on the wire or near it.
    assert!(matches!(decide([0; 4]), Outcome::Answer(_)));
    assert!(matches!(decide_as([0; 4], [10, 0, 0, 50]), Outcome::Answer(_)));
    let Outcome::Silent { reason, .. } = decide_as([0; 4], [203, 0, 113, 7]) else { panic!("answered") };
    assert_eq!(reason, "the answer would go to 203.0.113.7, which is in no served network");
    let Outcome::Silent { reason, .. } = decide([203, 0, 113, 7]) else { panic!("answered") };
    assert_eq!(reason, "asks on port 4011 from 203.0.113.7, which is in no served network");
}

#[test]
fn turns_a_panic_into_the_end_of_one_request() {
    assert_eq!(survive(|| 7), Some(7));
    assert_eq!(survive(|| assert_eq!(1, 2, "on purpose")), None);
}

/// CO-01, CO-03, CO-06: every port that failed, with its holder; 67 can be listened on beside a holder or shared with one, 4011 not.
#[test]
fn names_who_holds_each_port() {
    let held = [UdpSocket::bind("0.0.0.0:0").unwrap(), UdpSocket::bind("0.0.0.0:0").unwrap()];
    let port = |socket: &UdpSocket| socket.local_addr().unwrap().port();
    let ports = DhcpPorts { dhcp: port(&held[0]), boot_server: port(&held[1]), client: 68, relay: 67 };
    let open = |ports: DhcpPorts, raw: bool| OpenLink::open("lo", 1, true, ports, raw);
    let errors = open(ports, false).unwrap_err();
    let me = format!("(pid {}) holds it", std::process::id());
    assert_eq!(errors.iter().map(|error| error.port).collect::<Vec<_>>(), [ports.dhcp, ports.boot_server]);
    assert!(errors.iter().all(|error| error.to_string().ends_with(&me)), "{errors:?}");
    let errors = open(ports, true).unwrap_err();
    assert_eq!(errors.iter().map(|error| error.port).collect::<Vec<_>>(), [ports.boot_server]);
    let beside = open(DhcpPorts { boot_server: 0, ..ports }, true).unwrap();
    let Mode::Beside(holders) = &beside.mode else { panic!("{:?}", beside.mode) };
    assert_eq!(holders.iter().map(|holder| holder.pid).collect::<Vec<_>>(), [std::process::id()]);
    assert_eq!(beside.ports().unwrap().0, None);

    let first = open(DhcpPorts { dhcp: 0, boot_server: 0, client: 68, relay: 67 }, true).unwrap();
    assert_eq!(first.mode, Mode::Socket);
    let (dhcp, boot_server) = first.ports().unwrap();
    let ports = DhcpPorts { dhcp: dhcp.unwrap(), boot_server: 0, client: 68, relay: 67 };
    assert_eq!(open(ports, false).unwrap().mode, Mode::Shared, "both share the port of discovery");
    let errors = open(DhcpPorts { boot_server, ..ports }, false).unwrap_err();
    assert_eq!(errors.iter().map(|error| error.port).collect::<Vec<_>>(), [boot_server]);
    let alone = OpenLink::open("lo", 1, false, ports, true).unwrap();
    assert_eq!((&alone.mode, alone.ports().unwrap().0), (&Mode::BootServerOnly, None));
}

#[test]
fn says_which_interface_is_not_there() {
    let ports = DhcpPorts { dhcp: 0, boot_server: 0, client: 68, relay: 67 };
    let errors = OpenLink::open("nowhere0", 7, true, ports, true).unwrap_err();
    assert_eq!(errors[0].to_string(), "cannot listen on UDP 0 on `nowhere0`: No such device (os error 19)");
    assert_eq!(errors[0].help(), "see with `ip link show nowhere0` whether the interface is there");
}

/// SE-04, G20: a relay is answered where a network names its subnet, and its clients on port 4011 too.
#[test]
fn se_04_answers_relays_that_the_spec_names() {
    let known = vec![lan()];
    let mut config = config(&["lan"], DhcpPorts::default());
    config.networks[0].relays = vec!["172.16.0.0/16".parse().unwrap()];
    let decide = |mode: DhcpMode, port: ReceivedOn, giaddr: [u8; 4], source: [u8; 4]| {
        let mut config = config.clone();
        config.networks[0].dhcp = mode.clone();
        let located = locate_among(&config.networks, &known).0;
        let server = Server { known: known.clone(), located, ..Server::new(config, None, Arc::new(Seen::default())) };
        let destination = Ipv4Addr::new(10, 0, 0, 2);
        let arrival = Arrival { ifindex: 2, source: source.into(), destination, suggested: destination };
        let message = if port == ReceivedOn::Dhcp67 { 1 } else { 3 };
        let bytes = Request { giaddr: giaddr.into(), ..Request::bios(message) }.with(82, &[1, 1, 7]).bytes();
        server.decide(port, None, &Received { bytes, truncated: false, arrival, source_port: 67 })
    };
    let relay = [172, 16, 3, 1];
    let Outcome::Answer(reply) = decide(DhcpMode::Proxy, ReceivedOn::Dhcp67, relay, relay) else { panic!("silent") };
    assert_eq!(reply.destination, Destination::Relay(relay.into()));
    assert!(reply.bytes.ends_with(&[82, 3, 1, 1, 7, 255]) || reply.bytes.len() == 300, "option 82 is the last one");
    let Outcome::Silent { reason, .. } = decide(DhcpMode::Proxy, ReceivedOn::Dhcp67, [172, 17, 0, 1], [172, 17, 0, 1])
    else {
        panic!("answered")
    };
    assert_eq!(reason, "comes through relay 172.17.0.1, which is in no `relay` subnet of the spec");
    let boot = |mode, source| decide(mode, ReceivedOn::Boot4011, [0; 4], source);
    assert!(matches!(boot(DhcpMode::Proxy, [172, 16, 3, 50]), Outcome::Answer(_)));
    assert!(matches!(boot(DhcpMode::Proxy, [172, 17, 0, 50]), Outcome::Silent { .. }));
    // CO-05: a boot server alone leaves discovery to the DHCP server.
    assert!(matches!(boot(DhcpMode::BootServer, [10, 0, 0, 50]), Outcome::Answer(_)));
    assert!(matches!(decide(DhcpMode::BootServer, ReceivedOn::Dhcp67, [0; 4], [0; 4]), Outcome::Unserved));
}
