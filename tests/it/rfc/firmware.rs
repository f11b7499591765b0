//! Whole exchanges, from the DISCOVER to the last byte of the file: what DHCP says is there, for each kind of firmware.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use super::lan::{LEASED, Lan, Message, SERVER, SPEC, bound};
use crate::support::trees;
use crate::wire_http::{header, status};

/// Asks for a file; the first answer, and the port that it came from.
fn ask(socket: &UdpSocket, name: &str, options: &[(&str, &str)]) -> (Vec<u8>, SocketAddr) {
    socket.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let options: String = options.iter().map(|(name, value)| format!("{name}\0{value}\0")).collect();
    socket.send_to(format!("\0\x01{name}\0octet\0{options}").as_bytes(), (SERVER, 69)).unwrap();
    receive(socket)
}

fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut bytes = vec![0; 2000];
    let (len, from) = socket.recv_from(&mut bytes).expect("a packet of TFTP");
    bytes.truncate(len);
    (bytes, from)
}

/// Takes a file from its first packet on, block by block.
fn take(socket: &UdpSocket, mut packet: Vec<u8>, server: SocketAddr, blksize: usize) -> Vec<u8> {
    let mut got = Vec::new();
    loop {
        if packet[1] == 6 {
            socket.send_to(&[0, 4, 0, 0], server).unwrap();
        } else {
            assert_eq!(packet[..2], [0, 3], "{packet:?}");
            got.extend_from_slice(&packet[4..]);
            socket.send_to(&[0, 4, packet[2], packet[3]], server).unwrap();
            if packet.len() < blksize + 4 {
                return got;
            }
        }
        let from;
        (packet, from) = receive(socket);
        assert_eq!(from, server);
    }
}

/// One request over HTTP; the head and what follows it.
fn http(stream: &mut TcpStream, method: &str, path: &str) -> (String, Vec<u8>) {
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    write!(stream, "{method} /{path} HTTP/1.1\r\nHost: {SERVER}\r\nAccept: */*\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    let mut end = None;
    while end.is_none_or(|end| bytes.len() < end) {
        let mut buf = [0; 4096];
        let len = stream.read(&mut buf).unwrap();
        assert_ne!(len, 0, "the connection ended");
        bytes.extend_from_slice(&buf[..len]);
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
            let len: usize = header(&head, "Content-Length").unwrap().parse().unwrap();
            end = Some(at + 4 + if method == "HEAD" { 0 } else { len });
        }
    }
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&bytes[..at]).into_owned(), bytes.split_off(at + 4))
}

/// G01, G40, UE-03, TF-08: edk2 on x64 goes from the offer to port 4011, asks for the size, ends that with ERROR 8, and loads in
/// windows from a new port.
#[test]
fn g01_g40_uefi_loads_by_pxe() {
    Lan::with(SPEC, |lan| {
        let offer = lan.offer(&Message::uefi(1, 7));
        assert_eq!(offer.option(43), None);
        lan.lease();
        let boot = bound(4011);
        let request = Message { ciaddr: LEASED, ..Message::uefi(3, 7) };
        boot.send_to(&request.bytes(), (offer.siaddr(), 4011)).unwrap();
        let ack = lan.answer(request.xid);
        let probe = bound(0);
        let (oack, from) = ask(&probe, &ack.file(), &[("tsize", "0"), ("blksize", "1468")]);
        let program = trees::x64_program();
        assert_eq!(oack, format!("\0\x06tsize\0{}\0blksize\x001468\0", program.len()).into_bytes());
        probe.send_to(b"\0\x05\0\x08User aborted\0", from).unwrap();
        let socket = bound(0);
        let (oack, from) = ask(&socket, &ack.file(), &[("blksize", "1468"), ("windowsize", "4")]);
        assert_eq!(oack, b"\0\x06blksize\x001468\0windowsize\x004\0");
        assert_eq!(take(&socket, oack, from, 1468), program);
        lan.says(&format!("loader {}", ack.file()));
        assert!(!lan.log().contains("8: User aborted"), "a probe is no failure:\n{}", lan.log());
    });
}

/// G10, G11, HB-01 to HB-05: HTTP Boot takes the URL of the proxy's offer as it is, and asks HEAD and GET through one connection.
#[test]
fn g10_g11_uefi_loads_by_http_boot() {
    Lan::with(&format!("{SPEC}server {{\n    http 8080\n}}\n"), |lan| {
        let offer = lan.offer(&Message::http(1, 16));
        let url = offer.option(67).unwrap();
        let url = String::from_utf8(url).unwrap();
        let url = url.strip_suffix('\0').expect("a NUL");
        assert_eq!(url, offer.file());
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let address: SocketAddr = host.parse().expect("an address and a port, and no name");
        lan.lease();
        let mut stream = TcpStream::connect(address).unwrap();
        let (head, _) = http(&mut stream, "HEAD", path);
        let program = trees::x64_program();
        assert_eq!((status(&head), header(&head, "Content-Type")), ("200", Some("application/efi")));
        assert_eq!(header(&head, "Content-Length"), Some(program.len().to_string().as_str()));
        assert_eq!(http(&mut stream, "GET", path).1, program);
    });
}

/// G04, G06, BI-04, TF-06: a ROM loads PXELINUX in plain blocks, which finds its modules and its configuration by options 210 and
/// 209 over TFTP, under the same names as over HTTP (TF-44).
#[test]
fn g04_a_bios_rom_loads_pxelinux_and_that_its_menu() {
    Lan::with(SPEC, |lan| {
        let offer = lan.offer(&Message::bios(1));
        let text = |code| String::from_utf8(offer.option(code).unwrap()).unwrap();
        let (config, prefix) = (text(209), text(210));
        lan.lease();
        let fetch = |name: &str| {
            let socket = bound(0);
            let (first, from) = ask(&socket, name, &[]);
            take(&socket, first, from, 512)
        };
        assert_eq!(fetch(&offer.file()), b"loader");
        assert_eq!(fetch(&format!("{prefix}ldlinux.c32")), b"module");
        let menu = fetch(&format!("{prefix}{config}"));
        assert!(menu.starts_with(b"DEFAULT "), "{}", String::from_utf8_lossy(&menu));
        let mut stream = TcpStream::connect((SERVER, 80)).unwrap();
        assert_eq!(http(&mut stream, "GET", &format!("{}{config}", prefix.trim_start_matches('/'))).1, menu);
    });
}

/// G05, IP-01, IP-02: iPXE loads the script of the offer, and everything that the script names is there.
#[test]
fn g05_ipxe_loads_the_script_and_what_it_names() {
    Lan::with(SPEC, |lan| {
        let offer = lan.offer(&Message::ipxe(1, 7));
        let origin = format!("http://{SERVER}/");
        let script = offer.file();
        lan.lease();
        let mut stream = TcpStream::connect((SERVER, 80)).unwrap();
        let (_, script) = http(&mut stream, "GET", script.strip_prefix(&origin).unwrap());
        let script = String::from_utf8(script).unwrap();
        assert!(script.starts_with("#!ipxe\n"), "{script}");
        let urls = script.split_whitespace().filter_map(|word| word.strip_prefix(&origin));
        let files: Vec<&str> = urls.filter(|path| !path.ends_with('/') && !path.is_empty()).collect();
        assert!(files.len() >= 3, "{script}");
        for path in files {
            let (head, _) = http(&mut stream, "HEAD", path);
            assert_eq!(status(&head), "200", "{path}");
        }
    });
}
