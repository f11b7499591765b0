//! The kinds of clients, and the messages that each sends, byte for byte as its firmware does.

use std::net::Ipv4Addr;

use serde::Serialize;

use crate::net::{MacAddr, Serial, Uuid};
use crate::proto::dhcp::{Architecture, EfiCpu, Platform};

/// A kind of firmware, by the name that it has in specs and on the command line.
#[derive(Debug, PartialEq, Eq)]
pub struct Firmware {
    /// `uefi-x64`.
    pub name: &'static str,
    /// What it is, in words.
    pub words: &'static str,
    /// How it asks.
    pub asks: Asks,
    /// Option 93 (RFC 4578 section 2.1).
    number: u16,
}

/// The protocol in which firmware asks how to boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// PXE on a legacy BIOS.
    Bios,
    /// PXE on UEFI.
    Uefi,
    /// UEFI HTTP Boot.
    Http,
    /// U-Boot.
    UBoot,
    /// The boot ROM of a Raspberry Pi.
    RaspberryPi,
}

const fn firmware(name: &'static str, words: &'static str, asks: Asks, number: u16) -> Firmware {
    Firmware { name, words, asks, number }
}

/// All kinds, the most common first.
pub const FIRMWARE: &[Firmware] = &[
    firmware("bios", "legacy BIOS", Asks::Bios, 0),
    firmware("uefi-x64", "UEFI on x86-64, over PXE", Asks::Uefi, 7),
    firmware("http-x64", "UEFI on x86-64, over HTTP Boot", Asks::Http, 16),
    firmware("uefi-ia32", "UEFI on 32-bit x86, over PXE", Asks::Uefi, 6),
    firmware("http-ia32", "UEFI on 32-bit x86, over HTTP Boot", Asks::Http, 15),
    firmware("uefi-arm64", "UEFI on arm64, over PXE", Asks::Uefi, 11),
    firmware("http-arm64", "UEFI on arm64, over HTTP Boot", Asks::Http, 19),
    firmware("uefi-arm32", "UEFI on 32-bit ARM, over PXE", Asks::Uefi, 10),
    firmware("http-arm32", "UEFI on 32-bit ARM, over HTTP Boot", Asks::Http, 18),
    firmware("uefi-riscv64", "UEFI on RISC-V 64, over PXE", Asks::Uefi, 27),
    firmware("http-riscv64", "UEFI on RISC-V 64, over HTTP Boot", Asks::Http, 28),
    firmware("uefi-loong64", "UEFI on LoongArch64, over PXE", Asks::Uefi, 39),
    firmware("http-loong64", "UEFI on LoongArch64, over HTTP Boot", Asks::Http, 40),
    firmware("uefi-riscv32", "UEFI on RISC-V 32, over PXE", Asks::Uefi, 25),
    firmware("http-riscv32", "UEFI on RISC-V 32, over HTTP Boot", Asks::Http, 26),
    firmware("uefi-loong32", "UEFI on LoongArch32, over PXE", Asks::Uefi, 37),
    firmware("http-loong32", "UEFI on LoongArch32, over HTTP Boot", Asks::Http, 38),
    firmware("uboot-arm32", "U-Boot on 32-bit ARM", Asks::UBoot, 21),
    firmware("uboot-arm64", "U-Boot on arm64", Asks::UBoot, 22),
    firmware("raspberry-pi", "Raspberry Pi, by its boot ROM", Asks::RaspberryPi, 41),
];

impl Firmware {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FIRMWARE.iter().find(|known| known.name == name)
    }

    /// The processor's name as UEFI writes it: `x64`.
    pub(super) fn cpu(&self) -> &'static str {
        self.name.split_once('-').map_or("", |(_, cpu)| cpu)
    }

    /// The same machine when a program started by its firmware asks over PXE: UEFI's HTTP Boot is the firmware's alone.
    pub(super) fn started(&'static self) -> &'static Self {
        match self.asks {
            Asks::Http => {
                FIRMWARE.iter().find(|other| other.asks == Asks::Uefi && other.cpu() == self.cpu()).unwrap_or(self)
            }
            _ => self,
        }
    }

    /// Whether it executes programs of UEFI.
    pub fn is_uefi(&self) -> bool {
        matches!(self.asks, Asks::Uefi | Asks::Http)
    }

    /// The processor that its UEFI executes programs of.
    pub(super) fn efi_cpu(&self) -> Option<EfiCpu> {
        match Architecture(self.number).platform()? {
            Platform::Uefi(cpu) | Platform::UefiHttp(cpu) => Some(cpu),
            _ => None,
        }
    }

    /// iPXE's `${platform}`.
    pub(super) fn ipxe_platform(&self) -> &'static str {
        if self.is_uefi() { "efi" } else { "pcbios" }
    }

    /// iPXE's `${buildarch}`. The build for legacy BIOS is a 32-bit one.
    pub(super) fn ipxe_buildarch(&self) -> &'static str {
        match self.cpu() {
            "" | "ia32" => "i386",
            "x64" => "x86_64",
            other => other,
        }
    }
}

