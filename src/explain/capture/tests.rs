use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;
use crate::explain::testing::plan_of;
use crate::explain::text;
use crate::facts::Gathered;
use crate::plan::Plan;
use crate::proto::dhcp::testing::Request;
use crate::proto::dhcp::{EfiBoot, EfiCpu, ServerAddr};

const CLIENT: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
const NETSPEC: [u8; 4] = [10, 0, 0, 2];
const ROUTER: [u8; 4] = [10, 0, 0, 1];
const LEASED: [u8; 4] = [10, 0, 0, 100];
const NOBODY: [u8; 4] = [0; 4];
const EVERYBODY: [u8; 4] = [255; 4];

/// A capture under construction.
#[derive(Clone, Default)]
struct Lan {
    frames: Vec<Vec<u8>>,
}

impl Lan {
    fn frame(mut self, protocol: u8, from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Self {
        let is_client = from.0 == NOBODY || from.0 == LEASED;
        let mut frame = vec![0xff; 6];
        frame.extend(if is_client { CLIENT } else { [2, 0, 0, 0, 0, 1] });
        frame.extend([8, 0]);
        let header = if protocol == 17 { 8 } else { 20 };
        let len = u16::try_from(20 + header + payload.len()).unwrap();
        frame.extend([0x45, 0]);
        frame.extend(len.to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
        frame.extend([from.0, to.0].concat());
        frame.extend(from.1.to_be_bytes());
        frame.extend(to.1.to_be_bytes());
        match protocol {
            17 => frame.extend([(len - 20).to_be_bytes(), [0, 0]].concat()),
            _ => frame.extend([0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0]),
        }
        frame.extend(payload);
        self.frames.push(frame);
        self
    }

    fn udp(self, from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Self {
        self.frame(17, from, to, payload)
    }

    fn discovers(self, request: &Request) -> Self {
        self.udp((NOBODY, 68), (EVERYBODY, 67), &request.bytes())
    }

    /// An answer to `request` by a server, with an address for the client where one is named.
    fn answers(self, server: [u8; 4], request: &Request, address: [u8; 4], class: &str, file: &str) -> Self {
        let mut reply = Request { op: 2, ..Request::new(2, class) };
        if class.is_empty() {
            reply = reply.without(60);
        }
        reply.xid = request.xid;
        let mut bytes = reply.with(54, &server).bytes();
        bytes[16..20].copy_from_slice(&address);
        bytes[20..24].copy_from_slice(&server);
        bytes[108..108 + file.len()].copy_from_slice(file.as_bytes());
        self.udp((server, 67), (EVERYBODY, 68), &bytes)
    }

    fn leases(self, request: &Request) -> Self {
        self.answers(ROUTER, request, LEASED, "", "")
    }

    fn pcap(&self) -> Vec<u8> {
        let mut bytes =
            [0xa1b2_c3d4_u32.to_le_bytes(), [2, 0, 4, 0], [0; 4], [0; 4], [0, 0, 4, 0], [1, 0, 0, 0]].concat();
        for (second, frame) in (1_u32..).zip(&self.frames) {
            let len = u32::try_from(frame.len()).unwrap();
            bytes.extend([second, 500_000, len, len].map(u32::to_le_bytes).concat());
            bytes.extend(frame);
        }
        bytes
    }

    fn pcapng(&self) -> Vec<u8> {
        let block = |kind: u32, body: &[u8]| {
            let body = [body, &[0; 3][..(4 - body.len() % 4) % 4]].concat();
            let len = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
            [&kind.to_le_bytes()[..], &len, &body, &len].concat()
        };
        let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
        let mut bytes = [block(0x0a0d_0d0a, &section), block(1, &[1, 0, 0, 0, 0, 0, 4, 0])].concat();
        for (second, frame) in (1_u64..).zip(&self.frames) {
            let ticks = second * 1_000_000;
            let len = u32::try_from(frame.len()).unwrap();
            let head = [0, u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap(), len, len];
            bytes.extend(block(6, &[head.map(u32::to_le_bytes).concat(), frame.clone()].concat()));
        }
        bytes
    }
}

fn served() -> (Plan, Gathered) {
    let (mut plan, gathered) = plan_of(&[]);
    plan.boot.efi.insert(EfiCpu::X64, EfiBoot { file: "ipxe.efi".to_owned() });
    (plan, gathered)
}

fn read_bytes(bytes: &[u8]) -> Result<Capture, NoCapture> {
    let (plan, gathered) = served();
    let server = ServerAddr::new(Ipv4Addr::from(NETSPEC));
    read(bytes, &Setup::open(&plan, &gathered, &[], server).unwrap())
}

fn heard(lan: &Lan) -> Capture {
    read_bytes(&lan.pcap()).unwrap()
}

/// What is wrong, each in one line.
fn wrong(lan: &Lan) -> Vec<String> {
    heard(lan).findings.into_iter().map(|finding| finding.what).collect()
}

/// A PC that boots as it should, up to its first file.
fn good() -> Lan {
    let request = Request::uefi(1);
    let boot_server = Request { xid: 7, ciaddr: LEASED.into(), ..Request::uefi(3) };
    Lan::default()
        .discovers(&request)
        .leases(&request)
        .answers(NETSPEC, &request, NOBODY, "PXEClient", "ipxe.efi")
        .udp((LEASED, 4011), (NETSPEC, 4011), &boot_server.bytes())
        .udp((NETSPEC, 4011), (LEASED, 4011), &{
            let mut reply = Request { op: 2, xid: 7, ..Request::new(5, "PXEClient").with(54, &NETSPEC) }.bytes();
            reply[108..116].copy_from_slice(b"ipxe.efi");
            reply
        })
        .udp((LEASED, 1024), (NETSPEC, 69), b"\0\x01ipxe.efi\0octet\0")
}

#[test]
fn a_boot_that_works_has_nothing_wrong() {
    let capture = heard(&good());
    assert_eq!(capture.findings, []);
    insta::assert_snapshot!(text::capture("lan.pcap", &capture), @r"
    lan.pcap: 6 packets in 5.0 seconds
    The server is 10.0.0.2.

        0.000 s  52:54:00:12:34:56 -> DHCPDISCOVER from UEFI x64 (PXE)
                                      this spec answers: ipxe.efi
        1.000 s  52:54:00:12:34:56 <- DHCPOFFER from 10.0.0.1: address 10.0.0.100
        2.000 s  52:54:00:12:34:56 <- DHCPOFFER from 10.0.0.2: boot file ipxe.efi,
                                      as this spec says
        3.000 s  52:54:00:12:34:56 -> DHCPREQUEST on port 4011 from UEFI x64 (PXE)
                                      this spec answers: ipxe.efi
        4.000 s  52:54:00:12:34:56 <- DHCPACK from 10.0.0.2: boot file ipxe.efi, as
                                      this spec says
        5.000 s  52:54:00:12:34:56 -> asks 10.0.0.2 over TFTP for ipxe.efi

    Nothing is wrong in it as far as this can be seen.
    ");
}

#[test]
fn both_formats_say_the_same() {
    let mut other = read_bytes(&good().pcapng()).unwrap();
    other.events.iter_mut().for_each(|event| event.seconds = event.seconds.round());
    let mut capture = heard(&good());
    capture.events.iter_mut().for_each(|event| event.seconds = event.seconds.round());
    assert_eq!(other, capture);
}

/// UE-08, UE-09, HB-04
#[test]
fn other_servers_that_tell_how_to_boot_are_named() {
    let request = Request::uefi(1);
    let told = |class: &str, address, file: &str| wrong(&good().answers([10, 0, 0, 9], &request, address, class, file));
    assert_eq!(
        told("PXEClient", LEASED, ""),
        ["the DHCP server 10.0.0.9 says that it is a boot server, too (option 60 is `PXEClient`, no file)"]
    );
    assert_eq!(told("", LEASED, "old.0"), ["the DHCP server 10.0.0.9 names a boot file of its own: the file `old.0`"]);
    assert_eq!(
        told("PXEClient", NOBODY, "x"),
        ["another boot server is on this network: 10.0.0.9 offers the file `x`"]
    );
    assert_eq!(told("", LEASED, ""), [""; 0], "an ordinary DHCP server");
}

#[test]
fn what_is_missing_in_an_exchange_is_said() {
    let request = Request::uefi(1);
    let mac = "52:54:00:12:34:56";
    assert_eq!(
        wrong(&Lan::default().discovers(&request)),
        [
            format!("this spec has an answer for {mac}, and nobody gave it"),
            format!("no DHCP server offered an address to {mac}")
        ]
    );
    let ours = |lan: Lan| lan.leases(&request).answers(NETSPEC, &request, NOBODY, "PXEClient", "ipxe.efi");
    assert_eq!(
        wrong(&ours(Lan::default().discovers(&request))),
        [format!("{mac} was told its boot file, and asked nobody for it")]
    );
    let asked = Request { xid: 9, ..Request::uefi(3) };
    assert_eq!(
        wrong(&ours(Lan::default().discovers(&request)).udp((LEASED, 4011), (NETSPEC, 4011), &asked.bytes())),
        [format!("{mac} asked on port 4011 and got no answer")]
    );
}

#[test]
fn a_client_that_begins_again_and_again_is_seen() {
    let lan = (1..=4).fold(good(), |lan, xid| lan.discovers(&Request { xid, ..Request::uefi(1) }));
    assert_eq!(wrong(&lan), ["52:54:00:12:34:56 began 5 times, as UEFI x64 (PXE)"]);
    let copies = (1..=9).fold(good(), |lan, _| lan.discovers(&Request::uefi(1)));
    assert_eq!(wrong(&copies), [""; 0], "copies of one question are no new beginnings");
}

#[test]
fn files_that_are_refused_are_named() {
    let lan = good()
        .udp((NETSPEC, 3000), (LEASED, 1024), b"\0\x05\0\x01not \x1b[31mthere\0")
        .frame(6, (LEASED, 5000), (NETSPEC, 80), b"GET /iso/x HTTP/1.1\r\nHost: x\r\n\r\n")
        .frame(6, (NETSPEC, 80), (LEASED, 5000), b"HTTP/1.1 404 Not Found\r\n\r\n")
        .udp((LEASED, 1025), (NETSPEC, 69), b"\0\x01autoexec.ipxe\0octet\0")
        .udp((NETSPEC, 3001), (LEASED, 1025), b"\0\x05\0\x01no\0");
    let capture = heard(&lan);
    let refused: Vec<_> = capture.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(
        refused,
        [
            "52:54:00:12:34:56 asked for `/iso/x` and was refused: 404 Not Found",
            "52:54:00:12:34:56 asked for `ipxe.efi` and was refused: error 1: not \u{1b}[31mthere",
        ],
        "loaders try autoexec.ipxe, which need not exist"
    );
    let shown = text::capture("x", &capture);
    assert!(shown.contains("\\u{1b}") && !shown.contains('\u{1b}'), "SE-06: {shown}");
}

#[test]
fn clients_without_an_answer_are_told_why() {
    let raspberry = Request { chaddr: [0xb8, 0x27, 0xeb, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ..Request::bios(1) };
    let phone = Request { xid: 5, ..Request::new(1, "android-dhcp-14") };
    let capture = heard(&Lan::default().discovers(&raspberry).discovers(&phone));
    assert_eq!((capture.events.len(), capture.ordinary), (1, 1));
    let [finding] = &capture.findings[..] else { panic!("{:?}", capture.findings) };
    assert!(finding.what.starts_with("b8:27:eb:00:00:01 gets no answer from this spec: Raspberry Pi"), "{finding:?}");
    assert!(finding.change.is_some());
}

#[test]
fn booting_over_ipv6_is_named() {
    let message = [1, 0, 0, 1, 0, 6, 0, 4, 0, 24, 0, 59];
    let mut frame = vec![0x33; 6];
    frame.extend(CLIENT);
    frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 17, 1]);
    frame.extend([0xfe; 32]);
    frame.extend([2, 34, 2, 35, 0, 20, 0, 0]);
    frame.extend(message);
    let capture = heard(&Lan { frames: vec![frame] });
    assert_eq!(capture.events[0].what, What::Ipv6);
    assert_eq!(capture.findings[0].what, "52:54:00:12:34:56 asks to boot over IPv6, which netspec does not support");
}

#[test]
fn a_file_that_is_no_capture_or_ends_early_says_so() {
    assert_eq!(read_bytes(b""), Err(NoCapture::Empty));
    assert_eq!(read_bytes(b"network \"home\" { this is no capture at all }"), Err(NoCapture::Format));
    let whole = good().pcap();
    let cut = read_bytes(&whole[..whole.len() - 5]).unwrap();
    assert_eq!((cut.packets, cut.cut), (5, Some("the file is cut short")));
    let mut huge = whole[..40].to_vec();
    huge[32..40].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]);
    huge.resize(600_000, 0);
    assert!(read_bytes(&huge).unwrap().cut.is_some());
}

/// However long a capture is, what is kept is bounded.
#[test]
fn a_flood_is_counted_and_not_kept() {
    let lan = (0..20_000_u32).fold(Lan::default(), |lan, n| {
        let [_, b, c, d] = n.to_be_bytes();
        let request = Request { xid: n, chaddr: [2, 0, 0, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ..Request::bios(1) };
        lan.discovers(&request)
    });
    let capture = heard(&lan);
    assert_eq!((capture.events.len(), capture.left_out), (5000, 15_000));
    assert!(capture.findings.len() <= 2 * 4096, "{}", capture.findings.len());
}

proptest! {
    /// G80: no capture makes it panic.
    #[test]
    fn survives_any_change(is_ng in any::<bool>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40), end in any::<prop::sample::Index>()) {
        let mut bytes = if is_ng { good().pcapng() } else { good().pcap() };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(1 + end.index(bytes.len()) * 2);
        if let Ok(capture) = read_bytes(&bytes) {
            let shown = text::capture("x", &capture);
            prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
        }
    }
}
