//! What `netspec explain` prints about golden specs, and that it is what is served.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use netspec::image::syslinux::Config;
use serde_json::Value;

use crate::support::{Folder, iso9660, signed, text, trees};

const NETWORK: &str = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\n";
/// Every loader that could be found on one machine and not on another.
const LOADERS: &str = "loader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\n\
    loader \"ipxe-x64\" \"pxelinux/snponly.efi\"\nloader \"ipxe-ia32\" \"pxelinux/ia32.efi\"\n\
    loader \"ipxe-arm64\" \"pxelinux/arm64.efi\"\nloader \"ipxe-riscv64\" \"pxelinux/riscv64.efi\"\n\
    loader \"ipxe-loong64\" \"pxelinux/loong64.efi\"\nloader \"shim-x64\" \"pxelinux/shim.efi\"\n\
    loader \"grub-x64\" \"pxelinux/grub.efi\"\n";

/// A folder with a spec, small ISOs of each family, and loaders of a few bytes.
fn folder(spec: &str) -> Folder {
    folder_with_grub(spec, false)
}

/// Where GRUB can load over HTTP, UEFI HTTP Boot gets shim, which Secure Boot trusts; else it gets iPXE.
fn folder_with_grub(spec: &str, has_http: bool) -> Folder {
    let network = if spec.contains("network ") { "" } else { NETWORK };
    let folder = Folder::with_spec(&format!("{network}{LOADERS}{spec}"))
        .iso("arch.iso", "ARCH_202611", &trees::archiso())
        .iso("old.iso", "ARCH_201409", &trees::archiso_2014())
        .iso("debian.iso", "Debian bookworm", &trees::debian_live());
    let place = folder.path("pxelinux");
    fs::create_dir(&place).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32", "whichsys.c32"] {
        fs::write(place.join(name), name).unwrap();
    }
    let mut shim = signed::shim("Some CA");
    // A signature of the firmware's authority: the certificate table, of which only the place is looked at.
    let table = [shim.len(), 8].map(|number| u32::try_from(number).unwrap().to_le_bytes()).concat();
    shim[0xe8..0xf0].copy_from_slice(&table);
    shim.extend([0; 8]);
    fs::write(place.join("shim.efi"), shim).unwrap();
    fs::write(place.join("grub.efi"), signed::grub("Some CA", has_http)).unwrap();
    for (name, machine) in
        [("snponly", 0x8664_u16), ("ia32", 0x14c), ("arm64", 0xaa64), ("riscv64", 0x5064), ("loong64", 0x6264)]
    {
        let mut program = trees::x64_program();
        program[0x44..0x46].copy_from_slice(&machine.to_le_bytes());
        fs::write(place.join(format!("{name}.efi")), program).unwrap();
    }
    folder
}

const ONE_ISO: &str = "iso \"arch\" \"isos/arch.iso\"\n";
const OLD_ISO: &str = "iso \"old\" \"isos/old.iso\"\n";
const LIVE_ISO: &str =
    "iso \"debian\" \"isos/debian.iso\" {\n    arguments \"console=ttyS0,115200\"\n}\nserver {\n    http 8080\n}\n";
const MENUS: &str = "iso \"arch\" \"isos/arch.iso\"\niso \"debian\" \"isos/debian.iso\"\n\
    menu \"main\" title=\"Home ^netboot\" timeout=30 {\n    entry \"disk\" boot=\"local-disk\" default=#true\n    separator\n\
    entry \"arch\" iso=\"arch\"\n    entry \"more\" menu=\"more\"\n}\n\
    menu \"more\" title=\"Other systems\" {\n    entry \"debian\" iso=\"debian\" title=\"Debian\"\n\
    entry \"hand\" iso=\"debian\" {\n        kernel \"/live/vmlinuz\"\n        initrd \"/live/initrd.img\"\n\
    arguments \"boot=live root=live:{iso}/live/filesystem.squashfs log={server}\"\n    }\n}\n";

