use proptest::prelude::*;

use super::super::testing::{Request, encode};
use super::*;

fn parse(request: &Request) -> BootRequest {
    BootRequest::parse(&request.bytes()).unwrap()
}

/// DH-06: op, hlen and the cookie are looked at before anything else.
#[test]
fn refuses_what_is_no_request() {
    let bytes = Request::bios(1).bytes();
    for len in [0, 1, 28, 236, 239] {
        assert_eq!(BootRequest::parse(&bytes[..len]), Err(Reason::TooShort { len }));
    }
    let op = |op| BootRequest::parse(&Request { op, ..Request::bios(1) }.bytes());
    assert_eq!(op(2), Err(Reason::NotARequest { op: 2 }));
    assert_eq!(op(0), Err(Reason::NotARequest { op: 0 }));
    // dhcproto's `chaddr()` panics on this one.
    let hlen = |hlen| BootRequest::parse(&Request { hlen, ..Request::bios(1) }.bytes());
    assert_eq!(hlen(17), Err(Reason::HardwareAddressTooLong { hlen: 17 }));
    assert!(hlen(16).is_ok());
    let mut no_cookie = bytes;
    no_cookie[236] = 0;
    assert_eq!(BootRequest::parse(&no_cookie), Err(Reason::NoMagicCookie));
}

#[test]
fn reads_the_header_and_the_typed_options() {
    let request = Request {
        hops: 3,
        flags: 0x8000,
        ciaddr: Ipv4Addr::new(10, 0, 0, 9),
        giaddr: Ipv4Addr::new(10, 0, 1, 1),
        ..Request::bios(3).with(54, &[10, 0, 0, 2]).with(82, &[1, 2, 0, 7])
    };
    let read = parse(&request);
    assert_eq!((read.htype, read.hlen, read.hops, read.xid, read.flags), (1, 6, 3, 0x1234_5678, 0x8000));
    assert_eq!((read.ciaddr, read.giaddr, read.chaddr), (request.ciaddr, request.giaddr, request.chaddr));
    assert_eq!(read.mac().to_string(), "52:54:00:12:34:56");
    assert_eq!(read.message_type(), Some(MessageType::Request));
    assert_eq!(read.server_id(), Some(Ipv4Addr::new(10, 0, 0, 2)));
    assert_eq!(read.requested_options(), [1, 3, 43, 60, 66, 67, 128, 129]);
    assert_eq!(read.max_message_size(), Some(1260));
    assert_eq!(read.vendor_class().unwrap().0, b"PXEClient:Arch:00000:UNDI:002001");
    assert_eq!(read.client_network_interface(), Some(ClientNetworkInterface { kind: 1, major: 2, minor: 1 }));
    assert_eq!(read.relay_agent_information(), Some(RelayAgentInformation(&[1, 2, 0, 7])));
    assert_eq!(client_of(&request.bytes()).unwrap(), read.mac());
    assert_eq!(client_of(&request.bytes()[..33]), None);
}

/// DH-10: 52 says that `file`, `sname` or both hold options too; in that order (RFC 3396 section 5).
#[test]
fn follows_option_overload() {
    let overloaded = |overload: &[u8]| {
        let mut bytes = Request::new(1, "PXEClient").with(52, overload).bytes();
        bytes[108..114].copy_from_slice(&[93, 2, 0, 7, 255, 9]);
        bytes[44..50].copy_from_slice(&[60, 3, b'-', b'x', b'y', 255]);
        let read = BootRequest::parse(&bytes).unwrap();
        (read.option(93).is_some(), read.vendor_class().unwrap().0.to_vec())
    };
    assert_eq!(overloaded(&[1]), (true, b"PXEClient".to_vec()));
    assert_eq!(overloaded(&[2]), (false, b"PXEClient-xy".to_vec()));
    assert_eq!(overloaded(&[3]), (true, b"PXEClient-xy".to_vec()));
    for ignored in [&[0][..], &[4], &[255], &[], &[3, 3]] {
        assert_eq!(overloaded(ignored), (false, b"PXEClient".to_vec()), "{ignored:?}");
    }
}

