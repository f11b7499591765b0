//! Secure Boot: which clients get shim, what GRUB is told, and what is said about kernels beforehand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use netspec::cli::compile::{Compiled, Outcome, compile};
use netspec::plan::secure_boot::{Hindrance, KernelVerdict, Way};
use netspec::plan::{Node, Served};
use netspec::world::MemWorld;

use crate::support::{iso9660, signed, trees};

const NETWORK: &str = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\n";
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);
const SHIM: &str = "/usr/lib/shim/shimx64.efi.signed";
const GRUB: &str = "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed";
const KERNEL: &str = "live/vmlinuz";

/// A machine with iPXE, PXELINUX and the ISOs of the tests, whose Debian has this kernel.
fn machine(spec: &str, kernel: &[u8]) -> MemWorld {
    let files = |tree: Vec<(&str, String)>| -> BTreeMap<String, Vec<u8>> {
        tree.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect()
    };
    let mut debian = files(trees::debian_live());
    debian.insert(KERNEL.to_owned(), kernel.to_vec());
    let mut world = MemWorld::default()
        .with("spec.kdl", format!("{NETWORK}{spec}"))
        .with("arch.iso", iso9660::image("ARCH_202611", &files(trees::archiso())))
        .with("debian.iso", iso9660::image("Debian", &debian))
        .with("/usr/lib/ipxe/snponly.efi", trees::x64_program())
        .with("/usr/lib/PXELINUX/lpxelinux.0", "loader");
    for module in ["ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        world = world.with(format!("/usr/lib/syslinux/modules/bios/{module}"), "module");
    }
    world
}

fn compiled(world: &MemWorld) -> Compiled {
    compile(Path::new("spec.kdl"), world)
}

fn outcome(compiled: &Compiled) -> &Outcome {
    compiled.outcome.as_ref().unwrap_or_else(|| panic!("{:?}", compiled.findings))
}

/// The generated files of GRUB, as a client sees them.
fn scripts(outcome: &Outcome, http_port: u16) -> BTreeMap<String, String> {
    let served = Served { machine: None, local: SERVER, http_port: Some(http_port), payload: None, scripts_too: false };
    let of_grub = outcome.plan.tree.iter().filter(|(path, _)| path.starts_with("grub/"));
    of_grub
        .filter_map(|(path, node)| match node {
            Node::Text(text) => Some((path.clone(), text.render(&served))),
            _ => None,
        })
        .collect()
}

const DEBIAN: &str = "iso \"debian\" \"debian.iso\"\n";

/// Nothing in DHCP tells whether Secure Boot is on, so over HTTP Boot every such client gets shim, which works without it too;
/// beside shim, under the name that it asks for, lies GRUB. Over PXE GRUB would not find this server.
#[test]
fn ar_03_hb_08_http_boot_gets_shim_with_grub_beside_it_and_pxe_gets_ipxe() {
    let world = machine(DEBIAN, &signed::kernel("Some CA"))
        .with(SHIM, signed::shim("Some CA"))
        .with(GRUB, signed::grub("Some CA", true));
    let compiled = compiled(&world);
    let outcome = outcome(&compiled);
    let plan = serde_json::to_value(&outcome.plan).unwrap();
    assert_eq!(plan["boot"]["http"]["x64"], "grub/x64/shimx64.efi");
    assert_eq!(plan["boot"]["efi"]["x64"]["file"], "ipxe/x64/ipxe.efi");
    assert_eq!(plan["tree"]["grub/x64/grubx64.efi"]["loader"], "grubx64.efi");
    let [report] = &outcome.secure_boot[..] else { panic!("{:?}", outcome.secure_boot) };
    assert_eq!((report.http, report.pxe), (Way::Shim, Way::None(Hindrance::Proxy)));
    let verdicts: Vec<_> = report.kernels.iter().map(|kernel| (kernel.path.as_str(), &kernel.verdict)).collect();
    assert_eq!(verdicts, [(KERNEL, &KernelVerdict::Accepted)]);
}

#[test]
fn a_chain_that_breaks_leaves_ipxe_in_its_place_and_says_where() {
    let (shim, grub) = (signed::shim("Some CA"), signed::grub("Some CA", true));
    let cases = [
        (Some(&shim), Some(signed::grub("Some CA", false)), Hindrance::NoHttp),
        (Some(&shim), Some(signed::grub("Other CA", true)), Hindrance::ForeignGrub),
        (Some(&shim), Some(trees::x64_program()), Hindrance::ForeignGrub),
        (Some(&shim), None, Hindrance::NoGrub),
        (None, Some(grub), Hindrance::NoShim),
    ];
    for (shim, grub, why) in cases {
        let mut world = machine(DEBIAN, b"kernel");
        if let Some(shim) = shim {
            world = world.with(SHIM, shim.clone());
        }
        if let Some(grub) = grub {
            world = world.with(GRUB, grub);
        }
        let compiled = compiled(&world);
        let outcome = outcome(&compiled);
        let plan = serde_json::to_value(&outcome.plan).unwrap();
        assert_eq!(plan["boot"]["http"]["x64"], "ipxe/x64/ipxe.efi", "{why:?}");
        assert!(scripts(outcome, 80).is_empty(), "{why:?}");
        let [report] = &outcome.secure_boot[..] else { panic!("{:?}", outcome.secure_boot) };
        assert_eq!(report.http, Way::None(why));
        assert_eq!(
            compiled.findings.iter().count(),
            0,
            "a spec that names neither says nothing: {:?}",
            compiled.findings
        );
    }
}

