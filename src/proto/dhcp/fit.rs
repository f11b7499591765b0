//! Whether what a boot table says can be told to the clients that it is for.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::answer::{Local, ReceivedOn, Verdict, answer};
use super::arch::{Architecture, Platform};
use super::packet::BootRequest;
use super::reason::Reason;
use super::reply::ServerAddr;
use super::table::BootTable;

/// The entries that do not fit into a reply, for the check of a spec; at most one reason per class of clients.
///
/// Entries for a processor that has no number in the registry are no client's, so nothing is said of them.
///
/// Assumes what makes a reply longest: a client without option 57 but with option 97, and long numbers in our URL. Only what a
/// relay adds (option 82) is not counted; where that is too much, [`answer`] says so (DH-27, DH-30, BS-06).
pub fn unfit(table: &BootTable) -> Vec<Reason> {
    let Some(server) = ServerAddr::new(Ipv4Addr::new(255, 255, 255, 254)) else { return Vec::new() };
    let source = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
    let local = Local { server, port: ReceivedOn::Dhcp67, http_port: u16::MAX, source };
    let rom: [(u8, &[u8]); 4] = [(53, &[1]), (60, b"PXEClient"), (93, &[0, 0]), (97, &[0; 17])];
    let ipxe = [rom.as_slice(), &[(175, &[0x13, 1, 1])]].concat();
    let pxe = table.efi.keys().map(|cpu| (&b"PXEClient"[..], Platform::Uefi(*cpu)));
    let http = table.http.keys().map(|cpu| (&b"HTTPClient"[..], Platform::UefiHttp(*cpu)));
    let firmware = pxe.chain(http).filter_map(|(class, platform)| {
        let number = Architecture::of(platform)?.0.to_be_bytes();
        Some(BootRequest::imagined(&[(53, &[1]), (60, class), (93, &number), (97, &[0; 17])]))
    });
    [rom.as_slice(), &ipxe]
        .into_iter()
        .map(BootRequest::imagined)
        .chain(firmware)
        .filter_map(|request| match answer(table, &request, &local) {
            Verdict::Silence(reason @ Reason::DoesNotFit { .. }) => Some(reason),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::arch::EfiCpu;
    use super::super::table::{BiosBoot, EfiBoot, IpxeBoot};
    use super::*;

    fn reasons(file: usize, config_file: usize, script: usize) -> Vec<String> {
        let text = |len: usize| "x".repeat(len);
        let config_file = (config_file > 0).then(|| text(config_file));
        let bios = BiosBoot { file: text(file), config_file: config_file.clone(), path_prefix: None };
        let ipxe = IpxeBoot { script: text(script), config_file, path_prefix: None };
        let table = BootTable { bios: Some(bios), ipxe: Some(ipxe), ..BootTable::default() };
        unfit(&table).iter().map(Reason::to_string).collect()
    }

    /// DH-27, DH-28: 127 bytes of name, 254 bytes of URL.
    #[test]
    fn takes_the_longest_names() {
        let around = "http://255.255.255.254:65535/".len();
        assert_eq!(reasons(127, 0, 254 - around), [""; 0]);
        assert_eq!(
            reasons(128, 0, 255 - around),
            [
                "PXE ROM on legacy BIOS: the boot file name has 128 bytes, more than the 127 that firmware takes",
                "iPXE on legacy BIOS: option 67 has 256 bytes, more than the 255 that fit",
            ]
        );
    }

    /// DH-27, DH-28, HB-05: each processor is looked at, and a URL counts with the longest address and port.
    #[test]
    fn takes_the_longest_names_for_uefi() {
        let around = "http://255.255.255.254:65535/".len();
        let reasons = |file: usize, path: usize| {
            let boot = EfiBoot { file: "x".repeat(file) };
            let table = BootTable {
                efi: [EfiCpu::X64, EfiCpu::Arm64].map(|cpu| (cpu, boot.clone())).into(),
                http: [EfiCpu::X64, EfiCpu::Loongarch64].map(|cpu| (cpu, "x".repeat(path))).into(),
                ..BootTable::default()
            };
            unfit(&table).iter().map(Reason::to_string).collect::<Vec<_>>()
        };
        assert_eq!(reasons(127, 254 - around), [""; 0]);
        assert_eq!(
            reasons(128, 255 - around),
            [
                "UEFI x64 (PXE): the boot file name has 128 bytes, more than the 127 that firmware takes",
                "UEFI ARM64 (PXE): the boot file name has 128 bytes, more than the 127 that firmware takes",
                "UEFI x64 (HTTP Boot): option 67 has 256 bytes, more than the 255 that fit",
                "UEFI LoongArch64 (HTTP Boot): option 67 has 256 bytes, more than the 255 that fit",
            ]
        );
    }

    /// BS-06, DH-30: 209 stands in option 43 and beside it, and both have to fit into 548 bytes.
    #[test]
    fn takes_the_longest_options() {
        let beside = 240 + 3 + 6 + 11 + 19 + 1;
        let inside = 548 - beside - (2 + 3 + 2 + 1) - 2;
        assert_eq!(reasons(1, inside / 2, 1), [""; 0]);
        assert_eq!(
            reasons(1, inside / 2 + 1, 1),
            ["PXE ROM on legacy BIOS: the reply has 550 bytes, more than the 548 that the client takes"]
        );
        assert_eq!(reasons(1, 248, 1), ["PXE ROM on legacy BIOS: option 43 has 254 bytes, more than the 253 that fit"]);
        assert_eq!(
            reasons(0, 0, 1),
            ["PXE ROM on legacy BIOS: a boot file name, configuration file or path prefix is empty or contains a NUL"]
        );
    }
}
