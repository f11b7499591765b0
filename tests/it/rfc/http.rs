//! HTTP as boot loaders speak it, byte by byte.

use std::io::Read;
use std::time::{Duration, Instant};

use netspec::serve::http::Config;
use socket2::SockRef;

use crate::support::{Folder, trees};
use crate::wire::{ANY, Server, Shelf, pattern};
use crate::wire_http::{Connection, header, serve, status};

fn shelf() -> Shelf {
    Shelf::default()
        .memory("x", pattern(5_000))
        .memory("none", Vec::new())
        .memory("boot.efi", pattern(100))
        .memory("BOOT.EFI", pattern(100))
        .memory("disk.iso", pattern(100))
        .memory("disk.img", pattern(100))
        .memory("a/b.cfg", b"text".to_vec())
}

/// Version and `Connection` decide together; lpxelinux (1.0) learns the end of a file from the end of the connection only.
#[test]
fn ht_01_the_connection_ends_as_version_and_header_say() {
    let server = serve(shelf());
    for (request, stays) in [
        ("GET /x HTTP/1.0", false),
        ("GET /x HTTP/1.0\r\nConnection: close", false),
        ("GET /x HTTP/1.0\r\nConnection: Keep-Alive", true),
        ("GET /x HTTP/1.1", true),
        ("GET /x HTTP/1.1\r\nConnection: keep-alive", true),
        ("GET /x HTTP/1.1\r\nconnection: CLOSE", false),
        ("GET /x HTTP/1.1\r\nConnection: TE, close", false),
        ("GET /missing HTTP/1.0", false),
        ("GET /missing HTTP/1.1", true),
        ("HEAD /x HTTP/1.0", false),
    ] {
        let mut client = Connection::open(&server);
        client.send(format!("{request}\r\n\r\n"));
        let head = client.head();
        let len = if request.starts_with("HEAD") { "0" } else { header(&head, "Content-Length").unwrap() };
        client.body(len.parse().unwrap());
        assert_eq!(header(&head, "Connection"), Some(if stays { "keep-alive" } else { "close" }), "{request}");
        if stays {
            assert_eq!(client.get("GET /x HTTP/1.1").1.len(), 5_000, "{request}");
        } else {
            assert!(client.ended(), "{request}");
        }
    }
}

/// edk2 before 2022 and iPXE send the GET behind the HEAD through the same connection, also behind a 404.
#[test]
fn ht_02_ht_04_many_requests_go_through_one_connection() {
    let server = serve(shelf());
    let mut client = Connection::open(&server);
    for path in ["x", "none", "boot.efi", "missing", "disk.iso"] {
        client.send(format!("HEAD /{path} HTTP/1.1\r\nHost: h\r\n\r\n"));
        let probed = client.head();
        let (head, body) = client.get(&format!("GET /{path} HTTP/1.1\r\nHost: h"));
        let lines =
            |head: &str| head.lines().filter(|line| !line.starts_with("Date: ")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&probed), lines(&head), "{path}");
        assert_eq!(header(&head, "Content-Length"), Some(body.len().to_string().as_str()), "HT-05");
    }
}

/// With unread bytes of the client in the socket a plain close would be a RST, which takes the end of the file away.
#[test]
fn ht_03_the_end_of_a_file_is_fin_and_no_reset() {
    let bytes = pattern(3_000_000);
    let server = serve(Shelf::default().memory("vmlinuz", bytes.clone()));
    for unread in [0, 1, 9_000] {
        let mut client = Connection::open(&server);
        client.send(format!("GET /vmlinuz HTTP/1.0\r\n\r\n{}", "y".repeat(unread)));
        client.head();
        std::thread::sleep(Duration::from_millis(50));
        let mut got = std::mem::take(&mut client.received);
        client.stream.read_to_end(&mut got).expect("FIN and no RST");
        assert!(got == bytes);
    }
}

