//! The TFTP server on loopback, before clients written after the firmware that they stand for, and before real ones.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use netspec::serve::event::BootEvent;
use netspec::serve::tftp::Config;

use crate::wire::{ANY, Server, Shelf, fetch_with, pattern, uninterrupted};

pub(crate) fn serve(shelf: Shelf) -> Server {
    Server::tftp(Config::new(ANY), shelf)
}

/// A client's port, locked to the transfer id of the first reply as firmware does it.
pub(crate) struct Port {
    pub(crate) socket: UdpSocket,
    pub(crate) server: SocketAddr,
    pub(crate) locked: bool,
}

impl Port {
    pub(crate) fn open(server: SocketAddrV4) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
        Self { socket, server: server.into(), locked: false }
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).unwrap();
    }

    pub(crate) fn ask(&self, name: &str, mode: &str, options: &[(&str, &str)]) {
        let options: String = options.iter().map(|(name, value)| format!("{name}\0{value}\0")).collect();
        self.send(format!("\0\x01{name}\0{mode}\0{options}").as_bytes());
    }

    pub(crate) fn receive(&mut self) -> Vec<u8> {
        let mut buf = vec![0; 70_000];
        loop {
            let (len, from) = uninterrupted(|| self.socket.recv_from(&mut buf)).expect("a reply");
            if !self.locked {
                self.server = from;
                self.locked = true;
            }
            if from == self.server {
                buf.truncate(len);
                return buf;
            }
        }
    }

    pub(crate) fn ack(&self, block: u64) {
        let [high, low] = ((block % 65536) as u16).to_be_bytes();
        self.send(&[0, 4, high, low]);
    }

    pub(crate) fn error(&self, code: u8) {
        self.send(&[0, 5, 0, code, 0]);
    }

    /// The values of an OACK, checked as edk2 does: only what was asked, in lower case, nothing larger (G42).
    pub(crate) fn option_ack(&mut self, asked: &[(&str, &str)]) -> Vec<(String, u64)> {
        let packet = self.receive();
        assert_eq!(packet[..2], [0, 6], "{}", String::from_utf8_lossy(&packet));
        let text = String::from_utf8(packet[2..].to_vec()).unwrap();
        let fields: Vec<_> = text.strip_suffix('\0').unwrap().split('\0').collect();
        let mut values = Vec::new();
        for pair in fields.chunks(2) {
            let (_, limit) = asked.iter().find(|(name, _)| *name == pair[0]).expect("asked");
            let value = pair[1].parse().unwrap();
            assert!(pair[0] == "tsize" || value <= limit.parse::<u64>().unwrap());
            values.push((pair[0].to_owned(), value));
        }
        values
    }

    pub(crate) fn refusal(&mut self) -> (u8, String) {
        let packet = self.receive();
        assert_eq!(packet[..3], [0, 5, 0], "{packet:?}");
        assert_eq!(packet.last(), Some(&0));
        (packet[3], String::from_utf8(packet[4..packet.len() - 1].to_vec()).unwrap())
    }
}

/// Fetches a file, ignoring each DATA packet for which `lost` says so, counted from 1.
///
/// A gap is reported as edk2 does it: an ACK of the last good block for each block that is out of order.
pub(crate) fn fetch(port: &mut Port, name: &str, options: &[(&str, &str)], lost: impl Fn(u64) -> bool) -> Vec<u8> {
    port.ask(name, "octet", options);
    let (mut blksize, mut windowsize) = (512, 1);
    if !options.is_empty() {
        for (name, value) in port.option_ack(options) {
            match name.as_str() {
                "blksize" => blksize = usize::try_from(value).unwrap(),
                "windowsize" => windowsize = value,
                _ => {}
            }
        }
        port.ack(0);
    }
    let (mut got, mut good, mut since, mut seen) = (Vec::new(), 0u64, 0, 0);
    loop {
        let packet = port.receive();
        assert_eq!(packet[..2], [0, 3], "{packet:?}");
        seen += 1;
        if lost(seen) {
            continue;
        }
        if u64::from(u16::from_be_bytes([packet[2], packet[3]])) != (good + 1) % 65536 {
            since = 0;
            port.ack(good);
            continue;
        }
        good += 1;
        since += 1;
        got.extend_from_slice(&packet[4..]);
        let last = packet.len() < blksize + 4;
        if since == windowsize || last {
            since = 0;
            port.ack(good);
        }
        if last {
            return got;
        }
    }
}