#[test]
fn uefi_loads_ipxe_and_then_the_menu() {
    insta::assert_snapshot!(folder(ONE_ISO).netspec_ok(&["explain", "spec.kdl", "--arch", "uefi-x64"]));
}

#[test]
fn bios_gets_the_menu_of_the_iso() {
    let folder = folder(ONE_ISO);
    insta::assert_snapshot!(folder.netspec_ok(&[
        "explain",
        "spec.kdl",
        "--arch",
        "bios",
        "--mac",
        "52:54:00:aa:bb:cc"
    ]));
}

#[test]
fn ipxe_in_a_card_goes_on_to_pxelinux() {
    let arguments = ["explain", "spec.kdl", "--arch", "bios", "--user-class", "iPXE", "--server", "192.168.1.5"];
    insta::assert_snapshot!(folder(OLD_ISO).netspec_ok(&arguments));
}

#[test]
fn http_boot_leads_through_menus_to_each_kernel() {
    insta::assert_snapshot!(folder(MENUS).netspec_ok(&["explain", "spec.kdl", "--arch", "http-x64"]));
}

#[test]
fn one_entry_can_be_picked() {
    let folder = folder(MENUS);
    let explain = |entry| folder.netspec_ok(&["explain", "spec.kdl", "--arch", "uefi-x64", "--entry", entry]);
    let hand = explain("HAND").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        hand.contains("root=live:http://192.168.1.1/iso/debian/live/filesystem.squashfs log=192.168.1.1"),
        "{hand}"
    );
    assert_eq!(hand.matches("command line").count(), 1, "{hand}");
    assert!(explain("nonsense").contains("No line of these menus that starts a kernel has \"nonsense\" in it."));
}

#[test]
fn all_kinds_are_shown_in_short() {
    insta::assert_snapshot!(folder(LIVE_ISO).netspec_ok(&["explain", "spec.kdl"]));
}