/// No answer has another form, whatever its status: what OVMF, GRUB, shim, iPXE and lpxelinux compare byte by byte.
#[test]
fn ht_05_ht_06_ht_07_ht_08_ht_16_every_head_has_the_one_form() {
    let config = Config { head_timeout: Duration::from_millis(100), ..Config::new(ANY) };
    let server = Server::http(config, shelf());
    let long = format!("GET /x HTTP/1.1\r\nCookie: {}\r\n\r\n", "c".repeat(40_000));
    for (request, line) in [
        ("GET /x HTTP/1.1\r\n\r\n", "200 OK"),
        ("GET /x HTTP/1.0\r\n\r\n", "200 OK"),
        ("GET /none HTTP/1.1\r\n\r\n", "200 OK"),
        ("GET /x HTTP/1.1\r\nRange: bytes=1-2\r\n\r\n", "206 Partial Content"),
        ("GET /x HTTP/1.1\r\nIf-None-Match: \"v1\"\r\n\r\n", "304 Not Modified"),
        ("nonsense\r\n\r\n", "400 Bad Request"),
        ("GET /y HTTP/1.1\r\n\r\n", "404 Not Found"),
        ("PUT /x HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        ("GET /x", "408 Request Timeout"),
        ("GET /x HTTP/1.1\r\nIf-Match: \"v0\"\r\n\r\n", "412 Precondition Failed"),
        ("GET /x HTTP/1.1\r\nRange: bytes=u-u\r\n\r\n", "416 Range Not Satisfiable"),
        (&long, "431 Request Header Fields Too Large"),
        ("GET /x HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
    ] {
        let mut client = Connection::open(&server);
        client.send(request);
        let head = client.head();
        let (first, rest) = head.split_once("\r\n").unwrap();
        assert_eq!(first, format!("HTTP/1.1 {line}"));
        let headers: Vec<&str> = rest.strip_suffix("\r\n\r\n").unwrap().split("\r\n").collect();
        for header in &headers {
            let (name, value) = header.split_once(": ").unwrap_or_else(|| panic!("{header}"));
            for word in name.split('-').filter(|word| *word != "ETag") {
                let (initial, others) = word.split_at(1);
                assert!(initial == initial.to_ascii_uppercase() && others == others.to_ascii_lowercase(), "{name}");
            }
            assert!(!value.trim().is_empty() && value == value.trim(), "{header:?}");
            assert!(value.len() < 1024 && !value.bytes().any(|b| b.is_ascii_control()), "{header:?}");
        }
        let has = |name: &str| header(&head, name).is_some();
        assert_eq!(has("Content-Length"), line != "304 Not Modified", "{line}");
        assert!(!has("Transfer-Encoding") && !has("Content-Encoding") && !has("Location") && has("Date"), "{line}");
        assert!(headers.last().unwrap().starts_with("Connection: "), "lpxelinux does not read the last one: {line}");
    }
}

/// edk2 compares the whole value.
#[test]
fn ht_09_types_have_no_parameters() {
    let server = serve(shelf());
    let mut client = Connection::open(&server);
    for (path, kind) in [
        ("boot.efi", "application/efi"),
        ("BOOT.EFI", "application/efi"),
        ("disk.iso", "application/vnd.efi-iso"),
        ("disk.img", "application/vnd.efi-img"),
        ("a/b.cfg", "text/plain"),
        ("x", "application/octet-stream"),
        ("missing.efi", "text/plain"),
    ] {
        let (head, _) = client.get(&format!("GET /{path} HTTP/1.1"));
        assert_eq!(header(&head, "Content-Type"), Some(kind), "{path}");
    }
}

#[test]
fn ht_10_g64_single_ranges() {
    let bytes = pattern(5_000);
    let server = serve(shelf());
    let mut client = Connection::open(&server);
    for (range, first, last) in [
        ("0-0", 0, 0),
        ("0-4999", 0, 4999),
        ("512-1023", 512, 1023),
        ("4990-", 4990, 4999),
        ("4990-9999", 4990, 4999),
        ("-1", 4999, 4999),
        ("-9999", 0, 4999),
    ] {
        for method in ["GET", "HEAD"] {
            client.send(format!("{method} /x HTTP/1.1\r\nRange: bytes={range}\r\n\r\n"));
            let head = client.head();
            assert_eq!(status(&head), "206", "{range}");
            assert_eq!(header(&head, "Content-Range"), Some(format!("bytes {first}-{last}/5000").as_str()));
            assert_eq!(header(&head, "Content-Length"), Some((last - first + 1).to_string().as_str()));
            assert_eq!(header(&head, "Accept-Ranges"), Some("bytes"));
            if method == "GET" {
                assert_eq!(client.body(last - first + 1), bytes[first..=last], "{range}");
            }
        }
    }
    for (range, code) in [
        ("bytes=0-1,3-4", "200"),
        ("bytes=1-0", "416"),
        ("bytes=5000-", "416"),
        ("bytes=-0", "416"),
        ("lines=1-2", "200"),
    ] {
        let (head, body) = client.get(&format!("GET /x HTTP/1.1\r\nRange: {range}"));
        assert_eq!(status(&head), code, "{range}");
        assert!(
            code == "200" || (body.len() < 100 && header(&head, "Content-Range") == Some("bytes */5000")),
            "{range}"
        );
    }
    let (head, _) = client.get("GET /x HTTP/1.1");
    assert_eq!(header(&head, "Accept-Ranges"), Some("bytes"));
}

/// edk2 and GRUB follow no redirect, and none of them unpacks.
#[test]
fn ht_13_names_are_served_where_they_are_and_as_they_are() {
    let server = serve(shelf());
    let mut client = Connection::open(&server);
    for target in ["/a/b.cfg", "//a/b.cfg", "/a//b.cfg", "/./a/./b.cfg", "a/b.cfg", "http://10.0.0.1:8080//a/b.cfg"] {
        let (head, body) = client.get(&format!("GET {target} HTTP/1.1\r\nAccept-Encoding: gzip, br, zstd"));
        assert_eq!((status(&head), body.as_slice()), ("200", &b"text"[..]), "{target}");
        assert_eq!((header(&head, "Content-Encoding"), header(&head, "Location")), (None, None));
    }
}

#[test]
fn ht_15_any_host_or_none() {
    let server = serve(shelf());
    for host in ["", "Host: 10.0.0.1", "Host: 10.0.0.1:8080", "Host: boot.lan", "Host:", "Host: a\r\nHost: b"] {
        for version in ["1.0", "1.1"] {
            let request = format!("GET /a/b.cfg HTTP/{version}\r\n{host}").trim_end().to_owned();
            assert_eq!(Connection::open(&server).get(&request).1, b"text", "{request}");
        }
    }
}

/// 16 KiB and more of a cookie, and headers that nobody knows.
#[test]
fn ht_16_large_requests_are_read() {
    let server = serve(shelf());
    let cookie = "_Syslinux_SysVendor=QEMU; ".repeat(700);
    assert!(cookie.len() > 16 * 1024);
    let request = format!("GET /a/b.cfg HTTP/1.0\r\nCookie: {cookie}\r\nX-Odd: \u{e9}\r\nAccept:");
    assert_eq!(Connection::open(&server).get(&request).1, b"text");
}

/// The searches of shim, GRUB and iPXE: a short text with its length, within milliseconds, and the connection stays.
#[test]
fn ht_17_st_09_st_10_ip_05_a_miss_is_answered_at_once() {
    let server = serve(shelf());
    let mut client = Connection::open(&server);
    let names: Vec<String> = (1..=8)
        .map(|digits| format!("grub/grub.cfg-{:.digits$}", "C0A80105"))
        .chain(["EFI/BOOT/revocations.efi", "autoexec.ipxe", "EFI/BOOT//grubx64.efi"].map(str::to_owned))
        .collect();
    let began = Instant::now();
    for name in &names {
        let (head, body) = client.get(&format!("GET /{name} HTTP/1.1"));
        assert_eq!((status(&head), body.as_slice()), ("404", &b"404 Not Found\n"[..]));
    }
    let each = began.elapsed() / u32::try_from(names.len()).unwrap();
    assert!(each < Duration::from_millis(50), "{each:?}");
}

/// What firmware does at ExitBootServices: it is gone. Its connections do not stay for ever, and do not go too early.
#[test]
fn ht_18_idle_connections_have_a_minute_and_resets_do_no_harm() {
    let config = Config::new(ANY);
    assert!(config.idle_timeout >= Duration::from_secs(60) && config.idle_timeout < Duration::from_secs(300));
    assert!(config.max_connections >= 300);
    let server = serve(shelf());
    for request in ["", "GET /x", "GET /x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n"] {
        let mut client = Connection::open(&server);
        client.send(request);
        SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(Connection::open(&server).get("GET /x HTTP/1.1").1.len(), 5_000);
}

/// The script as a plan has it, asked with what iPXE puts behind it.
#[test]
fn ht_21_scripts_are_fresh_plain_text() {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"arch\" \"isos/arch.iso\"\n";
    let folder = Folder::with_spec(spec).iso("arch.iso", "ARCH_202611", &trees::archiso());
    let server = Server::http_with(Config::new(ANY), crate::tree::tree(&folder));
    let mut client = Connection::open(&server);
    for query in ["", "?mac=52:54:00:aa:bb:cc&uuid=4c4c4544-0044-1050-8032-b9c04f4e3332&arch=x86_64"] {
        let (head, body) = client.get(&format!("GET /boot.ipxe{query} HTTP/1.1"));
        assert_eq!(status(&head), "200");
        assert_eq!(header(&head, "Content-Type"), Some("text/plain"));
        assert_eq!(header(&head, "Cache-Control"), Some("no-store"));
        assert!(body.starts_with(b"#!ipxe\n") && !body.contains(&0));
    }
    // Files of the ISO may be kept.
    let (head, _) = client.get("GET /iso/arch/arch/x86_64/airootfs.sfs HTTP/1.1");
    assert_eq!((status(&head), header(&head, "Cache-Control")), ("200", None));
}

/// Two small answers to a client that is slow to acknowledge: with Nagle's algorithm the second would wait 40 ms for the first.
#[test]
fn ht_25_small_answers_do_not_wait() {
    let server = serve(shelf());
    let mut client = Connection::open(&server);
    let began = Instant::now();
    for _ in 0..30 {
        SockRef::from(&client.stream).set_tcp_quickack(false).unwrap();
        client.send("GET /a/b.cfg HTTP/1.1\r\n\r\nGET /a/b.cfg HTTP/1.1\r\n\r\n");
        for _ in 0..2 {
            client.head();
            client.body(4);
        }
    }
    assert!(began.elapsed() < Duration::from_millis(600), "{:?}", began.elapsed());
}
