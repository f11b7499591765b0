//! What real firmware asks, recorded by the harness, and what netspec makes of each question.
//!
//! `tests/captures/NAME.pcap` holds the DHCP packets of one firmware and its requests for files; `NAME.txt` beside it says what
//! becomes of each. `netspec-harness captures` records them anew, `NETSPEC_BLESS=1 cargo test --test it captures` writes the texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};

use netspec::proto::dhcp::{
    BiosBoot, BootRequest, BootTable, Destination, EfiBoot, EfiCpu, IpxeBoot, Local, ReceivedOn, ServerAddr, Verdict,
    answer,
};
use netspec::proto::tftp::Packet;

/// The server of the laboratory in which the recordings were made.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

/// Something for everybody, so that silence is never for want of a loader.
fn everything() -> BootTable {
    let cpus = [
        (EfiCpu::Ia32, "ia32"),
        (EfiCpu::X64, "x64"),
        (EfiCpu::Arm64, "arm64"),
        (EfiCpu::Riscv64, "riscv64"),
        (EfiCpu::Loongarch64, "loong64"),
    ];
    BootTable {
        bios: Some(BiosBoot { file: "bios/loader.0".to_owned(), config_file: None, path_prefix: None }),
        efi: cpus.iter().map(|(cpu, name)| (*cpu, EfiBoot { file: format!("ipxe/{name}/ipxe.efi") })).collect(),
        http: cpus.iter().map(|(cpu, name)| (*cpu, format!("ipxe/{name}/ipxe.efi"))).collect(),
        ipxe: Some(IpxeBoot { script: "boot.ipxe".to_owned(), config_file: None, path_prefix: None }),
        ..BootTable::default()
    }
}

/// A UDP datagram or the beginning of a TCP segment.
struct Packet4<'a> {
    source: SocketAddrV4,
    destination: SocketAddrV4,
    is_udp: bool,
    payload: &'a [u8],
}

/// The stored bytes of each frame of a recording (the classic pcap format, little-endian, Ethernet).
fn frames(pcap: &[u8]) -> Vec<&[u8]> {
    assert_eq!(pcap[..4], 0xa1b2_c3d4_u32.to_le_bytes(), "a pcap with microseconds");
    assert_eq!(pcap[20..24], 1_u32.to_le_bytes(), "a recording of Ethernet");
    let (mut rest, mut frames) = (&pcap[24..], Vec::new());
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        frames.push(&rest[16..16 + length]);
        rest = &rest[16 + length..];
    }
    frames
}

/// The IPv4 packet in a frame; the recordings hold nothing else.
fn packet(frame: &[u8]) -> Packet4<'_> {
    let ip = &frame[14..];
    let (header, total) = (usize::from(ip[0] & 15) * 4, usize::from(u16::from_be_bytes([ip[2], ip[3]])));
    let body = &ip[header..total.min(ip.len())];
    let is_udp = ip[9] == 17;
    let start = if is_udp { 8 } else { usize::from(body[12] >> 4) * 4 };
    let address = |at: usize| Ipv4Addr::new(ip[at], ip[at + 1], ip[at + 2], ip[at + 3]);
    let port = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    Packet4 {
        source: SocketAddrV4::new(address(12), port(0)),
        destination: SocketAddrV4::new(address(16), port(2)),
        is_udp,
        payload: &body[start..],
    }
}

/// A line about each question in a recording. What is repeated without a change is told once.
fn story(pcap: &[u8], table: &BootTable) -> String {
    let mut story = String::new();
    let mut last = String::new();
    for frame in frames(pcap) {
        let packet = packet(frame);
        let Some(line) = told(&packet, table) else { continue };
        if line != last {
            story.push_str(&line);
        }
        last = line;
    }
    story
}

fn told(packet: &Packet4<'_>, table: &BootTable) -> Option<String> {
    if *packet.source.ip() == SERVER {
        // An answer of netspec as it was when this was recorded; on port 4011 both sides have the same number.
        return None;
    }
    match (packet.is_udp, packet.destination.port()) {
        (true, 67) => Some(asked_by_dhcp(packet, ReceivedOn::Dhcp67, table)),
        (true, 4011) => Some(asked_by_dhcp(packet, ReceivedOn::Boot4011, table)),
        (true, 69) => Some(asked_by_tftp(packet.payload)),
        (false, _) => Some(asked_by_http(packet.payload)),
        // An answer of the router.
        _ => None,
    }
}

