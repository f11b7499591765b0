//! The HTTP server on loopback, before clients written after the boot loaders that they stand for, and before real ones.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

use netspec::serve::event::BootEvent;
use netspec::serve::http::Config;
use socket2::SockRef;

use crate::wire::{ANY, Server, Shelf, fetch_with, pattern, uninterrupted};

pub(crate) fn serve(shelf: Shelf) -> Server {
    Server::http(Config::new(ANY), shelf)
}

/// A connection, with what came and was not yet used.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) received: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(server: &Server) -> Self {
        let stream = TcpStream::connect(server.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { stream, received: Vec::new() }
    }

    pub(crate) fn send(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).unwrap();
    }

    pub(crate) fn more(&mut self) -> usize {
        let mut buf = [0; 65536];
        let len = uninterrupted(|| self.stream.read(&mut buf)).unwrap();
        self.received.extend_from_slice(&buf[..len]);
        len
    }

    pub(crate) fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let rest = self.received.split_off(end + 4);
                return String::from_utf8(std::mem::replace(&mut self.received, rest)).unwrap();
            }
            assert_ne!(self.more(), 0, "the connection ended in a head");
        }
    }

    pub(crate) fn body(&mut self, len: usize) -> Vec<u8> {
        while self.received.len() < len {
            assert_ne!(self.more(), 0, "the connection ended in a body");
        }
        let rest = self.received.split_off(len);
        std::mem::replace(&mut self.received, rest)
    }

    /// Sends a request with its end, and takes the answer to a GET.
    pub(crate) fn get(&mut self, request: &str) -> (String, Vec<u8>) {
        self.send(format!("{request}\r\n\r\n"));
        let head = self.head();
        let len = header(&head, "Content-Length").map_or(0, |len| len.parse().unwrap());
        let body = self.body(len);
        (head, body)
    }

    /// Whether the server ended the connection with FIN, with nothing more in front of it.
    pub(crate) fn ended(&mut self) -> bool {
        self.received.is_empty() && uninterrupted(|| self.stream.read(&mut [0])).unwrap() == 0
    }
}

/// The value of a header, with the case of its name as GRUB wants it (HT-06).
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

pub(crate) fn status(head: &str) -> &str {
    head.strip_prefix("HTTP/1.1 ").expect("HT-07").split(' ').next().unwrap()
}

/// HT-01, HT-03, HT-13, HT-16
#[test]
fn g60_lpxelinux_gets_the_file_by_the_end_of_the_connection() {
    let bytes = pattern(1_000_000);
    let server = serve(Shelf::default().memory("iso/arch/vmlinuz", bytes.clone()));
    let mut client = Connection::open(&server);
    let cookie = "_Syslinux_BOOTIF=01-52-54-00-aa-bb-cc; ".repeat(250);
    client.send(format!(
        "GET //iso/arch//./vmlinuz HTTP/1.0\r\nHost: 10.0.0.1\r\nUser-Agent: Syslinux/6.04\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
    ));
    // Bytes behind the request must not turn the end into a RST (HT-03).
    client.send("\r\n");
    let head = client.head();
    assert_eq!((status(&head), header(&head, "Connection")), ("200", Some("close")));
    assert!(head.ends_with("Connection: close\r\n\r\n"), "lpxelinux does not read the last header (HT-16)");
    let mut got = std::mem::take(&mut client.received);
    client.stream.read_to_end(&mut got).unwrap();
    assert!(got == bytes);
    drop(client);
    assert_eq!(server.log.ends(1), ["done"]);
}

