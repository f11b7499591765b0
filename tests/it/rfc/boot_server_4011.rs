//! Port 4011, where UEFI and ROMs ask once more, on the wire.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use super::lan::{LEASED, Lan, MACHINE, Message, SERVER, SPEC, bound};

/// edk2 sends from port 4011 and hears only there; iPXE and ROMs send from 68 and hear only there. Both may ask by REQUEST or
/// INFORM, without a lease, an option 50 or 54, and get everything that the OFFER had.
#[test]
fn dh_01_dh_22_dh_36_dh_50_dh_51_dh_52_dh_53_the_answer_goes_where_the_question_came_from() {
    Lan::with(SPEC, |lan| {
        let offers = [Message::uefi(1, 7), Message::bios(1), Message::ipxe(1, 0)].map(|message| lan.offer(&message));
        lan.lease();
        let edk2 = bound(4011);
        for (message, offer) in
            [(Message::uefi(3, 7), &offers[0]), (Message::bios(3), &offers[1]), (Message::ipxe(3, 0), &offers[2])]
        {
            for (socket, port) in [(&edk2, 4011), (lan.port_68(), 68)] {
                for kind in [3, 8] {
                    let request = Message { ciaddr: LEASED, ..message.clone() }.with(53, &[kind]);
                    let began = Instant::now();
                    lan.send(socket, 4011, &request.bytes());
                    let ack = lan.answer(request.xid);
                    assert!(began.elapsed() < Duration::from_secs(1));
                    assert_eq!(ack.source, SocketAddrV4::new(SERVER, 4011));
                    assert_eq!(ack.destination, SocketAddrV4::new(LEASED, port));
                    assert!(ack.is_whole_and_may_be_cut());
                    assert_eq!(ack.option(53), Some(vec![5]));
                    assert_eq!((ack.option(54), ack.option(60)), (offer.option(54), offer.option(60)));
                    assert_eq!(ack.option(97), Some(MACHINE.to_vec()));
                    assert_eq!((ack.siaddr(), ack.file(), ack.sname()), (SERVER, offer.file(), offer.sname()));
                    assert_eq!(ack.codes(), offer.codes(), "UE-03 holds here as well");
                    assert_eq!((ack.addr(12), ack.addr(16)), (LEASED, Ipv4Addr::UNSPECIFIED), "ciaddr and yiaddr");
                }
            }
        }
    });
}

/// Two proxies may share a LAN: what names another server, or comes from elsewhere, is left to others.
#[test]
fn dh_54_se_04_requests_for_others_are_left_to_them() {
    Lan::with(SPEC, |lan| {
        lan.lease();
        let edk2 = bound(4011);
        let request = || Message { ciaddr: LEASED, ..Message::uefi(3, 7) };
        lan.is_silent_to(|| {
            lan.send(&edk2, 4011, &request().with(54, &[10, 9, 0, 254]).bytes());
            lan.send(&edk2, 4011, &Message { ciaddr: LEASED, ..Message::http(3, 16) }.bytes());
        });
        let ours = request().with(54, &SERVER.octets());
        lan.send(&edk2, 4011, &ours.bytes());
        assert_eq!(lan.answer(ours.xid).option(53), Some(vec![5]));
    });
}

/// BI-07: a ROM that comes before it has set up its address ("CLIENT IP 0.0.0.0 … PXE-E55") asks by broadcast from 0.0.0.0.
#[test]
fn dh_55_a_client_without_a_source_address_is_answered() {
    Lan::with(SPEC, |lan| {
        let request = Message::bios(3);
        lan.port_68().send_to(&request.bytes(), (Ipv4Addr::BROADCAST, 4011)).unwrap();
        let ack = lan.answer(request.xid);
        assert_eq!(ack.destination, SocketAddrV4::new(Ipv4Addr::BROADCAST, 68));
        assert_eq!((ack.option(53), ack.siaddr()), (Some(vec![5]), SERVER));
    });
}
