//! Rows F, G and H of the decision table, and the iPXE that gets another one first.

use super::super::testing::Request;
use super::super::{Architecture, CompleteIpxe, Condition, EfiCpu, Program, Rule, quirks};
use super::tests::{local, option, reply, silence, table};
use super::*;

fn on(port: ReceivedOn, table: &BootTable, request: &Request) -> Verdict {
    answer(table, &BootRequest::parse(&request.bytes()).unwrap(), &local(port))
}

fn on_67(table: &BootTable, request: &Request) -> Verdict {
    on(ReceivedOn::Dhcp67, table, request)
}

fn pi(block: [u8; 3], arch: u8) -> Request {
    let mut request = Request::bios(1).with(93, &[0, arch]);
    request.chaddr[..3].copy_from_slice(&block);
    request
}

const PI_3: [u8; 3] = [0xb8, 0x27, 0xeb];
const PI_4: [u8; 3] = [0xdc, 0xa6, 0x32];

/// Row F, G27, AR-04: the text that each generation of ROM looks for, to a byte, and no program for x86.
#[test]
fn f_offers_a_raspberry_pi_its_menu_text() {
    let table = BootTable { raspberry_pi: Some("bootcode.bin".to_owned()), rules: quirks(), ..table() };
    let pi_4 = [&[6, 1, 8, 9, 20, 0, 0, 17][..], b"Raspberry Pi Boot", &[10, 4, 0], b"PXE", &[255]].concat();
    let pi_3 = [&[6, 1, 8, 9, 23, 0, 0, 20][..], b"Raspberry Pi Boot   ", &[10, 4, 0], b"PXE", &[255]].concat();
    for (request, text) in [(pi(PI_3, 0), &pi_3), (pi(PI_4, 0), &pi_4), (pi([2, 0, 0], 41), &pi_4)] {
        let offer = reply(on_67(&table, &request));
        assert_eq!(option(&offer, 43).as_ref(), Some(text));
        assert!(offer.bytes[108..].starts_with(b"bootcode.bin\0"));
        assert_eq!(
            (offer.bytes[20..24].to_vec(), option(&offer, 60)),
            (vec![10, 0, 0, 2], Some(b"PXEClient".to_vec()))
        );
        let ack = reply(on(ReceivedOn::Boot4011, &table, &request.with(53, &[3])));
        assert_eq!((option(&ack, 43).as_ref(), ack.delay), (Some(text), Duration::ZERO));
    }
    let without = BootTable { raspberry_pi: None, ..table };
    assert_eq!(silence(on_67(&without, &pi(PI_4, 0))), "Raspberry Pi: this spec has nothing for it yet");
}

/// VQ-01, DH-39, G26: the delay is for the ROM that needs it, and a rule of the spec takes its place.
#[test]
fn vq_01_the_raspberry_pi_3_waits_two_seconds() {
    let mut table = BootTable { raspberry_pi: Some("bootcode.bin".to_owned()), rules: quirks(), ..table() };
    let told = |table: &BootTable, request: &Request| {
        let reply = reply(on_67(table, request));
        (reply.delay.as_millis(), reply.rule)
    };
    for arch in [0, 41] {
        assert_eq!(told(&table, &pi(PI_3, arch)), (2000, Some("built-in raspberry-pi-3".to_owned())));
    }
    assert_eq!(told(&table, &pi(PI_4, 41)), (0, None));
    assert_eq!(told(&table, &pi(PI_3, 11)), (0, None), "UEFI on a Pi is UEFI");
    let mut ipxe = Request::ipxe(1);
    ipxe.chaddr[..3].copy_from_slice(&PI_3);
    assert_eq!(told(&table, &ipxe), (0, None));

    let when = Condition { mac: Some("b8:27:eb:12:34:56".parse().unwrap()), ..Condition::default() };
    table.rules.insert(0, Rule { name: "host pi".to_owned(), when, then: Effect::default() });
    assert_eq!(told(&table, &pi(PI_3, 0)), (0, Some("host pi".to_owned())));
}

