//! Rules from their words in a spec to the bytes that machines are answered with.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use netspec::cli::compile::compile;
use netspec::diag::render::short;
use netspec::plan::Plan;
use netspec::proto::dhcp::{BootRequest, Local, ReceivedOn, Reply, ServerAddr, Verdict, answer};
use netspec::world::MemWorld;

use crate::support::{iso9660, trees};

const SPEC: &str = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"arch\" \"arch.iso\"\n";

/// The bytes of a program for UEFI that speaks HTTP, as every iPXE of a distribution does.
fn ipxe(machine_type: u16) -> Vec<u8> {
    [trees::uefi_program(machine_type), b"GET %s HTTP/1.1\r\n".to_vec()].concat()
}

/// A machine with one archiso, and iPXE for x86-64 and legacy BIOS where Debian puts them.
fn machine() -> MemWorld {
    let files: BTreeMap<_, _> =
        trees::archiso().into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    MemWorld::default()
        .with("arch.iso", iso9660::image("ARCH_202611", &files))
        .with("/usr/lib/ipxe/snponly.efi", ipxe(0x8664))
        .with("/usr/lib/ipxe/undionly.kpxe", "undionly")
        .with("/usr/lib/ipxe/ipxe.pxe", "ipxe")
}

fn plan(world: MemWorld, rules: &str) -> Plan {
    plan_of(world, &format!("{SPEC}{rules}"))
}

fn plan_of(world: MemWorld, text: &str) -> Plan {
    let compiled = compile(Path::new("spec.kdl"), &world.with("spec.kdl", text.as_bytes()));
    compiled.outcome.unwrap_or_else(|| panic!("{}", short(&compiled.sources, &compiled.findings))).plan
}

/// A DHCPDISCOVER of a machine, with an architecture where it says one.
fn discover(mac: [u8; 6], class: &str, arch: Option<u8>, others: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![1, 1, 6, 0, 1, 2, 3, 4];
    bytes.resize(28, 0);
    bytes.extend(mac);
    bytes.resize(236, 0);
    bytes.extend([99, 130, 83, 99, 53, 1, 1]);
    let arch = arch.map(|arch| [0, arch]);
    let own = arch.iter().map(|arch| (93, &arch[..])).chain([(60, class.as_bytes())]);
    for (code, value) in own.chain(others.iter().copied()) {
        bytes.extend([code, u8::try_from(value.len()).unwrap()]);
        bytes.extend(value);
    }
    bytes.push(255);
    bytes
}

fn told(plan: &Plan, discover: &[u8]) -> Result<Reply, String> {
    let source = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
    let server = ServerAddr::new(Ipv4Addr::new(192, 168, 1, 5)).unwrap();
    let local = Local { server, port: ReceivedOn::Dhcp67, http_port: 80, source };
    match answer(&plan.boot, &BootRequest::parse(discover).unwrap(), &local) {
        Verdict::Answer(reply) => Ok(reply),
        Verdict::Silence(reason) => Err(reason.to_string()),
    }
}

const DESK: [u8; 6] = [0x52, 0x54, 0, 0xaa, 0xbb, 0xcc];
const OTHER: [u8; 6] = [0x52, 0x54, 0, 1, 2, 3];
const UEFI: &str = "PXEClient:Arch:00007:UNDI:003016";

/// UE-12, DH-03, DH-39, VQ-02: hosts first, then `firmware` in the order of the spec; each with its name in the answer.
#[test]
fn ue_12_a_spec_says_who_is_answered_how() {
    let rules = "firmware \"laptops\" { vendor-class \"PXEClient:Arch:00007:UNDI:003\"; mode \"pxe10\"; delay \"1500ms\" }\n\
                 firmware \"rest\" { arch \"uefi-x64\" \"http-x64\"; mode \"silent\" }\n\
                 firmware \"taishan\" { vendor-class \"HW-Client\" }\n\
                 host \"reserved\" { mac \"52:54:00:01:02:03\"; address \"192.168.1.50\" }\n\
                 host \"desk\" { mac \"52-54-00-AA-BB-CC\"; mode \"both\" }\n";
    let network = SPEC.replace("\n}", "\n    dhcp \"server\" { range \"192.168.1.100-192.168.1.199\" }\n}");
    let plan = plan_of(machine(), &format!("{network}{rules}"));
    let desk = told(&plan, &discover(DESK, UEFI, Some(7), &[])).unwrap();
    assert_eq!((desk.rule.as_deref(), desk.also.is_some()), (Some("host desk"), true));
    // A reservation is no rule about booting.
    let other = told(&plan, &discover(OTHER, UEFI, Some(9), &[])).unwrap();
    assert_eq!((other.rule.as_deref(), other.delay.as_millis()), (Some("firmware laptops"), 1500));
    assert_eq!(other.file, "ipxe/x64/ipxe.efi");
    let http = told(&plan, &discover(OTHER, "HTTPClient:Arch:00016:UNDI:003001", Some(16), &[]));
    assert_eq!(http.unwrap_err(), "UEFI x64 (HTTP Boot): firmware rest says to be silent");
    let server = told(&plan, &discover(OTHER, "HW-Client:Arch:00000", Some(0), &[])).unwrap();
    assert!(server.bytes.windows(11).any(|part| part == [&[60, 9][..], b"HW-Client"].concat()));
    assert_eq!(server.rule.as_deref(), Some("firmware taishan"));
    assert!(told(&plan, &discover(OTHER, "MSFT 5.0", None, &[])).is_err(), "DH-02");
}