/// HT-02, HT-04, HT-05, HT-09, HT-12
#[test]
fn g61_edk2_asks_head_and_get_on_one_connection_and_resumes() {
    let bytes = pattern(100_000);
    let server = serve(Shelf::default().memory("EFI/BOOT/BOOTX64.EFI", bytes.clone()));
    let mut client = Connection::open(&server);
    let rest = "/EFI/BOOT/BOOTX64.EFI HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nAccept: */*";
    client.send(format!("HEAD {rest}\r\n\r\n"));
    let probed = client.head();
    let (head, body) = client.get(&format!("GET {rest}"));
    let undated =
        |head: &str| head.lines().filter(|line| !line.starts_with("Date")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(undated(&probed), undated(&head), "HT-04");
    assert!(body == bytes);
    assert_eq!(header(&head, "Content-Type"), Some("application/efi"));
    assert_eq!(header(&head, "Connection"), Some("keep-alive"));
    let etag = header(&head, "ETag").unwrap();
    assert!(etag.starts_with('"'));
    let modified = header(&head, "Last-Modified").unwrap();
    let resume = format!("GET {rest}\r\nIf-Match: {etag}\r\nIf-Unmodified-Since: {modified}\r\nRange: bytes=60000-");
    let (head, body) = client.get(&resume);
    assert_eq!((status(&head), header(&head, "Content-Range")), ("206", Some("bytes 60000-99999/100000")));
    assert!(body == bytes[60_000..]);
    let (head, _) = client.get(&format!("GET {rest}\r\nIf-Match: \"v0\"\r\nRange: bytes=60000-"));
    assert_eq!(status(&head), "412");
    let (head, body) = client.get(&format!("GET {rest}\r\nIf-None-Match: {etag}"));
    assert_eq!((status(&head), body.len()), ("304", 0));
    let ends = ["probe", "done", "done", "refused: the file is not the version that the client knows", "done"];
    assert_eq!(server.log.ends(5), ends);
}

/// HT-06, HT-07, HT-14, HT-18
#[test]
fn g62_grub_sends_raw_names_and_ends_with_a_reset() {
    let bytes = pattern(20_000_000);
    let server = serve(Shelf::default().memory("a b+\u{e9}.img", bytes.clone()));
    let request = "GET /a b+\u{e9}.img HTTP/1.1\r\nHost: 10.0.0.1\r\nUser-Agent: GRUB 2.12";
    let mut client = Connection::open(&server);
    let (head, body) = client.get(request);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n"));
    assert!(body == bytes);
    let (head, _) = client.get(&format!("{request}\r\nRange: bytes=19999990-"));
    assert_eq!((status(&head), header(&head, "Content-Length")), ("206", Some("10")));
    client.send(format!("{request}\r\n\r\n"));
    client.head();
    SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let ends = server.log.ends(3);
    assert!(ends[2].starts_with("aborted: the client closed the connection"), "{ends:?}");
    assert_eq!(Connection::open(&server).get("GET /a%20b%2B%c3%a9.img HTTP/1.1").1.len(), bytes.len());
}

/// HT-10, HT-11, HT-17, HT-19, IP-05
#[test]
fn g63_ipxe_reads_blocks_of_an_image_beyond_4_gib() {
    let tail = pattern(4096);
    let server = serve(Shelf::default().sparse("big.iso", 5 << 30, &tail));
    let mut client = Connection::open(&server);
    client.send("HEAD /big.iso HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
    let head = client.head();
    assert_eq!(header(&head, "Content-Length"), Some("5368709120"));
    assert_eq!(header(&head, "Accept-Ranges"), Some("bytes"));
    for block in 0..8 {
        let first = (5u64 << 30) - 4096 + block * 512;
        let range = format!("bytes={first}-{}", first + 511);
        let (head, body) = client.get(&format!("GET /big.iso HTTP/1.1\r\nHost: h\r\nRange: {range}"));
        assert_eq!(status(&head), "206");
        let at = usize::try_from(block * 512).unwrap();
        assert_eq!(body, tail[at..at + 512]);
    }
    for (range, code) in
        [("bytes=u-u", "416"), ("bytes=-154--153", "416"), ("bytes=5368709120-", "416"), ("bytes=-512", "206")]
    {
        let (head, body) = client.get(&format!("GET /big.iso HTTP/1.1\r\nHost: h\r\nRange: {range}"));
        assert_eq!(status(&head), code, "{range}");
        assert!(body.len() <= 512, "HT-11");
    }
    let (head, _) = client.get("GET /autoexec.ipxe HTTP/1.1\r\nHost: h");
    assert_eq!(status(&head), "404");
    server.log.ends(14);
    server.log.with(|events| {
        let refused = events.iter().filter_map(|event| match event {
            BootEvent::Refused { path, reason, expected, .. } => Some((path.as_str(), reason.as_str(), *expected)),
            _ => None,
        });
        let refused: Vec<_> = refused.collect();
        let cause = "the range \"bytes=u-u\" is not in a file of 5368709120 bytes";
        assert_eq!(refused[0], ("/big.iso", cause, false));
        assert_eq!(refused[3], ("/autoexec.ipxe", "not found", true));
    });
}

/// HT-20
#[test]
fn g67_real_clients_get_the_file() {
    let bytes = pattern(3_000_000);
    let server = serve(Shelf::default().memory("arch/x86_64/airootfs.sfs", bytes.clone()));
    let url = format!("http://127.0.0.1:{}/arch/x86_64/airootfs.sfs", server.addr.port());
    // What archiso's hook does: a probe of one byte, then the image.
    assert!(fetch_with("curl", &["-sSLf", "-r", "0-0", "-o", "OUT", &url]) == bytes[..1]);
    assert!(fetch_with("curl", &["-sSLf", "-o", "OUT", &url]) == bytes);
    assert!(fetch_with("curl", &["-sSf", "--http1.0", "-o", "OUT", &url]) == bytes);
    assert!(fetch_with("curl", &["-sSf", "-r", "-100", "-o", "OUT", &url]) == bytes[bytes.len() - 100..]);
    assert!(fetch_with("wget", &["-q", "-O", "OUT", &url]) == bytes);
    assert!(fetch_with("busybox", &["wget", "-q", "-O", "OUT", &url]) == bytes);
    assert_eq!(server.log.ends(6), ["done"; 6]);
}

/// HT-14, SE-03
#[test]
fn g65_names_that_cannot_be_served() {
    let server = serve(Shelf::default().memory("dir/x", b"x".to_vec()));
    let mut client = Connection::open(&server);
    let long = format!("/{}", "a".repeat(4096));
    for (target, code) in [
        ("/dir/x", "200"),
        ("dir/x?mac=1", "200"),
        ("http://h/dir/x", "200"),
        ("/", "404"),
        ("/dir", "404"),
        ("/dir/", "404"),
        ("/dir/x/", "404"),
        ("/dir/%2e%2e/dir/x", "404"),
        ("/../dir/x", "404"),
        ("/dir%2fx", "404"),
        ("/dir/x%00", "404"),
        ("/dir/x%", "404"),
        (&long, "404"),
        ("*", "404"),
    ] {
        let (head, body) = client.get(&format!("GET {target} HTTP/1.1\r\nHost: h"));
        assert_eq!(status(&head), code, "{target}");
        assert!(body.len() < 100, "SE-03: there is no listing");
    }
}

#[test]
fn requests_that_are_none_get_their_status_and_the_end_of_the_connection() {
    let server = serve(Shelf::default().memory("x", b"x".to_vec()));
    let large = format!("GET /x HTTP/1.1\r\nCookie: {}", "c".repeat(40_000));
    for (request, code) in
        [("nonsense", "400"), ("GET /x HTTP/2.0", "505"), ("GET /x HTTP/1.1\r\nno colon", "400"), (&large, "431")]
    {
        let mut client = Connection::open(&server);
        let (head, _) = client.get(request);
        assert_eq!((status(&head), header(&head, "Connection")), (code, Some("close")));
        assert!(client.ended());
    }
    let mut client = Connection::open(&server);
    let (head, _) = client.get("DELETE /x HTTP/1.1");
    assert_eq!((status(&head), header(&head, "Allow")), ("405", Some("GET, HEAD")));
    // The content of a request could be taken for the next request, so there is none.
    client.send("POST /x HTTP/1.1\r\nContent-Length: 22\r\n\r\nGET /x HTTP/1.1\r\n\r\nabc");
    let head = client.head();
    assert_eq!((status(&head), header(&head, "Connection")), ("405", Some("close")));
    assert_eq!(client.body(23), b"405 Method Not Allowed\n");
    assert!(client.ended());
}

#[test]
fn requests_may_come_in_one_packet_or_byte_by_byte() {
    let server = serve(Shelf::default().memory("x", b"x".to_vec()).memory("none", Vec::new()));
    let mut client = Connection::open(&server);
    client.send("GET /x HTTP/1.1\r\n\r\nHEAD /x HTTP/1.1\r\n\r\n\r\nGET /none HTTP/1.1\r\n\r\nGET /x HTTP/1.1\n\n");
    for body in ["x", "", "", "x"] {
        assert_eq!(status(&client.head()), "200");
        assert_eq!(client.body(body.len()), body.as_bytes());
    }
    for byte in "GET /x HTTP/1.0\r\n\r\n".bytes() {
        client.send([byte]);
    }
    assert_eq!(status(&client.head()), "200");
    assert_eq!(client.body(1), b"x");
    assert!(client.ended());
}

/// HT-18, HT-19, SE-05
#[test]
fn g68_300_downloads_at_once_beside_slow_and_dead_clients() {
    let bytes = pattern(200_000);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    let _idle: Vec<_> = (0..50)
        .map(|_| {
            let mut slow = Connection::open(&server);
            slow.send("GET /x HT");
            slow
        })
        .collect();
    std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..300).map(|_| scope.spawn(|| Connection::open(&server).get("GET /x HTTP/1.1\r\nHost: h").1)).collect();
        for client in clients {
            assert!(client.join().unwrap() == bytes);
        }
    });
    assert_eq!(server.log.ends(300), ["done"; 300]);
}

