//! TFTP requests and their options, byte by byte.

use netspec::proto::tftp::options::Limits;
use netspec::serve::tftp::Config;

use crate::wire::{ANY, Server, Shelf, pattern};
use crate::wire_tftp::{Port, fetch, serve};

/// The first datagram in answer to these bytes, with `,` for NUL.
fn answer(server: &Server, request: &[u8]) -> String {
    let mut port = Port::open(server.addr);
    port.send(request);
    let reply = port.receive();
    // A client that leaves says so, or it would hear more.
    port.error(0);
    String::from_utf8_lossy(&reply).replace('\0', ",")
}

/// The values are the server's, the names and their case those that GRUB and edk2 compare with; no option stands in an OACK
/// that was not in the request, and the last value has its NUL.
#[test]
fn tf_03_tf_04_an_oack_has_the_asked_options_in_lower_case() {
    let server = serve(Shelf::default().memory("x", pattern(1_234_567)));
    for (request, oack) in [
        (
            &b"\0\x01x\0octet\0TSIZE\x000\0BlkSize\x001024\0WINDOWSIZE\x004\0TimeOut\x003\0"[..],
            ",\x06tsize,1234567,blksize,1024,windowsize,4,timeout,3,",
        ),
        // edk2's probe, PXELINUX, GRUB, U-Boot, in what they ask.
        (
            b"\0\x01x\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0",
            ",\x06tsize,1234567,blksize,1468,windowsize,4,",
        ),
        (b"\0\x01x\0octet\0tsize\x000\0blksize\x001408\0", ",\x06tsize,1234567,blksize,1408,"),
        (b"\0\x01x\0octet\0blksize\x001024\0tsize\x000\0", ",\x06blksize,1024,tsize,1234567,"),
        (
            b"\0\x01x\0octet\0timeout\x005\0blksize\x001468\0windowsize\x008\0",
            ",\x06timeout,5,blksize,1468,windowsize,8,",
        ),
        // A client that wants the multicast of RFC 2090 as well gets what there is.
        (b"\0\x01x\0octet\0multicast\0\0tsize\x000\0", ",\x06tsize,1234567,"),
    ] {
        assert_eq!(answer(&server, request), oack, "{}", String::from_utf8_lossy(request));
    }
}

/// GRUB waits for an OACK, and takes DATA for a failure, wherever it knows an option that we know.
#[test]
fn tf_05_any_known_option_gets_an_oack_and_unknown_ones_alone_get_data() {
    let server = serve(Shelf::default().memory("x", b"abc".to_vec()));
    for option in ["tsize,0", "blksize,8", "windowsize,1", "timeout,1", "blksize,65464"] {
        let request = format!(",\x01x,octet,odd,1,{option},").replace(',', "\0");
        assert!(answer(&server, request.as_bytes()).starts_with(",\x06"), "{option}");
    }
    for request in [&b"\0\x01x\0octet\0odd\x001\0"[..], b"\0\x01x\0octet\0blksize\x007\0", b"\0\x01x\0octet\0tsize\0"] {
        assert_eq!(answer(&server, request), ",\x03,\x01abc", "TF-07");
    }
}

/// What the ROM of a Raspberry Pi sends; without options each block has 512 bytes, the first one without being asked for.
#[test]
fn tf_06_a_plain_request_gets_plain_blocks() {
    let bytes = pattern(1100);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    let mut port = Port::open(server.addr);
    port.send(b"\0\x01x\0octet\0");
    for (block, payload) in (1..).zip(bytes.chunks(512)) {
        assert_eq!(port.receive(), [&[0, 3, 0, block], payload].concat());
        port.ack(block.into());
    }
    assert_eq!(server.log.ends(1), ["done"]);
}

#[test]
fn tf_09_the_size_is_told_by_default() {
    let limits = Config::new(ANY).options;
    assert_eq!(limits, Limits { blksize: Some(65464), windowsize: Some(16), tsize: true, timeout: true });
    let server = serve(Shelf::default().memory("none", Vec::new()));
    assert_eq!(answer(&server, b"\0\x01none\0octet\0tsize\x000\0"), ",\x06tsize,0,");
}

/// The next block comes only behind the ACK, unless the client asked for more; then as many as the spec allows.
#[test]
fn tf_11_the_client_and_the_spec_set_the_window() {
    let options = Limits { windowsize: Some(3), ..Limits::default() };
    let server = Server::tftp(Config { options, ..Config::new(ANY) }, Shelf::default().memory("x", pattern(5_000)));
    for (asked, granted) in [(None, 1), (Some("2"), 2), (Some("3"), 3), (Some("64"), 3)] {
        let mut port = Port::open(server.addr);
        let wanted: Vec<_> = asked.iter().map(|blocks| ("windowsize", *blocks)).collect();
        port.ask("x", "octet", &wanted);
        if asked.is_some() {
            assert_eq!(port.option_ack(&wanted), [("windowsize".to_owned(), granted)]);
            port.ack(0);
        }
        for block in 1..=granted {
            assert_eq!(port.receive()[..4], [0, 3, 0, u8::try_from(block).unwrap()]);
        }
        // Well before the first timeout of a second.
        port.socket.set_read_timeout(Some(std::time::Duration::from_millis(150))).unwrap();
        assert!(port.socket.recv_from(&mut [0; 600]).is_err(), "nothing behind block {granted}");
        port.error(0);
    }
}

#[test]
fn tf_12_options_that_are_off_are_not_granted() {
    let asked = [("tsize", "0"), ("blksize", "1400"), ("windowsize", "4"), ("timeout", "2")];
    let bytes = pattern(3_000);
    for off in 0..asked.len() {
        let mut options = Limits::default();
        match asked[off].0 {
            "tsize" => options.tsize = false,
            "blksize" => options.blksize = None,
            "windowsize" => options.windowsize = None,
            _ => options.timeout = false,
        }
        let server = Server::tftp(Config { options, ..Config::new(ANY) }, Shelf::default().memory("x", bytes.clone()));
        let mut port = Port::open(server.addr);
        port.ask("x", "octet", &asked);
        let granted: Vec<_> = port.option_ack(&asked).into_iter().map(|(name, _)| name).collect();
        let left: Vec<_> = asked.iter().map(|(name, _)| *name).filter(|name| *name != asked[off].0).collect();
        assert_eq!(granted, left);
        port.error(0);
        assert!(fetch(&mut Port::open(server.addr), "x", &asked, |_| false) == bytes, "without {}", asked[off].0);
    }
}

/// Also with options, in every mode, and where the name is one that is served.
#[test]
fn tf_13_a_write_is_refused_with_error_2() {
    let server = serve(Shelf::default().memory("x", b"abc".to_vec()));
    for request in
        [&b"\0\x02x\0octet\0"[..], b"\0\x02new\0netascii\0", b"\0\x02x\0octet\0blksize\x001400\0tsize\x005\0"]
    {
        assert_eq!(answer(&server, request), ",\x05,\x02write requests are refused,");
    }
    assert_eq!(fetch(&mut Port::open(server.addr), "x", &[], |_| false), b"abc");
}