#[test]
fn real_clients_get_the_file() {
    let bytes = pattern(300_001);
    let server = serve(Shelf::default().memory("boot/vmlinuz", bytes.clone()));
    let port = server.addr.port().to_string();
    let url = format!("tftp://127.0.0.1:{port}/boot/vmlinuz");
    assert!(fetch_with("curl", &["-sS", "--tftp-blksize", "1468", "-o", "OUT", &url]) == bytes);
    assert!(fetch_with("curl", &["-sS", "--tftp-no-options", "-o", "OUT", &url]) == bytes);
    let command = ["-m", "binary", "127.0.0.1", &port, "-c", "get", "/boot/vmlinuz", "OUT"];
    assert!(fetch_with("tftp", &command) == bytes);
    let options = ["--option", "blksize 1408", "--option", "tsize 0", "--option", "timeout 2"];
    let command = [&options[..], &["-g", "-r", "\\boot\\vmlinuz", "-l", "OUT", "127.0.0.1", &port]].concat();
    assert!(fetch_with("atftp", &command) == bytes);
    assert_eq!(server.log.ends(4), ["done"; 4]);
}

/// TF-02
#[test]
fn g47_netascii_text_arrives_as_it_was() {
    let text = "one\ntwo\r\nthree\rfour\n".repeat(500).into_bytes();
    let server = serve(Shelf::default().memory("menu.cfg", text.clone()));
    let port = server.addr.port().to_string();
    assert!(fetch_with("tftp", &["-m", "ascii", "127.0.0.1", &port, "-c", "get", "menu.cfg", "OUT"]) == text);
}

/// TF-08
#[test]
fn g40_lpxelinux_and_edk2_probe_the_size_and_come_back() {
    let bytes = pattern(50_000);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    let options = [("tsize", "0"), ("blksize", "1408")];
    for code in [0, 8] {
        let mut port = Port::open(server.addr);
        port.ask("x", "octet", &options);
        assert_eq!(port.option_ack(&options), [("tsize".to_owned(), 50_000), ("blksize".to_owned(), 1408)]);
        port.error(code);
    }
    assert!(fetch(&mut Port::open(server.addr), "x", &options, |_| false) == bytes);
    assert_eq!(server.log.ends(3), ["probe", "probe", "done"]);
}

/// Where async-tftp 0.4 sends its old OACK for ever: the request after the probe comes from the same port.
#[test]
fn tf_28_a_probe_and_a_request_from_the_same_port() {
    let bytes = pattern(5_000);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    let options = [("tsize", "0"), ("blksize", "1024")];
    // Often enough for the server to see the request before the ERROR.
    for _ in 0..100 {
        let mut port = Port::open(server.addr);
        port.ask("x", "octet", &options);
        port.option_ack(&options);
        port.error(8);
        port.server = server.addr.into();
        port.locked = false;
        assert!(fetch(&mut port, "x", &options, |_| false) == bytes);
    }
    let ends = server.log.ends(200);
    assert_eq!(ends.iter().filter(|end| *end == "probe").count(), 100, "{ends:?}");
}

/// TF-21, TF-23, TF-28
#[test]
fn g46_a_repeated_request_is_one_transfer_and_a_stranger_does_it_no_harm() {
    let bytes = pattern(2_000);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    let mut port = Port::open(server.addr);
    port.ask("x", "octet", &[]);
    port.ask("x", "octet", &[]);
    assert_eq!(port.receive()[..4], [0, 3, 0, 1]);
    assert_eq!(port.receive()[..4], [0, 3, 0, 1], "sent again for the repeated request, from the same port");
    let mut stranger = Port::open(server.addr);
    stranger.server = port.server;
    stranger.ack(1);
    assert_eq!(stranger.refusal().0, 5);
    stranger.error(0);
    let mut got = Vec::new();
    for block in 1..=4 {
        port.ack(block);
        if block < 4 {
            let packet = port.receive();
            assert_eq!(packet[2..4], [0, block as u8 + 1]);
            got.extend_from_slice(&packet[4..]);
        }
    }
    assert!(got == bytes[512..]);
    assert_eq!(server.log.ends(1), ["done"]);
    server.log.with(|events| {
        assert_eq!(events.iter().filter(|event| matches!(event, BootEvent::Started { .. })).count(), 1);
        assert!(events.iter().any(|event| matches!(event, BootEvent::Ended { sent: 2_000, .. })));
    });
}