#[test]
fn ht_18_slow_heads_and_idle_connections_end_in_time() {
    let config = Config {
        idle_timeout: Duration::from_millis(600),
        head_timeout: Duration::from_millis(300),
        stall_timeout: Duration::from_millis(500),
        ..Config::new(ANY)
    };
    let server = Server::http(config, Shelf::default().sparse("big", 1 << 30, b""));
    let began = Instant::now();
    let mut slow = Connection::open(&server);
    slow.send("GET /x");
    assert_eq!(status(&slow.head()), "408");
    assert!(Connection::open(&server).ended());
    let mut stalled = Connection::open(&server);
    stalled.send("GET /big HTTP/1.1\r\n\r\n");
    assert_eq!(server.log.ends(2)[1], "aborted: the client stopped reading");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// HT-24: only the client above the limit hears it, and the place is free at once.
#[test]
fn ht_18_connections_above_the_limit_are_told_to_come_back() {
    let config = Config { max_connections: 2, ..Config::new(ANY) };
    let server = Server::http(config, Shelf::default().memory("x", b"x".to_vec()));
    let mut first = Connection::open(&server);
    let _second = Connection::open(&server);
    assert_eq!(first.get("GET /x HTTP/1.1").1, b"x");
    let mut third = Connection::open(&server);
    let (head, _) = third.get("GET /x HTTP/1.1");
    assert_eq!((status(&head), header(&head, "Retry-After")), ("503", Some("5")));
    assert!(third.ended());
    drop(first);
    // The place is free as soon as the server has seen the end of the first.
    let again = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        status(&Connection::open(&server).get("GET /x HTTP/1.1").0) == "200"
    });
    assert!(again);
}

