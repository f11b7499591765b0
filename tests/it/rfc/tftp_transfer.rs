//! TFTP transfers, from the first block to the last.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use netspec::proto::tftp::Wrap;
use netspec::proto::tftp::options::Limits;
use netspec::serve::tftp::Config;

use crate::wire::{ANY, Server, Shelf, pattern};
use crate::wire_tftp::{Port, fetch, serve};

/// SE-13: two transfers to one machine come from two ports, neither of them 69's stand-in, both from the address that was asked.
#[test]
fn tf_20_each_transfer_has_a_port_of_its_own_at_the_asked_address() {
    let server = serve(Shelf::default().memory("x", pattern(2_000)));
    let asked = SocketAddrV4::new(Ipv4Addr::new(127, 3, 0, 1), server.addr.port());
    let mut ports = [0, 1].map(|_| Port::open(asked));
    for port in &mut ports {
        port.ask("x", "octet", &[]);
        assert_eq!(port.receive()[..4], [0, 3, 0, 1]);
        assert_eq!(port.server.ip(), *asked.ip());
        assert_ne!(port.server.port(), server.addr.port());
    }
    // Whoever cannot see the packets cannot guess the next port (SE-13).
    let ports = [0; 12].map(|_| {
        let mut port = Port::open(asked);
        port.ask("x", "octet", &[]);
        port.receive();
        port.error(0);
        i32::from(port.server.port())
    });
    let steps: std::collections::BTreeSet<i32> = ports.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.len() > 6, "{ports:?}");
}

/// CO-17: with one port for all, nothing comes from another, and the transfers do not mix.
#[test]
fn co_17_one_port_serves_many_transfers() {
    let files = [pattern(30_000), pattern(40_000).into_iter().rev().collect()];
    let shelf = Shelf::default().memory("a", files[0].clone()).memory("b", files[1].clone());
    let server = Server::tftp(Config { single_port: true, ..Config::new(ANY) }, shelf);
    std::thread::scope(|scope| {
        for client in 0..8 {
            let (server, files) = (&server, &files);
            scope.spawn(move || {
                let mut port = Port::open(server.addr);
                let got =
                    fetch(&mut port, ["a", "b"][client % 2], &[("blksize", "1400"), ("windowsize", "4")], |_| false);
                assert!(got == files[client % 2]);
                assert_eq!(port.server, server.addr.into());
            });
        }
    });
    // A stranger to every transfer hears that it is one.
    let mut stranger = Port::open(server.addr);
    stranger.ack(7);
    assert_eq!(stranger.refusal().0, 5, "TF-21");
}

/// ERROR 5 goes to the stranger, from the port that it wrote to; the client's transfer does not even pause.
#[test]
fn tf_21_a_stranger_gets_error_5_and_the_transfer_goes_on() {
    let bytes = pattern(1_500);
    let server = serve(Shelf::default().memory("x", bytes.clone()));
    let mut port = Port::open(server.addr);
    port.ask("x", "octet", &[]);
    let mut got = port.receive()[4..].to_vec();
    for block in 1..=3 {
        let mut stranger = Port::open(server.addr);
        stranger.server = port.server;
        // An ACK that would fit, DATA, and an ERROR, which is not answered.
        stranger.ack(block);
        assert_eq!(stranger.refusal(), (5, "unknown transfer id".to_owned()));
        stranger.send(b"\0\x03\0\x01data");
        assert_eq!(stranger.refusal().0, 5);
        stranger.error(0);
        port.ack(block);
        if block < 3 {
            got.extend_from_slice(&port.receive()[4..]);
        }
    }
    assert!(got == bytes);
    assert_eq!(server.log.ends(1), ["done"]);
}

/// A window whose blocks are all lost comes again as a whole, after about a second, or after the time that the client set.
#[test]
fn tf_22_a_lost_window_comes_again_whole() {
    let server = serve(Shelf::default().memory("x", pattern(40_000)));
    let lost = |options: &[(&str, &str)]| {
        let mut port = Port::open(server.addr);
        port.ask("x", "octet", options);
        port.option_ack(options);
        // The round trip that the server measures is that of a slow client.
        std::thread::sleep(Duration::from_millis(50));
        port.ack(0);
        let first: Vec<_> = (0..4).map(|_| port.receive()).collect();
        let began = Instant::now();
        let again: Vec<_> = (0..4).map(|_| port.receive()).collect();
        assert!(first == again, "the same blocks, in their order");
        port.error(0);
        began.elapsed()
    };
    let [usual, set] = [&[("windowsize", "4")][..], &[("windowsize", "4"), ("timeout", "2")]].map(lost);
    assert!((Duration::from_millis(200)..Duration::from_millis(1900)).contains(&usual), "{usual:?}");
    assert!((Duration::from_millis(1900)..Duration::from_secs(4)).contains(&set), "{set:?}");
}

