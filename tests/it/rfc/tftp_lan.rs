//! TFTP on a LAN: what is in the packets around the data, and what a spec can change for firmware that fails.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use super::lan::{LEASED, Lan, Packet, SERVER, SPEC, bound};

/// Asks for a file with these options; the first answer.
fn ask(lan: &Lan, socket: &UdpSocket, options: &[(&str, &str)]) -> Packet {
    let options: String = options.iter().map(|(name, value)| format!("{name}\0{value}\0")).collect();
    lan.send(socket, 69, format!("\0\x01iso/arch.iso\0octet\0{options}").as_bytes());
    let to = SocketAddrV4::new(LEASED, socket.local_addr().unwrap().port());
    lan.first(|packet| packet.destination == to)
}

/// An OACK as text, without the size, which is that of the ISO.
fn granted(packet: &Packet) -> String {
    assert_eq!(packet.payload[..2], [0, 6], "{packet:?}");
    let text = String::from_utf8(packet.payload[2..].to_vec()).unwrap();
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    let shown = fields.chunks(2).map(|pair| if pair[0] == "tsize" { "tsize".to_owned() } else { pair.join("=") });
    shown.collect::<Vec<_>>().join(" ")
}

const ALL: &[(&str, &str)] = &[("tsize", "0"), ("blksize", "65464"), ("windowsize", "64"), ("timeout", "4")];

/// With the largest blocks that were granted no packet is a fragment, whatever the link takes; and none forbids to cut it.
#[test]
fn tf_10_g52_dh_37_co_08_packets_fit_the_link() {
    Lan::with(SPEC, |lan| {
        lan.lease();
        for (mtu, blksize) in [(1500, 1468), (1492, 1460), (1400, 1368)] {
            lan.at_the_server(&format!("ip link set lan0 mtu {mtu}"));
            let socket = bound(0);
            let oack = ask(lan, &socket, ALL);
            assert_eq!(granted(&oack), format!("tsize blksize={blksize} windowsize=16 timeout=4"));
            assert_eq!(oack.source.ip(), &SERVER);
            assert_ne!(oack.source.port(), 69, "TF-20");
            socket.send_to(&[0, 4, 0, 0], oack.source).unwrap();
            let blocks = lan.packets(Duration::from_millis(200));
            assert_eq!(blocks.len(), 16);
            for block in &blocks {
                assert!(block.is_whole_and_may_be_cut());
                assert_eq!((block.source, block.payload.len()), (oack.source, blksize + 4));
            }
            socket.send_to(b"\0\x05\0\0\0", oack.source).unwrap();
        }
    });
}

/// The cures of the field: an option off for all, for cards of one maker, smaller blocks, and one port for all data.
#[test]
fn tf_11_tf_12_co_17_a_spec_sets_what_is_granted_and_to_whom() {
    let served = |tftp: &str, client: &(dyn Fn(&Lan) + Sync)| {
        Lan::with(&format!("{SPEC}server {{\n    window 8\n    tftp {{\n{tftp}\n    }}\n}}\n"), |lan| {
            lan.lease();
            client(lan);
        });
    };
    served("block-size 1024; without \"timeout\"; without \"windowsize\" mac=\"02:00:00\"", &|lan| {
        assert_eq!(granted(&ask(lan, &bound(0), ALL)), "tsize blksize=1024 windowsize=8");
    });
    served("without \"blksize\" \"windowsize\" mac=\"52:54:00\"; without \"tsize\" mac=\"b8:27:eb\"", &|lan| {
        // The card's own address, which the kernel of the server has learnt.
        assert_eq!(granted(&ask(lan, &bound(0), ALL)), "tsize timeout=4");
    });
    served("without \"tsize\" \"blksize\" \"windowsize\" \"timeout\"\nsingle-port", &|lan| {
        let data = ask(lan, &bound(0), ALL);
        assert_eq!((&data.payload[..4], data.payload.len()), (&[0, 3, 0, 1][..], 516));
        assert_eq!(data.source, SocketAddrV4::new(SERVER, 69));
    });
}

/// No packet goes out to addresses that nobody can have, or to all.
#[test]
fn se_04_requests_to_all_are_not_answered() {
    Lan::with(SPEC, |lan| {
        lan.lease();
        let socket = bound(0);
        let to_all = Ipv4Addr::new(10, 9, 0, 255);
        for address in [Ipv4Addr::BROADCAST, to_all] {
            socket.send_to(b"\0\x01boot.ipxe\0octet\0", (address, 69)).unwrap();
        }
        assert!(lan.packets(Duration::from_millis(200)).is_empty(), "RFC 1123 section 4.2.3.5");
        assert_eq!(ask(lan, &socket, &[]).payload[..4], [0, 3, 0, 1]);
    });
}