/// A client of which we want to know what it is told.
#[derive(Debug, Clone)]
pub struct Client {
    /// What it is.
    pub firmware: &'static Firmware,
    /// Its hardware address, where one was named.
    pub mac: Option<MacAddr>,
    /// Its UUID, where one was named.
    pub uuid: Option<Uuid>,
    /// Its serial number, where one was named. No DHCP message has it.
    pub serial: Option<Serial>,
    /// The address that it gets, where one was named.
    pub address: Option<Ipv4Addr>,
    /// Another option 60 than this kind of firmware sends.
    pub vendor_class: Option<String>,
    /// Option 77. With `iPXE` or `gPXE` the client is iPXE from its first packet on, as from the ROM of a network card.
    pub user_class: Option<String>,
    /// Whether it starts signed programs only.
    pub secure_boot: bool,
}

/// An option of a request, for people and as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The number of the option.
    pub option: u8,
    /// What the option is for.
    pub name: &'static str,
    /// Its value, readable.
    pub value: String,
    /// Its value as it is sent.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// Where an imagined client is in its boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The firmware looks for a server.
    Discover,
    /// The firmware asks a boot server on port 4011.
    BootServer,
    /// iPXE in the ROM of the network card looks for a server.
    Rom,
    /// An iPXE that was loaded looks for a server.
    Ipxe,
}

/// What iPXE of Debian 12 says it can do, taken from a capture of its build for UEFI: HTTP is 0x13.
const IPXE_FEATURES: [u8; 36] = [
    0xb1, 5, 1, 0x1a, 0xf4, 0x10, 0, 0xeb, 3, 1, 0, 0, 0x17, 1, 1, 0x24, 1, 1, 0x13, 1, 1, 0x11, 1, 1, 0x27, 1, 1,
    0x29, 1, 1, 0x15, 1, 1, 0x12, 1, 1,
];
/// Option 55 of the same capture of edk2.
const REQUESTED: [u8; 27] =
    [1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97];
/// The largest message that edk2 and iPXE take, IP and UDP headers included.
const MAX_MESSAGE: u16 = 1472;

impl Client {
    /// A client of this kind of which nothing else is known.
    pub fn of(firmware: &'static Firmware) -> Self {
        Self {
            firmware,
            mac: None,
            uuid: None,
            serial: None,
            address: None,
            vendor_class: None,
            user_class: None,
            secure_boot: false,
        }
    }

    /// Whether it is iPXE from its first packet on.
    pub(super) fn is_ipxe(&self) -> bool {
        self.user_class.as_deref().is_some_and(|class| matches!(class, "iPXE" | "gPXE"))
    }

    /// The address that stands in its packets where none was named: one of QEMU's, or of Raspberry Pi's.
    pub(super) fn chaddr(&self) -> MacAddr {
        let example = match self.firmware.asks {
            Asks::RaspberryPi => [0xb8, 0x27, 0xeb, 0x00, 0x00, 0x01],
            _ => [0x52, 0x54, 0x00, 0x00, 0x00, 0x01],
        };
        self.mac.unwrap_or(MacAddr(example))
    }

    /// The options of its message, apart from those that every client sends alike. `boot_server` is the type that the menu of
    /// an offer named.
    pub(super) fn options(&self, stage: Stage, boot_server: Option<u16>) -> Vec<Sent> {
        let is_ipxe = matches!(stage, Stage::Ipxe | Stage::Rom);
        // What was said on the command line is about the client as it begins.
        let vendor_class = self.vendor_class.as_ref().filter(|_| stage != Stage::Ipxe);
        let user_class = self.user_class.as_ref().filter(|_| stage != Stage::Ipxe);
        let firmware = if is_ipxe { self.firmware.started() } else { self.firmware };
        let (major, minor) = match firmware.asks {
            Asks::Uefi if is_ipxe => (3, 10),
            Asks::Uefi | Asks::Http => (3, 16),
            _ => (2, 1),
        };
        let class = match (vendor_class, firmware.asks) {
            (Some(class), _) => class.clone(),
            (_, Asks::UBoot) if firmware.cpu() == "arm64" => "U-Boot.armv8".to_owned(),
            (_, Asks::UBoot) => "U-Boot.armv7".to_owned(),
            (_, asks) => {
                let class = if asks == Asks::Http { "HTTPClient" } else { "PXEClient" };
                format!("{class}:Arch:{:05}:UNDI:{major:03}{minor:03}", firmware.number)
            }
        };
        let number = Architecture(firmware.number);
        let mut options = vec![
            Sent::new(60, "class", class.clone(), class.into_bytes()),
            Sent::new(93, "processor", format!("{} ({number})", number.0), number.0.to_be_bytes().to_vec()),
            Sent::new(94, "driver", format!("UNDI {major}.{minor}"), vec![1, major, minor]),
        ];
        let ipxe = is_ipxe.then(|| "iPXE".to_owned());
        if let Some(class) = user_class.cloned().or(ipxe) {
            options.push(Sent::new(77, "user", class.clone(), class.into_bytes()));
        }
        if is_ipxe {
            options.push(Sent::new(175, "features", "HTTP, menus and more".into(), IPXE_FEATURES.to_vec()));
        }
        if let Some(kind) = boot_server {
            let [high, low] = kind.to_be_bytes();
            options.push(Sent::new(43, "PXE", format!("boot server {kind}"), vec![71, 4, high, low, 0, 0, 255]));
        }
        options
    }

