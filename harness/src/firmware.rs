//! What starts the PC: SeaBIOS with the boot ROM of the card, or UEFI of some processor with drivers of its own.

pub mod flash;

use std::path::{Path, PathBuf};

use crate::case::Stop;
use crate::deadline::Accel;
use crate::error::{Context, Result};
use crate::isos;
use crate::media;
use crate::qemu::{Hardware, Parts};
use crate::tools;
use flash::Flash;

/// The firmware of a PC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// A legacy BIOS, which starts the boot ROM of the network card.
    SeaBios(Rom),
    /// UEFI without Secure Boot.
    Uefi(Uefi),
    /// UEFI of 64-bit PCs with Secure Boot on and Microsoft's keys, as PCs are sold; the build that is installed here.
    SecureBoot(BootFrom),
}

/// The boot ROM that SeaBIOS starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rom {
    /// QEMU's, which is iPXE.
    Ipxe(Age),
    /// The same, with its name taken off the wire (see [`crate::lab::disguise`]): a server sees a PXE ROM.
    Unnamed,
}

/// edk2, the UEFI of QEMU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uefi {
    /// The processor that it was built for.
    pub cpu: Cpu,
    /// Which build.
    pub age: Age,
    /// How it boots.
    pub from: BootFrom,
}

/// Which build of a firmware is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// The one that is installed on this machine.
    Installed,
    /// The newest that Debian has, fetched as data and not installed.
    Newest,
}

/// A processor, as UEFI tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cpu {
    /// 64-bit x86.
    X64,
    /// 32-bit x86.
    Ia32,
    /// 64-bit ARM.
    Arm64,
    /// 64-bit RISC-V.
    RiscV64,
}

/// How UEFI boots from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootFrom {
    /// PXE: DHCP, then TFTP.
    Pxe,
    /// UEFI HTTP Boot: DHCP that names a URL.
    Http,
    /// The boot ROM of the network card, which is iPXE as a driver of UEFI: what QEMU does when it is told nothing.
    CardRom,
}

/// Finds what the firmware of this PC is made of; what is not installed is fetched to `cache`.
///
/// # Errors
/// [`Stop::Skipped`] with the reason if it cannot be had on this machine.
pub fn parts(hardware: Hardware, cache: &Path) -> std::result::Result<Parts, Stop> {
    let (emulator, package) = hardware.firmware.cpu().emulator();
    if !tools::exists(emulator) {
        return Err(Stop::Skipped(format!("there is no {emulator}; Debian's package {package} has it")));
    }
    if hardware.firmware.cpu() == Cpu::RiscV64 {
        let version = tools::qemu_version(emulator)?;
        // The older board has both flash chips in other places (QEMU's docs/system/riscv/virt.rst).
        if version < (8, 1) {
            let (major, minor) = version;
            return Err(Stop::Skipped(format!("UEFI for riscv64 needs QEMU 8.1, and this is {major}.{minor}")));
        }
    }
    match hardware.firmware {
        Firmware::SeaBios(Rom::Unnamed | Rom::Ipxe(Age::Installed)) => Ok(Parts::default()),
        Firmware::SeaBios(Rom::Ipxe(Age::Newest)) => {
            let rom = newest("ipxe-qemu", cache)?.join("usr/share/qemu").join(hardware.nic.rom());
            if !rom.is_file() {
                return Err(Stop::Skipped(format!("the newest ipxe-qemu has no {}", hardware.nic.rom())));
            }
            Ok(Parts { rom: Some(rom), ..Parts::default() })
        }
        Firmware::Uefi(Uefi { cpu, age, .. }) => {
            let root = match age {
                Age::Installed => PathBuf::from("/"),
                Age::Newest => newest(cpu.newest(), cache)?,
            };
            Ok(Parts { flash: Some(cpu.flash(&root)?), ..Parts::default() })
        }
        Firmware::SecureBoot(_) => Ok(Parts { flash: Some(flash::with_keys(Path::new("/"))?), ..Parts::default() }),
    }
}