#[test]
fn kernels_without_the_right_signature_are_known_beforehand() {
    let loaders = format!("loader \"shim-x64\" {SHIM:?}\nloader \"grub-x64\" {GRUB:?}\n");
    let menu = "menu \"main\" {\n    entry \"a\" iso=\"arch\"\n    entry \"d\" iso=\"debian\"\n}\n";
    let spec = format!("{DEBIAN}iso \"arch\" \"arch.iso\"\n{loaders}{menu}");
    let world = machine(&spec, &signed::kernel("Other CA"))
        .with(SHIM, signed::shim("Some CA"))
        .with(GRUB, signed::grub("Some CA", true));
    let compiled = compiled(&world);
    let messages: Vec<_> = compiled.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "kernel `/live/vmlinuz` of ISO `debian` is signed by `Other CA`: clients with Secure Boot on will refuse it",
            "kernel `/arch/boot/x86_64/vmlinuz-linux` of ISO `arch` is not signed: clients with Secure Boot on will refuse it",
        ]
    );
    assert_eq!(
        outcome(&compiled).secure_boot[0].lines(),
        [
            "Secure Boot on x86-64: UEFI HTTP Boot gets shim and GRUB; PXE is refused, because GRUB does not see what a proxy \
             offers, and asks the other DHCP server for its menu",
            "  refused: `/arch/boot/x86_64/vmlinuz-linux` of ISO `arch` is not signed",
            "  refused: `/live/vmlinuz` of ISO `debian` is signed by `Other CA`",
        ]
    );
}

/// Where the DHCPACK is netspec's own, GRUB reads the server from it, and one without HTTP loads everything over TFTP.
#[test]
fn st_08_where_netspec_is_the_dhcp_server_pxe_gets_shim_too() {
    let server = "network \"lab\" {\n    subnet \"10.0.0.0/24\"\n    dhcp \"server\" {\n        range \"10.0.0.100-10.0.0.199\"\n    }\n}\n";
    let world = machine(DEBIAN, &signed::kernel("Some CA")).with("spec.kdl", format!("{server}{DEBIAN}"));
    let world = world.with(SHIM, signed::shim("Some CA")).with(GRUB, signed::grub("Some CA", false));
    let compiled = compiled(&world);
    let outcome = outcome(&compiled);
    let plan = serde_json::to_value(&outcome.plan).unwrap();
    assert_eq!(plan["boot"]["efi"]["x64"]["file"], "grub/x64/shimx64.efi");
    assert_eq!(plan["boot"]["http"]["x64"], "ipxe/x64/ipxe.efi");
    assert_eq!(plan["tree"]["ipxe/x64/ipxe.efi"]["loader"], "ipxe-x64.efi");
    let both = format!("{server}{NETWORK}{DEBIAN}");
    let compiled = compile(Path::new("spec.kdl"), &world.with("spec.kdl", both));
    let plan = serde_json::to_value(&self::outcome(&compiled).plan).unwrap();
    assert_eq!(plan["boot"]["efi"]["x64"]["file"], "ipxe/x64/ipxe.efi", "one table for all networks");
}

/// Beside another DHCP server, a rule can still give shim to some machines, and then GRUB and its menus are there for them.
#[test]
fn a_rule_that_offers_shim_brings_grub_and_the_menus() {
    let rule = "host \"desk\" {\n    mac \"52:54:00:aa:bb:cc\"\n    loader \"shim-x64\"\n}\n";
    let world = machine(&format!("{DEBIAN}{rule}"), &signed::kernel("Some CA"));
    let world = world.with(SHIM, signed::shim("Some CA")).with(GRUB, signed::grub("Some CA", false));
    let compiled = compiled(&world);
    let outcome = outcome(&compiled);
    let plan = serde_json::to_value(&outcome.plan).unwrap();
    assert_eq!(plan["boot"]["efi"]["x64"]["file"], "ipxe/x64/ipxe.efi");
    assert_eq!(plan["boot"]["rules"][0]["then"]["loader"]["path"], "grub/x64/shimx64.efi");
    assert_eq!(plan["tree"]["grub/x64/grubx64.efi"]["loader"], "grubx64.efi");
    assert!(scripts(outcome, 80).contains_key("grub/grub.cfg"));
}