/// TF-22
#[test]
fn g43_every_third_block_is_lost() {
    let bytes = pattern(4096 * 11 + 9);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    for windowsize in ["1", "4"] {
        let options = [("blksize", "4096"), ("windowsize", windowsize)];
        let got = fetch(&mut Port::open(server.addr), "x", &options, |packet| packet % 3 == 0);
        assert!(got == bytes, "window of {windowsize}");
    }
    assert_eq!(server.log.ends(2), ["done"; 2]);
}

/// TF-25, TF-26
#[test]
fn g44_block_numbers_wrap_at_512_bytes_and_a_file_of_5_gib_has_its_size() {
    let tail = pattern(1000);
    let len = 64 * 1024 * 1024 + 1;
    let server = serve(Shelf::default().sparse("wrap", len, &tail).sparse("big", 5 << 30, &tail));
    let got = fetch(&mut Port::open(server.addr), "wrap", &[("blksize", "512"), ("windowsize", "16")], |_| false);
    assert!(got.len() as u64 == len && got.ends_with(&tail));
    let mut port = Port::open(server.addr);
    let options = [("tsize", "0")];
    port.ask("big", "octet", &options);
    assert_eq!(port.option_ack(&options), [("tsize".to_owned(), 5 << 30)]);
    port.error(8);
    assert_eq!(server.log.ends(2), ["done", "probe"]);
}

/// TF-27
#[test]
fn g45_a_file_of_whole_blocks_ends_in_an_empty_one() {
    let server = serve(Shelf::default().memory("two", pattern(1024)).memory("none", Vec::new()));
    assert!(fetch(&mut Port::open(server.addr), "two", &[], |_| false) == pattern(1024));
    assert_eq!(fetch(&mut Port::open(server.addr), "none", &[], |_| false), b"");
    let options = [("blksize", "1024"), ("windowsize", "4")];
    assert!(fetch(&mut Port::open(server.addr), "two", &options, |_| false) == pattern(1024));
}

/// TF-01, TF-02, TF-13, TF-41, BI-05, SE-03
#[test]
fn g47_g48_what_cannot_be_served_gets_a_quick_error() {
    let server = serve(Shelf::default().memory("x", b"x".to_vec()));
    let refusal = |datagram: &[u8]| {
        let mut port = Port::open(server.addr);
        port.send(datagram);
        port.refusal()
    };
    let quick = Instant::now();
    for (datagram, code, reason) in [
        (&b"\0\x02x\0octet\0"[..], 2, "write requests are refused"),
        (b"\0\x01x\0mail\0", 4, "mail mode is refused"),
        (b"\0\x01x\0image\0", 4, "the request has no mode that we know"),
        (b"\0\x01autoexec.ipxe\0octet\0", 1, "not found"),
        (b"\0\x01../../etc/passwd\0octet\0tsize\x000\0", 2, "`..` in a name is refused"),
        (b"\0\x01..\\x\0octet\0", 2, "`..` in a name is refused"),
        (b"\0\x01%2e%2e/x\0octet\0", 1, "not found"),
        (b"\0\x01C:\\x\0octet\0", 2, "a drive prefix is refused"),
        (b"\0\x01/\0octet\0", 1, "not the name of a file"),
        (b"\0\x01a\x07b\0octet\0", 2, "control bytes in a name are refused"),
        (b"\0\x01panic\xff\0mail\0", 4, "mail mode is refused"),
    ] {
        assert_eq!(refusal(datagram), (code, reason.to_owned()), "{datagram:?}");
    }
    assert!(quick.elapsed() < Duration::from_secs(1), "loaders wait for these");
    server.log.with(|events| {
        let expected: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                BootEvent::Refused { path, expected: true, .. } => Some(path.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(expected, ["autoexec.ipxe"]);
    });
    // Noise is not answered; a padded request with a byte of garbage behind the name is (TF-01, BI-05).
    let mut port = Port::open(server.addr);
    for noise in [&b"\0\x01"[..1], b"\0", b"", b"\0\x09", b"\0\x04\0\x01", b"\0\x05\0\x01x\0"] {
        port.send(noise);
    }
    port.send(b"\0\x01\\x\xff\0OCTET\0\0\0\0\0\0");
    assert_eq!(port.receive(), b"\0\x03\0\x01x");
}

#[test]
fn a_panic_ends_one_request_and_not_the_server() {
    let server = serve(Shelf::default().memory("x", b"x".to_vec()));
    Port::open(server.addr).ask("panic", "octet", &[]);
    assert_eq!(fetch(&mut Port::open(server.addr), "x", &[], |_| false), b"x");
}

/// TF-20, CO-08, CO-17
#[test]
fn g50_the_reply_comes_from_the_address_that_was_asked() {
    let bytes = pattern(3_000);
    for single_port in [false, true] {
        let server =
            Server::tftp(Config { single_port, ..Config::new(ANY) }, Shelf::default().memory("x", bytes.clone()));
        for ip in [Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 7, 0, 2)] {
            let mut port = Port::open(SocketAddrV4::new(ip, server.addr.port()));
            let options = [("blksize", "1024"), ("windowsize", "2")];
            assert!(fetch(&mut port, "x", &options, |_| false) == bytes);
            assert_eq!(port.server.ip(), ip);
            // CO-17: one port for all, or a fresh one for each.
            assert_eq!(port.server.port() == server.addr.port(), single_port);
        }
    }
}