/// The newest files that Debian has of a package for all processors.
pub fn newest(package: &str, cache: &Path) -> std::result::Result<PathBuf, Stop> {
    isos::made(media::newest(package, media::ALL, cache))
}

impl Firmware {
    /// UEFI for 64-bit PCs as it is installed here.
    pub const fn ovmf(from: BootFrom) -> Self {
        Self::Uefi(Uefi { cpu: Cpu::X64, age: Age::Installed, from })
    }

    /// The processor.
    pub fn cpu(self) -> Cpu {
        match self {
            Self::SeaBios(_) | Self::SecureBoot(_) => Cpu::X64,
            Self::Uefi(uefi) => uefi.cpu,
        }
    }

    /// Which build it is.
    pub fn age(self) -> Age {
        match self {
            Self::SeaBios(Rom::Ipxe(age)) | Self::Uefi(Uefi { age, .. }) => age,
            Self::SeaBios(Rom::Unnamed) | Self::SecureBoot(_) => Age::Installed,
        }
    }

    /// What QEMU is told, the network card apart; the variables of UEFI are kept in `folder`.
    pub fn arguments(self, flash: Option<&Flash>, folder: &Path) -> Result<Vec<String>> {
        match (self, flash) {
            (Self::Uefi(uefi), Some(flash)) => uefi.arguments(flash, folder),
            (Self::SecureBoot(from), Some(flash)) => {
                let mut words = Uefi { cpu: Cpu::X64, age: Age::Installed, from }.arguments(flash, folder)?;
                // The part that keeps the keys runs in system management mode, and alone may write to the flash chip.
                words.extend(["-machine", "smm=on"].map(str::to_owned));
                words.extend(["-global", "driver=cfi.pflash01,property=secure,value=on"].map(str::to_owned));
                Ok(words)
            }
            _ => Ok(["-boot", "n"].map(str::to_owned).to_vec()),
        }
    }

    /// What is added to the network card; `rom` is a boot ROM other than QEMU's own.
    pub fn card(self, rom: Option<&Path>) -> String {
        match (self, rom) {
            (Self::SeaBios(_), None) => String::new(),
            (Self::SeaBios(_), Some(rom)) => format!(",romfile={}", rom.display()),
            (Self::Uefi(Uefi { from: BootFrom::CardRom, .. }), _) => ",bootindex=0".to_owned(),
            // With its boot ROM the card would bring iPXE as its UEFI driver, and that would boot in place of UEFI.
            (Self::Uefi(_) | Self::SecureBoot(_), _) => ",romfile=,bootindex=0".to_owned(),
        }
    }
}

impl Uefi {
    fn arguments(self, flash: &Flash, folder: &Path) -> Result<Vec<String>> {
        let own: PathBuf = folder.join("uefi-variables");
        std::fs::copy(&flash.variables, &own).context(flash.variables.display())?;
        // Left alone, UEFI tries PXE and then HTTP Boot, each over IPv4 first (edk2's OvmfPkg/RUNTIME_CONFIG.md).
        let pxe = if self.from == BootFrom::Http { "no" } else { "yes" };
        let mut words = vec![
            "-drive".to_owned(),
            format!("if=pflash,unit=0,format=raw,readonly=on,file={}", flash.code.display()),
            "-drive".to_owned(),
            format!("if=pflash,unit=1,format=raw,file={}", own.display()),
            "-fw_cfg".to_owned(),
            format!("name=opt/org.tianocore/IPv4PXESupport,string={pxe}"),
            "-fw_cfg".to_owned(),
            "name=opt/org.tianocore/IPv6PXESupport,string=no".to_owned(),
        ];
        if self.cpu == Cpu::Ia32 {
            // Debian builds it with the part that runs in system management mode, which protects the flash chip and which
            // does not survive that the machine sleeps (the package's README.Debian).
            words.extend(["-global", "driver=cfi.pflash01,property=secure,value=on"].map(str::to_owned));
            words.extend(["-global", "ICH9-LPC.disable_s3=1"].map(str::to_owned));
        }
        Ok(words)
    }
}

