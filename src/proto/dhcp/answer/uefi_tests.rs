//! Rows C and E of the decision table, byte by byte and number by number.

use super::super::testing::Request;
use super::super::{EfiBoot, EfiCpu};
use super::tests::{local, on_67, on_4011, option, options, reply, silence, table};
use super::*;

/// Every processor has an entry, so that silence says something about the client alone.
const EVERY_CPU: [EfiCpu; 14] = [
    EfiCpu::Ia32,
    EfiCpu::X64,
    EfiCpu::Ebc,
    EfiCpu::Arm32,
    EfiCpu::Arm64,
    EfiCpu::Riscv32,
    EfiCpu::Riscv64,
    EfiCpu::Riscv128,
    EfiCpu::Mips32,
    EfiCpu::Mips64,
    EfiCpu::Sunway32,
    EfiCpu::Sunway64,
    EfiCpu::Loongarch32,
    EfiCpu::Loongarch64,
];

fn full_table() -> BootTable {
    BootTable {
        efi: EVERY_CPU.map(|cpu| (cpu, EfiBoot { file: format!("{cpu:?}.efi") })).into(),
        http: EVERY_CPU.map(|cpu| (cpu, format!("{cpu:?}.efi"))).into(),
        ..table()
    }
}

fn told(request: &Request) -> Result<String, String> {
    let request = BootRequest::parse(&request.bytes()).unwrap();
    match answer(&full_table(), &request, &local(ReceivedOn::Dhcp67)) {
        Verdict::Answer(reply) => Ok(reply.file),
        Verdict::Silence(reason) => Err(reason.to_string()),
    }
}

/// The header of a reply to `request` that names `file`, with the cookie.
fn header(request: &Request, broadcast: u8, file: &str) -> Vec<u8> {
    let mut golden = vec![2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, broadcast, 0];
    golden.extend(request.ciaddr.octets());
    golden.extend([0, 0, 0, 0, 10, 0, 0, 2, 0, 0, 0, 0]);
    golden.extend([0x52, 0x54, 0, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    golden.extend(b"10.0.0.2");
    golden.resize(108, 0);
    golden.extend(file.as_bytes());
    golden.resize(236, 0);
    golden.extend([99, 130, 83, 99]);
    golden
}

/// Row E, G17, UE-03, UE-04: the whole OFFER and the whole ACK to UEFI firmware, byte by byte.
#[test]
fn tells_uefi_firmware_its_file_without_option_43() {
    let discover = Request::uefi(1);
    let request = Request { ciaddr: Ipv4Addr::new(10, 0, 0, 50), ..Request::uefi(3) };
    let offer = reply(on_67(&discover));
    let ack = reply(on_4011(&request));
    for (reply, request, message, broadcast) in [(&offer, &discover, 2, 0x80), (&ack, &request, 5, 0)] {
        let mut golden = header(request, broadcast, "ipxe/X64/snponly.efi");
        golden.extend([53, 1, message, 54, 4, 10, 0, 0, 2, 60, 9]);
        golden.extend(b"PXEClient");
        golden.extend([97, 17, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 255]);
        golden.resize(300, 0);
        assert_eq!(reply.bytes, golden);
        assert_eq!(reply.class.to_string(), "UEFI x64 (PXE)");
        assert_eq!(reply.file, "ipxe/X64/snponly.efi");
    }
    assert_eq!((offer.destination, offer.asked), (Destination::Broadcast, "DHCPDISCOVER"));
    let client = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 50), 4011);
    assert_eq!((ack.destination, ack.asked), (Destination::Client(client), "DHCPREQUEST on port 4011"));
}

