//! edk2 boots from our answers: whole exchanges of UEFI firmware, without a network.

mod client;

use std::cell::Cell;

use self::client::{Age, End, LEASED, boot_http, boot_pxe};
use super::super::lease::{Book, LeaseReply};
use super::super::testing::{Request, encode};
use super::super::tlv::Tlv;
use super::super::{Condition, EfiCpu, Rule};
use super::tests::{local, on_67, options, reply, table};
use super::*;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

/// The offer of a network's own DHCP server, which knows nothing of booting.
fn lease(discover: &Request, further: &[(u8, &[u8])]) -> Vec<u8> {
    let options = [(53, vec![2]), (54, vec![10, 0, 0, 1]), (51, vec![0, 0, 0x0e, 0x10]), (1, vec![255, 255, 255, 0])];
    let further = further.iter().map(|(code, value)| (*code, value.to_vec()));
    let options = options.into_iter().chain(further).collect();
    let mut bytes = Request { op: 2, options, ..discover.clone() }.bytes();
    bytes[16..20].copy_from_slice(&LEASED.octets());
    bytes
}

fn offer(discover: &Request) -> Vec<u8> {
    reply(on_67(discover)).bytes
}

/// A packet of ours with other options.
fn with_options(bytes: &[u8], change: impl FnOnce(&mut Vec<(u8, Vec<u8>)>)) -> Vec<u8> {
    let mut options = Tlv::new(&bytes[240..]).map(|(code, value)| (code, value.to_vec())).collect();
    change(&mut options);
    [&bytes[..240], &encode(&options), &[255, 0, 0, 0]].concat()
}

/// Our boot server, as edk2 reaches it; nobody else answers on port 4011.
fn ask(server: Ipv4Addr, request: &Request) -> Option<Vec<u8>> {
    if server != SERVER {
        return None;
    }
    let source = SocketAddrV4::new(LEASED, 4011);
    let local = Local { source, ..local(ReceivedOn::Boot4011) };
    let ack = reply(answer(&table(), &BootRequest::parse(&request.bytes()).unwrap(), &local));
    // It listens on that port only (DH-50).
    (ack.destination == Destination::Client(source)).then_some(ack.bytes)
}

fn uefi(arch: u8) -> Request {
    Request::uefi(1).with(60, format!("PXEClient:Arch:{arch:05}:UNDI:003001").as_bytes()).with(93, &[0, arch])
}

/// G01, G02, UE-01, UE-03, DH-50 to DH-52, AR-01: it leases an address elsewhere, comes to port 4011, and loads our file,
/// whatever its age and whoever offers first.
#[test]
fn boots_over_pxe_through_port_4011() {
    for (arch, file) in [(6, "Ia32"), (7, "X64"), (9, "X64"), (11, "Arm64")] {
        let discover = uefi(arch);
        let offers = [lease(&discover, &[]), offer(&discover)];
        let reversed = [offers[1].clone(), offers[0].clone()];
        for offers in [offers, reversed] {
            for age in [Age::Before2017, Age::Since2017] {
                let asked = Cell::new(0);
                let end = boot_pxe(age, &discover, &offers, |server, request| {
                    asked.set(asked.get() + 1);
                    ask(server, request)
                });
                assert_eq!(end, Ok((SERVER, format!("ipxe/{file}/snponly.efi"))), "{arch}, {age:?}");
                assert_eq!(asked.get(), 1);
            }
        }
    }
}

/// UE-09, UE-10, G23: neither the file name of the DHCP server nor a proxy that is first and has no boot server stops it.
#[test]
fn boots_over_pxe_beside_others() {
    let discover = uefi(7);
    let mut rival = with_options(&offer(&discover), |options| options[1].1 = OTHER.octets().to_vec());
    rival[20..24].copy_from_slice(&OTHER.octets());
    let offers = [lease(&discover, &[(67, b"pxelinux.0\0")]), rival, offer(&discover)];
    for age in [Age::Before2017, Age::Since2017] {
        assert_eq!(boot_pxe(age, &discover, &offers, ask), Ok((SERVER, "ipxe/X64/snponly.efi".to_owned())));
    }
    assert_eq!(boot_pxe(Age::Since2017, &discover, &offers[..2], ask), Err("PXE-E16"), "without us");
}

