//! Whom proxyDHCP answers, on the wire.

use std::time::{Duration, Instant};

use super::lan::{LEASED, Lan, Message, SPEC, bound};

/// A client that boots is answered, on both ports; everybody and everything else on the LAN never gets a packet.
#[test]
fn dh_01_dh_02_dh_04_dh_05_st_07_g15_g16_who_does_not_boot_gets_no_packet() {
    Lan::with(SPEC, |lan| {
        assert_eq!(lan.offer(&Message::bios(1)).payload[240..243], [53, 1, 2]);
        lan.is_silent_to(|| {
            // udhcpc, dhclient, systemd-networkd, Windows, a Mac that boots, a printer, Android; and no class at all.
            for class in [
                "udhcp 1.36.1",
                "MSFT 5.0",
                "AAPLBSDPC/i386/MacBookPro",
                "Hewlett-Packard JetDirect",
                "android-dhcp-13",
                "pxeclient",
            ] {
                lan.broadcast(&Message::new(1, class).with(55, &[1, 3, 6, 43, 60, 66, 67]));
            }
            lan.broadcast(&Message::bios(1).without(60));
            // REQUEST, DECLINE, RELEASE, INFORM of a PXE client to its address server, and an OFFER, ACK and NAK of that one.
            for kind in [3, 4, 7, 8, 2, 5, 6] {
                lan.broadcast(&Message::bios(kind).with(54, &[10, 9, 0, 254]).with(50, &LEASED.octets()));
                lan.broadcast(&Message::bios(kind));
            }
            lan.broadcast(&Message::bios(1).without(53));
        });
        lan.lease();
        let boot = bound(4011);
        let request = Message { ciaddr: LEASED, ..Message::bios(3) };
        lan.send(&boot, 4011, &request.bytes());
        assert_eq!(lan.answer(request.xid).payload[240..243], [53, 1, 5]);
        // A DISCOVER has no place on port 4011.
        lan.is_silent_to(|| lan.send(&boot, 4011, &Message::bios(1).bytes()));
        lan.says("silent: ");
    });
}

/// What is no BOOTREQUEST, byte by byte: each may look like a good one but for one field. And what is cut or absurd.
#[test]
fn dh_06_dh_10_g80_what_is_broken_is_dropped_and_what_can_be_read_is_answered() {
    Lan::with(SPEC, |lan| {
        let good = || Message::bios(1).bytes();
        let changed = |at: usize, to: u8| {
            let mut bytes = good();
            bytes[at] = to;
            bytes
        };
        let raw = |bytes: &[u8]| {
            assert_eq!(lan.port_68().send_to(bytes, (std::net::Ipv4Addr::BROADCAST, 67)).unwrap(), bytes.len())
        };
        lan.is_silent_to(|| {
            // op, hlen, each byte of the cookie.
            for (at, to) in [(0, 2), (0, 0), (2, 17), (2, 255), (236, 0), (237, 0), (238, 0), (239, 0)] {
                raw(&changed(at, to));
            }
            for len in [0, 1, 236, 239, 240, 241, 242] {
                raw(&good()[..len]);
            }
            raw(&[0xff; 600]);
            raw(&[&good()[..240], &[0; 800]].concat());
        });
        // Without END, with pads between the options, split by RFC 3396, and with options in an overloaded `file`.
        let read = |bytes: Vec<u8>| {
            raw(&bytes);
            let xid = u32::from_be_bytes(bytes[4..8].try_into().unwrap());
            assert!(lan.answer(xid).file().ends_with("lpxelinux.0"));
        };
        let mut endless = good();
        endless.pop();
        read(endless.clone());
        read([&good()[..240], &[0; 7], &good()[240..], &[0; 300]].concat());
        let header = &good()[..240];
        read([header, &[53, 1, 1, 93, 1, 0, 60, 4], b"PXEC", &[60, 5], b"lient", &[93, 1, 0, 255]].concat());
        let mut overloaded = [header, &[52, 1, 1, 53, 1, 1, 255]].concat();
        overloaded[108..124].copy_from_slice(b"\x3c\x09PXEClient\x5d\x02\0\0\xff");
        read(overloaded);
        // The last option is cut: the others count.
        read([&endless[..], &[200, 100, 1]].concat());
    });
}