impl Cpu {
    /// The program that emulates it, and Debian's package that has the program.
    pub fn emulator(self) -> (&'static str, &'static str) {
        match self {
            Self::X64 => ("qemu-system-x86_64", "qemu-system-x86"),
            Self::Ia32 => ("qemu-system-i386", "qemu-system-x86"),
            Self::Arm64 => ("qemu-system-aarch64", "qemu-system-arm"),
            Self::RiscV64 => ("qemu-system-riscv64", "qemu-system-misc"),
        }
    }

    /// What `uname -m` says, or a part of it.
    pub fn linux(self) -> &'static str {
        match self {
            Self::X64 => "x86_64",
            Self::Ia32 => "i686",
            Self::Arm64 => "aarch64",
            Self::RiscV64 => "riscv64",
        }
    }

    /// Whether it is a PC, with the devices that every PC has.
    pub fn is_pc(self) -> bool {
        matches!(self, Self::X64 | Self::Ia32)
    }

    /// The board and the model of the processor.
    pub fn machine(self, age: Age, accel: Accel) -> [&'static str; 4] {
        let model = match (self, accel) {
            // The processor of this machine, or everything that can be emulated.
            (Self::X64, Accel::Kvm) => "host",
            (Self::X64, Accel::Tcg) => "max",
            // System management mode of a 32-bit firmware goes wrong on a processor that knows 64 bits.
            (Self::Ia32, _) => "coreduo,nx=off",
            // Since 2025, edk2 boots from the network only where it has random numbers, and the 2026 build takes them from the
            // processor alone. Signing pointers as a real processor does would cost half of the speed.
            (Self::Arm64, _) if age == Age::Newest => "max,pauth-impdef=on",
            (Self::Arm64, _) => "cortex-a57",
            (Self::RiscV64, _) => "rv64",
        };
        let machine = match self {
            Self::X64 => "q35",
            Self::Ia32 => "q35,smm=on",
            Self::Arm64 | Self::RiscV64 => "virt",
        };
        ["-machine", machine, "-cpu", model]
    }

    /// How it is emulated where 64-bit PCs are emulated like this: hardware helps with PCs alone.
    pub fn accel(self, accel: Accel) -> Accel {
        if self == Self::X64 { accel } else { Accel::Tcg }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_brings_its_rom_only_where_that_is_what_boots() {
        assert_eq!(Firmware::SeaBios(Rom::Unnamed).card(None), "");
        assert_eq!(Firmware::SeaBios(Rom::Ipxe(Age::Newest)).card(Some(Path::new("/x.rom"))), ",romfile=/x.rom");
        assert_eq!(Firmware::ovmf(BootFrom::Http).card(None), ",romfile=,bootindex=0");
        assert_eq!(Firmware::ovmf(BootFrom::CardRom).card(None), ",bootindex=0");
    }

    #[test]
    fn uefi_is_told_how_to_boot_and_keeps_its_variables_apart() {
        let folder = tempfile::tempdir().unwrap();
        let variables = folder.path().join("VARS.fd");
        std::fs::write(&variables, "empty").unwrap();
        let flash = Flash { code: "/CODE.fd".into(), variables };
        let words = |from| Firmware::ovmf(from).arguments(Some(&flash), folder.path()).unwrap().join(" ");
        assert!(words(BootFrom::Pxe).contains("IPv4PXESupport,string=yes"));
        assert!(words(BootFrom::Http).contains("IPv4PXESupport,string=no"));
        assert_eq!(std::fs::read_to_string(folder.path().join("uefi-variables")).unwrap(), "empty");
        assert!(words(BootFrom::Pxe).contains("unit=0,format=raw,readonly=on,file=/CODE.fd"));
        let secure = Firmware::SecureBoot(BootFrom::Http).arguments(Some(&flash), folder.path()).unwrap().join(" ");
        assert!(secure.starts_with(&words(BootFrom::Http)) && secure.contains("-machine smm=on"), "{secure}");
    }
}
