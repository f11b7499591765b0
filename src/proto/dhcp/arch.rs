//! The registry of client architectures (RFC 4578 section 2.1, IANA "Processor Architecture Types").

use std::fmt;

/// What starts the network bootstrap program on the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// A legacy BIOS with a PXE option ROM.
    Bios,
    /// UEFI, loading over PXE.
    Uefi,
    /// UEFI, loading over HTTP Boot.
    UefiHttp,
    /// A legacy BIOS that loads over HTTP.
    BiosHttp,
    /// U-Boot.
    UBoot,
    /// U-Boot, loading over HTTP.
    UBootHttp,
    /// The boot ROM of a Raspberry Pi.
    RaspberryPi,
    /// Registered, but neither of the above: Itanium, POWER, s390.
    Other,
}

/// One value of option 93.
///
/// Legacy BIOS reports 0 even on 64-bit machines, so this chooses the network bootstrap program and never the kernel.
/// An unknown number is no error (AR-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Architecture(pub u16);

/// The registry, by number. 9 is registered as EBC, but RFC 4578 and its erratum swap 7 and 9, and x64 firmware uses both (AR-01).
const REGISTRY: [(Platform, &str); 42] = [
    (Platform::Bios, "legacy BIOS"),
    (Platform::Other, "NEC PC98"),
    (Platform::Other, "Itanium"),
    (Platform::Other, "DEC Alpha"),
    (Platform::Other, "Arc x86"),
    (Platform::Other, "Intel Lean Client"),
    (Platform::Uefi, "UEFI x86"),
    (Platform::Uefi, "UEFI x64"),
    (Platform::Other, "XScale"),
    (Platform::Uefi, "UEFI x64"),
    (Platform::Uefi, "UEFI ARM32"),
    (Platform::Uefi, "UEFI ARM64"),
    (Platform::Other, "POWER Open Firmware"),
    (Platform::Other, "POWER ePAPR"),
    (Platform::Other, "POWER OPAL v3"),
    (Platform::UefiHttp, "UEFI x86"),
    (Platform::UefiHttp, "UEFI x64"),
    (Platform::UefiHttp, "UEFI EBC"),
    (Platform::UefiHttp, "UEFI ARM32"),
    (Platform::UefiHttp, "UEFI ARM64"),
    (Platform::BiosHttp, "legacy BIOS"),
    (Platform::UBoot, "ARM32"),
    (Platform::UBoot, "ARM64"),
    (Platform::UBootHttp, "ARM32"),
    (Platform::UBootHttp, "ARM64"),
    (Platform::Uefi, "UEFI RISC-V 32"),
    (Platform::UefiHttp, "UEFI RISC-V 32"),
    (Platform::Uefi, "UEFI RISC-V 64"),
    (Platform::UefiHttp, "UEFI RISC-V 64"),
    (Platform::Uefi, "UEFI RISC-V 128"),
    (Platform::UefiHttp, "UEFI RISC-V 128"),
    (Platform::Other, "s390 basic"),
    (Platform::Other, "s390 extended"),
    (Platform::Uefi, "UEFI MIPS32"),
    (Platform::Uefi, "UEFI MIPS64"),
    (Platform::Uefi, "UEFI Sunway 32"),
    (Platform::Uefi, "UEFI Sunway 64"),
    (Platform::Uefi, "UEFI LoongArch32"),
    (Platform::UefiHttp, "UEFI LoongArch32"),
    (Platform::Uefi, "UEFI LoongArch64"),
    (Platform::UefiHttp, "UEFI LoongArch64"),
    (Platform::RaspberryPi, "Raspberry Pi"),
];

impl Architecture {
    /// What the registry says about the number; `None` for a number that it does not have.
    pub fn platform(self) -> Option<Platform> {
        self.entry().map(|(platform, _)| *platform)
    }

    fn entry(self) -> Option<&'static (Platform, &'static str)> {
        REGISTRY.get(usize::from(self.0))
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "unknown architecture {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G13, HB-07: rows C, E and G of the decision table, by their numbers.
    #[test]
    fn sorts_every_registered_number_into_its_row() {
        let of = |wanted: Platform| -> Vec<u16> {
            (0..=100).filter(|n| Architecture(*n).platform() == Some(wanted)).collect()
        };
        assert_eq!(of(Platform::Bios), [0]);
        assert_eq!(of(Platform::Uefi), [6, 7, 9, 10, 11, 25, 27, 29, 33, 34, 35, 36, 37, 39]);
        assert_eq!(of(Platform::UefiHttp), [15, 16, 17, 18, 19, 26, 28, 30, 38, 40]);
        assert_eq!(of(Platform::BiosHttp), [20]);
        assert_eq!(of(Platform::UBoot), [21, 22]);
        assert_eq!(of(Platform::UBootHttp), [23, 24]);
        assert_eq!(of(Platform::RaspberryPi), [41]);
        assert_eq!(of(Platform::Other), [1, 2, 3, 4, 5, 8, 12, 13, 14, 31, 32]);
    }

    /// AR-01, AR-02
    #[test]
    fn names_both_x64_numbers_alike_and_prints_unknown_ones() {
        assert_eq!(Architecture(7).to_string(), Architecture(9).to_string());
        assert_eq!(Architecture(0xffff).to_string(), "unknown architecture 65535");
        assert_eq!(Architecture(0xffff).platform(), None);
    }
}