#[test]
fn a_file_that_was_cut_ends_in_a_reset_and_not_in_an_end() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(100_000).unwrap();
    let server = serve(Shelf::default().extents("cut", file, &[(0, 50_000), (90_000, 20_000)]));
    let mut client = Connection::open(&server);
    client.send("GET /cut HTTP/1.0\r\n\r\n");
    assert_eq!(header(&client.head(), "Content-Length"), Some("70000"));
    let error = client.stream.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(server.log.ends(1)[0].starts_with("aborted: the file cannot be read"));
}

#[test]
fn a_panic_ends_one_connection_and_not_the_server() {
    let server = serve(Shelf::default().memory("x", b"x".to_vec()));
    let mut client = Connection::open(&server);
    client.send("GET /panic HTTP/1.1\r\n\r\n");
    assert!(client.ended());
    assert_eq!(Connection::open(&server).get("GET /x HTTP/1.1").1, b"x");
}

#[test]
fn a_stop_ends_idle_connections_and_downloads() {
    let mut server = serve(Shelf::default().sparse("big", 1 << 30, b""));
    let mut idle = Connection::open(&server);
    let mut busy = Connection::open(&server);
    busy.send("GET /big HTTP/1.1\r\n\r\n");
    busy.head();
    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(idle.ended());
    assert!(busy.stream.read_to_end(&mut Vec::new()).is_err(), "HT-03: no orderly end before the last byte");
    assert_eq!(server.log.ends(1), ["aborted: netspec stops"]);
}

#[test]
fn progress_comes_at_most_four_times_a_second() {
    let server = serve(Shelf::default().sparse("big", 256 << 20, b""));
    let mut client = Connection::open(&server);
    let began = Instant::now();
    let (_, body) = client.get("GET /big HTTP/1.1");
    assert_eq!(body.len(), 256 << 20);
    assert_eq!(server.log.ends(1), ["done"]);
    let most = began.elapsed().as_millis() / 250 + 1;
    server.log.with(|events| {
        let progress = events.iter().filter(|event| matches!(event, BootEvent::Progress { .. })).count();
        assert!(progress as u128 <= most, "{progress} in {:?}", began.elapsed());
        assert!(matches!(events.last(), Some(BootEvent::Ended { sent, .. }) if *sent == 256 << 20));
    });
}

#[test]
fn the_file_table_is_asked_with_the_address_that_the_client_connected_to() {
    use netspec::serve::content::{Files, Opened};
    struct Here;
    impl Files for Here {
        fn open(&self, path: &str, local: Ipv4Addr) -> Option<Opened> {
            let shelf = Shelf::default().memory("where", local.to_string().into_bytes());
            shelf.open(path, local)
        }
    }
    let server = Server::http_with(Config::new(ANY), Here);
    for ip in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 8, 0, 1)] {
        let stream = TcpStream::connect(SocketAddrV4::new(ip, server.addr.port())).unwrap();
        let mut client = Connection { stream, received: Vec::new() };
        assert_eq!(client.get("GET /where HTTP/1.1").1, ip.to_string().as_bytes());
    }
}