/// Row C, G17, HB-01, HB-03, HB-05, DH-28: the whole OFFER to HTTP Boot, byte by byte.
#[test]
fn offers_http_boot_a_url_in_option_67_and_in_the_header() {
    let reply = reply(on_67(&Request::http(1)));
    let url = "http://10.0.0.2/ipxe/X64/ipxe.efi";
    let mut golden = header(&Request::http(1), 0x80, url);
    golden.extend([53, 1, 2, 54, 4, 10, 0, 0, 2, 60, 10]);
    golden.extend(b"HTTPClient");
    golden.extend([97, 17, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    golden.extend([67, 34]);
    golden.extend(url.as_bytes());
    golden.extend([0, 0, 255]);
    golden.resize(golden.len().max(300), 0);
    assert_eq!(reply.bytes, golden);
    assert_eq!(reply.destination, Destination::Broadcast);
    assert_eq!(reply.class.to_string(), "UEFI x64 (HTTP Boot)");
    assert_eq!((reply.asked, reply.file.as_str()), ("DHCPDISCOVER", url));
}

/// HB-05: a URL that the header cannot hold stands in option 67 alone.
#[test]
fn offers_http_boot_a_long_url_in_option_67_only() {
    let path = format!("/iso/{}/grub.efi", "a".repeat(200));
    let table = BootTable { http: [(EfiCpu::X64, path.clone())].into(), ..table() };
    let request = BootRequest::parse(&Request::http(1).without(57).bytes()).unwrap();
    let local = Local { http_port: 8080, ..local(ReceivedOn::Dhcp67) };
    let reply = reply(answer(&table, &request, &local));
    let url = format!("http://10.0.0.2:8080{path}");
    assert_eq!(reply.file, url);
    assert_eq!(option(&reply, 67), Some([url.as_bytes(), &[0]].concat()));
    assert_eq!(reply.bytes[108..236], [0; 128]);
}

/// HB-02: HTTP Boot has no exchange on 4011, whatever the table has for it.
#[test]
fn is_silent_to_http_boot_on_4011() {
    let phrase = "UEFI x64 (HTTP Boot): asks on port 4011, where HTTP Boot has nothing to ask";
    assert_eq!(silence(on_4011(&Request::http(3))), phrase);
    assert_eq!(silence(on_4011(&Request::http(8))), phrase);
}

/// UE-01, UE-02, UE-03, UE-05: no answer to UEFI has an option 43, so none is of a kind that edk2 throws away or prompts for;
/// and nothing for PXELINUX.
#[test]
fn offers_uefi_nothing_but_the_file() {
    let mut answers = 0;
    for make in [Request::uefi, Request::http] {
        for arch in 6..=40u16 {
            let request = make(1).with(93, &arch.to_be_bytes());
            let request = BootRequest::parse(&request.bytes()).unwrap();
            let Verdict::Answer(reply) = answer(&full_table(), &request, &local(ReceivedOn::Dhcp67)) else { continue };
            let codes: Vec<u8> = options(&reply).iter().map(|(code, _)| *code).collect();
            assert!(codes.iter().all(|code| [53, 54, 60, 97, 67].contains(code)), "{arch}: {codes:?}");
            answers += 1;
        }
    }
    assert_eq!(answers, 14 + 10, "the rows E and C");
}

/// G13, HB-07, AR-01, section 1.10: each number gets the program of its own processor, or nothing.
#[test]
fn sorts_every_architecture_into_its_row() {
    use EfiCpu::*;
    let pxe = [
        (6, Ia32),
        (7, X64),
        (9, X64),
        (10, Arm32),
        (11, Arm64),
        (25, Riscv32),
        (27, Riscv64),
        (29, Riscv128),
        (33, Mips32),
        (34, Mips64),
        (35, Sunway32),
        (36, Sunway64),
        (37, Loongarch32),
        (39, Loongarch64),
    ];
    let http = [
        (15, Ia32),
        (16, X64),
        (17, Ebc),
        (18, Arm32),
        (19, Arm64),
        (26, Riscv32),
        (28, Riscv64),
        (30, Riscv128),
        (38, Loongarch32),
        (40, Loongarch64),
    ];
    let cpu = |row: &[(u16, EfiCpu)], arch: u16| row.iter().find(|(number, _)| *number == arch).map(|(_, cpu)| *cpu);
    for arch in 0..=41u16 {
        let of = |vendor: &str| told(&Request::new(1, vendor).with(93, &arch.to_be_bytes()));
        match (of("PXEClient"), cpu(&pxe, arch)) {
            (Ok(file), Some(cpu)) => assert_eq!(file, format!("{cpu:?}.efi"), "{arch}"),
            (Ok(file), None) => assert_eq!((arch, file.as_str()), (0, "iso/arch/boot/syslinux/lpxelinux.0")),
            (Err(reason), row) => {
                assert_eq!(row, None, "{arch}: {reason}");
                let opt_in = ": answered only where a `firmware` of its architecture names a `loader`";
                let why = if (21..=24).contains(&arch) { opt_in } else { ": this spec has nothing for it yet" };
                assert!(reason.ends_with(why), "{arch}: {reason}");
            }
        }
        match (of("HTTPClient"), cpu(&http, arch)) {
            (Ok(url), cpu) => assert_eq!(url, format!("http://10.0.0.2/{:?}.efi", cpu.unwrap()), "{arch}"),
            (Err(reason), row) => {
                assert_eq!(row, None, "{arch}: {reason}");
                let why = match arch {
                    20 | 23 | 24 => "netspec has no program for it that comes over HTTP",
                    _ => "this spec has nothing for it yet",
                };
                assert!(reason.ends_with(&format!(" (HTTP Boot): {why}")), "{arch}: {reason}");
            }
        }
    }
}

/// G13, DH-07, DH-08, AR-02: a list, a malformed list, no list, and numbers that nobody knows.
#[test]
fn finds_the_processor_as_well_as_it_can() {
    let pxe = |list: &[u8]| told(&Request::uefi(1).with(93, list));
    assert_eq!(pxe(&[0, 11, 0, 7]), Ok("Arm64.efi".to_owned()), "the first of two");
    assert_eq!(pxe(&[0xff, 0xff, 0, 6]), Ok("Ia32.efi".to_owned()), "the first one known");
    assert_eq!(pxe(&[0, 11, 0]), Ok("X64.efi".to_owned()), "an odd length, so option 60 decides");
    assert_eq!(told(&Request::uefi(1).without(93)), Ok("X64.efi".to_owned()));
    assert!(pxe(&[0xff, 0xff]).unwrap_err().starts_with("PXE client of unknown architecture 65535"));

    let http = |list: &[u8]| told(&Request::http(1).with(93, list));
    assert_eq!(http(&[0, 19, 0, 16]), Ok("http://10.0.0.2/Arm64.efi".to_owned()));
    assert_eq!(http(&[16]), Ok("http://10.0.0.2/X64.efi".to_owned()));
    assert_eq!(told(&Request::http(1).without(93)), Ok("http://10.0.0.2/X64.efi".to_owned()));
    let unknown = "unknown architecture 65535 (HTTP Boot): this spec has nothing for it yet";
    assert_eq!(http(&[0xff, 0xff]), Err(unknown.to_owned()));
    let nameless = told(&Request::new(1, "HTTPClient"));
    assert_eq!(nameless, Err("HTTP Boot client: this spec has nothing for it yet".to_owned()));
}

/// The table decides for each processor alone, and PXE does not borrow from HTTP Boot.
#[test]
fn offers_a_processor_only_its_own_entry() {
    let table = BootTable {
        efi: [(EfiCpu::X64, EfiBoot { file: "x64.efi".to_owned() })].into(),
        http: [(EfiCpu::Arm64, "arm64.efi".to_owned())].into(),
        ..BootTable::default()
    };
    let verdict =
        |request: Request| answer(&table, &BootRequest::parse(&request.bytes()).unwrap(), &local(ReceivedOn::Dhcp67));
    assert_eq!(reply(verdict(Request::uefi(1))).file, "x64.efi");
    assert_eq!(reply(verdict(Request::http(1).with(93, &[0, 19]))).file, "http://10.0.0.2/arm64.efi");
    let nothing = "UEFI ARM64 (PXE): this spec has nothing for it yet";
    assert_eq!(silence(verdict(Request::uefi(1).with(93, &[0, 11]))), nothing);
    assert_eq!(silence(verdict(Request::http(1))), "UEFI x64 (HTTP Boot): this spec has nothing for it yet");
}

/// UE-11: a URL in the place of a TFTP name is refused, and the reason says so.
#[test]
fn never_offers_uefi_over_pxe_a_url() {
    let boot = EfiBoot { file: "http://10.0.0.2/ipxe.efi".to_owned() };
    let table = BootTable { efi: [(EfiCpu::X64, boot)].into(), ..table() };
    let request = BootRequest::parse(&Request::uefi(1).bytes()).unwrap();
    assert_eq!(
        silence(answer(&table, &request, &local(ReceivedOn::Dhcp67))),
        "UEFI x64 (PXE): the boot file name is a URL, and this firmware takes only TFTP names"
    );
}