/// The rules are part of the plan, and those that netspec brings come last and only where their machines are met (VQ-01).
#[test]
fn vq_01_rules_stand_in_the_plan_as_data() {
    let rules = "host \"desk\" { mac \"52:54:00:aa:bb:cc\"; loader \"ipxe-x64\" }\n\
                 firmware \"old\" { arch \"bios\" \"uefi-x64\"; mode \"pxe10\" }\n";
    let without = plan(machine(), rules);
    let pi = machine().with("pi/start4.elf", "start").with("pi/config.txt", "config");
    let with = plan(pi, &format!("{rules}loader \"raspberry-pi\" \"pi\"\n"));
    let desk = serde_json::json!({
        "name": "host desk",
        "when": { "mac": "52:54:00:aa:bb:cc" },
        "then": { "loader": { "path": "ipxe/x64/ipxe.efi", "architectures": [7, 9, 16] } },
    });
    let old = serde_json::json!({
        "name": "firmware old",
        "when": { "architectures": [0, 7, 9] },
        "then": { "mode": "pxe10" },
    });
    let pi_3 = serde_json::json!({
        "name": "built-in raspberry-pi-3",
        "when": { "mac": "b8:27:eb", "architectures": [41] },
        "then": { "delay-ms": 2000 },
    });
    let rules = |plan: &Plan| serde_json::to_value(&plan.boot).unwrap()["rules"].clone();
    assert_eq!(rules(&without), serde_json::json!([desk, old]));
    assert_eq!(rules(&with), serde_json::json!([desk, old, pi_3]));
    assert_eq!(with.boot.raspberry_pi.as_deref(), Some("start4.elf"));
    let pi_4 = told(&with, &discover([0xdc, 0xa6, 0x32, 1, 2, 3], "PXEClient:Arch:00000:UNDI:002001", Some(0), &[]));
    assert!(pi_4.unwrap().bytes.windows(17).any(|part| part == b"Raspberry Pi Boot"));
}

/// Row G: U-Boot gets the loader that a rule names, and without one stays alone.
#[test]
fn g_u_boot_boots_the_loader_of_its_rule() {
    let world = || machine().with("ipxe.efi", ipxe(0xaa64));
    let loader = "loader \"ipxe-arm64\" \"ipxe.efi\"\n";
    let rule = "firmware \"boards\" { arch \"uboot-arm64\"; loader \"ipxe-arm64\" }\n";
    let board = discover(OTHER, "U-Boot.armv8", Some(22), &[]);
    let answered = told(&plan(world(), &format!("{loader}{rule}")), &board).unwrap();
    assert!(answered.bytes[108..].starts_with(b"ipxe/arm64/ipxe.efi\0"));
    let silent = told(&plan(world(), loader), &board).unwrap_err();
    assert!(silent.contains("answered only where a `firmware` of its architecture names a `loader`"), "{silent}");
}

/// ST-02, IP-03, IP-08: the full iPXE is one that speaks HTTP; one that does not would come back as it went.
#[test]
fn ip_03_an_ipxe_without_http_gets_one_that_has_it() {
    let without_http: &[(u8, &[u8])] = &[(77, b"iPXE"), (175, &[0x21, 1, 1])];
    let client = discover(OTHER, UEFI, Some(7), without_http);
    let complete = plan(machine(), "");
    assert_eq!(told(&complete, &client).unwrap().file, "tftp://192.168.1.5/ipxe/x64/ipxe.efi");
    let second: &[(u8, &[u8])] = &[(77, b"iPXE"), (175, &[0x21, 1, 1, 0x13, 1, 1])];
    assert_eq!(told(&complete, &discover(OTHER, UEFI, Some(7), second)).unwrap().file, "http://192.168.1.5/boot.ipxe");
    let gpxe = discover(OTHER, "PXEClient:Arch:00000:UNDI:002001", Some(0), &[(77, b"gPXE")]);
    assert_eq!(told(&complete, &gpxe).unwrap().file, "tftp://192.168.1.5/ipxe/bios/ipxe.pxe");

    let lacking = plan(machine().with("/usr/lib/ipxe/snponly.efi", trees::x64_program()), "");
    assert_eq!(told(&lacking, &client).unwrap().file, "tftp://192.168.1.5/boot.ipxe");
}