/// Row G, G28: U-Boot gets the loader of a rule in the header, and nothing without one.
#[test]
fn g_answers_u_boot_where_a_rule_names_a_loader() {
    let loader =
        Program { path: "ipxe/arm64/ipxe.efi".to_owned(), architectures: [11, 19, 22].map(Architecture).to_vec() };
    let rule = Rule {
        name: "firmware boards".to_owned(),
        when: Condition { architectures: vec![Architecture(22)], ..Condition::default() },
        then: Effect { loader: Some(loader), ..Effect::default() },
    };
    let opted_in = BootTable { rules: vec![rule], ..table() };
    for class in ["U-Boot.armv8", "PXEClient:Arch:00022:UNDI:003000"] {
        let request = Request::new(1, class).with(93, &[0, 22]);
        let offer = reply(on_67(&opted_in, &request));
        assert!(offer.bytes[108..].starts_with(b"ipxe/arm64/ipxe.efi\0"));
        assert_eq!((&offer.bytes[20..24], option(&offer, 54)), (&[10, 0, 0, 2][..], Some(vec![10, 0, 0, 2])));
        assert_eq!((option(&offer, 60), option(&offer, 43)), (Some(b"PXEClient".to_vec()), None));
        assert_eq!(reply(on(ReceivedOn::Boot4011, &opted_in, &request.clone().with(53, &[3]))).file, offer.file);
        assert_eq!(
            silence(on_67(&table(), &request)),
            "U-Boot on ARM64: answered only where a `firmware` of its architecture names a `loader`"
        );
    }
    let arm32 = Request::new(1, "U-Boot.armv7").with(93, &[0, 21]);
    assert!(silence(on_67(&opted_in, &arm32)).starts_with("U-Boot on ARM32: answered only where"));
}

/// Row C, HB-07: numbers for HTTP of legacy BIOS and U-Boot, for which there is no program.
#[test]
fn c_leaves_http_without_uefi_alone() {
    for (arch, name) in [(20, "legacy BIOS"), (23, "ARM32"), (24, "ARM64")] {
        let request = Request::http(1).with(93, &[0, arch]);
        assert_eq!(
            silence(on_67(&table(), &request)),
            format!("{name} (HTTP Boot): netspec has no program for it that comes over HTTP")
        );
    }
}

fn menu() -> BootTable {
    let then = Effect { mode: Some(Mode::Menu), ..Effect::default() };
    BootTable { rules: vec![Rule { name: "firmware all".to_owned(), when: Condition::default(), then }], ..table() }
}

fn asks(request: &Request, kind: u16, layer: u16) -> Request {
    let [kind, layer] = [kind, layer].map(u16::to_be_bytes);
    let request = Request { ciaddr: Ipv4Addr::new(10, 0, 0, 50), ..request.clone() };
    request.with(53, &[3]).with(43, &[&[71, 4][..], &kind, &layer, &[255]].concat())
}

/// Row H, G19, BS-01, BS-05, BS-07, DH-50: by broadcast on 67 and by unicast on 4011, with the question in the answer.
#[test]
fn h_answers_for_the_type_of_its_own_menu() {
    for port in [ReceivedOn::Dhcp67, ReceivedOn::Boot4011] {
        let ack = reply(on(port, &menu(), &asks(&Request::uefi(3), 0x8000, 0)));
        assert_eq!((option(&ack, 53), option(&ack, 54)), (Some(vec![5]), Some(vec![10, 0, 0, 2])));
        assert_eq!(option(&ack, 43), Some(vec![71, 4, 0x80, 0, 0, 0, 255]));
        assert_eq!(ack.bytes[12..24], [0, 0, 0, 0, 10, 0, 0, 50, 10, 0, 0, 2], "ciaddr, yiaddr, siaddr");
        assert!(ack.bytes[108..].starts_with(b"ipxe/X64/snponly.efi\0"));
        assert_eq!(option(&ack, 60), Some(b"PXEClient".to_vec()));
        let client = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 50), local(port).source.port());
        assert_eq!(ack.destination, Destination::Client(client));
    }
    let inform = asks(&Request::bios(3), 0x8000, 0).with(53, &[8]);
    let ack = reply(on(ReceivedOn::Boot4011, &menu(), &inform));
    let vendor_options = [&[71, 4, 0x80, 0, 0, 0, 209, 12][..], b"syslinux.cfg", &[255]].concat();
    assert_eq!((option(&ack, 43), ack.file.as_str()), (Some(vendor_options), "iso/arch/boot/syslinux/lpxelinux.0"));
}

