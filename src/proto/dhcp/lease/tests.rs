//! Section 4.3 of RFC 2131, message by message, and the bytes of the answers.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::*;
use crate::net::{AddressRange, MacAddr};
use crate::proto::dhcp::testing::Request;
use crate::proto::dhcp::tlv::Tlv;
use crate::proto::dhcp::{
    BiosBoot, BootRequest, BootTable, Destination, EfiBoot, EfiCpu, IpxeBoot, Local, ReceivedOn, ServerAddr,
};
use crate::resolve::AddressPool;
use crate::source::Span;

pub(super) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(super) const NOW: u64 = 1_764_000_000;
const HOUR: u64 = 3600;

pub(super) fn at(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, last)
}

pub(super) fn mac(number: u8) -> MacAddr {
    MacAddr([0x52, 0x54, 0, 0, 0, number])
}

pub(super) fn pool(first: u8, last: u8) -> AddressPool {
    AddressPool {
        subnet: "10.0.0.0/24".parse().unwrap(),
        range: AddressRange::new(at(first), at(last)).unwrap(),
        lease_seconds: HOUR as u32,
        router: Some(at(254)),
        dns: vec![at(254), Ipv4Addr::new(9, 9, 9, 9)],
        reservations: [(mac(200), at(50))].into(),
        range_span: Span::default(),
    }
}

pub(super) fn book(first: u8, last: u8) -> Book {
    Book::new(pool(first, last), [SERVER], [])
}

/// A message of an ordinary client, as its DHCP software sends it.
pub(super) fn client(number: u8, message: u8) -> Request {
    let mut chaddr = [0; 16];
    chaddr[..6].copy_from_slice(&mac(number).0);
    Request { chaddr, ..Request::new(message, "udhcp 1.36.1") }
}

fn parse(request: &Request) -> BootRequest {
    BootRequest::parse(&request.bytes()).unwrap()
}

pub(super) fn decide(book: &mut Book, request: &Request, now: u64) -> Decision {
    book.decide(&parse(request), ServerAddr::new(SERVER).unwrap(), now)
}

/// Selecting: `address` of our offer.
pub(super) fn selects(request: Request, address: Ipv4Addr) -> Request {
    request.with(50, &address.octets()).with(54, &SERVER.octets())
}

