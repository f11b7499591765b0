use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::testing::Request;
use super::super::tlv::Tlv;
use super::super::{Architecture, EfiBoot, EfiCpu, IpxeBoot};
use super::*;

pub(super) fn table() -> BootTable {
    BootTable {
        bios: Some(super::super::BiosBoot {
            file: "iso/arch/boot/syslinux/lpxelinux.0".to_owned(),
            config_file: Some("syslinux.cfg".to_owned()),
            path_prefix: None,
        }),
        ipxe: Some(IpxeBoot {
            script: "boot.ipxe".to_owned(),
            config_file: Some("syslinux.cfg".to_owned()),
            path_prefix: Some("/iso/arch/boot/syslinux/".to_owned()),
        }),
        efi: [EfiCpu::Ia32, EfiCpu::X64, EfiCpu::Arm64]
            .map(|cpu| (cpu, EfiBoot { file: format!("ipxe/{cpu:?}/snponly.efi") }))
            .into(),
        http: [EfiCpu::X64, EfiCpu::Arm64].map(|cpu| (cpu, format!("ipxe/{cpu:?}/ipxe.efi"))).into(),
        vendor_prefixes: vec!["HW-Client".to_owned()],
        ..BootTable::default()
    }
}

pub(super) fn local(port: ReceivedOn) -> Local {
    let source = match port {
        ReceivedOn::Dhcp67 => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68),
        ReceivedOn::Boot4011 => SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 50), 4011),
    };
    Local { server: ServerAddr::new(Ipv4Addr::new(10, 0, 0, 2)).unwrap(), port, http_port: 80, source }
}

fn on(port: ReceivedOn, request: &Request) -> Verdict {
    answer(&table(), &BootRequest::parse(&request.bytes()).unwrap(), &local(port))
}

pub(super) fn on_67(request: &Request) -> Verdict {
    on(ReceivedOn::Dhcp67, request)
}

pub(super) fn on_4011(request: &Request) -> Verdict {
    on(ReceivedOn::Boot4011, request)
}

#[track_caller]
pub(super) fn reply(verdict: Verdict) -> Reply {
    match verdict {
        Verdict::Answer(reply) => reply,
        Verdict::Silence(reason) => panic!("{reason}"),
    }
}

#[track_caller]
pub(super) fn silence(verdict: Verdict) -> String {
    match verdict {
        Verdict::Answer(reply) => panic!("answered {}", reply.class),
        Verdict::Silence(reason) => reason.to_string(),
    }
}

pub(super) fn options(reply: &Reply) -> Vec<(u8, Vec<u8>)> {
    Tlv::new(&reply.bytes[240..]).map(|(code, value)| (code, value.to_vec())).collect()
}

pub(super) fn option(reply: &Reply, code: u8) -> Option<Vec<u8>> {
    options(reply).into_iter().find(|(known, _)| *known == code).map(|(_, value)| value)
}

