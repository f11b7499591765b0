use super::super::testing::Request;
use super::*;

fn class_with(request: &Request, prefixes: &[&str]) -> Result<(String, String), String> {
    let prefixes: Vec<String> = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
    classify(&BootRequest::parse(&request.bytes()).unwrap(), &prefixes)
        .map(|client| (client.class.to_string(), client.vendor_class))
        .map_err(|reason| reason.to_string())
}

fn class(request: &Request) -> String {
    class_with(request, &[]).map_or_else(|reason| reason, |(class, _)| class)
}

fn pxe(arch: u16) -> Request {
    Request::new(1, &format!("PXEClient:Arch:{arch:05}:UNDI:003016")).with(93, &arch.to_be_bytes())
}

/// G13, AR-02: every architecture has a class or a reason; the class of the row is the one of section 0.
#[test]
fn names_every_architecture() {
    let expected = [
        (0, "PXE ROM on legacy BIOS"),
        (1, "NEC PC98 (PXE)"),
        (2, "Itanium (PXE)"),
        (6, "UEFI x86 (PXE)"),
        (7, "UEFI x64 (PXE)"),
        (9, "UEFI x64 (PXE)"),
        (10, "UEFI ARM32 (PXE)"),
        (11, "UEFI ARM64 (PXE)"),
        (16, "UEFI x64 (PXE)"),
        (21, "U-Boot on ARM32"),
        (24, "U-Boot on ARM64"),
        (27, "UEFI RISC-V 64 (PXE)"),
        (39, "UEFI LoongArch64 (PXE)"),
        (41, "Raspberry Pi"),
        (0xffff, r#"PXE client of unknown architecture 65535 (option 60 is "PXEClient:Arch:65535:UNDI:003016")"#),
    ];
    for (arch, phrase) in expected {
        assert_eq!(class(&pxe(arch)), phrase, "{arch}");
    }
    for arch in 0..=100 {
        assert!(!class(&pxe(arch)).is_empty());
    }
}

/// DH-07, DH-08, G13: a list, a malformed list, and no list.
#[test]
fn finds_the_architecture_in_93_or_60() {
    assert_eq!(class(&pxe(7).with(93, &[0xff, 0xff, 0, 7])), "UEFI x64 (PXE)");
    assert_eq!(class(&pxe(7).with(93, &[7])), "UEFI x64 (PXE)", "malformed 93 falls back to 60");
    assert_eq!(class(&pxe(7).without(93)), "UEFI x64 (PXE)");
    assert_eq!(
        class(&Request::new(1, "PXEClient")),
        r#"PXE client without an architecture (option 93 is missing or malformed, option 60 is "PXEClient")"#
    );
}

/// ST-01: each test of the order beats all that follow.
#[test]
fn tests_in_the_order_of_st_01() {
    let pi = [0xdc, 0xa6, 0x32, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let everything =
        Request { chaddr: pi, ..Request::ipxe(3).with(60, b"HTTPClient:Arch:00000") }.with(43, &[71, 4, 0, 5, 0, 0]);
    assert_eq!(class(&everything), "PXE client that wants boot server type 5");
    let no_item = everything.without(43);
    assert_eq!(class(&no_item), "iPXE on legacy BIOS");
    let no_ipxe = no_item.without(77).without(175);
    assert_eq!(class(&no_ipxe), "legacy BIOS (HTTP Boot)");
    let no_http = no_ipxe.with(60, b"PXEClient:Arch:00000");
    assert_eq!(class(&no_http), "Raspberry Pi");
    let no_pi = Request { chaddr: [2; 16], ..no_http };
    assert_eq!(class(&no_pi.clone().with(93, &[0, 22])), "U-Boot on ARM64");
    assert_eq!(class(&no_pi), "PXE ROM on legacy BIOS");
}

/// AR-04: the address block matters with architecture 0 only.
#[test]
fn tells_a_raspberry_pi_by_its_address_block() {
    let from = |oui: [u8; 3], arch: u16| {
        let mut request = pxe(arch);
        request.chaddr[..3].copy_from_slice(&oui);
        class(&request)
    };
    for oui in [[0xb8, 0x27, 0xeb], [0xdc, 0xa6, 0x32], [0xe4, 0x5f, 0x01], [0x28, 0xcd, 0xc1], [0xd8, 0x3a, 0xdd]] {
        assert_eq!(from(oui, 0), "Raspberry Pi");
        assert_eq!(from(oui, 11), "UEFI ARM64 (PXE)", "UEFI on a Pi is UEFI");
    }
    assert_eq!(from([0x52, 0x54, 0], 0), "PXE ROM on legacy BIOS");
}

/// DH-11, DH-12, IP-03, G14
#[test]
fn tells_ipxe_by_77_or_175() {
    let ipxe = |request: Request| match classify(&BootRequest::parse(&request.bytes()).unwrap(), &[]).unwrap().class {
        ClientClass::Ipxe { arch, http } => Some((arch.map(|arch| arch.0), http)),
        _ => None,
    };
    assert_eq!(ipxe(Request::ipxe(1)), Some((Some(0), true)));
    assert_eq!(ipxe(Request::ipxe(1).without(77)), Some((Some(0), true)), "175 alone");
    assert_eq!(ipxe(Request::ipxe(1).without(175)), Some((Some(0), false)), "77 alone says nothing of HTTP");
    assert_eq!(ipxe(Request::ipxe(1).with(77, b"\x04iPXE")), Some((Some(0), true)), "RFC 3004");
    assert_eq!(ipxe(Request::ipxe(1).with(175, &[0x21, 1, 1])), Some((Some(0), false)), "no HTTP");
    assert_eq!(ipxe(Request::ipxe(1).with(175, &[])), Some((Some(0), false)), "an empty 175");
    assert_eq!(ipxe(Request::ipxe(1).with(93, &[0, 7])), Some((Some(7), true)), "IP-10");
    assert_eq!(ipxe(Request::bios(1)), None);
    assert_eq!(ipxe(Request::bios(1).with(77, b"FOO")), None);
}

/// DH-02, G16: nobody else is a boot client.
#[test]
fn keeps_everyone_else_out() {
    let strangers = [
        "MSFT 5.0",
        "udhcp 1.36.1",
        "anaconda-Linux 6.1",
        "d-i",
        "AAPLBSDPC/i386/MacBookPro",
        "Hewlett-Packard JetDirect",
        "android-dhcp-13",
        "pxeclient:Arch:00000",
        "xPXEClient",
        "HW-Client",
        "",
    ];
    for stranger in strangers {
        let reason = class_with(&Request::new(1, stranger).with(93, &[0, 0]), &[""]).unwrap_err();
        assert_eq!(reason, format!("not a PXE client (option 60 is {stranger:?})"));
    }
    let reason = class(&Request::bios(1).without(60));
    assert_eq!(reason, "not a PXE client (no option 60)");
    let reason = class(&Request::new(1, "dhcpcd\n\x1b[2J\"evil"));
    assert_eq!(reason, r#"not a PXE client (option 60 is "dhcpcd\n\x1b[2J\"evil")"#, "SE-06");
}

/// DH-03, DH-25, G12, G28: the reply will say what the client said.
#[test]
fn remembers_which_vendor_class_was_met() {
    let echoed = |vendor: &str| class_with(&Request::new(1, vendor).with(93, &[0, 11]), &["HW-Client"]).unwrap().1;
    assert_eq!(echoed("PXEClient:Arch:00011:UNDI:003000"), "PXEClient");
    assert_eq!(echoed("HTTPClient:Arch:00019:UNDI:003001"), "HTTPClient");
    assert_eq!(echoed("HW-Client:Arch:00011"), "HW-Client");
}

/// BS-01, BS-02: only a DHCPREQUEST or DHCPINFORM asks for a boot server.
#[test]
fn reads_the_boot_item_of_requests_only() {
    let asks = |message: u8, layer: u8| class(&Request::bios(message).with(43, &[71, 4, 0, 9, layer, 0, 255]));
    assert_eq!(asks(3, 0), "PXE client that wants boot server type 9");
    assert_eq!(asks(8, 0x80), "PXE client that wants signed answers (BIS) of boot server type 9");
    assert_eq!(asks(1, 0), "PXE ROM on legacy BIOS");
}