/// The standard output of a run that must end with exit code 1: the client does not boot.
fn fails(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.netspec(&[&["explain", "spec.kdl"], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn an_unsigned_program_does_not_start_under_secure_boot() {
    insta::assert_snapshot!(fails(&folder(ONE_ISO), &["--arch", "http-x64", "--secure-boot"]));
}

/// The path of a client with Secure Boot on, to a kernel that shim accepts and to one that it refuses.
#[test]
fn shim_and_grub_lead_to_signed_kernels() {
    let folder = folder_with_grub(MENUS, true);
    let with_kernel = |kernel: &[u8]| {
        let mut files: BTreeMap<String, Vec<u8>> =
            trees::debian_live().into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
        files.insert("live/vmlinuz".to_owned(), kernel.to_vec());
        fs::write(folder.path("isos/debian.iso"), iso9660::image("Debian bookworm", &files)).unwrap();
    };
    with_kernel(&signed::kernel("Some CA"));
    let arguments = ["explain", "spec.kdl", "--arch", "http-x64", "--secure-boot", "--mac", "52:54:00:aa:bb:cc"];
    insta::assert_snapshot!(folder.netspec_ok(&arguments));
    with_kernel(&signed::kernel("Other CA"));
    let refused = fails(&folder, &arguments[2..]);
    assert!(
        refused.contains("DOES NOT START       Secure Boot is on: `/live/vmlinuz` of ISO `debian` is"),
        "{refused}"
    );
    assert!(refused.contains("Secure Boot is on, and shim refuses every kernel"), "{refused}");
    let over_pxe = fails(&folder, &["--arch", "uefi-x64", "--secure-boot"]);
    assert!(over_pxe.contains("What to do: choose UEFI HTTP Boot in the PC's setup"), "{over_pxe}");
}

#[test]
fn silence_has_a_reason_and_what_to_do() {
    let folder = folder(ONE_ISO);
    insta::assert_snapshot!(fails(&folder, &["--arch", "uboot-arm64"]));
    let windows = fails(&folder, &["--arch", "bios", "--vendor-class", "MSFT 5.0\u{1b}[31m"]);
    assert!(windows.contains("not a PXE client (option 60 is \"MSFT 5.0\\x1b[31m\")"), "{windows}");
    assert!(windows.contains("What to do: ") && !windows.contains('\u{1b}'), "{windows}");
}

/// The rule that is followed is named, and the exchange is the one that it asks for.
#[test]
fn rules_of_the_spec_are_seen() {
    let rules = "host \"desk\" {\n    mac \"52:54:00:aa:bb:cc\"\n    mode \"silent\"\n}\n\
                 firmware \"old\" {\n    mac \"52:54:01\"\n    mode \"both\"\n    delay \"2s\"\n}\n\
                 firmware \"new\" {\n    arch \"uefi-x64\"\n    mode \"pxe10\"\n}\n";
    let folder = folder(&format!("{ONE_ISO}{rules}"));
    let silent = fails(&folder, &["--arch", "uefi-x64", "--mac", "52:54:00:aa:bb:cc"]);
    assert!(silent.contains("UEFI x64 (PXE): host desk says to be silent"), "{silent}");
    assert!(silent.contains("What to do: change or remove the `mode \"silent\"` of host desk in the spec"), "{silent}");

    let explain = |mac: &str| {
        let arguments = ["explain", "spec.kdl", "--arch", "uefi-x64", "--mac", mac, "--format", "json"];
        serde_json::from_str::<Value>(&folder.netspec_ok(&arguments)).unwrap()
    };
    let both = explain("52:54:01:00:00:01");
    let answer = &both["steps"][0]["answer"];
    assert_eq!((&answer["rule"], &answer["delay-ms"]), (&"firmware old".into(), &2000.into()));
    assert_eq!((&answer["vendor-options"], &answer["also"]), (&Value::Null, &"load the file at once".into()));
    let at_once = explain("52:54:02:00:00:01");
    assert_eq!(at_once["steps"][0]["answer"]["rule"], "firmware new");
    assert_eq!(at_once["steps"][0]["answer"]["vendor-options"], "load the file at once");
    assert_eq!(at_once["steps"][1]["kind"], "loads", "nothing is asked on port 4011");
}

/// Where netspec is the DHCP server, one answer has the address and the file.
#[test]
fn a_network_without_another_dhcp_server_is_explained() {
    let network = "network \"lab\" {\n    subnet \"10.0.0.0/24\"\n    dhcp \"server\" {\n\
                   range \"10.0.0.100-10.0.0.199\"\n        lease \"12h\"\n    }\n}\n";
    let folder = folder(&format!("{network}{ONE_ISO}"));
    let arguments = ["explain", "spec.kdl", "--arch", "uefi-x64", "--format", "json"];
    let json: Value = serde_json::from_str(&folder.netspec_ok(&arguments)).unwrap();
    let answer = &json["steps"][0]["answer"];
    let address: std::net::Ipv4Addr = answer["address"].as_str().unwrap().parse().unwrap();
    assert!((100..=199).contains(&address.octets()[3]), "{address}");
    assert_eq!(answer["file"], "grub/x64/shimx64.efi");
    assert_eq!(json["steps"][1]["kind"], "loads", "nothing is asked on port 4011");
}

#[test]
fn the_command_line_says_what_it_takes() {
    let folder = folder(ONE_ISO);
    let wrong = |arguments: &[&str]| {
        let output = folder.netspec(&[&["explain", "spec.kdl"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        text(&output.stderr)
    };
    assert!(wrong(&["--arch", "x64"]).contains("--arch does not know `x64`; it takes bios, uefi-x64, "));
    assert!(wrong(&["--arch", "bios", "--secure-boot"]).contains("--secure-boot is for UEFI; legacy BIOS has none"));
    assert!(wrong(&["--server", "0.0.0.0"]).contains("no machine has the address 0.0.0.0"));
    assert!(wrong(&["--secure-boot"]).contains("--arch <ARCH>"));
    assert!(wrong(&["--arch", "bios", "--mac", "52:54"]).contains("six pairs of hexadecimal digits"));
}

/// A DHCPDISCOVER of QEMU's network card in a capture of one packet.
fn capture() -> Vec<u8> {
    let mut message = vec![1, 1, 6, 0, 0, 0, 0, 1];
    message.resize(28, 0);
    message.extend([0x52, 0x54, 0, 0xaa, 0xbb, 0xcc]);
    message.resize(236, 0);
    message.extend([99, 130, 83, 99, 53, 1, 1, 93, 2, 0, 0, 60, 9]);
    message.extend(b"PXEClient\xff");
    let len = u8::try_from(message.len() - 228).unwrap();
    let mut frame = vec![0xff; 6];
    frame.extend([0x52, 0x54, 0, 0xaa, 0xbb, 0xcc, 8, 0, 0x45, 0, 1, len, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0]);
    frame.extend([255, 255, 255, 255, 0, 68, 0, 67, 1, len - 20, 0, 0]);
    frame.extend(message);
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    let len = u32::try_from(frame.len()).unwrap();
    bytes.extend([1, 0, len, len].map(u32::to_le_bytes).concat());
    bytes.extend(frame);
    bytes
}

#[test]
fn a_capture_is_laid_beside_the_spec() {
    let folder = folder(ONE_ISO);
    fs::write(folder.path("lan.pcap"), capture()).unwrap();
    insta::assert_snapshot!(folder.netspec_ok(&["explain", "spec.kdl", "--pcap", "lan.pcap"]));
    let json = folder.netspec_ok(&["explain", "spec.kdl", "--pcap", "lan.pcap", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["packets"], 1);
    assert_eq!(json["events"][0]["kind"], "asked");
    assert_eq!(json["events"][0]["client"], "52:54:00:aa:bb:cc");
    assert_eq!(json["events"][0]["answer"]["file"], "iso/arch/boot/syslinux/lpxelinux.0");
    assert!(!json["findings"].as_array().unwrap().is_empty());
}

#[test]
fn a_capture_that_cannot_be_read_says_why() {
    let folder = folder(ONE_ISO);
    let wrong = |file: &str| {
        let output = folder.netspec(&["explain", "spec.kdl", "--pcap", file]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        text(&output.stderr)
    };
    assert!(wrong("none.pcap").ends_with("netspec: cannot open `none.pcap`: No such file or directory (os error 2)\n"));
    assert!(wrong("spec.kdl").contains("cannot read `spec.kdl`: it is no capture in the format pcap or pcapng"));
}

/// Whoever reads the JSON finds these names.
#[test]
fn as_json_it_has_the_same_steps() {
    let arguments = ["explain", "spec.kdl", "--arch", "uefi-x64", "--format", "json", "--mac", "52-54-00-AA-BB-CC"];
    let json: Value = serde_json::from_str(&folder(ONE_ISO).netspec_ok(&arguments)).unwrap();
    assert_eq!(json["format"], 1);
    assert_eq!(json["client"]["mac"], "52:54:00:aa:bb:cc");
    assert_eq!(json["server"]["is-example"], true);
    let steps: Vec<_> = json["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(steps, ["asks", "asks", "loads", "asks", "loads"]);
    assert_eq!(json["steps"][0]["answer"]["kind"], "offer");
    assert_eq!(json["steps"][0]["answer"]["file"], "ipxe/x64/ipxe.efi");
    assert_eq!(json["steps"][2]["file"]["gets"]["from"]["kind"], "file");
    assert_eq!(json["menus"]["first"]["kind"], "menu");
    let kernel = &json["menus"]["menus"][0]["lines"][0]["leads-to"];
    assert_eq!(kernel["kind"], "kernel");
    assert_eq!(kernel["kernel"]["gets"]["role"], "kernel");
    assert!(kernel["command-line"].as_str().unwrap().ends_with("BOOTIF=01-52-54-00-aa-bb-cc"));
    assert_eq!(json["problems"], Value::Array(Vec::new()));
}

/// All kernels of an explanation.
fn kernels(json: &Value) -> Vec<&Value> {
    let menus = json["menus"]["menus"].as_array().unwrap();
    let lines = menus.iter().flat_map(|menu| menu["lines"].as_array().unwrap());
    lines.map(|line| &line["leads-to"]).filter(|leads_to| leads_to["kind"] == "kernel").collect()
}

/// The generated texts of a plan, with its marks filled in as serving does.
fn served(folder: &Folder) -> Vec<(String, String)> {
    let plan: Value = serde_json::from_str(&folder.netspec_ok(&["plan", "spec.kdl"])).unwrap();
    let origin = match plan["server"]["http-port"].as_u64() {
        Some(80) => "http://192.168.1.1".to_owned(),
        port => format!("http://192.168.1.1:{}", port.unwrap()),
    };
    let fill = |part: &Value| match (part.as_str(), part["insert"].as_str()) {
        (Some(text), _) => text.to_owned(),
        (_, Some("http-origin" | "payload-origin")) => origin.clone(),
        _ => "192.168.1.1".to_owned(),
    };
    let texts = plan["tree"].as_object().unwrap().iter().filter_map(|(path, node)| {
        let parts = node["text"].as_array()?;
        Some((path.clone(), parts.iter().map(fill).collect()))
    });
    texts.collect()
}

/// The words of each kernel that is explained are those of a line that is served, and no line is left out.
#[test]
fn the_command_lines_are_those_that_are_served() {
    for spec in [ONE_ISO, OLD_ISO, LIVE_ISO, MENUS] {
        let folder = folder(spec);
        let texts = served(&folder);
        let explain = |arch: &str| -> Value {
            let explained = folder.netspec_ok(&["explain", "spec.kdl", "--arch", arch, "--format", "json"]);
            serde_json::from_str(&explained).unwrap()
        };

        let script = &texts.iter().find(|(path, _)| path == "boot.ipxe").unwrap().1;
        let served: BTreeSet<String> = script
            .lines()
            .filter_map(|line| line.strip_prefix("kernel ")?.strip_suffix(" || goto failed"))
            .map(str::to_owned)
            .collect();
        let uefi = explain("uefi-x64");
        let explained: BTreeSet<String> = kernels(&uefi)
            .iter()
            .map(|kernel| {
                let (name, words) = kernel["command-line"].as_str().unwrap().split_once(' ').unwrap();
                let url = kernel["kernel"]["asks-for"].as_str().unwrap();
                assert!(url.ends_with(&format!("/{name}")), "{url} {name}");
                let words = ["ip", "gateway", "netmask"].iter().fold(words.to_owned(), |words, name| {
                    words.replace(&format!("<{name}>"), &format!("${{netX/{name}}}"))
                });
                format!("{url} {}", words.replace("<mac>", "${netX/mac:hexhyp}"))
            })
            .collect();
        assert!(!served.is_empty());
        assert_eq!(explained, served, "{spec}");

        let labels: Vec<_> = texts.iter().flat_map(|(_, text)| Config::parse(text).labels()).collect();
        let bios = explain("bios");
        let over_http: Vec<_> =
            kernels(&bios).into_iter().filter(|kernel| kernel["kernel"]["over"] == "http").collect();
        assert!(!over_http.is_empty());
        for kernel in over_http {
            let url = kernel["kernel"]["asks-for"].as_str().unwrap();
            let line = kernel["command-line"].as_str().unwrap();
            let is_served = labels.iter().any(|label| {
                label.kernel.as_deref() == Some(url)
                    && line.starts_with(&format!(
                        "BOOT_IMAGE={url} {} initrd={}",
                        label.append,
                        label.initrds.join(",")
                    ))
            });
            assert!(is_served, "{spec}: {line}");
        }
    }
}
