//! What a machine says that it is, as a path: how it asks for what is made for it, over TFTP and HTTP alike.
//!
//! ```text
//! machine/mac-52-54-00-aa-bb-cc/uuid-4c4c4544-0031-…/serial-37-58-4b/arch-x86_64-efi/boot.ipxe
//! ```
//!
//! TFTP has no query strings, so everything stands in the path: `machine`, any number of words `key-value` in any order, and the
//! file that is wanted. A word without a value, or with one that says nothing, is left out of account, because boot loaders
//! write an empty text where they do not know.
//!
//! | key | value | who writes it so |
//! |---|---|---|
//! | `mac` | a hardware address | iPXE: `${netX/mac:hexhyp}`; GRUB: `$net_default_mac` |
//! | `uuid` | a UUID, its bytes in either order | iPXE: `${uuid}`; netspec itself, from DHCP option 97 |
//! | `serial` | the bytes of the serial number, as hexadecimal digits with hyphens | iPXE: `${serial:hexhyp}` |
//! | `serialtext` | the serial number as it is | GRUB, where it has no character that a path could not hold |
//! | `arch` | processor and platform | iPXE: `${buildarch}-${platform}`; GRUB: `$grub_cpu-$grub_platform` |
//!
//! Serial numbers have blanks, slashes and worse in them, and the two protocols do not escape alike. So they travel as digits.

use std::net::Ipv4Addr;

use crate::net::{MacAddr, Serial, Uuid};
use crate::spec::loader::Machine;

/// The first word of the path.
const ROOT: &str = "machine";

/// What is known of a machine. It is what the machine says, so nothing that must stay secret may depend on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The hardware address of the network card that it boots from.
    pub mac: Option<MacAddr>,
    /// The UUID that its firmware has for it.
    pub uuid: Option<Uuid>,
    /// The serial number that its firmware has for it.
    pub serial: Option<Serial>,
    /// What executes its boot loader.
    pub cpu: Option<Machine>,
    /// Its address. It stands in no path: it is where the request comes from.
    pub address: Option<Ipv4Addr>,
}

impl Identity {
    /// The path by which it asks for a file of its own.
    pub fn path(&self, file: &str) -> String {
        let mut path = ROOT.to_owned();
        if let Some(mac) = self.mac {
            path.push_str(&format!("/mac-{}", mac.to_string().replace(':', "-")));
        }
        if let Some(uuid) = self.uuid {
            path.push_str(&format!("/uuid-{uuid}"));
        }
        if let Some(serial) = &self.serial {
            let pairs: Vec<String> = serial.as_str().bytes().map(|byte| format!("{byte:02x}")).collect();
            path.push_str(&format!("/serial-{}", pairs.join("-")));
        }
        if let Some(cpu) = self.cpu.and_then(words) {
            path.push_str(&format!("/arch-{cpu}"));
        }
        format!("{path}/{file}")
    }

    /// Reads a canonical path; gives the machine and the file that it wants. `None` where the path is another one.
    pub fn from_path(path: &str) -> Option<(Self, &str)> {
        let (words, file) = path.strip_prefix(ROOT)?.strip_prefix('/')?.rsplit_once('/')?;
        let mut identity = Self::default();
        for word in words.split('/') {
            let (key, value) = word.split_once('-')?;
            match key {
                "mac" => identity.mac = value.parse().ok(),
                "uuid" => identity.uuid = value.parse().ok(),
                "serial" => identity.serial = serial(value),
                "serialtext" => identity.serial = identity.serial.or_else(|| value.parse().ok()),
                "arch" => identity.cpu = cpu(value),
                _ => return None,
            }
        }
        Some((identity, file))
    }
}

/// Hexadecimal digits to text; fill bytes at the end are no part of it.
fn serial(digits: &str) -> Option<Serial> {
    let byte = |pair: &str| u8::from_str_radix(pair, 16).ok().filter(|_| pair.len() == 2);
    let bytes = digits.split('-').map(byte).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok()?.trim_end_matches('\0').parse().ok()
}

fn cpu(value: &str) -> Option<Machine> {
    let (cpu, platform) = value.rsplit_once('-')?;
    match (cpu, platform) {
        (_, "pcbios" | "pc") => Some(Machine::Bios),
        ("i386", "efi") => Some(Machine::Ia32),
        ("x86_64", "efi") => Some(Machine::X64),
        ("arm64", "efi") => Some(Machine::Arm64),
        ("riscv64", "efi") => Some(Machine::Riscv64),
        ("loong64" | "loongarch64", "efi") => Some(Machine::Loong64),
        _ => None,
    }
}

fn words(cpu: Machine) -> Option<&'static str> {
    Some(match cpu {
        Machine::Bios => "i386-pcbios",
        Machine::Ia32 => "i386-efi",
        Machine::X64 => "x86_64-efi",
        Machine::Arm64 => "arm64-efi",
        Machine::Riscv64 => "riscv64-efi",
        Machine::Loong64 => "loong64-efi",
        Machine::RaspberryPi => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            mac: "52:54:00:aa:bb:cc".parse().ok(),
            uuid: "4c4c4544-0031-3510-8052-b7c04f4b3232".parse().ok(),
            serial: "To be/filled ?%".parse().ok(),
            cpu: Some(Machine::X64),
            address: None,
        }
    }

    #[test]
    fn a_path_says_who_asks_whatever_the_serial_number_is_made_of() {
        let path = identity().path("boot.ipxe");
        assert_eq!(
            path,
            "machine/mac-52-54-00-aa-bb-cc/uuid-4c4c4544-0031-3510-8052-b7c04f4b3232/\
             serial-54-6f-20-62-65-2f-66-69-6c-6c-65-64-20-3f-25/arch-x86_64-efi/boot.ipxe"
        );
        assert_eq!(Identity::from_path(&path), Some((identity(), "boot.ipxe")));
    }

    #[test]
    fn what_a_loader_does_not_know_it_leaves_empty() {
        let (found, file) = Identity::from_path("machine/mac-52:54:00:AA:bb:cc/uuid-/serial-/arch--efi/x").unwrap();
        assert_eq!((found.mac, file), (identity().mac, "x"));
        assert_eq!((found.uuid, found.serial, found.cpu), (None, None, None));
        let (padded, _) = Identity::from_path("machine/serial-37-58-20-20-00/boot.ipxe").unwrap();
        assert_eq!(padded.serial, "7X".parse().ok());
        let (text, _) = Identity::from_path("machine/serialtext-VMware-56 4d/grub.cfg").unwrap();
        assert_eq!(text.serial, "VMware-56 4d".parse().ok());
    }

    #[test]
    fn other_paths_are_not_taken_for_it() {
        for path in
            ["machine", "machine/", "machine/x", "machine/x/y", "machines/mac-1/y", "machine/mac/y", "boot.ipxe"]
        {
            assert_eq!(Identity::from_path(path), None, "{path}");
        }
        let (found, _) = Identity::from_path("machine/serial-7-é-zz/mac-zz/uuid-\u{fffd}/x").unwrap();
        assert_eq!(found, Identity::default());
    }
}