/// Five copies of one ACK draw one window, of edk2's many ACKs of the last good block too (RFC 1123 section 4.2.3.1).
#[test]
fn tf_23_copies_of_an_ack_draw_one_window() {
    let server = serve(Shelf::default().memory("x", pattern(60_000)));
    for windowsize in [1u64, 4] {
        let text = windowsize.to_string();
        let options = [("windowsize", text.as_str())];
        let mut port = Port::open(server.addr);
        port.ask("x", "octet", &options);
        port.option_ack(&options);
        // A round trip that copies are quicker than.
        std::thread::sleep(Duration::from_millis(200));
        (0..5).for_each(|_| port.ack(0));
        let mut blocks = Vec::new();
        port.socket.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        let mut packet = [0; 600];
        while let Ok((_, from)) = port.socket.recv_from(&mut packet) {
            assert_eq!(from, port.server);
            blocks.push(u64::from(packet[3]));
        }
        assert_eq!(blocks, (1..=windowsize).collect::<Vec<_>>());
        port.error(0);
    }
}

/// RFC 7440 section 4: an ACK of the middle of a window means that what follows was lost.
#[test]
fn tf_24_an_ack_inside_of_the_window_goes_on_behind_it() {
    let server = serve(Shelf::default().memory("x", pattern(60_000)));
    let options = [("windowsize", "4")];
    let mut port = Port::open(server.addr);
    port.ask("x", "octet", &options);
    port.option_ack(&options);
    port.ack(0);
    // Old ACKs and ones of blocks that were not sent are no news, and an ACK that comes faster than a packet travels may
    // be one of a copy; so this client takes its time.
    for (acks, window) in
        [(&[][..], [1, 2, 3, 4]), (&[2], [3, 4, 5, 6]), (&[1, 9, 6], [7, 8, 9, 10]), (&[9], [10, 11, 12, 13])]
    {
        std::thread::sleep(Duration::from_millis(60));
        acks.iter().for_each(|block| port.ack(*block));
        assert_eq!([0; 4].map(|_| port.receive()[3]), window, "behind {acks:?}");
    }
    port.error(0);
}

/// 65,540 blocks of 8 bytes, where the configuration asks for 1 behind 65,535; for 0 see `g44_…`.
#[test]
fn tf_25_block_numbers_go_on_at_1_where_that_is_asked() {
    let bytes = pattern(65_540 * 8 + 3);
    let options = Limits { windowsize: Some(64), ..Limits::default() };
    let config = Config { wrap: Wrap::ToOne, options, ..Config::new(ANY) };
    let server = Server::tftp(config, Shelf::default().memory("x", bytes.clone()));
    let asked = [("blksize", "8"), ("windowsize", "64")];
    let mut port = Port::open(server.addr);
    port.ask("x", "octet", &asked);
    assert_eq!(port.option_ack(&asked)[1].1, 64);
    port.ack(0);
    let (mut got, mut expected, mut since) = (Vec::new(), 1u16, 0);
    loop {
        let packet = port.receive();
        let number = u16::from_be_bytes([packet[2], packet[3]]);
        if number != expected {
            continue;
        }
        got.extend_from_slice(&packet[4..]);
        expected = number.checked_add(1).unwrap_or(1);
        since += 1;
        let last = packet.len() < 12;
        if since == 64 || last {
            since = 0;
            port.ack(number.into());
        }
        if last {
            break;
        }
    }
    assert!(got == bytes);
    assert_eq!(server.log.ends(1), ["done"]);
}

/// Blocks that are in no memory are read from the disk, on threads of their own.
#[test]
fn tf_32_cold_files_are_read_ahead() {
    use rustix::fs::{Advice, fadvise};
    let tail = pattern(300_000);
    let mut file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::io::Write::write_all(&mut file, &tail).unwrap();
    file.sync_all().unwrap();
    fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    let server = serve(Shelf::default().extents("x", file, &[(0, 300_000)]));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let options = [("blksize", "1400"), ("windowsize", "8")];
                assert!(fetch(&mut Port::open(server.addr), "x", &options, |_| false) == tail);
            });
        }
    });
}
