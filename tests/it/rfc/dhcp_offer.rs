//! The OFFER, as it is on the wire: IP, UDP and every byte of the message.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::lan::{Lan, MACHINE, Message, Packet, SERVER, SPEC};

/// One client of each class that is answered.
fn clients() -> Vec<(&'static str, Message)> {
    vec![
        ("BIOS ROM", Message::bios(1)),
        ("UEFI", Message::uefi(1, 7)),
        ("UEFI that says 9", Message::uefi(1, 9)),
        ("HTTP Boot", Message::http(1, 16)),
        ("iPXE on BIOS", Message::ipxe(1, 0)),
        ("iPXE on UEFI", Message::ipxe(1, 7)),
        ("iPXE without HTTP", Message::ipxe(1, 0).with(175, &[0xb1, 1, 0])),
    ]
}

/// Source, destination, ports, DF, DSCP and UDP's own length: what firmware filters by before it reads a byte.
#[test]
fn dh_24_dh_35_dh_36_dh_37_co_08_the_packet_is_one_that_clients_take() {
    Lan::with(SPEC, |lan| {
        for (who, message) in clients() {
            let packet = lan.offer(&message);
            assert_eq!(packet.source, SocketAddrV4::new(SERVER, 67), "{who}");
            assert_eq!(packet.destination, SocketAddrV4::new(Ipv4Addr::BROADCAST, 68), "{who}");
            assert!(packet.is_whole_and_may_be_cut(), "{who}");
            assert_eq!(packet.dscp(), 48, "CS6");
            assert_eq!(packet.payload[10] & 0x80, 0x80, "the broadcast flag: {who}");
            assert_eq!(packet.option(54), Some(SERVER.octets().to_vec()), "{who}");
        }
    });
}

/// SE-07, SE-10, DH-20 to DH-23, DH-25, DH-26, DH-29 to DH-34, IP-04, IP-09, BI-06: what every OFFER has, and what none has.
#[test]
fn g12_g17_every_offer_keeps_to_the_rules() {
    Lan::with(SPEC, |lan| {
        for (who, message) in clients() {
            let packet = lan.offer(&message);
            let sent = message.bytes();
            let bytes = &packet.payload;
            assert_eq!(bytes[..4], [2, 1, 6, 0], "{who}");
            assert_eq!(bytes[4..8], sent[4..8], "xid: {who}");
            assert_eq!(bytes[28..44], sent[28..44], "all of chaddr: {who}");
            assert_eq!(
                [12, 16, 24].map(|at| packet.addr(at)),
                [Ipv4Addr::UNSPECIFIED; 3],
                "ciaddr, yiaddr, giaddr: {who}"
            );
            assert_eq!(packet.siaddr(), SERVER, "{who}");
            assert_eq!(packet.sname(), "10.9.0.1", "{who}");
            let class = if who == "HTTP Boot" { "HTTPClient" } else { "PXEClient" };
            assert_eq!(packet.option(60), Some(class.as_bytes().to_vec()), "{who}");
            assert_eq!(packet.option(97), Some(MACHINE.to_vec()), "{who}");
            let max = message.options.iter().find(|(code, _)| *code == 57).unwrap();
            let max = usize::from(u16::from_be_bytes([max.1[0], max.1[1]])) - 28;
            assert!((300..=max).contains(&bytes.len()), "{who}: {}", bytes.len());
            let codes = packet.codes();
            assert_eq!(codes[..4], [53, 54, 60, 97], "{who}");
            // Addresses, overload, a size in blocks, and iPXE's word against other proxies.
            for never in [1, 3, 6, 13, 15, 50, 51, 52, 58, 59] {
                assert!(!codes.contains(&never), "{never} to {who}");
            }
            let ipxe = packet.option(175).unwrap_or_default();
            assert!(!ipxe.contains(&176), "{who}");
            let mut once = codes.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), codes.len(), "{who}: {codes:?}");
            let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
            assert_eq!(bytes[end], 255, "nothing but zeros behind the END: {who}");
        }
    });
}

/// Where the file stands for whom. The header has at most 127 bytes of it and a NUL.
#[test]
fn dh_27_dh_28_the_file_stands_where_its_client_looks() {
    Lan::with(SPEC, |lan| {
        let told = |message: &Message| {
            let packet = lan.offer(message);
            (packet.file(), packet.option(67).map(|value| String::from_utf8(value).unwrap()))
        };
        assert_eq!(told(&Message::bios(1)), ("iso/arch/boot/syslinux/lpxelinux.0".into(), None));
        assert_eq!(told(&Message::uefi(1, 7)), ("ipxe/x64/ipxe.efi".into(), None));
        assert_eq!(told(&Message::ipxe(1, 0)), ("http://10.9.0.1/boot.ipxe".into(), None));
        let url = "http://10.9.0.1/ipxe/x64/ipxe.efi".to_owned();
        assert_eq!(told(&Message::http(1, 16)), (url.clone(), Some(format!("{url}\0"))));
        let packet = lan.offer(&Message::http(1, 16));
        let with_nul = [&[67, u8::try_from(url.len() + 1).unwrap()][..], url.as_bytes(), &[0, 0]].concat();
        assert!(packet.payload.windows(with_nul.len()).any(|bytes| bytes == with_nul), "67, its NUL, and a PAD");
    });
}

/// UE-15, BS-08, UE-06, BI-04: which options each class gets, and what is in them.
#[test]
fn bi_01_bi_02_ue_02_ue_03_ue_04_ip_01_dh_40_options_by_class() {
    Lan::with(SPEC, |lan| {
        let offer = |message: Message| -> Packet { lan.offer(&message) };
        let bios = offer(Message::bios(1));
        let vendor = bios.option(43).unwrap();
        assert_eq!(
            vendor,
            [&[6, 1, 8, 209, 12][..], b"syslinux.cfg", &[210, 24], b"/iso/arch/boot/syslinux/", &[255]].concat()
        );
        assert_eq!(bios.option(209), Some(b"syslinux.cfg".to_vec()));
        assert_eq!(bios.option(210), Some(b"/iso/arch/boot/syslinux/".to_vec()), "BI-04");
        // edk2 before 2017 throws an offer with option 43 away, and all edk2 one with 43.1 to 43.5.
        assert_eq!(offer(Message::uefi(1, 7)).codes(), [53, 54, 60, 97]);
        assert_eq!(offer(Message::http(1, 16)).codes(), [53, 54, 60, 97, 67]);
        let ipxe = offer(Message::ipxe(1, 7));
        assert_eq!(ipxe.codes(), [53, 54, 60, 97, 175]);
        assert_eq!(ipxe.option(175), Some(vec![1, 1, 1]));
    });
}