    /// Its message as the bytes of a datagram (RFC 2131 section 2).
    pub(super) fn message(&self, stage: Stage, boot_server: Option<u16>) -> Vec<u8> {
        // The address that the network's own DHCP server has given it by then.
        let leased = Ipv4Addr::new(192, 0, 2, 100);
        let (message, ciaddr) = match stage {
            Stage::Discover | Stage::Rom | Stage::Ipxe => (1, Ipv4Addr::UNSPECIFIED),
            Stage::BootServer => (3, leased),
        };
        let mut bytes = vec![1, 1, 6, 0];
        bytes.extend_from_slice(&0x6e65_7473_u32.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 0]);
        bytes.extend_from_slice(&ciaddr.octets());
        bytes.resize(28, 0);
        bytes.extend_from_slice(&self.chaddr().0);
        bytes.resize(236, 0);
        bytes.extend_from_slice(&[99, 130, 83, 99]);
        let mut put = |code: u8, value: &[u8]| {
            // RFC 3396 splits what is longer than 255 bytes.
            for part in value.chunks(255) {
                bytes.push(code);
                bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
                bytes.extend_from_slice(part);
            }
        };
        put(53, &[message]);
        put(57, &MAX_MESSAGE.to_be_bytes());
        put(55, &REQUESTED);
        let uuid = self.uuid.map_or([0; 16], Uuid::as_in_smbios);
        put(97, &[&[0], &uuid[..]].concat());
        for option in self.options(stage, boot_server) {
            put(option.option, &option.bytes);
        }
        bytes.push(255);
        bytes
    }
}

impl Sent {
    fn new(option: u8, name: &'static str, value: String, bytes: Vec<u8>) -> Self {
        Self { option, name, value, bytes }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::proto::dhcp::{BootRequest, IpxeFeatures, MessageType};
    use crate::spec::firmware::Arch;

    /// DH-51: what edk2 and iPXE sent in a capture, as a server reads it.
    #[test]
    fn sends_what_firmware_sends() {
        let client = Client::of(Firmware::named("http-x64").unwrap());
        let firmware = BootRequest::parse(&client.message(Stage::Discover, None)).unwrap();
        assert_eq!(firmware.vendor_class().unwrap().0, b"HTTPClient:Arch:00016:UNDI:003016");
        assert_eq!(firmware.client_arch().unwrap().preferred().unwrap().0, 16);
        assert_eq!(firmware.ipxe_features(), None);
        let ipxe = BootRequest::parse(&client.message(Stage::Ipxe, None)).unwrap();
        assert_eq!(ipxe.vendor_class().unwrap().0, b"PXEClient:Arch:00007:UNDI:003010");
        assert!(ipxe.user_class().unwrap().contains("iPXE"));
        assert!(ipxe.ipxe_features().unwrap().has(IpxeFeatures::HTTP));
        let boot_server = BootRequest::parse(&client.message(Stage::BootServer, None)).unwrap();
        assert_eq!(boot_server.message_type(), Some(MessageType::Request));
        assert!(!boot_server.ciaddr.is_unspecified());
    }

    /// One name for one thing, in specs and on the command line.
    #[test]
    fn the_kinds_are_those_that_a_spec_can_name() {
        let known: BTreeSet<_> = FIRMWARE.iter().map(|firmware| (firmware.name, firmware.number)).collect();
        let in_specs: BTreeSet<_> = Arch::ALL.iter().map(|arch| (arch.name(), arch.numbers()[0])).collect();
        assert_eq!(known, in_specs);
        assert_eq!(known.len(), FIRMWARE.len());
    }

    #[test]
    fn what_is_said_otherwise_replaces_what_firmware_sends() {
        let client = Client {
            mac: Some("52:54:00:aa:bb:cc".parse().unwrap()),
            vendor_class: Some("x".repeat(300)),
            user_class: Some("gPXE".into()),
            ..Client::of(Firmware::named("bios").unwrap())
        };
        let read = BootRequest::parse(&client.message(Stage::Rom, Some(0x8000))).unwrap();
        assert_eq!(read.vendor_options().unwrap().boot_item().unwrap().kind, 0x8000);
        assert_eq!(read.vendor_class().unwrap().0.len(), 300);
        assert!(read.user_class().unwrap().contains("gPXE"));
        assert_eq!(read.mac().to_string(), "52:54:00:aa:bb:cc");
    }
}
