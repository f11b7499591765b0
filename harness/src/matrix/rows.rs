//! The rows: what starts the PC.

use super::column::Column;
use crate::firmware::{Age, BootFrom, Cpu, Firmware, Rom, Uefi};
use crate::qemu::{Hardware, Identity, Nic};

/// A firmware, the way in which it boots, and a network card.
#[derive(Debug)]
pub struct Row {
    /// Its name in filters.
    pub name: &'static str,
    /// What people call the firmware.
    pub firmware: &'static str,
    /// How it boots.
    pub boot: &'static str,
    /// The PC, its memory apart.
    pub hardware: Hardware,
    /// The boot program, where it is not one that this machine has installed.
    pub loader: Loader,
    /// The cells that every test run boots.
    pub cut: &'static [Column],
}

/// Where netspec gets the boot program of a row from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loader {
    /// It finds one where packages put it.
    Found,
    /// The spec names this file of Debian's newest `ipxe`.
    Newest {
        /// The kind, as a spec calls it.
        kind: &'static str,
        /// The file in the package.
        file: &'static str,
    },
    /// The spec names shim and Debian's newest signed GRUB.
    Signed,
    /// Nobody has packed one, so the row waits for it with this reason.
    Nowhere(&'static str),
}

const IPXE_X64: Loader = Loader::Newest { kind: "ipxe-x64", file: "usr/lib/ipxe/snponly.efi" };
const IPXE_ARM64: Loader = Loader::Newest { kind: "ipxe-arm64", file: "usr/lib/ipxe/ipxe-arm64.efi" };
const IPXE_RISCV64: Loader = Loader::Newest { kind: "ipxe-riscv64", file: "usr/lib/ipxe/ipxe-riscv64.efi" };

const fn pc(firmware: Firmware, nic: Nic) -> Hardware {
    Hardware { memory: 2048, nic, firmware, identity: Identity::NONE }
}

const fn uefi(cpu: Cpu, age: Age, from: BootFrom) -> Hardware {
    pc(Firmware::Uefi(Uefi { cpu, age, from }), Nic::Virtio)
}

/// All rows.
pub const ROWS: &[Row] = &[
    Row {
        name: "seabios-ipxe",
        firmware: "legacy BIOS (SeaBIOS)",
        boot: "iPXE of 2019 in the card",
        hardware: pc(Firmware::SeaBios(Rom::Ipxe(Age::Installed)), Nic::Virtio),
        loader: Loader::Found,
        cut: &[Column::KernelLine],
    },
    Row {
        name: "seabios-ipxe-newest",
        firmware: "legacy BIOS (SeaBIOS)",
        boot: "iPXE 2.0.0 in the card",
        hardware: pc(Firmware::SeaBios(Rom::Ipxe(Age::Newest)), Nic::E1000e),
        loader: Loader::Found,
        cut: &[],
    },
    Row {
        name: "seabios-pxe",
        firmware: "legacy BIOS (SeaBIOS)",
        boot: "PXE ROM (iPXE with its name taken off the wire)",
        hardware: pc(Firmware::SeaBios(Rom::Unnamed), Nic::E1000),
        loader: Loader::Found,
        cut: &[Column::Archiso],
    },
    Row {
        name: "ovmf-pxe",
        firmware: "UEFI x64 (OVMF 2022)",
        boot: "PXE",
        hardware: uefi(Cpu::X64, Age::Installed, BootFrom::Pxe),
        loader: Loader::Found,
        cut: &[],
    },
    Row {
        name: "ovmf-http",
        firmware: "UEFI x64 (OVMF 2022)",
        boot: "HTTP Boot",
        hardware: uefi(Cpu::X64, Age::Installed, BootFrom::Http),
        loader: Loader::Found,
        cut: &[Column::Archiso],
    },
    Row {
        name: "ovmf-card-rom",
        firmware: "UEFI x64 (OVMF 2022)",
        boot: "iPXE of 2019 in the card, as a driver of UEFI",
        hardware: pc(Firmware::ovmf(BootFrom::CardRom), Nic::Rtl8139),
        loader: Loader::Found,
        cut: &[],
    },
    Row {
        name: "ovmf-newest-pxe",
        firmware: "UEFI x64 (OVMF 2026)",
        boot: "PXE, iPXE 2.0.0",
        hardware: uefi(Cpu::X64, Age::Newest, BootFrom::Pxe),
        loader: IPXE_X64,
        cut: &[],
    },
    Row {
        name: "ovmf-newest-http",
        firmware: "UEFI x64 (OVMF 2026)",
        boot: "HTTP Boot, iPXE 2.0.0",
        hardware: uefi(Cpu::X64, Age::Newest, BootFrom::Http),
        loader: IPXE_X64,
        cut: &[],
    },
    Row {
        name: "ovmf-secure-http",
        firmware: "UEFI x64 with Secure Boot (OVMF 2022, Microsoft's keys)",
        boot: "HTTP Boot, shim and GRUB",
        hardware: pc(Firmware::SecureBoot(BootFrom::Http), Nic::Virtio),
        loader: Loader::Signed,
        // A case of its own boots archiso so.
        cut: &[],
    },
    Row {
        name: "ovmf-ia32-pxe",
        firmware: "32-bit UEFI (OVMF 2022)",
        boot: "PXE",
        hardware: uefi(Cpu::Ia32, Age::Installed, BootFrom::Pxe),
        loader: Loader::Nowhere("Debian has no iPXE for 32-bit UEFI"),
        cut: &[],
    },
    Row {
        name: "aavmf-pxe",
        firmware: "UEFI arm64 (AAVMF 2022)",
        boot: "PXE, iPXE 2.0.0",
        hardware: uefi(Cpu::Arm64, Age::Installed, BootFrom::Pxe),
        loader: IPXE_ARM64,
        cut: &[Column::KernelLine],
    },
    Row {
        name: "aavmf-http",
        firmware: "UEFI arm64 (AAVMF 2022)",
        boot: "HTTP Boot, iPXE 2.0.0",
        hardware: uefi(Cpu::Arm64, Age::Installed, BootFrom::Http),
        loader: IPXE_ARM64,
        cut: &[],
    },
    Row {
        name: "aavmf-newest-pxe",
        firmware: "UEFI arm64 (AAVMF 2026)",
        boot: "PXE, iPXE 2.0.0",
        hardware: uefi(Cpu::Arm64, Age::Newest, BootFrom::Pxe),
        loader: IPXE_ARM64,
        cut: &[],
    },
    Row {
        name: "riscv64-pxe",
        firmware: "UEFI riscv64 (edk2 2026)",
        boot: "PXE, iPXE 2.0.0",
        hardware: uefi(Cpu::RiscV64, Age::Newest, BootFrom::Pxe),
        loader: IPXE_RISCV64,
        cut: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_so_is_what_the_table_shows() {
        let mut names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        let mut shown: Vec<_> = ROWS.iter().map(|row| (row.firmware, row.boot, row.hardware.nic.device())).collect();
        for length in [names.len(), shown.len()] {
            assert_eq!(length, ROWS.len());
        }
        names.sort_unstable();
        names.dedup();
        shown.sort_unstable();
        shown.dedup();
        assert_eq!((names.len(), shown.len()), (ROWS.len(), ROWS.len()));
    }

    #[test]
    fn every_card_is_in_some_row() {
        for nic in [Nic::Virtio, Nic::E1000, Nic::E1000e, Nic::Rtl8139] {
            assert!(ROWS.iter().any(|row| row.hardware.nic == nic), "{nic:?}");
        }
    }
}