/// DH-07 to DH-09, DH-11 to DH-14, IP-10, AR-01, AR-02: the forms in which options come from the field, each with its answer.
#[test]
fn g13_g14_options_are_read_in_all_their_forms() {
    const BIOS: &str = "iso/arch/boot/syslinux/lpxelinux.0";
    const UEFI: &str = "ipxe/x64/ipxe.efi";
    const SCRIPT: &str = "http://10.9.0.1/boot.ipxe";
    Lan::with(SPEC, |lan| {
        let bios = || Message::bios(1);
        let uefi = |arch: &[u8]| Message::uefi(1, 7).with(60, b"PXEClient").with(93, arch);
        for (what, message, file) in [
            ("93 as a list: the first one known", uefi(&[0xff, 0xff, 0, 7]), UEFI),
            ("93 as a list: what can be served", uefi(&[0, 0, 0, 7]), BIOS),
            ("7", uefi(&[0, 7]), UEFI),
            ("9, which is x64 as well", uefi(&[0, 9]), UEFI),
            ("93 missing, but in 60", Message::uefi(1, 7).without(93), UEFI),
            ("93 of an odd length", bios().with(93, &[0]), BIOS),
            ("97 missing", bios().without(97), BIOS),
            ("97 of 16 bytes", bios().with(97, &[7; 16]), BIOS),
            ("55 missing", bios().without(55), BIOS),
            ("55 without 43, 60, 66, 67", bios().with(55, &[1, 3, 6]), BIOS),
            ("57 missing", bios().without(57), BIOS),
            ("secs as iPXE fills it", Message { secs: 0xffff, ..bios() }, BIOS),
            ("77 as text", bios().with(77, b"iPXE").with(175, &[0x13, 1, 1]), SCRIPT),
            ("77 as RFC 3004", bios().with(77, b"\x04iPXE").with(175, &[0x13, 1, 1]), SCRIPT),
            ("77 as RFC 3004, two of them", bios().with(77, b"\x03abc\x04iPXE").with(175, &[0x13, 1, 1]), SCRIPT),
            ("77 of somebody else", bios().with(77, b"RRAS.Microsoft"), BIOS),
            ("175 alone", bios().with(175, &[0x13, 1, 1]), SCRIPT),
            ("175 without HTTP", bios().with(77, b"iPXE").with(175, &[0xb1, 1, 0]), "tftp://10.9.0.1/boot.ipxe"),
            ("iPXE on UEFI", Message::ipxe(1, 7), SCRIPT),
            ("iPXE on an architecture that nobody knows", Message::ipxe(1, 0).with(93, &[0xff, 0xff]), SCRIPT),
        ] {
            let answer = lan.offer(&message);
            assert_eq!(answer.file(), file, "{what}");
            let machine = message.options.iter().find(|(code, value)| *code == 97 && value.len() == 17);
            assert_eq!(answer.option(97).as_ref(), machine.map(|(_, value)| value), "{what}");
        }
        lan.is_silent_to(|| {
            for arch in [1u16, 2, 31, 42, 500, 0xffff] {
                lan.broadcast(&Message::new(1, "PXEClient").with(93, &arch.to_be_bytes()));
            }
            lan.broadcast(&Message::new(1, "PXEClient"));
        });
        for said in ["architecture 500", "architecture 65535"] {
            lan.says(said);
        }
    });
}

/// DH-15, DH-38, BI-08, CO-14, G31: each copy of a DISCOVER gets the same answer, once, at once; a table and no name server is in the way.
#[test]
fn dh_15_dh_38_bi_08_each_copy_gets_one_answer_at_once() {
    Lan::with(SPEC, |lan| {
        let discover = Message::bios(1);
        let first = lan.offer(&discover);
        for secs in [4, 12, 28, 60] {
            let again = lan.offer(&Message { secs, ..discover.clone() });
            assert_eq!((again.payload, again.destination), (first.payload.clone(), first.destination));
        }
        let mut times: Vec<Duration> = (0..50)
            .map(|_| {
                let message = Message::ipxe(1, 0);
                let began = Instant::now();
                lan.offer(&message);
                began.elapsed()
            })
            .collect();
        times.sort();
        assert!(times[25] < Duration::from_millis(10), "the median is {:?}", times[25]);
        lan.broadcast(&discover);
        assert_eq!(lan.packets(Duration::from_millis(300)).len(), 1);
    });
}