/// UE-02, UE-03, UE-05, UE-07, UE-11, DH-24, DH-26: the same firmware fails on what we do not send.
#[test]
fn fails_over_pxe_where_the_offer_is_another() {
    let discover = uefi(7);
    let end = |age: Age, change: fn(&mut Vec<(u8, Vec<u8>)>)| {
        let offers = [lease(&discover, &[]), with_options(&offer(&discover), change)];
        boot_pxe(age, &discover, &offers, ask)
    };
    let file = (SERVER, "ipxe/X64/snponly.efi".to_owned());
    let boot_now = |options: &mut Vec<(u8, Vec<u8>)>| options.push((43, vec![6, 1, 8, 255]));
    assert_eq!(end(Age::Since2017, boot_now), Ok(file));
    assert_eq!(end(Age::Before2017, boot_now), Err("PXE-E16"), "UE-03");
    assert_eq!(end(Age::Since2017, |options| options.push((43, vec![6, 1, 0, 255]))), Err("PXE-E21"), "UE-05");
    assert_eq!(
        end(Age::Since2017, |options| options
            .extend([(43, vec![6, 1, 8, 255]), (67, b"http://10.0.0.2/x\0".to_vec())])),
        Err("PXE-E99"),
        "UE-11"
    );
    assert_eq!(
        end(Age::Since2017, |options| options.extend([(43, vec![6, 1, 8, 255]), (67, vec![0])])),
        Err("PXE-E99"),
        "UE-07"
    );
    let wfm = |options: &mut Vec<(u8, Vec<u8>)>| {
        options.push((43, vec![1, 4, 224, 1, 1, 1, 2, 2, 0, 1, 3, 2, 0, 1, 4, 1, 1, 5, 1, 1, 255]));
    };
    assert_eq!(end(Age::Since2017, wfm), Err("PXE-E16"), "UE-02");
    assert_eq!(end(Age::Since2017, |options| drop(options.remove(2))), Err("ASSERT"), "DH-26");
    assert_eq!(end(Age::Since2017, |options| drop(options.remove(1))), Err("PXE-E16"), "DH-24");
}

/// What our server sends to a DISCOVER and answers on port 4011 where one rule gives every machine a mode.
fn boot_with(mode: Mode, age: Age) -> End<(Ipv4Addr, String)> {
    let rule = Rule {
        name: "firmware all".to_owned(),
        when: Condition::default(),
        then: Effect { mode: Some(mode), ..Effect::default() },
    };
    let table = BootTable { rules: vec![rule], ..table() };
    let discover = uefi(7);
    let source = SocketAddrV4::new(LEASED, 4011);
    let on = |port: ReceivedOn, request: &Request| {
        answer(&table, &BootRequest::parse(&request.bytes()).unwrap(), &Local { source, ..local(port) })
    };
    let mut offers = vec![lease(&discover, &[])];
    if let Verdict::Answer(reply) = on(ReceivedOn::Dhcp67, &discover) {
        offers.extend([Some(reply.bytes), reply.also].into_iter().flatten());
    }
    boot_pxe(age, &discover, &offers, |server, request| match on(ReceivedOn::Boot4011, request) {
        Verdict::Answer(reply) if server == SERVER => Some(reply.bytes),
        _ => None,
    })
}

/// G03, UE-05, UE-06, UE-07, UE-12, BS-01, BS-04, BS-05: each mode boots the firmware that it is for; only `binl`, and `both`
/// because of it, boots edk2 from before 2017.
#[test]
fn ue_12_boots_in_each_mode_that_its_age_knows() {
    let file = || Ok((SERVER, "ipxe/X64/snponly.efi".to_owned()));
    for (mode, before_2017) in
        [(Mode::Binl, file()), (Mode::Both, file()), (Mode::Pxe10, Err("PXE-E16")), (Mode::Menu, Err("PXE-E16"))]
    {
        assert_eq!(boot_with(mode, Age::Since2017), file(), "{mode:?}");
        assert_eq!(boot_with(mode, Age::Before2017), before_2017, "{mode:?}");
    }
    assert_eq!(boot_with(Mode::Silent, Age::Since2017), Err("PXE-E16"));
}

/// UE-08, G22: a DHCP server that poses as PXE takes the firmware to its own port 4011, and mode `pxe10` takes it back.
#[test]
fn ue_08_pxe10_beats_a_dhcp_server_that_poses_as_pxe() {
    let discover = uefi(7);
    let posing = lease(&discover, &[(60, b"PXEClient")]);
    let pxe10 = with_options(&offer(&discover), |options| options.push((43, vec![6, 1, 8, 255])));
    assert_eq!(boot_pxe(Age::Since2017, &discover, &[posing.clone(), offer(&discover)], ask), Err("PXE-E16"));
    let end = boot_pxe(Age::Since2017, &discover, &[lease(&discover, &[]), pxe10, posing], ask);
    assert_eq!(end, Ok((SERVER, "ipxe/X64/snponly.efi".to_owned())));
}

fn http(arch: u8) -> Request {
    Request::http(1).with(60, format!("HTTPClient:Arch:{arch:05}:UNDI:003001").as_bytes()).with(93, &[0, arch])
}

