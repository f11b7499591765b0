//! From the firmware to the kernel: what each stage is told, and what the log tells of it.

use std::net::Ipv4Addr;

use netspec::cli::compile::compile;
use netspec::proto::dhcp::FILE_MAX;
use netspec::serve::content::Files as _;
use netspec::world::OsWorld;

use super::lan::{Lan, Message, SPEC, bound};
use crate::support::{Folder, trees};
use crate::tree::{read, tree};

/// One ISO of each kind and a menu, with a loader for each firmware.
fn folder() -> Folder {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"arch\" \"isos/arch.iso\"\niso \"old\" \"isos/old.iso\"\n\
                iso \"debian\" \"isos/debian.iso\"\nmenu \"main\" {\n    entry \"arch\" iso=\"arch\"\n    entry \"old\" iso=\"old\"\n    \
                entry \"debian\" iso=\"debian\"\n}\nloader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\n\
                loader \"ipxe-x64\" \"ipxe with blanks\"\n";
    let folder = Folder::with_spec(spec)
        .iso("arch.iso", "ARCH_202611", &trees::archiso())
        .iso("old.iso", "ARCH_201409", &trees::archiso_2014())
        .iso("debian.iso", "Debian", &trees::debian_live());
    std::fs::create_dir(folder.path("pxelinux")).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        std::fs::write(folder.path("pxelinux").join(name), name).unwrap();
    }
    std::fs::write(folder.path("ipxe with blanks"), trees::x64_program()).unwrap();
    folder
}

/// The texts of everything that is generated, by their paths.
fn texts(folder: &Folder) -> Vec<(String, String)> {
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    let outcome = compiled.outcome.expect("a spec without errors");
    let served = tree(folder);
    let generated = outcome.plan.tree.iter().filter(|(_, node)| matches!(node, netspec::plan::Node::Text(_)));
    generated
        .map(|(path, _)| (path.clone(), read(&served.open(path, Ipv4Addr::new(192, 168, 1, 5)).unwrap())))
        .collect()
}

/// What differs from client to client is iPXE's to fill in, and where the server is stands in the text itself: of what DHCP
/// said, later stages see the DHCP server's part, or after HTTP Boot none at all.
#[test]
fn st_05_hb_09_ip_02_scripts_name_the_server_and_nothing_of_dhcp() {
    for (path, text) in texts(&folder()) {
        for never in ["next-server", "${filename}", "proxydhcp/", "pxebs/", "${net0/"] {
            assert!(!text.contains(never), "{path} has `{never}`:\n{text}");
        }
        for line in text.lines().filter(|line| path.ends_with(".ipxe") && line.starts_with("chain")) {
            assert!(line.contains("http://192.168.1.5/") || line.contains("tftp://192.168.1.5/"), "{path}: {line}");
        }
        for line in text.lines().filter(|line| path.ends_with(".ipxe") && line.starts_with("kernel")) {
            assert!(line.starts_with("kernel http://192.168.1.5/"), "{path}: {line}");
        }
    }
}

/// PXELINUX and iPXE put the card into the command line, so that the initial RAM disk asks through the same one.
#[test]
fn st_06_linux_is_told_by_which_card_it_booted() {
    let texts = texts(&folder());
    let (_, script) = texts.iter().find(|(path, _)| path == "boot.ipxe").unwrap();
    let kernels: Vec<&str> = script.lines().filter(|line| line.starts_with("kernel ")).collect();
    assert!(kernels.len() >= 3, "{script}");
    for line in kernels {
        assert!(line.contains("BOOTIF=01-${netX/mac:hexhyp}") || line.contains("ip=${netX/ip}"), "{line}");
        assert!(!line.contains("BOOTIF") || !line.contains("ip=dhcp") || line.contains("boot=live"), "{line}");
    }
    // In each entry of a menu that loads a kernel with a network in its command line: 1 is `ip=`, 2 is `BOOTIF=`.
    let mut entries = 0;
    for (path, text) in texts.iter().filter(|(path, _)| path.ends_with(".cfg")) {
        for entry in
            text.split("LABEL ").filter(|entry| entry.contains("archiso_http_srv=") || entry.contains("boot=live"))
        {
            let says = |word: &str| entry.to_ascii_uppercase().contains(word);
            assert!(
                says("SYSAPPEND 3") || says("IPAPPEND 3") || says("SYSAPPEND 2") || says("IPAPPEND 2"),
                "{path}: {entry}"
            );
            entries += 1;
        }
    }
    assert!(entries >= 3, "{entries}");
}