fn asked_by_dhcp(packet: &Packet4<'_>, port: ReceivedOn, table: &BootTable) -> String {
    let request = match BootRequest::parse(packet.payload) {
        Ok(request) => request,
        Err(reason) => return format!("DHCP on port {}\n    silence: {reason}\n", port.number()),
    };
    let mut text = request.message_type().map_or("DHCP without a type".to_owned(), |kind| kind.to_string());
    let _ = write!(text, " on port {}", port.number());
    if let Some(class) = request.vendor_class() {
        let _ = write!(text, ", {class}");
    }
    let features = if request.ipxe_features().is_some() { ", with iPXE's options" } else { "" };
    let name = if request.user_class().is_some_and(|class| class.contains("iPXE")) { ", user class iPXE" } else { "" };
    let _ = writeln!(text, "{name}{features}");
    let server = ServerAddr::new(SERVER).expect("an address of a host");
    let local = Local { server, port, http_port: 80, source: packet.source };
    let _ = match answer(table, &request, &local) {
        Verdict::Silence(reason) => writeln!(text, "    silence: {reason}"),
        Verdict::Answer(reply) => {
            let to = match reply.destination {
                Destination::Broadcast => "everybody".to_owned(),
                Destination::Client(client) => client.to_string(),
                Destination::Relay(relay) => format!("the relay {relay}"),
            };
            writeln!(text, "    {}: {} to {to}", reply.class, reply.file)
        }
    };
    text
}

fn asked_by_tftp(payload: &[u8]) -> String {
    match Packet::parse(payload) {
        Ok(Packet::ReadRequest(request)) => {
            let options = request.options.iter().map(|(name, value)| format!(" {}={}", utf8(name), utf8(value)));
            format!("TFTP {}{}\n", utf8(request.name), options.collect::<String>())
        }
        other => format!("TFTP {other:?}\n"),
    }
}

fn asked_by_http(payload: &[u8]) -> String {
    let text = utf8(payload);
    let agent = text.lines().find(|line| line.to_ascii_lowercase().starts_with("user-agent:")).unwrap_or_default();
    format!("HTTP {} ({})\n", text.lines().next().unwrap_or_default(), agent.trim())
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn recordings() -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder()).expect("tests/captures is there");
    let files =
        files.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "pcap"));
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

/// Each recording of a real firmware leads to the same words as when they were read and found right (DH-01 to DH-08).
#[test]
fn each_question_of_recorded_firmware_gets_the_verdict_in_the_text_beside_it() {
    let (table, recordings) = (everything(), recordings());
    assert!(!recordings.is_empty(), "`netspec-harness captures` makes them");
    let mut wrong = Vec::new();
    for (name, pcap) in &recordings {
        let (file, story) = (folder().join(format!("{name}.txt")), story(pcap, &table));
        if fs::read_to_string(&file).unwrap_or_default() == story {
            continue;
        }
        if std::env::var_os("NETSPEC_BLESS").is_some() {
            fs::write(&file, &story).unwrap();
        } else {
            wrong.push(format!("{name}.txt is to say:\n{story}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n(NETSPEC_BLESS=1 writes them anew)", wrong.join("\n"));
}

/// A recording holds questions of a booting client, and is small; a text without its recording would prove nothing.
#[test]
fn recordings_are_small_and_each_text_belongs_to_one() {
    let recordings = recordings();
    for (name, pcap) in &recordings {
        assert!(pcap.len() <= 20_000, "{name} has {} bytes", pcap.len());
        let story = story(pcap, &everything());
        assert!(story.contains("DHCPDISCOVER on port 67"), "{name}:\n{story}");
    }
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(recordings.contains_key(name), "{} has no recording", path.display());
    }
}

/// The same questions to a server that has nothing get no answer, and never an answer without a reason (DH-02).
#[test]
fn a_server_with_nothing_on_offer_stays_silent_to_all_of_them() {
    for (name, pcap) in recordings() {
        let story = story(&pcap, &BootTable::default());
        let answers = story.lines().filter(|line| line.starts_with("    ") && !line.starts_with("    silence: "));
        assert_eq!(answers.count(), 0, "{name}:\n{story}");
    }
}
