use super::*;
use crate::proto::dhcp::rule::{Condition, Effect, Rule};
use crate::proto::dhcp::testing::{Request, encode};
use crate::proto::dhcp::tlv::Tlv;
use crate::proto::dhcp::{BiosBoot, EfiBoot, EfiCpu, ReceivedOn, ServerAddr};

const OURS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const LEASED: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 50);
const SECOND: Duration = Duration::from_secs(1);

/// A table in which machines of one make have merged offers.
fn table() -> BootTable {
    BootTable {
        bios: Some(BiosBoot { file: "lpxelinux.0".into(), config_file: None, path_prefix: None }),
        efi: [(EfiCpu::X64, EfiBoot { file: "x64.efi".into() })].into(),
        rules: vec![Rule {
            name: "host desk".into(),
            when: Condition { mac: Some("52:54:00:12:34:56".parse().unwrap()), ..Condition::default() },
            then: Effect { mode: Some(Mode::Merged), ..Effect::default() },
        }],
        ..BootTable::default()
    }
}

fn local() -> Local {
    let source = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
    Local { server: ServerAddr::new(OURS).unwrap(), port: ReceivedOn::Dhcp67, http_port: 80, source }
}

fn hand_on(merger: &mut Merger, request: &Request, now: Duration) -> Result<Vec<u8>, Stopped> {
    let datagram = request.bytes();
    merger.hand_on(&datagram, &BootRequest::parse(&datagram).unwrap(), &local(), now)
}

/// What a router answers to a message that was handed on.
fn answer(asked: &[u8], server: Ipv4Addr, kind: u8, further: &[(u8, &[u8])]) -> Vec<u8> {
    let mut options = vec![(53, vec![kind]), (51, vec![0, 0, 14, 16]), (54, server.octets().to_vec())];
    options.extend([(1, vec![255, 255, 255, 0]), (3, ROUTER.octets().to_vec())]);
    options.extend(further.iter().map(|(code, value)| (*code, value.to_vec())));
    let mut bytes = [&asked[..240], &encode(&options), &[255]].concat();
    bytes[0] = 2;
    bytes[3] = 0;
    bytes[16..20].copy_from_slice(&LEASED.octets());
    bytes[20..24].copy_from_slice(&server.octets());
    bytes
}

fn options(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    Tlv::new(&bytes[240..]).map(|(code, value)| (code, value.to_vec())).collect()
}

fn file(bytes: &[u8]) -> &[u8] {
    bytes[108..236].split(|byte| *byte == 0).next().unwrap()
}

/// UE-13, G33: only for machines of which a rule says so.
#[test]
fn is_for_named_machines_only() {
    let parse = |request: &Request| BootRequest::parse(&request.bytes()).unwrap();
    let table = table();
    assert!(is_merged(&table, &parse(&Request::uefi(1))));
    assert!(is_merged(&table, &parse(&Request::bios(3))));
    assert!(!is_merged(&table, &parse(&Request::new(1, "MSFT 5.0"))), "a system, not its firmware");
    let other = Request { chaddr: [7; 16], ..Request::uefi(1) };
    assert!(!is_merged(&table, &parse(&other)));
    assert!(!is_merged(&BootTable { rules: Vec::new(), ..table }, &parse(&Request::uefi(1))));
}

/// UE-13, ST-08: offer and acknowledgement carry the router's address and options, our files, and our address as server.
#[test]
fn makes_one_answer_of_two() {
    let (table, mut merger) = (table(), Merger::default());
    let discover = Request::uefi(1);
    let handed_on = hand_on(&mut merger, &discover, Duration::ZERO).unwrap();
    assert_eq!((handed_on[3], &handed_on[24..28]), (1, &OURS.octets()[..]), "as a relay does");
    assert_eq!(handed_on[28..], discover.bytes()[28..]);
    let routers_own = [(60, &b"PXEClient"[..]), (67, b"wrong.efi"), (43, &[6, 1, 8, 255]), (119, b"\x03lan\0")];
    let offer = merger.merge(&answer(&handed_on, ROUTER, 2, &routers_own), &table, SECOND).unwrap().unwrap();
    assert_eq!((offer.file.as_str(), offer.server, offer.destination), ("x64.efi", OURS, Destination::Broadcast));
    assert_eq!((&offer.bytes[16..20], &offer.bytes[20..24]), (&LEASED.octets()[..], &OURS.octets()[..]));
    assert_eq!((&offer.bytes[24..28], file(&offer.bytes)), (&[0; 4][..], &b"x64.efi"[..]));
    let codes: Vec<u8> = options(&offer.bytes).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [53, 54, 1, 3, 51, 119, 97]);
    assert!(options(&offer.bytes).contains(&(54, OURS.octets().to_vec())));

    let select = Request::uefi(3).with(50, &LEASED.octets()).with(54, &OURS.octets());
    let handed_on = hand_on(&mut merger, &select, SECOND).unwrap();
    let named = options(&handed_on).into_iter().find(|(code, _)| *code == 54);
    assert_eq!(named, Some((54, ROUTER.octets().to_vec())), "the server whose offer it was");
    let ack = merger.merge(&answer(&handed_on, ROUTER, 5, &routers_own), &table, SECOND).unwrap().unwrap();
    assert_eq!((&ack.bytes[16..20], ack.bytes[242], file(&ack.bytes)), (&LEASED.octets()[..], 5, &b"x64.efi"[..]));
}