/// TF-29
#[test]
fn g49_200_clients_at_once_and_dead_ones_do_not_slow_them() {
    let bytes = pattern(20_000);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    // They keep their ports: else another client could be given one, and hear what is repeated for the dead.
    let _dead: Vec<_> = (0..20)
        .map(|_| {
            let port = Port::open(server.addr);
            port.ask("x", "octet", &[("blksize", "1408"), ("tsize", "0")]);
            port
        })
        .collect();
    let began = Instant::now();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|_| scope.spawn(|| fetch(&mut Port::open(server.addr), "x", &[("blksize", "1408")], |_| false)))
            .collect();
        for client in clients {
            assert!(client.join().unwrap() == bytes);
        }
    });
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn tf_29_clients_above_the_limit_get_an_error() {
    let config = Config { max_transfers: 2, ..Config::new(ANY) };
    let server = Server::tftp(config, Shelf::default().memory("x", pattern(5_000)));
    let mut ports = [0, 1, 2].map(|_| Port::open(server.addr));
    for port in &mut ports {
        port.ask("x", "octet", &[]);
        let reply = port.receive();
        assert!(reply[1] == 3 || reply == b"\0\x05\0\0too many clients at once\0");
    }
    assert_eq!(server.log.ends(1), ["refused: too many clients at once"]);
    // A place that is given back can be taken.
    ports[0].error(0);
    server.log.ends(2);
    std::thread::sleep(Duration::from_millis(50));
    assert!(fetch(&mut Port::open(server.addr), "x", &[], |_| false) == pattern(5_000));
}

/// SE-04, G51, in the time that a test may take: 4 of the at most 4 packets come within 7 s, 3 of them within 4 s.
#[test]
fn g51_a_client_that_never_answers_gets_few_packets() {
    let server = serve(Shelf::default().memory("x", pattern(100_000)));
    let port = Port::open(server.addr);
    port.ask("x", "octet", &[("blksize", "1468"), ("windowsize", "16")]);
    port.socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let (began, mut bytes, mut packets) = (Instant::now(), 0, 0);
    while began.elapsed() < Duration::from_secs(4) {
        if let Ok((len, _)) = port.socket.recv_from(&mut [0; 2000]) {
            bytes += len;
            packets += 1;
        }
    }
    assert_eq!(packets, 3);
    assert!(bytes < 200, "{bytes}");
}

#[test]
fn a_stop_ends_transfers_with_an_error() {
    let mut server = serve(Shelf::default().memory("x", pattern(100_000)));
    let mut port = Port::open(server.addr);
    port.ask("x", "octet", &[]);
    port.receive();
    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(port.refusal(), (0, "the server stops".to_owned()));
    assert_eq!(server.log.ends(1), ["aborted: netspec stops"]);
}