#[track_caller]
fn offered(decision: Decision) -> (Ipv4Addr, bool) {
    match decision {
        Decision::Offer { grant, look } => (grant.address(), look),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn granted(decision: Decision) -> Grant {
    match decision {
        Decision::Ack(grant) => grant,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn silent(decision: Decision) -> String {
    match decision {
        Decision::Silence(reason) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The whole way of a client to an address: discovers, is looked after, and selects.
#[track_caller]
fn lease(book: &mut Book, number: u8, now: u64) -> Ipv4Addr {
    let (address, look) = offered(decide(book, &client(number, 1), now));
    if look {
        book.found_free(address);
    }
    assert_eq!(granted(decide(book, &selects(client(number, 3), address), now)).address(), address);
    address
}

/// Section 4.3.1: the present address first, then the last one, then the one asked for, then any.
#[test]
fn chooses_an_address_as_the_standard_says() {
    let mut book = book(100, 199);
    let first = lease(&mut book, 1, NOW);
    assert!(book.pool().range.contains(first));
    let discover = client(1, 1).with(50, &at(150).octets());
    assert_eq!(offered(decide(&mut book, &discover, NOW + 10)), (first, false), "the present one");
    assert_eq!(offered(decide(&mut book, &discover, NOW + 90 * HOUR)), (first, false), "the last one");
    let discover = client(2, 1).with(50, &at(150).octets());
    assert_eq!(offered(decide(&mut book, &discover, NOW)), (at(150), true), "the one that it asks for");
    for (number, unfit) in (3..).zip([first, at(50), SERVER, at(99), at(200), at(0), Ipv4Addr::new(10, 9, 0, 100)]) {
        let (address, _) = offered(decide(&mut book, &client(number, 1).with(50, &unfit.octets()), NOW + 10));
        assert_ne!(address, unfit);
        assert!(book.pool().range.contains(address));
    }
}

/// Who had an address longest ago gives it up first, and only when no address is unused.
#[test]
fn reuses_the_address_that_is_free_for_longest() {
    let mut book = book(100, 102);
    let mut had: Vec<_> = (1..=3).map(|number| lease(&mut book, number, NOW + u64::from(number))).collect();
    assert_eq!(silent(decide(&mut book, &client(4, 1), NOW + 10)), "no address is left of 10.0.0.100-10.0.0.102",);
    assert_eq!(offered(decide(&mut book, &client(4, 1), NOW + 2 * HOUR)), (had[0], true));
    assert_eq!(lease(&mut book, 5, NOW + 2 * HOUR), had[1]);
    had.sort_unstable();
    assert_eq!(had, [at(100), at(101), at(102)]);
}

/// A reservation is for its machine and for nobody else, whatever its systems call themselves.
#[test]
fn keeps_reservations() {
    let mut book = book(40, 60);
    for number in 1..=20 {
        assert_ne!(lease(&mut book, number, NOW), at(50));
    }
    assert!(
        silent(decide(&mut book, &client(21, 1).with(50, &at(50).octets()), NOW)).starts_with("no address is left")
    );
    assert_eq!(lease(&mut book, 200, NOW), at(50));
    let system = |message| client(200, message).with(61, &[0xff, 1, 2, 3, 4, 0, 1]);
    assert_eq!(offered(decide(&mut book, &system(1), NOW + 1)), (at(50), false));
    let renewal = granted(decide(&mut book, &Request { ciaddr: at(50), ..system(3) }, NOW + 2));
    assert!(renewal.is_renewal());
    let thief = Request { ciaddr: at(50), ..client(7, 3) };
    assert!(matches!(
        decide(&mut book, &thief, NOW + 3),
        Decision::Nak { why: "it is not given out to this client", .. }
    ));
}

/// RFC 2132 section 9.14: the identifier tells clients apart; without one, the hardware address does. A ROM without one and a
/// system with the usual one are the same client.
#[test]
fn tells_clients_apart() {
    let mut book = book(100, 199);
    let rom = lease(&mut book, 1, NOW);
    let usual = client(1, 1).with(61, &[&[1][..], &mac(1).0].concat());
    assert_eq!(offered(decide(&mut book, &usual, NOW)).0, rom);
    let other = client(1, 1).with(61, &[0xff, 1, 2, 3, 4]);
    assert_ne!(offered(decide(&mut book, &other, NOW)).0, rom);
    let card = client(9, 1).with(61, &[0xff, 1, 2, 3, 4]);
    assert_eq!(silent(decide(&mut book, &card, NOW)), {
        let address = offered_to(&book, &[0xff, 1, 2, 3, 4]);
        format!("{address} is being looked at, whether another machine has it")
    });
    let nobody = Request { chaddr: [0; 16], ..client(1, 1) };
    assert_eq!(silent(decide(&mut book, &nobody, NOW)), "says neither a client identifier nor a hardware address");
    let without = Request { hlen: 0, ..client(1, 1) };
    assert_eq!(silent(decide(&mut book, &without, NOW)), "says neither a client identifier nor a hardware address");
}

fn offered_to(book: &Book, identifier: &[u8]) -> Ipv4Addr {
    book.address_of(&ClientId::new(identifier).unwrap()).unwrap()
}

/// Section 4.3.2, SELECTING.
#[test]
fn answers_who_selects() {
    let mut book = book(100, 199);
    let (address, look) = offered(decide(&mut book, &client(1, 1), NOW));
    assert!(look, "nobody had it");
    let select = selects(client(1, 3), address);
    assert!(silent(decide(&mut book, &select, NOW)).contains("is being looked at"));
    book.found_free(address);
    let grant = granted(decide(&mut book, &select, NOW + 1));
    assert_eq!((grant.address(), grant.seconds(), grant.is_renewal()), (address, 3600, false));
    let records: Vec<_> = grant.records().cloned().collect();
    let client_id = ClientId::new(&[1, 0x52, 0x54, 0, 0, 0, 1]).unwrap();
    assert_eq!(records, [Record { address, client: client_id, mac: mac(1), until: NOW + 1 + HOUR }]);
    let grant = granted(decide(&mut book, &select, NOW + 2));
    assert_eq!(grant.address(), address, "and again, where the answer was lost");

    let other = client(2, 3).with(50, &address.octets()).with(54, &SERVER.octets());
    assert!(matches!(decide(&mut book, &other, NOW + 3), Decision::Nak { why: "another client has it", .. }));
    let outside = selects(client(2, 3), at(7));
    assert!(matches!(decide(&mut book, &outside, NOW + 3), Decision::Nak { .. }));
    let nothing = client(2, 3).with(54, &SERVER.octets());
    assert_eq!(silent(decide(&mut book, &nothing, NOW + 3)), "DHCPREQUEST without an address");
}

/// Section 4.3.2: who chooses another server frees what was held for it.
#[test]
fn lets_go_who_chooses_another_server() {
    let mut book = book(100, 100);
    assert_eq!(offered(decide(&mut book, &client(1, 1), NOW)).0, at(100));
    book.found_free(at(100));
    assert!(silent(decide(&mut book, &client(2, 1), NOW + 1)).starts_with("no address is left"));
    let elsewhere = client(1, 3).with(50, &at(77).octets()).with(54, &at(9).octets());
    assert_eq!(silent(decide(&mut book, &elsewhere, NOW + 2)), "chose the DHCP server 10.0.0.9");
    assert_eq!(offered(decide(&mut book, &client(2, 1), NOW + 3)).0, at(100));
    assert!(silent(decide(&mut book, &elsewhere, NOW + 4)).contains("10.0.0.9"), "and takes nobody's offer away");
    book.found_free(at(100));
    granted(decide(&mut book, &selects(client(2, 3), at(100)), NOW + 5));
}

/// Section 4.3.2, INIT-REBOOT: confirmed, refused, or left alone.
#[test]
fn answers_who_reboots() {
    let mut book = book(100, 199);
    let address = lease(&mut book, 1, NOW);
    let says = |number, address: Ipv4Addr| client(number, 3).with(50, &address.octets());
    assert_eq!(granted(decide(&mut book, &says(1, address), NOW + 5)).address(), address);
    assert!(matches!(
        decide(&mut book, &says(1, at(77)), NOW + 5),
        Decision::Nak { why: "this client has another one", .. }
    ));
    assert!(matches!(
        decide(&mut book, &says(1, Ipv4Addr::new(192, 168, 1, 7)), NOW + 5),
        Decision::Nak { why: "it is not of this network", .. }
    ));
    assert_eq!(
        silent(decide(&mut book, &says(2, address), NOW + 5)),
        format!("says it had {address}, of which nothing is known here; it will ask anew")
    );
}

/// Section 4.3.2, RENEWING and REBINDING.
#[test]
fn answers_who_renews() {
    let mut book = book(100, 199);
    let address = lease(&mut book, 1, NOW);
    let renew = |number, ciaddr| Request { ciaddr, ..client(number, 3) };
    let grant = granted(decide(&mut book, &renew(1, address), NOW + HOUR / 2));
    assert!(grant.is_renewal());
    assert_eq!(grant.records().next().unwrap().until, NOW + HOUR / 2 + HOUR);
    assert!(matches!(
        decide(&mut book, &renew(2, address), NOW + HOUR),
        Decision::Nak { why: "another client has it", .. }
    ));
    assert!(matches!(decide(&mut book, &renew(2, Ipv4Addr::new(10, 1, 0, 7)), NOW), Decision::Nak { .. }));
    assert!(silent(decide(&mut book, &renew(2, at(7)), NOW)).contains("nothing is known"), "set up by hand");
    let unknown = book.pool().range.last();
    assert_ne!(unknown, address);
    let grant = granted(decide(&mut book, &renew(2, unknown), NOW));
    assert_eq!(grant.address(), unknown, "the store may have been lost");
}

/// Section 4.3.3: an address that its client found in use rests for an hour; others cannot make it rest.
#[test]
fn rests_what_was_declined() {
    let mut book = book(100, 101);
    let address = lease(&mut book, 1, NOW);
    let decline = |number| selects(client(number, 4), address);
    assert_eq!(
        silent(decide(&mut book, &decline(2), NOW)),
        format!("DHCPDECLINE for {address}, which it does not have")
    );
    assert_eq!(decide(&mut book, &decline(1), NOW), Decision::Declined(address));
    assert_ne!(lease(&mut book, 1, NOW + 1), address);
    assert!(silent(decide(&mut book, &client(2, 1), NOW + HOUR - 1)).starts_with("no address is left"));
    assert_eq!(offered(decide(&mut book, &client(2, 1), NOW + HOUR)).0, address);
}

/// An address that another machine answers for rests like a declined one, and the client gets the next.
#[test]
fn rests_what_another_machine_has() {
    let mut book = book(100, 101);
    let (address, look) = offered(decide(&mut book, &client(1, 1), NOW));
    assert!(look);
    book.found_taken(address, NOW);
    let (next, look) = offered(decide(&mut book, &client(1, 1), NOW));
    assert!(look && next != address);
    book.not_looked_at(next);
    assert_eq!(offered(decide(&mut book, &client(2, 1), NOW)), (next, true), "whom it was meant for has no claim");
}

/// Section 4.3.4: what is given back is remembered for its client, and free for others.
#[test]
fn takes_addresses_back() {
    let mut book = book(100, 100);
    let address = lease(&mut book, 1, NOW);
    let release = |number| Request { ciaddr: address, ..client(number, 7) };
    assert!(silent(decide(&mut book, &release(2), NOW + 1)).contains("which it does not have"));
    let Decision::Released(record) = decide(&mut book, &release(1), NOW + 1) else { panic!() };
    assert_eq!((record.address, record.until), (address, NOW + 1));
    assert_eq!(offered(decide(&mut book, &client(1, 1), NOW + 2)), (address, false));
    let mut book = Book::new(pool(100, 100), [SERVER], [record]);
    assert_eq!(offered(decide(&mut book, &client(2, 1), NOW + 2)), (address, true));
}

/// An address that is only offered, or still looked at, is no lease: to give it back changes nothing.
#[test]
fn takes_back_no_offers() {
    let mut book = book(100, 199);
    let (address, _) = offered(decide(&mut book, &client(1, 1), NOW));
    let release = Request { ciaddr: address, ..client(1, 7) };
    assert!(silent(decide(&mut book, &release, NOW)).contains("which it does not have"));
    assert!(silent(decide(&mut book, &selects(client(1, 3), address), NOW)).contains("is being looked at"));
    book.found_free(address);
    assert!(silent(decide(&mut book, &release, NOW)).contains("which it does not have"));
    granted(decide(&mut book, &selects(client(1, 3), address), NOW));
}

/// Option 51: a shorter time is granted, a longer one is not.
#[test]
fn grants_the_time_that_is_asked_for_if_it_is_shorter() {
    for (asked, granted) in [(0u32, 60), (600, 600), (3601, 3600), (u32::MAX, 3600)] {
        let discover = client(1, 1).with(51, &asked.to_be_bytes());
        let Decision::Offer { grant, .. } = decide(&mut book(100, 199), &discover, NOW) else { panic!() };
        assert_eq!(grant.seconds(), granted);
    }
}

fn table() -> BootTable {
    BootTable {
        bios: Some(BiosBoot {
            file: "pxelinux/lpxelinux.0".into(),
            config_file: Some("menu".into()),
            path_prefix: None,
        }),
        ipxe: Some(IpxeBoot { script: "boot.ipxe".into(), config_file: None, path_prefix: None }),
        efi: [(EfiCpu::X64, EfiBoot { file: "ipxe/x64/snponly.efi".into() })].into(),
        http: [(EfiCpu::X64, "ipxe/x64/ipxe.efi".to_owned())].into(),
        ..BootTable::default()
    }
}

pub(super) fn local() -> Local {
    let source = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
    Local { server: ServerAddr::new(SERVER).unwrap(), port: ReceivedOn::Dhcp67, http_port: 80, source }
}

#[track_caller]
fn reply(request: &Request) -> LeaseReply {
    let mut book = book(100, 199);
    let decision = decide(&mut book, request, NOW);
    LeaseReply::new(book.pool(), &decision, &parse(request), &table(), &local()).unwrap()
}

fn options(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    Tlv::new(&bytes[240..]).map(|(code, value)| (code, value.to_vec())).collect()
}

/// Section 4.3.1, table 3: an ordinary client gets an address, and nothing about booting.
#[test]
fn writes_an_offer_for_an_ordinary_client() {
    let request = Request { flags: 0x8000, ..client(1, 1).with(61, b"\x00me") };
    let LeaseReply { bytes, destination, told, .. } = reply(&request);
    assert_eq!((destination, told), (Destination::Broadcast, None));
    assert_eq!(bytes[..4], [2, 1, 6, 0]);
    assert_eq!(bytes[4..8], request.xid.to_be_bytes());
    assert_eq!(bytes[8..16], [0, 0, 0x80, 0, 0, 0, 0, 0]);
    assert!(bytes[16..19] == [10, 0, 0] && (100..=199).contains(&bytes[19]));
    assert_eq!(bytes[20..28], [0; 8], "no server to boot from");
    assert_eq!(bytes[28..44], request.chaddr);
    assert_eq!(bytes[44..236], [0; 192]);
    let expected: Vec<(u8, &[u8])> = vec![
        (53, &[2]),
        (54, &[10, 0, 0, 1]),
        (51, &[0, 0, 14, 16]),
        (58, &[0, 0, 7, 8]),
        (59, &[0, 0, 12, 78]),
        (1, &[255, 255, 255, 0]),
        (28, &[10, 0, 0, 255]),
        (3, &[10, 0, 0, 254]),
        (6, &[10, 0, 0, 254, 9, 9, 9, 9]),
        (61, b"\x00me"),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(code, value)| (code, value.to_vec())).collect();
    assert_eq!(options(&bytes), expected);
    assert_eq!(reply(&client(1, 1)).bytes.len(), 300, "BOOTP's smallest message");
}

/// ST-08 and the table "who reads which field": server and file stand in the answer with the address itself. UEFI over PXE
/// gets no option 60 and 43 (UE-08), all others what a proxy would tell them.
#[test]
fn tells_boot_clients_in_the_same_answer() {
    let name = |bytes: &[u8]| {
        let file = bytes[108..236].split(|byte| *byte == 0).next().unwrap();
        String::from_utf8(file.to_vec()).unwrap()
    };
    let has = |bytes: &[u8], code: u8| options(bytes).iter().any(|(known, _)| *known == code);
    let class = |bytes: &[u8]| options(bytes).into_iter().find(|(code, _)| *code == 60).map(|(_, value)| value);

    let uefi = reply(&Request::uefi(1)).bytes;
    assert_eq!((name(&uefi).as_str(), &uefi[20..24]), ("ipxe/x64/snponly.efi", &[10, 0, 0, 1][..]));
    assert!(!has(&uefi, 60) && !has(&uefi, 43) && has(&uefi, 51));
    let bios = reply(&Request::bios(1)).bytes;
    assert_eq!(name(&bios), "pxelinux/lpxelinux.0");
    assert_eq!(class(&bios).as_deref(), Some(&b"PXEClient"[..]));
    assert!(has(&bios, 43) && has(&bios, 209));
    let http = reply(&Request::http(1)).bytes;
    assert_eq!(class(&http).as_deref(), Some(&b"HTTPClient"[..]));
    let url = options(&http).into_iter().find(|(code, _)| *code == 67).unwrap().1;
    assert_eq!(url, b"http://10.0.0.1/ipxe/x64/ipxe.efi\0");
    let ipxe = reply(&Request::ipxe(1));
    assert_eq!(ipxe.told.unwrap().file, "http://10.0.0.1/boot.ipxe");
    for bytes in [uefi, bios, http, ipxe.bytes] {
        assert_eq!(bytes[240..249], [53, 1, 2, 54, 4, 10, 0, 0, 1]);
        assert!(bytes[16..19] == [10, 0, 0] && bytes[19] >= 100);
        assert_eq!(options(&bytes).iter().filter(|(code, _)| *code == 54).count(), 1);
    }
}

/// The DHCPACK says the same as the offer, also to a client that renews, which is where it goes then (section 4.1).
#[test]
fn writes_the_same_into_the_ack() {
    let mut book = book(100, 199);
    let (discover, request) = (Request::uefi(1), Request::uefi(3));
    let decision = decide(&mut book, &discover, NOW);
    let offer = LeaseReply::new(book.pool(), &decision, &parse(&discover), &table(), &local()).unwrap();
    let (address, _) = offered(decision);
    book.found_free(address);
    let mut to_reply = |request: &Request| {
        let decision = decide(&mut book, request, NOW);
        LeaseReply::new(book.pool(), &decision, &parse(request), &table(), &local()).unwrap()
    };
    let ack = to_reply(&selects(request.clone(), address));
    assert_eq!(ack.destination, Destination::Broadcast);
    assert_eq!(ack.bytes[242], 5);
    assert_eq!(ack.bytes[243..], offer.bytes[243..]);
    assert_eq!(ack.bytes[..242], offer.bytes[..242]);
    let renewal = to_reply(&Request { ciaddr: address, ..request });
    assert_eq!(renewal.destination, Destination::Client(SocketAddrV4::new(address, 68)));
    assert_eq!((&renewal.bytes[12..16], &renewal.bytes[16..20]), (&address.octets()[..], &address.octets()[..]));
}

/// Section 4.3.2, table 3, and RFC 6842: a refusal says no address and nothing else.
#[test]
fn writes_refusals() {
    let wrong = Ipv4Addr::new(192, 168, 1, 7).octets();
    let nak = reply(&Request::uefi(3).with(50, &wrong));
    assert_eq!(nak.destination, Destination::Broadcast);
    assert_eq!(nak.bytes[12..28], [0; 16]);
    assert_eq!(options(&nak.bytes), [(53, vec![6]), (54, vec![10, 0, 0, 1])]);
    let relayed = Request { giaddr: at(9), ..Request::uefi(3).with(50, &wrong).with(82, &[1, 2, 0, 7]) };
    let nak = reply(&relayed);
    assert_eq!(nak.destination, Destination::Relay(at(9)));
    assert_eq!(nak.bytes[10..12], [0x80, 0], "the relay is to broadcast it");
    assert_eq!(options(&nak.bytes).last(), Some(&(82, vec![1, 2, 0, 7])));
}

/// Section 4.3.5: no lease for a client that has an address of its own.
#[test]
fn informs_without_a_lease() {
    let inform = Request { ciaddr: at(7), ..client(1, 8) };
    let LeaseReply { bytes, destination, .. } = reply(&inform);
    assert_eq!(destination, Destination::Client(SocketAddrV4::new(at(7), 68)));
    assert_eq!(bytes[16..20], [0; 4]);
    let codes: Vec<u8> = options(&bytes).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [53, 54, 1, 28, 3, 6]);
    let mut book = book(100, 199);
    let elsewhere = Request { ciaddr: Ipv4Addr::new(10, 1, 0, 7), ..client(1, 8) };
    assert_eq!(silent(decide(&mut book, &elsewhere, NOW)), "DHCPINFORM without an address");
}

/// A boot file that leaves no room costs the client its boot, not its address (DH-30).
#[test]
fn gives_an_address_without_names_that_do_not_fit() {
    let mut table = table();
    table.bios = Some(BiosBoot { file: "x".repeat(127), config_file: Some("y".repeat(120)), path_prefix: None });
    let request = Request::bios(1).without(57);
    let mut book = book(100, 199);
    let decision = decide(&mut book, &request, NOW);
    let reply = LeaseReply::new(book.pool(), &decision, &parse(&request), &table, &local()).unwrap();
    assert_eq!((reply.told, reply.bytes.len()), (None, 300));
}