/// Whatever files on this machine are called, firmware is told short names of plain ASCII, whose end says what they are.
#[test]
fn bi_03_ht_23_firmware_is_told_plain_names() {
    let folder = folder();
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    let boot = compiled.outcome.expect("a spec without errors").plan.boot;
    let mut names = vec![boot.bios.unwrap().file];
    assert!(names[0].ends_with(".0"));
    assert!(!boot.efi.is_empty() && !boot.http.is_empty());
    for name in boot.efi.into_values().map(|boot| boot.file).chain(boot.http.into_values()) {
        assert!(name.ends_with(".efi"), "edk2 takes the type from the name: {name}");
        names.push(name);
    }
    for name in names {
        assert!(name.len() <= 64 && name.len() <= FILE_MAX, "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)), "{name}");
        assert!(!name.starts_with('/') && !name.contains("//"), "{name}");
    }
}

/// ST-12, G05: from the first DISCOVER to the root image each stage has its one line, and so has each repetition none.
#[test]
fn st_12_the_log_has_a_line_for_each_stage() {
    Lan::with(SPEC, |lan| {
        // The ROM asks, once more since it heard nothing, and iPXE behind it.
        let rom = Message::bios(1);
        lan.offer(&rom);
        lan.offer(&rom);
        lan.offer(&Message::ipxe(1, 0));
        lan.lease();
        for path in [
            "boot.ipxe",
            "iso/arch/boot/syslinux/lpxelinux.0",
            "iso/arch/boot/syslinux/syslinux.cfg",
            "iso/arch/arch/boot/x86_64/vmlinuz-linux",
            "iso/arch/arch/boot/x86_64/initramfs-linux.img",
            "iso/arch/arch/x86_64/airootfs.sfs",
        ] {
            let socket = bound(0);
            lan.send(&socket, 69, format!("\0\x01{path}\0octet\0").as_bytes());
            let port = socket.local_addr().unwrap().port();
            let mut block = 1u16;
            loop {
                let data = lan
                    .first(|packet| packet.destination.port() == port && packet.payload[2..4] == block.to_be_bytes());
                socket.send_to(&[&[0, 4][..], &block.to_be_bytes()].concat(), data.source).unwrap();
                block += 1;
                if data.payload.len() < 516 {
                    break;
                }
            }
            // Files of a few bytes end at the same time, and their lines come in any order.
            lan.says(&format!(" {path}"));
        }
        lan.says("done: has everything");
        let log = lan.log();
        let mut rest = log.as_str();
        for stage in [
            "asked to boot: PXE ROM on legacy BIOS",
            "was offered iso/arch/boot/syslinux/lpxelinux.0",
            "asked again: iPXE on legacy BIOS",
            "was offered http://10.9.0.1/boot.ipxe",
            "menu boot.ipxe",
            "loader iso/arch/boot/syslinux/lpxelinux.0",
            "menu iso/arch/boot/syslinux/syslinux.cfg",
            "kernel iso/arch/arch/boot/x86_64/vmlinuz-linux",
            "initrd iso/arch/arch/boot/x86_64/initramfs-linux.img",
            "root image",
        ] {
            let at = rest.find(stage).unwrap_or_else(|| panic!("no `{stage}` in its place:\n{log}"));
            rest = &rest[at + stage.len()..];
        }
        assert_eq!(log.matches("asked to boot: PXE ROM").count(), 1, "{log}");
        let stages = log.lines().filter(|line| line.contains(" s  52:54:00:01:02:03  "));
        assert!(stages.count() >= 10, "by its hardware address:\n{log}");
    });
}

/// CO-18: the start says what a firewall must let in.
#[test]
fn co_18_the_start_names_the_ports() {
    Lan::with(&format!("{SPEC}server {{\n    http 8080\n}}\n"), |lan| {
        lan.says("a firewall must let in UDP 67, 69 and 4011, and TCP 8080");
    });
}
