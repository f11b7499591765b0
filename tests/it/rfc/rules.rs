//! What a spec changes for machines that need something else, and the machines that need it without being asked, on the wire.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use super::lan::{LEASED, Lan, Message, Packet, SERVER, SPEC, bound};

/// The spec of the LAN with more behind it.
fn with(more: &str, client: impl FnOnce(&Lan) + Send) {
    Lan::with(&format!("{SPEC}{more}\n"), client);
}

/// A client whose hardware address begins so.
fn of(block: [u8; 3], mut message: Message) -> Message {
    message.chaddr[..3].copy_from_slice(&block);
    message
}

/// UE-05, UE-07, UE-12: each mode on the wire, for the machines of a rule and for no others; `both` sends two offers, `silent` none.
#[test]
fn ue_05_ue_07_ue_12_modes_hold_for_their_machines_only() {
    let rules = "host \"one\" {\n    mac \"52:54:aa:00:00:01\"\n    mode \"pxe10\"\n}\n\
                 host \"two\" {\n    mac \"52:54:aa:00:00:02\"\n    mode \"both\"\n}\n\
                 host \"three\" {\n    mac \"52:54:aa:00:00:03\"\n    mode \"silent\"\n}\n\
                 firmware \"old\" {\n    vendor-class \"PXEClient:Arch:00007:UNDI:002\"\n    mode \"pxe10\"\n}";
    with(rules, |lan| {
        let desk = |last: u8| {
            let mut message = of([0x52, 0x54, 0xaa], Message::uefi(1, 7));
            message.chaddr[3..6].copy_from_slice(&[0, 0, last]);
            message
        };
        let now = Some(vec![6, 1, 8, 255]);
        let offer = lan.offer(&desk(1));
        assert_eq!((offer.option(43), offer.file().as_str()), (now.clone(), "ipxe/x64/ipxe.efi"));
        let both = desk(2);
        lan.broadcast(&both);
        let forms: Vec<Packet> = lan.packets(Duration::from_millis(400));
        let vendor: Vec<_> = forms.iter().map(|offer| offer.option(43)).collect();
        assert_eq!(vendor, [None, now.clone()]);
        assert!(forms.iter().all(|offer| offer.payload[4..8] == both.xid.to_be_bytes()));
        lan.is_silent_to(|| lan.broadcast(&desk(3)));
        lan.says("host three says to be silent");
        assert_eq!(lan.offer(&desk(4)).option(43), None, "UE-03");
        let old = Message::uefi(1, 7).with(60, b"PXEClient:Arch:00007:UNDI:002001");
        assert_eq!(lan.offer(&old).option(43), now);
    });
}

/// DH-03, G28: a class of somebody's own is answered with itself.
#[test]
fn dh_03_g28_another_vendor_class_is_echoed() {
    let rule = "firmware \"taishan\" {\n    vendor-class \"HW-Client\"\n}";
    with(rule, |lan| {
        let offer = lan.offer(&Message::new(1, "HW-Client:Arch:00007").with(93, &[0, 7]));
        assert_eq!((offer.option(60), offer.file().as_str()), (Some(b"HW-Client".to_vec()), "ipxe/x64/ipxe.efi"));
        lan.is_silent_to(|| lan.broadcast(&Message::new(1, "HX-Client:Arch:00007").with(93, &[0, 7])));
    });
}

/// DH-39, G26, DH-15: the offer of a rule's machine comes later, that of iPXE on it at once, and nobody waits for it.
#[test]
fn dh_39_g26_a_delay_is_for_its_machines_and_never_for_ipxe() {
    with("firmware \"slow\" {\n    mac \"b8:27:eb\"\n    delay \"1s\"\n}", |lan| {
        const SLOW: [u8; 3] = [0xb8, 0x27, 0xeb];
        let slow = of(SLOW, Message::uefi(1, 7));
        let began = Instant::now();
        lan.broadcast(&slow);
        lan.offer(&of(SLOW, Message::ipxe(1, 7)));
        lan.offer(&Message::uefi(1, 7));
        assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
        lan.answer(slow.xid);
        assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
    });
}

/// UE-14, BS-01 to BS-07, G18, G19: the menu that mode `menu` shows, to a byte, and the boot server behind it, as edk2 asks for
/// it: by broadcast from port 68 to 67, and by unicast to 4011. What was not offered is not answered.
#[test]
fn bs_01_bs_02_bs_03_bs_04_bs_05_bs_07_g19_a_boot_server_behind_the_menu() {
    with("firmware \"menus\" {\n    arch \"uefi-x64\"\n    mode \"menu\"\n}", |lan| {
        let menu = lan.offer(&Message::uefi(1, 7)).option(43).unwrap();
        let expected = [
            &[6, 1, 7, 8, 7, 0x80, 0, 1, 10, 9, 0, 1, 9, 10, 0x80, 0, 7][..],
            b"netspec",
            &[10, 8, 0],
            b"netspec",
            &[255],
        ];
        assert_eq!(menu, expected.concat());
        assert!(menu.len() <= 253, "BS-06");
        lan.lease();
        let asks = |kind: [u8; 2], layer: [u8; 2]| {
            let item = [&[71, 4][..], &kind, &layer, &[255]].concat();
            Message { ciaddr: LEASED, ..Message::uefi(3, 7) }.with(43, &item)
        };
        let edk2 = bound(4011);
        let by_broadcast = asks([0x80, 0], [0, 0]);
        lan.broadcast(&by_broadcast);
        let by_unicast = asks([0x80, 0], [0, 0]);
        lan.send(&edk2, 4011, &by_unicast.bytes());
        for (asked, port) in [(by_broadcast, 68), (by_unicast, 4011)] {
            let ack = lan.answer(asked.xid);
            assert_eq!(ack.destination, SocketAddrV4::new(LEASED, port));
            assert_eq!((ack.option(53), ack.option(43)), (Some(vec![5]), Some(vec![71, 4, 0x80, 0, 0, 0, 255])));
            assert_eq!((ack.addr(12), ack.addr(16), ack.siaddr()), (Ipv4Addr::UNSPECIFIED, LEASED, SERVER));
            assert_eq!(ack.file(), "ipxe/x64/ipxe.efi");
        }
        lan.is_silent_to(|| {
            for (kind, layer) in [([0, 0], [0, 0]), ([0x80, 1], [0, 0]), ([0, 1], [0, 0]), ([0x80, 0], [0x80, 0])] {
                lan.broadcast(&asks(kind, layer));
                lan.send(&edk2, 4011, &asks(kind, layer).bytes());
            }
            // Whoever was shown no menu has nothing to ask for.
            let item = [71, 4, 0x80, 0, 0, 0, 255];
            lan.broadcast(&Message { ciaddr: LEASED, ..Message::bios(3) }.with(43, &item));
        });
        lan.says("signed answers (BIS)");
    });
}

/// AR-04, G27: a Raspberry Pi says that it is a PC; without a folder for it, it gets no program of a PC.
#[test]
fn ar_04_a_raspberry_pi_gets_no_program_for_pcs() {
    Lan::with(SPEC, |lan| {
        lan.is_silent_to(|| {
            for block in
                [[0xb8, 0x27, 0xeb], [0xdc, 0xa6, 0x32], [0xe4, 0x5f, 1], [0x28, 0xcd, 0xc1], [0xd8, 0x3a, 0xdd]]
            {
                lan.broadcast(&of(block, Message::bios(1)));
            }
            lan.broadcast(&Message::new(1, "PXEClient:Arch:00041:UNDI:002001").with(93, &[0, 41]));
        });
        lan.says("Raspberry Pi: this spec has nothing for it");
    });
}