/// Row D, G04, G17: the whole OFFER to a BIOS ROM, byte by byte.
#[test]
fn offers_a_bios_rom_its_file_and_discovery_control_8() {
    let reply = reply(on_67(&Request::bios(1)));
    let mut golden = vec![2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0x80, 0];
    golden.extend([0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2, 0, 0, 0, 0]);
    golden.extend([0x52, 0x54, 0, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    golden.extend(b"10.0.0.2");
    golden.resize(108, 0);
    golden.extend(b"iso/arch/boot/syslinux/lpxelinux.0");
    golden.resize(236, 0);
    golden.extend([99, 130, 83, 99, 53, 1, 2, 54, 4, 10, 0, 0, 2, 60, 9]);
    golden.extend(b"PXEClient");
    golden.extend([97, 17, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    golden.extend([43, 18, 6, 1, 8, 209, 12]);
    golden.extend(b"syslinux.cfg");
    golden.extend([255, 209, 12]);
    golden.extend(b"syslinux.cfg");
    golden.extend([255]);
    golden.resize(golden.len().max(300), 0);
    assert_eq!(reply.bytes, golden);
    assert_eq!(reply.destination, Destination::Broadcast);
    assert_eq!(reply.class.to_string(), "PXE ROM on legacy BIOS");
    assert_eq!((reply.asked, reply.file.as_str()), ("DHCPDISCOVER", "iso/arch/boot/syslinux/lpxelinux.0"));
    assert_eq!((reply.server, reply.ciaddr), (Ipv4Addr::new(10, 0, 0, 2), None));
}

/// Row D without PXELINUX's options: 43 is {6 = 8, 255} alone.
#[test]
fn offers_a_bios_rom_no_pxelinux_options_that_the_spec_does_not_have() {
    let mut table = table();
    table.bios.as_mut().unwrap().config_file = None;
    let request = BootRequest::parse(&Request::bios(1).bytes()).unwrap();
    let reply = reply(answer(&table, &request, &local(ReceivedOn::Dhcp67)));
    assert_eq!(option(&reply, 43), Some(vec![6, 1, 8, 255]));
    assert_eq!((option(&reply, 209), option(&reply, 210)), (None, None));
    assert_eq!(reply.bytes.len(), 300);
}

/// Row B, G05, IP-01, IP-02, DH-40: an absolute URL in `file`, priority, no option 43.
#[test]
fn offers_ipxe_the_script_as_a_url() {
    let reply = reply(on_67(&Request::ipxe(1)));
    assert!(reply.bytes[108..].starts_with(b"http://10.0.0.2/boot.ipxe\0"));
    assert_eq!(reply.file, "http://10.0.0.2/boot.ipxe");
    assert_eq!(reply.class.to_string(), "iPXE on legacy BIOS");
    let codes: Vec<u8> = options(&reply).iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [53, 54, 60, 97, 175, 209, 210]);
    assert_eq!(option(&reply, 175), Some(vec![1, 1, 1]));
    assert_eq!(option(&reply, 209), Some(b"syslinux.cfg".to_vec()));
    assert_eq!(option(&reply, 210), Some(b"/iso/arch/boot/syslinux/".to_vec()));
}

/// IP-03: a build without HTTP gets the same script over TFTP.
#[test]
fn offers_ipxe_without_http_a_tftp_url() {
    for request in [Request::ipxe(1).without(175), Request::ipxe(1).with(175, &[0x21, 1, 1, 0x13, 1, 0])] {
        assert_eq!(reply(on_67(&request)).file, "tftp://10.0.0.2/boot.ipxe");
    }
}

#[test]
fn names_the_http_port_unless_it_is_80() {
    let request = BootRequest::parse(&Request::ipxe(1).bytes()).unwrap();
    let local = Local { http_port: 8080, ..local(ReceivedOn::Dhcp67) };
    assert_eq!(reply(answer(&table(), &request, &local)).file, "http://10.0.0.2:8080/boot.ipxe");
}

/// IP-10, ST-02: iPXE on UEFI gets the script too and never itself, and nothing for PXELINUX.
#[test]
fn offers_ipxe_on_uefi_the_script_and_no_pxelinux_options() {
    for arch in [7, 9, 11, 16] {
        let reply = reply(on_67(&Request::ipxe(1).with(93, &[0, arch])));
        assert_eq!(reply.class.to_string(), format!("iPXE on {}", Architecture(arch.into())));
        assert_eq!(reply.file, "http://10.0.0.2/boot.ipxe");
        let codes: Vec<u8> = options(&reply).iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, [53, 54, 60, 97, 175]);
    }
}

/// Rows C, E, F, G, H: not on offer, so silence that says what came.
#[test]
fn is_silent_to_classes_without_an_entry() {
    let table = BootTable { efi: BTreeMap::new(), http: BTreeMap::new(), ..table() };
    let nothing = |request: Request| {
        let request = BootRequest::parse(&request.bytes()).unwrap();
        silence(answer(&table, &request, &local(ReceivedOn::Dhcp67)))
    };
    let arch = |vendor: &str, arch: u16| Request::new(1, vendor).with(93, &arch.to_be_bytes());
    assert_eq!(nothing(arch("PXEClient", 7)), "UEFI x64 (PXE): this spec has nothing for it yet");
    assert_eq!(nothing(arch("HTTPClient", 16)), "UEFI x64 (HTTP Boot): this spec has nothing for it yet");
    assert_eq!(
        nothing(arch("HTTPClient", 20)),
        "legacy BIOS (HTTP Boot): netspec has no program for it that comes over HTTP"
    );
    assert_eq!(
        nothing(arch("HTTPClient", 24)),
        "ARM64 (HTTP Boot): netspec has no program for it that comes over HTTP"
    );
    assert_eq!(nothing(arch("PXEClient", 41)), "Raspberry Pi: this spec has nothing for it yet");
    assert_eq!(
        nothing(arch("U-Boot.armv8", 22)),
        "U-Boot on ARM64: answered only where a `firmware` of its architecture names a `loader`"
    );
    let boot_server = Request::bios(3).with(43, &[71, 4, 0, 5, 0, 0, 255]);
    let phrase = "PXE client that wants boot server type 5, which netspec did not offer it";
    assert_eq!(silence(on_67(&boot_server)), phrase);
    assert_eq!(silence(on_4011(&boot_server)), phrase);
}

/// The table decides: an entry that is absent is silence, for each class alone.
#[test]
fn follows_the_table() {
    let verdict = |table: &BootTable, request: Request| {
        answer(table, &BootRequest::parse(&request.bytes()).unwrap(), &local(ReceivedOn::Dhcp67))
    };
    let no_bios = BootTable { bios: None, ..table() };
    assert_eq!(
        silence(verdict(&no_bios, Request::bios(1))),
        "PXE ROM on legacy BIOS: this spec has nothing for it yet"
    );
    reply(verdict(&no_bios, Request::ipxe(1)));
    let no_ipxe = BootTable { ipxe: None, ..table() };
    assert_eq!(silence(verdict(&no_ipxe, Request::ipxe(1))), "iPXE on legacy BIOS: this spec has nothing for it yet");
    reply(verdict(&no_ipxe, Request::bios(1)));
}

/// DH-04, DH-05, G15: what belongs to the address server, and what only servers send.
#[test]
fn is_silent_on_67_to_all_but_discover() {
    let reasons: Vec<String> = [2, 3, 4, 5, 6, 7, 8, 13]
        .into_iter()
        .map(|message| silence(on_67(&Request::bios(message).with(54, &[10, 0, 0, 1]))))
        .collect();
    assert!(
        reasons[1].starts_with("DHCPREQUEST on port 67: that is between the client and its DHCP server"),
        "{}",
        reasons[1]
    );
    assert!(reasons[7].starts_with("DHCP message of type 13 on port 67"), "{}", reasons[7]);
    assert_eq!(silence(on_67(&Request::bios(1).without(53))), "no message type (option 53)");
}

/// DH-50, DH-51, DH-52, DH-22: the ACK says what the OFFER said, and goes back to where the request came from.
#[test]
fn acknowledges_on_4011_with_the_same_content() {
    let ciaddr = Ipv4Addr::new(10, 0, 0, 50);
    for (request, asked) in [(3, "DHCPREQUEST on port 4011"), (8, "DHCPINFORM on port 4011")] {
        for make in [Request::bios, Request::ipxe, Request::uefi] {
            let offer = reply(on_67(&make(1)));
            let ack = reply(on_4011(&Request { xid: 7, ciaddr, ..make(request) }));
            assert_eq!(ack.destination, Destination::Client(SocketAddrV4::new(ciaddr, 4011)));
            assert_eq!((ack.asked, ack.ciaddr), (asked, Some(ciaddr)));
            assert_eq!(ack.bytes[4..8], [0, 0, 0, 7]);
            assert_eq!(ack.bytes[10..12], [0, 0], "flags as they came");
            assert_eq!(ack.bytes[12..16], ciaddr.octets());
            assert_eq!(ack.bytes[16..240], offer.bytes[16..240]);
            assert_eq!(option(&ack, 53), Some(vec![5]));
            assert_eq!(options(&ack)[1..], options(&offer)[1..]);
        }
    }
}

/// DH-55
#[test]
fn finds_a_client_on_4011_that_has_no_source_address() {
    let port = 68;
    let local = Local { source: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port), ..local(ReceivedOn::Boot4011) };
    let to = |ciaddr: Ipv4Addr| {
        let request = Request { ciaddr, ..Request::bios(3) };
        reply(answer(&table(), &BootRequest::parse(&request.bytes()).unwrap(), &local)).destination
    };
    let leased = Ipv4Addr::new(10, 0, 0, 51);
    assert_eq!(to(leased), Destination::Client(SocketAddrV4::new(leased, port)));
    assert_eq!(to(Ipv4Addr::UNSPECIFIED), Destination::Client(SocketAddrV4::new(Ipv4Addr::BROADCAST, port)));
}

/// DH-54: 4011 may be shared with another proxy's clients.
#[test]
fn is_silent_on_4011_to_requests_for_another_server() {
    assert_eq!(silence(on_4011(&Request::bios(3).with(54, &[10, 0, 0, 9]))), "addressed to the server 10.0.0.9");
    reply(on_4011(&Request::bios(3).with(54, &[10, 0, 0, 2])));
    for message in [1, 4, 7] {
        assert!(silence(on_4011(&Request::bios(message))).contains("on port 4011: a boot server answers only"));
    }
}

/// CO-10, CO-11, G20: through a relay; giaddr, hops and flags are kept but for the broadcast bit, 82 is the last option.
#[test]
fn answers_through_a_relay() {
    let giaddr = Ipv4Addr::new(10, 9, 0, 1);
    let info = [1, 4, 0, 1, 2, 3];
    for flags in [0, 0x8000, 0x0001] {
        let request = Request { giaddr, hops: 2, flags, ..Request::ipxe(1).with(82, &info) };
        let reply = reply(on_67(&request));
        assert_eq!(reply.destination, Destination::Relay(giaddr));
        assert_eq!(reply.bytes[3], 2);
        assert_eq!(reply.bytes[10..12], (flags | 0x8000).to_be_bytes());
        assert_eq!(reply.bytes[24..28], giaddr.octets());
        assert_eq!(options(&reply).last(), Some(&(82, info.to_vec())));
    }
    let everywhere = Request { giaddr: Ipv4Addr::BROADCAST, ..Request::ipxe(1) };
    assert_eq!(silence(on_67(&everywhere)), "the relay address 255.255.255.255 belongs to no relay");
}

/// G12, DH-25, DH-26: the class of the reply is the class of the client, never another.
#[test]
fn mirrors_the_vendor_class() {
    for (vendor, echoed) in [
        ("PXEClient:Arch:00000:UNDI:002001", "PXEClient"),
        ("HTTPClient:Arch:00016", "HTTPClient"),
        ("HW-Client:x", "HW-Client"),
    ] {
        let answers = [
            Request::ipxe(1).with(60, vendor.as_bytes()),
            Request::new(1, vendor).with(93, if echoed == "HTTPClient" { &[0, 16] } else { &[0, 7] }),
        ];
        for request in answers {
            let reply = reply(on_67(&request));
            assert_eq!(option(&reply, 60), Some(echoed.as_bytes().to_vec()));
        }
    }
}

/// DH-09, G14: an option 97 of another length is not echoed, and no reason for silence.
#[test]
fn echoes_a_machine_id_of_17_bytes_only() {
    for id in [&[9; 16][..], &[9; 18], &[]] {
        assert_eq!(option(&reply(on_67(&Request::bios(1).with(97, id))), 97), None);
    }
    assert_eq!(option(&reply(on_67(&Request::bios(1).without(97))), 97), None);
    assert_eq!(option(&reply(on_67(&Request::bios(1).with(97, &[9; 17]))), 97), Some(vec![9; 17]));
}

/// DH-13, DH-15: `secs` and repetition change nothing.
#[test]
fn gives_each_retransmission_the_same_answer() {
    let mut bytes = Request::bios(1).bytes();
    let first = answer(&table(), &BootRequest::parse(&bytes).unwrap(), &local(ReceivedOn::Dhcp67));
    bytes[8..10].copy_from_slice(&[0xff, 0xff]);
    assert_eq!(answer(&table(), &BootRequest::parse(&bytes).unwrap(), &local(ReceivedOn::Dhcp67)), first);
}

/// A table that the client cannot be told: silence that names the limit.
#[test]
fn says_what_does_not_fit() {
    let mut table = table();
    table.bios.as_mut().unwrap().file = "x".repeat(128);
    let request = BootRequest::parse(&Request::bios(1).bytes()).unwrap();
    assert_eq!(
        silence(answer(&table, &request, &local(ReceivedOn::Dhcp67))),
        "PXE ROM on legacy BIOS: the boot file name has 128 bytes, more than the 127 that firmware takes"
    );
}

fn any_request() -> impl Strategy<Value = Request> {
    let vendors = ["PXEClient:Arch:00000", "PXEClient", "HTTPClient:Arch:00016", "HW-Client", "x"];
    let vendor = prop::sample::select(vendors.to_vec());
    let arch = prop::sample::select(vec![0u16, 6, 7, 9, 11, 16, 19]);
    let code = prop::sample::select(vec![43u8, 52, 53, 54, 57, 77, 82, 93, 94, 97, 175]);
    let extra = prop::collection::vec((code, prop::collection::vec(any::<u8>(), 0..300)), 0..6);
    (1u8..9, vendor, arch, any::<[u8; 4]>(), any::<[u8; 4]>(), any::<[u8; 16]>(), 0u8..=16, extra).prop_map(
        |(message, vendor, arch, ciaddr, giaddr, chaddr, hlen, extra)| {
            let request =
                Request { ciaddr: ciaddr.into(), giaddr: giaddr.into(), chaddr, hlen, ..Request::bios(message) };
            let request = request.with(60, vendor.as_bytes()).with(93, &arch.to_be_bytes());
            extra.iter().fold(request, |request, (code, value)| request.with(*code, value))
        },
    )
}

proptest! {
    /// Invariant of every answer: DH-20 to DH-32, G17.
    #[test]
    fn never_sends_what_firmware_punishes(request in any_request(), port in prop::sample::select(vec![ReceivedOn::Dhcp67, ReceivedOn::Boot4011])) {
        let parsed = BootRequest::parse(&request.bytes()).unwrap();
        let Verdict::Answer(reply) = answer(&table(), &parsed, &local(port)) else { return Ok(()) };
        let limit = parsed.max_message_size().unwrap_or(576).clamp(576, 1500) - 28;
        prop_assert!((300..=usize::from(limit)).contains(&reply.bytes.len()));
        prop_assert_eq!(&reply.bytes[..4], &[2, 1, request.hlen, request.hops]);
        prop_assert_eq!(&reply.bytes[16..20], &[0; 4], "yiaddr");
        prop_assert_eq!(&reply.bytes[20..24], &[10, 0, 0, 2], "siaddr");
        prop_assert_eq!(&reply.bytes[28..44], &request.chaddr);
        prop_assert!(reply.bytes[44..108].contains(&0) && reply.bytes[108..236].contains(&0), "NUL in sname and file");
        let options = options(&reply);
        let codes: Vec<u8> = options.iter().map(|(code, _)| *code).collect();
        prop_assert_eq!(&codes[..3], &[53, 54, 60]);
        prop_assert_eq!(&options[1].1, &[10, 0, 0, 2]);
        for forbidden in [1, 3, 6, 13, 15, 51, 52, 58, 59, 66] {
            prop_assert!(!codes.contains(&forbidden), "option {}", forbidden);
        }
        prop_assert!(!codes.contains(&82) || codes.last() == Some(&82));
        let url = reply.file.contains("://");
        match reply.class {
            ClientClass::Ipxe { .. } => prop_assert!(url && codes.contains(&175) && !codes.contains(&43), "IP-01, IP-02"),
            ClientClass::Http(_) => {
                prop_assert!(url && codes.contains(&67) && !codes.contains(&43), "HB-01");
                prop_assert_eq!(port, ReceivedOn::Dhcp67, "HB-02");
            }
            ClientClass::PxeUefi(_) => prop_assert!(!url && !codes.contains(&43), "UE-03, UE-11"),
            _ => prop_assert!(!url && codes.contains(&43), "BI-01, UE-11"),
        }
    }

    /// SE-06, G81: whatever a client sends, the reason is one line of printable text.
    #[test]
    fn gives_reasons_of_one_printable_line(vendor in prop::collection::vec(any::<u8>(), 0..300), message in any::<u8>()) {
        let parsed = BootRequest::parse(&Request::bios(message).with(60, &vendor).bytes()).unwrap();
        if let Verdict::Silence(reason) = answer(&table(), &parsed, &local(ReceivedOn::Dhcp67)) {
            let text = reason.to_string();
            prop_assert!(text.len() < 700 && !text.chars().any(char::is_control), "{text}");
        }
    }
}