/// DH-10: an overload in an overloaded field leads nowhere.
#[test]
fn ignores_an_overload_inside_file() {
    let mut bytes = Request::new(1, "PXEClient").with(52, &[1]).bytes();
    bytes[108..112].copy_from_slice(&[52, 1, 2, 255]);
    bytes[44..48].copy_from_slice(&[93, 2, 0, 7]);
    assert_eq!(BootRequest::parse(&bytes).unwrap().option(93), None);
}

/// DH-10: PAD storms, missing END, a cut option and an END at once.
#[test]
fn reads_what_stands_before_a_cut() {
    let mut bytes = Request::new(1, "PXEClient").header();
    bytes.extend([0; 40]);
    bytes.extend([53, 1, 1]);
    assert_eq!(BootRequest::parse(&bytes).unwrap().message_type(), Some(MessageType::Discover), "END is missing");
    bytes.extend([60, 200, b'P']);
    let cut = BootRequest::parse(&bytes).unwrap();
    assert_eq!(cut.message_type(), Some(MessageType::Discover));
    assert_eq!(cut.vendor_class(), None);
    let mut empty = Request::new(1, "PXEClient").header();
    empty.extend([255, 53, 1, 1]);
    assert_eq!(BootRequest::parse(&empty).unwrap().message_type(), None);
}

/// Options of a wrong length count as absent, whatever their type.
#[test]
fn treats_options_of_a_wrong_length_as_absent() {
    let request =
        Request::bios(1).with(53, &[1, 1]).with(54, &[1, 2, 3]).with(57, &[1]).with(93, &[0]).with(94, &[1, 2]);
    let read = parse(&request.with(97, &[0; 16]));
    assert_eq!(read.message_type(), None);
    assert_eq!(read.server_id(), None);
    assert_eq!(read.max_message_size(), None);
    assert_eq!(read.client_arch(), None);
    assert_eq!(read.client_network_interface(), None);
    assert_eq!(read.client_machine_id(), None);
}

fn any_options() -> impl Strategy<Value = BTreeMap<u8, Vec<u8>>> {
    // 52 would turn parts of the header into options.
    let code = (1u8..=254).prop_filter("overload", |code| *code != OVERLOAD);
    prop::collection::btree_map(code, prop::collection::vec(any::<u8>(), 0..600), 0..8)
}

proptest! {
    /// SE-08 (a), G80
    #[test]
    fn survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..1600)) {
        let _ = BootRequest::parse(&bytes);
    }

    /// SE-08 (a), G80: behind a valid header, where the options are.
    #[test]
    fn survives_any_options(field in prop::collection::vec(any::<u8>(), 0..800), header in prop::collection::vec(any::<u8>(), 192)) {
        let mut bytes = Request::bios(1).header();
        bytes[44..236].copy_from_slice(&header);
        bytes.extend([52, 1, 3]);
        bytes.extend(field);
        let read = BootRequest::parse(&bytes).unwrap();
        let kept: usize = read.options.values().map(Vec::len).sum();
        prop_assert!(kept <= bytes.len());
    }

    /// What is encoded is what is read, split by RFC 3396 where it is long.
    #[test]
    fn reads_back_what_is_encoded(options in any_options()) {
        let request = Request { options: options.clone().into_iter().collect(), ..Request::bios(1) };
        prop_assert_eq!(parse(&request).options, options);
    }

    /// RFC 3396: a value cut anywhere and mixed with others is the same value.
    #[test]
    fn joins_split_options(value in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>()) {
        let (first, second) = value.split_at(at.index(value.len()));
        let mut bytes = Request::bios(1).header();
        bytes.extend(encode(&[(43, first.to_vec()), (93, vec![0, 7]), (43, second.to_vec())]));
        let read = BootRequest::parse(&bytes).unwrap();
        prop_assert_eq!(read.option(43), Some(value.as_slice()));
    }
}