/// A refusal of the router reaches the client, without a word about booting.
#[test]
fn passes_refusals_on() {
    let (table, mut merger) = (table(), Merger::default());
    let handed_on = hand_on(&mut merger, &Request::bios(3).with(50, &LEASED.octets()), SECOND).unwrap();
    let mut refusal = answer(&handed_on, ROUTER, 6, &[(56, b"no")]);
    refusal[16..24].fill(0);
    let nak = merger.merge(&refusal, &table, SECOND).unwrap().unwrap();
    assert_eq!((nak.bytes[242], &nak.bytes[16..24], file(&nak.bytes)), (6, &[0; 8][..], &b""[..]));
}

/// The client's renewal goes to where the client is, and to the server that it has its address of.
#[test]
fn renews_with_the_same_server() {
    let (table, mut merger) = (table(), Merger::default());
    let handed_on = hand_on(&mut merger, &Request::bios(1), Duration::ZERO).unwrap();
    merger.merge(&answer(&handed_on, ROUTER, 2, &[]), &table, SECOND).unwrap().unwrap();
    let renewal = Request { ciaddr: LEASED, ..Request::bios(3) };
    let handed_on = hand_on(&mut merger, &renewal, SECOND * 40).unwrap();
    let ack = merger.merge(&answer(&handed_on, ROUTER, 5, &[]), &table, SECOND * 41).unwrap().unwrap();
    assert_eq!(ack.destination, Destination::Client(SocketAddrV4::new(LEASED, 68)));
}

/// What is no answer to what was handed on is nothing to merge: other servers, proxies, late and forged ones.
#[test]
fn takes_nothing_but_the_answer() {
    let (table, mut merger) = (table(), Merger::default());
    let handed_on = hand_on(&mut merger, &Request::uefi(1), Duration::ZERO).unwrap();
    let good = answer(&handed_on, ROUTER, 2, &[]);
    let changed = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] ^= value;
        bytes
    };
    for (what, bytes) in [
        ("a request", changed(0, 3)),
        ("another transaction", changed(4, 1)),
        ("another relay", changed(27, 1)),
        ("another client", changed(28, 1)),
        ("no cookie", changed(236, 1)),
        ("another type", changed(242, 1)),
        ("cut", good[..239].to_vec()),
    ] {
        assert_eq!(merger.merge(&bytes, &table, SECOND), None, "{what}");
    }
    let mut proxy = good.clone();
    proxy[16..20].fill(0);
    assert_eq!(merger.merge(&proxy, &table, SECOND), None, "a proxy");
    assert_eq!(merger.merge(&good, &table, SECOND * 61), None, "late");
    assert!(merger.merge(&good, &table, SECOND).is_some());
    let second = answer(&handed_on, Ipv4Addr::new(10, 0, 0, 9), 2, &[]);
    assert_eq!(merger.merge(&second, &table, SECOND), None, "the offer of a second server");
}

#[test]
fn hands_nothing_on_that_is_not_its_own() {
    let mut merger = Merger::default();
    let relayed = Request { giaddr: ROUTER, ..Request::uefi(1) };
    assert_eq!(hand_on(&mut merger, &relayed, SECOND), Err(Stopped::Relayed(ROUTER)));
    let chosen = Request::uefi(3).with(54, &ROUTER.octets());
    assert_eq!(hand_on(&mut merger, &chosen, SECOND), Err(Stopped::OtherServer(ROUTER)));
    let forgotten = Request::uefi(3).with(54, &OURS.octets());
    assert_eq!(hand_on(&mut merger, &forgotten, SECOND), Err(Stopped::NoOffer));
}

/// DH-30: rather no answer of ours than one that the client cannot take; the router's own one reaches it anyway.
#[test]
fn leaves_out_what_does_not_fit() {
    let (table, mut merger) = (table(), Merger::default());
    let handed_on = hand_on(&mut merger, &Request::bios(1).without(57), Duration::ZERO).unwrap();
    let long = answer(&handed_on, ROUTER, 2, &[(121, &[7; 255]), (119, &[7; 60])]);
    assert!(matches!(merger.merge(&long, &table, SECOND), Some(Err(Stopped::TooLong { limit: 548, .. }))));
}

/// Memory is bounded by the clients of the last while.
#[test]
fn forgets_who_was_silent_longest() {
    let mut merger = Merger::default();
    for number in 0..2000u16 {
        let mut request = Request::uefi(1);
        request.chaddr[4..6].copy_from_slice(&number.to_be_bytes());
        hand_on(&mut merger, &request, Duration::from_millis(number.into())).unwrap();
    }
    assert_eq!(merger.0.len(), CLIENTS);
    assert!(merger.0.values().all(|exchange| exchange.asked_at >= Duration::from_millis(2000 - CLIENTS as u64)));
}