/// BS-02, BS-03, DH-54, G19: other types, signed answers, clients without the menu, and other servers' clients get none.
#[test]
fn h_is_silent_to_what_it_did_not_offer() {
    let refused = |table: &BootTable, request: &Request| silence(on_67(table, request));
    let asked = |kind, layer| asks(&Request::uefi(3), kind, layer);
    for kind in [0, 1, 0x8001, 0xffff] {
        assert_eq!(
            refused(&menu(), &asked(kind, 0)),
            format!("PXE client that wants boot server type {kind}, which netspec did not offer it")
        );
    }
    assert_eq!(
        refused(&table(), &asked(0x8000, 0)),
        "PXE client that wants boot server type 32768, which netspec did not offer it"
    );
    assert_eq!(
        refused(&menu(), &asked(0x8000, 0x8000)),
        "PXE client that wants signed answers (BIS) of boot server type 32768, and netspec signs none"
    );
    let elsewhere = asked(0x8000, 0).with(54, &[10, 0, 0, 9]);
    assert_eq!(refused(&menu(), &elsewhere), "addressed to the server 10.0.0.9");
    let no_boot_client = asked(0x8000, 0).with(60, b"MSFT 5.0");
    assert!(refused(&menu(), &no_boot_client).starts_with("DHCPREQUEST on port 67:"), "DH-04");
    let no_program = asked(0x8000, 0).with(93, &[0, 27]);
    assert!(refused(&menu(), &no_program).ends_with("this spec has nothing for it yet"));
}

/// ST-02, IP-03, IP-08, DH-15: whoever gets another iPXE says what it can when it comes back, and then gets the script.
#[test]
fn st_02_upgrades_an_ipxe_once() {
    let complete_ipxe = CompleteIpxe {
        bios: Some("ipxe/bios/ipxe.pxe".to_owned()),
        efi: [(EfiCpu::X64, "ipxe/x64/ipxe.efi".to_owned())].into(),
    };
    let table = BootTable { complete_ipxe, ..table() };
    let file = |request: &Request| {
        let reply = reply(on_67(&table, request));
        assert_eq!(option(&reply, 43), None, "IP-01");
        assert_eq!(reply, self::reply(on_67(&table, request)));
        reply.file
    };
    let uefi = Request::ipxe(1).with(93, &[0, 7]);
    let no_http = &[0x21, 1, 1, 0x24, 1, 1][..];
    let (to_efi, to_bios) = ("tftp://10.0.0.2/ipxe/x64/ipxe.efi", "tftp://10.0.0.2/ipxe/bios/ipxe.pxe");
    let (by_http, by_tftp) = ("http://10.0.0.2/boot.ipxe", "tftp://10.0.0.2/boot.ipxe");
    assert_eq!(file(&uefi.clone().with(175, no_http)), to_efi);
    assert_eq!(file(&uefi.clone().without(175)), to_efi, "an old build");
    assert_eq!(file(&uefi), by_http, "the second stage");
    // On legacy BIOS the script needs no HTTP, but it needs an iPXE.
    assert_eq!(file(&Request::ipxe(1).with(175, no_http)), by_tftp);
    assert_eq!(file(&Request::ipxe(1).without(175)), by_tftp);
    assert_eq!(file(&Request::ipxe(1).with(77, b"gPXE")), to_bios);
    assert_eq!(file(&Request::ipxe(1).without(77).with(175, no_http)), to_bios, "Etherboot");
    assert_eq!(file(&Request::ipxe(1).without(77).with(175, no_http).without(93).with(60, b"PXEClient")), to_bios);
    assert_eq!(file(&Request::ipxe(1)), by_http, "the second stage");
    assert_eq!(file(&Request::ipxe(1).without(77)), by_http, "a user class of somebody's own");
    // Nothing better is there: the script has the last word.
    let arm = Request::ipxe(1).with(93, &[0, 11]).with(175, no_http);
    assert_eq!(file(&arm), by_tftp);
}