/// G10, HB-01, HB-02, HB-03: the lease has no name server, and the URL of the proxy is loaded all the same.
#[test]
fn boots_over_http_from_the_offer_alone() {
    for (arch, file) in [(16, "X64"), (19, "Arm64")] {
        let discover = http(arch);
        let offers = [offer(&discover), lease(&discover, &[])];
        assert_eq!(boot_http(&discover, &offers), Ok(format!("http://10.0.0.2/ipxe/{file}/ipxe.efi")));
    }
}

/// HB-05, DH-28: from another port, by a URL that the header cannot hold, and through a relay, whose option follows it.
#[test]
fn boots_over_http_from_a_long_url() {
    let path = format!("{}.efi", "a".repeat(200));
    let table = BootTable { http: [(EfiCpu::X64, path.clone())].into(), ..table() };
    let local = Local { http_port: 8080, ..local(ReceivedOn::Dhcp67) };
    let discover = Request { giaddr: Ipv4Addr::new(10, 9, 0, 1), ..http(16).with(82, &[1, 1, 7]) };
    let reply = reply(answer(&table, &BootRequest::parse(&discover.bytes()).unwrap(), &local));
    let offers = [reply.bytes.clone(), lease(&discover, &[])];
    assert_eq!(boot_http(&discover, &offers), Ok(format!("http://10.0.0.2:8080/{path}")));
    assert_eq!(options(&reply).last(), Some(&(82, vec![1, 1, 7])));
}

/// HB-01, HB-03, HB-04, DH-26, DH-28: the same firmware fails on what we do not send.
#[test]
fn fails_over_http_where_the_offer_is_another() {
    let discover = http(16);
    let end = |further: &[(u8, &[u8])], change: fn(&mut Vec<(u8, Vec<u8>)>)| {
        let offers = [with_options(&offer(&discover), change), lease(&discover, further)];
        boot_http(&discover, &offers)
    };
    let name = |options: &mut Vec<(u8, Vec<u8>)>| options[4].1 = b"http://netspec.lan/x.efi\0".to_vec();
    assert_eq!(end(&[], name), Err("no offer"), "HB-03");
    assert_eq!(end(&[(6, &[10, 0, 0, 1])], name), Ok("http://netspec.lan/x.efi".to_owned()));
    assert_eq!(end(&[], |options| options[2].1 = b"PXEClient".to_vec()), Err("no offer"), "DH-25");
    assert_eq!(end(&[], |options| options[4].1 = b"ipxe.efi\0".to_vec()), Err("no URL"), "HB-01");
    // The class stands behind a name without an end, and its number is what the zero is written over.
    let unterminated = |options: &mut Vec<(u8, Vec<u8>)>| {
        options[4].1.pop();
        let class = options.remove(2);
        options.push(class);
    };
    assert_eq!(end(&[], unterminated), Err("no offer"), "DH-28");
    let other = [(60, &b"HTTPClient"[..]), (67, b"http://10.0.0.1/theirs.efi\0")];
    let offers = [offer(&discover), lease(&discover, &other)];
    assert_eq!(boot_http(&discover, &offers), Ok("http://10.0.0.1/theirs.efi".to_owned()), "HB-04");
}

/// UE-08, HB-01, ST-08: where netspec gives out addresses too, its one offer is enough for firmware of both ages, and nothing
/// is asked on port 4011.
#[test]
fn boots_from_one_offer_with_an_address() {
    let pool = crate::resolve::AddressPool {
        subnet: "10.0.0.0/24".parse().unwrap(),
        range: crate::net::AddressRange::new(LEASED, LEASED).unwrap(),
        lease_seconds: 3600,
        router: None,
        dns: Vec::new(),
        reservations: Default::default(),
        range_span: Default::default(),
    };
    let leased = |discover: &Request| {
        let request = BootRequest::parse(&discover.bytes()).unwrap();
        let local = local(ReceivedOn::Dhcp67);
        let decision = Book::new(pool.clone(), [SERVER], []).decide(&request, local.server, 0);
        LeaseReply::new(&pool, &decision, &request, &table(), &local).unwrap().bytes
    };
    for age in [Age::Before2017, Age::Since2017] {
        let discover = uefi(7);
        let end = boot_pxe(age, &discover, &[leased(&discover)], |_, _| panic!("it has been told already"));
        assert_eq!(end, Ok((SERVER, "ipxe/X64/snponly.efi".to_owned())), "{age:?}");
    }
    let discover = Request::http(1);
    assert_eq!(boot_http(&discover, &[leased(&discover)]), Ok("http://10.0.0.2/ipxe/X64/ipxe.efi".to_owned()));
}