/// GRUB of Debian 12 is of no use to HTTP Boot, but a machine whose rule says so finds netspec with it over PXE.
#[test]
fn a_rule_that_offers_shim_is_a_way() {
    let loaders = format!("loader \"shim-x64\" {SHIM:?}\nloader \"grub-x64\" {GRUB:?}\n");
    let rule = "host \"desk\" {\n    mac \"52:54:00:aa:bb:cc\"\n    mode \"merged\"\n    loader \"shim-x64\"\n}\n";
    let messages = |spec: &str| {
        let world = machine(spec, &signed::kernel("Some CA")).with(SHIM, signed::shim("Some CA"));
        let compiled = compiled(&world.with(GRUB, signed::grub("Some CA", false)));
        compiled.findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    let no_way =
        "clients with Secure Boot on cannot boot: this GRUB cannot load over HTTP; Debian's can since release 13";
    assert_eq!(messages(&format!("{DEBIAN}{loaders}")), [no_way]);
    assert_eq!(messages(&format!("{DEBIAN}{loaders}{rule}")), [""; 0]);
}

/// A spec with everything that a menu can have, and with titles and words that mean something in other languages.
fn hostile() -> MemWorld {
    let spec = r#"
iso "arch" "arch.iso" {
    arguments "opt='x y' ds=nocloud-net;s=http://{{h}/ $HOME `id` a|b & c\\d \"e f\""
}
iso "debian" "debian.iso"
server { http 8080; }
menu "main" title="It's $mine" timeout=30 {
    entry "disk" boot="local-disk" default=#true
    separator
    entry "arch" iso="arch" title="'; reboot; menuentry 'It''s \"Arch\" $root {{x} \\"
    entry "debian" iso="debian"
    entry "more" menu="more"
}
menu "more" title="More" {
    entry "hand" iso="debian" {
        kernel "/live/vmlinuz"
        initrd "/live/initrd.img"
        arguments "log={server} url={iso}.iso"
    }
}
"#;
    machine(spec, b"kernel").with(SHIM, signed::shim("Some CA")).with(GRUB, signed::grub("Some CA", true))
}

/// GRUB's own parser takes every file, so no text has broken out of its quotes into the language.
#[test]
fn grub_accepts_every_script_whatever_is_in_titles_and_words() {
    let compiled = compiled(&hostile());
    let scripts = scripts(outcome(&compiled), 8080);
    assert!(scripts.len() >= 6, "{:?}", scripts.keys());
    for (path, script) in &scripts {
        let mut check = Command::new("grub-script-check").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let check = check.as_mut().expect("grub-script-check is needed; `make setup` installs it");
        check.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(check.wait().unwrap().success(), "{path}:\n{script}");
    }
    let lines = |script: &str| scripts[script].lines().filter(|line| line.starts_with("menuentry")).count();
    assert_eq!((lines("grub/menu/main.cfg"), lines("grub/menu/more.cfg")), (5, 3));
    insta::assert_snapshot!(scripts["grub/menu/main.cfg"]);
}

/// Every kernel comes from where GRUB came from, and the initramfs is told the card. GRUB reads `grub.cfg` from the folder that
/// was built into it and, if it is of the other kind, beside itself.
#[test]
fn st_06_st_08_grub_is_led_by_what_it_was_loaded_from_and_linux_by_its_card() {
    let compiled = compiled(&hostile());
    let scripts = scripts(outcome(&compiled), 8080);
    let kernels: Vec<_> =
        scripts.values().flat_map(|script| script.lines()).filter(|line| line.starts_with("    linux ")).collect();
    assert!(kernels.len() >= 4, "{kernels:?}");
    for line in kernels {
        assert!(line.starts_with("    linux \"($from)/iso/") && line.ends_with(" \"BOOTIF=$bootif\""), "{line}");
    }
    assert_eq!(scripts["grub/grub.cfg"], scripts["grub/x64/grub.cfg"]);
    insta::assert_snapshot!(scripts["grub/grub.cfg"]);
    assert_eq!(scripts["grub/http.cfg"], "set from=http,192.168.1.5:8080\n");
}

/// A name that HTTP and TFTP write differently is asked for by another name, which is the same file.
#[test]
fn a_kernel_with_an_odd_name_is_found_over_both_protocols() {
    let spec = "iso \"odd\" \"odd.iso\"\nmenu \"main\" {\n    entry \"a\" iso=\"odd\" {\n        kernel \"/b o/vm+1\"\n    }\n}\n";
    let files = BTreeMap::from([("b o/vm+1".to_owned(), signed::kernel("Some CA"))]);
    let world = machine(spec, b"").with("odd.iso", iso9660::image("ODD", &files));
    let world = world.with(SHIM, signed::shim("Some CA")).with(GRUB, signed::grub("Some CA", true));
    let compiled = compiled(&world);
    let outcome = outcome(&compiled);
    let path = "grub/file/0/iso-odd-b-o-vm-1";
    assert!(scripts(outcome, 80)["grub/menu/main.cfg"].contains(&format!("linux \"($from)/{path}\"")));
    assert_eq!(outcome.plan.tree[path], Node::Alias("iso/odd/b o/vm+1".to_owned()));
}
