//! The names that firmware and boot loaders ask for over TFTP.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use netspec::serve::content::{Content, Files, Opened, Role};
use netspec::serve::tftp::Config;

use crate::wire::{ANY, Server, Shelf};
use crate::wire_tftp::{Port, fetch, serve};

/// BI-05, too: Windows, WinPE and BCD write backslashes, GRUB and shim leading or double slashes, iPXE none.
#[test]
fn tf_40_g32_names_are_read_as_they_are_meant() {
    let server = serve(Shelf::default().memory("EFI/BOOT/grub.cfg", b"it".to_vec()));
    for name in [
        "EFI/BOOT/grub.cfg",
        "/EFI/BOOT/grub.cfg",
        "//EFI//BOOT///grub.cfg",
        "\\EFI\\BOOT\\grub.cfg",
        "./EFI/./BOOT/grub.cfg",
        ".\\EFI/BOOT\\.\\grub.cfg",
    ] {
        assert_eq!(fetch(&mut Port::open(server.addr), name, &[], |_| false), b"it", "{name}");
    }
    let mut port = Port::open(server.addr);
    port.send(b"\0\x01EFI/BOOT/grub.cfg\xff\0octet\0");
    assert_eq!(port.receive(), b"\0\x03\0\x01it", "BI-05");
}

/// IP-05, ST-09, ST-10, TF-30: what shim, GRUB, PXELINUX, iPXE and a Raspberry Pi only try gets ERROR 1 within milliseconds.
#[test]
fn tf_30_st_09_st_10_ip_05_searches_are_answered_at_once() {
    let server = serve(Shelf::default().memory("boot/grub/grub.cfg", b"it".to_vec()));
    let mut names: Vec<String> =
        ["EFI/BOOT/revocations.efi", "revocations.efi", "autoexec.ipxe", "boot/autoexec.ipxe", "bootsig.bin"]
            .map(str::to_owned)
            .into();
    names.extend(
        ["pxelinux.cfg/44454c4c-4400-1050-8032-b9c04f4e3332", "pxelinux.cfg/01-52-54-00-aa-bb-cc"].map(str::to_owned),
    );
    // The address in hexadecimal, a digit less each time.
    names.extend((1..=8).rev().map(|digits| format!("pxelinux.cfg/{:.digits$}", "C0A80105")));
    names.extend((1..=8).rev().map(|digits| format!("boot/grub/grub.cfg-{:.digits$}", "C0A80105")));
    let began = Instant::now();
    for name in &names {
        for options in [&[][..], &[("tsize", "0"), ("blksize", "1024")]] {
            let mut port = Port::open(server.addr);
            port.ask(name, "octet", options);
            assert_eq!(port.refusal(), (1, "not found".to_owned()), "{name}");
        }
    }
    let each = began.elapsed() / u32::try_from(2 * names.len()).unwrap();
    assert!(each < Duration::from_millis(50), "{each:?} for each name");
}

/// A script that names the address that the client asked at, as templates of a plan do.
struct Scripts;

impl Files for Scripts {
    fn open(&self, path: &str, local: Ipv4Addr) -> Option<Opened> {
        let text = format!("#!ipxe\nchain http://{local}/{path}\n");
        Some(Opened {
            path: path.into(),
            len: text.len() as u64,
            content: Content::Memory(text.into()),
            etag: Arc::from("\"t\""),
            modified: None,
            role: Role::Menu,
            decided: None,
        })
    }
}

/// Clients reserve memory by `tsize`, and the text is as long as the address in it.
#[test]
fn tf_43_generated_files_have_the_size_of_what_this_client_gets() {
    let server = Server::tftp_with(Config::new(ANY), Scripts);
    for ip in [Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 100, 100, 100)] {
        let mut port = Port::open(std::net::SocketAddrV4::new(ip, server.addr.port()));
        let options = [("tsize", "0")];
        port.ask("boot.ipxe", "octet", &options);
        let size = port.option_ack(&options)[0].1;
        port.ack(0);
        let packet = port.receive();
        port.ack(1);
        assert_eq!(packet[4..], *format!("#!ipxe\nchain http://{ip}/boot.ipxe\n").as_bytes());
        assert_eq!(size, packet.len() as u64 - 4);
    }
}
