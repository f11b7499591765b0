//! The registry of client architectures (RFC 4578 section 2.1, IANA "Processor Architecture Types").

use std::fmt;

/// What starts the network bootstrap program on the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// A legacy BIOS with a PXE option ROM.
    Bios,
    /// UEFI, loading over PXE.
    Uefi(EfiCpu),
    /// UEFI, loading over HTTP Boot.
    UefiHttp(EfiCpu),
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

/// The processor that UEFI firmware executes programs of.
///
/// The names are those of the UEFI specification where it has one (`ia32`, `x64`). The registry gives some of them a number
/// only for PXE (MIPS, Sunway) and one only for HTTP Boot (`ebc`, whose number for PXE is what x64 firmware sends, AR-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the name of a processor")]
pub enum EfiCpu {
    Ia32,
    X64,
    /// EFI byte code, which an interpreter in the firmware executes.
    Ebc,
    Arm32,
    Arm64,
    Riscv32,
    Riscv64,
    Riscv128,
    Mips32,
    Mips64,
    Sunway32,
    Sunway64,
    Loongarch32,
    Loongarch64,
}

/// One value of option 93.
///
/// Legacy BIOS reports 0 even on 64-bit machines, so this chooses the network bootstrap program and never the kernel.
/// An unknown number is no error (AR-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Architecture(pub u16);

/// The registry, by number. 9 is registered as EBC, but RFC 4578 and its erratum swap 7 and 9, and x64 firmware uses both (AR-01).
const REGISTRY: [(Platform, &str); 42] = [
    (Platform::Bios, "legacy BIOS"),
    (Platform::Other, "NEC PC98"),
    (Platform::Other, "Itanium"),
    (Platform::Other, "DEC Alpha"),
    (Platform::Other, "Arc x86"),
    (Platform::Other, "Intel Lean Client"),
    (Platform::Uefi(EfiCpu::Ia32), "UEFI x86"),
    (Platform::Uefi(EfiCpu::X64), "UEFI x64"),
    (Platform::Other, "XScale"),
    (Platform::Uefi(EfiCpu::X64), "UEFI x64"),
    (Platform::Uefi(EfiCpu::Arm32), "UEFI ARM32"),
    (Platform::Uefi(EfiCpu::Arm64), "UEFI ARM64"),
    (Platform::Other, "POWER Open Firmware"),
    (Platform::Other, "POWER ePAPR"),
    (Platform::Other, "POWER OPAL v3"),
    (Platform::UefiHttp(EfiCpu::Ia32), "UEFI x86"),
    (Platform::UefiHttp(EfiCpu::X64), "UEFI x64"),
    (Platform::UefiHttp(EfiCpu::Ebc), "UEFI EBC"),
    (Platform::UefiHttp(EfiCpu::Arm32), "UEFI ARM32"),
    (Platform::UefiHttp(EfiCpu::Arm64), "UEFI ARM64"),
    (Platform::BiosHttp, "legacy BIOS"),
    (Platform::UBoot, "ARM32"),
    (Platform::UBoot, "ARM64"),
    (Platform::UBootHttp, "ARM32"),
    (Platform::UBootHttp, "ARM64"),
    (Platform::Uefi(EfiCpu::Riscv32), "UEFI RISC-V 32"),
    (Platform::UefiHttp(EfiCpu::Riscv32), "UEFI RISC-V 32"),
    (Platform::Uefi(EfiCpu::Riscv64), "UEFI RISC-V 64"),
    (Platform::UefiHttp(EfiCpu::Riscv64), "UEFI RISC-V 64"),
    (Platform::Uefi(EfiCpu::Riscv128), "UEFI RISC-V 128"),
    (Platform::UefiHttp(EfiCpu::Riscv128), "UEFI RISC-V 128"),
    (Platform::Other, "s390 basic"),
    (Platform::Other, "s390 extended"),
    (Platform::Uefi(EfiCpu::Mips32), "UEFI MIPS32"),
    (Platform::Uefi(EfiCpu::Mips64), "UEFI MIPS64"),
    (Platform::Uefi(EfiCpu::Sunway32), "UEFI Sunway 32"),
    (Platform::Uefi(EfiCpu::Sunway64), "UEFI Sunway 64"),
    (Platform::Uefi(EfiCpu::Loongarch32), "UEFI LoongArch32"),
    (Platform::UefiHttp(EfiCpu::Loongarch32), "UEFI LoongArch32"),
    (Platform::Uefi(EfiCpu::Loongarch64), "UEFI LoongArch64"),
    (Platform::UefiHttp(EfiCpu::Loongarch64), "UEFI LoongArch64"),
    (Platform::RaspberryPi, "Raspberry Pi"),
];

impl Architecture {
    /// What the registry says about the number; `None` for a number that it does not have.
    pub fn platform(self) -> Option<Platform> {
        self.entry().map(|(platform, _)| *platform)
    }

    /// The lowest number of a platform; `None` where the registry has no number for it.
    pub(super) fn of(platform: Platform) -> Option<Self> {
        (0..).map(Self).zip(&REGISTRY).find(|(_, (known, _))| *known == platform).map(|(arch, _)| arch)
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

    /// G13: the rows of the decision table that are not UEFI, by their numbers. UEFI's are looked at where they are answered.
    #[test]
    fn sorts_the_numbers_that_are_not_uefi() {
        let of = |wanted: Platform| -> Vec<u16> {
            (0..=100).filter(|n| Architecture(*n).platform() == Some(wanted)).collect()
        };
        assert_eq!(of(Platform::Bios), [0]);
        assert_eq!(of(Platform::BiosHttp), [20]);
        assert_eq!(of(Platform::UBoot), [21, 22]);
        assert_eq!(of(Platform::UBootHttp), [23, 24]);
        assert_eq!(of(Platform::RaspberryPi), [41]);
        assert_eq!(of(Platform::Other), [1, 2, 3, 4, 5, 8, 12, 13, 14, 31, 32]);
    }

    /// AR-01: 7 before 9.
    #[test]
    fn finds_the_lowest_number_of_a_platform() {
        let number = |platform| Architecture::of(platform).map(|arch| arch.0);
        assert_eq!(number(Platform::Uefi(EfiCpu::X64)), Some(7));
        assert_eq!(number(Platform::UefiHttp(EfiCpu::Loongarch64)), Some(40));
        assert_eq!(number(Platform::UefiHttp(EfiCpu::Mips64)), None);
        assert_eq!(number(Platform::Uefi(EfiCpu::Ebc)), None);
    }

    /// The printed plan has one word for each processor.
    #[test]
    fn prints_processors_as_one_word() {
        let word = |cpu: EfiCpu| serde_json::to_value(cpu).unwrap();
        assert_eq!(word(EfiCpu::Ia32), "ia32");
        assert_eq!(word(EfiCpu::Arm64), "arm64");
        assert_eq!(word(EfiCpu::Loongarch64), "loongarch64");
    }

    /// AR-01, AR-02
    #[test]
    fn names_both_x64_numbers_alike_and_prints_unknown_ones() {
        assert_eq!(Architecture(7).to_string(), Architecture(9).to_string());
        assert_eq!(Architecture(0xffff).to_string(), "unknown architecture 65535");
        assert_eq!(Architecture(0xffff).platform(), None);
    }
}
