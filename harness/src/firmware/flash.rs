//! The flash chips of UEFI: the program, and the variables that it remembers.

use std::path::{Path, PathBuf};

use super::Cpu;
use crate::case::Stop;

/// The files of one build of edk2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// The program.
    pub code: PathBuf,
    /// Empty variables.
    pub variables: PathBuf,
}

/// Where a Debian package has them, below the root of the machine or of an unpacked package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The package.
    pub package: &'static str,
    code: &'static str,
    variables: &'static str,
}

impl Cpu {
    /// Where the UEFI of this processor is. Releases of Debian differ, in the size of the flash chip for one.
    pub fn places(self) -> &'static [Place] {
        match self {
            Self::X64 => &[
                Place {
                    package: "ovmf",
                    code: "usr/share/OVMF/OVMF_CODE_4M.fd",
                    variables: "usr/share/OVMF/OVMF_VARS_4M.fd",
                },
                Place {
                    package: "ovmf",
                    code: "usr/share/OVMF/OVMF_CODE.fd",
                    variables: "usr/share/OVMF/OVMF_VARS.fd",
                },
            ],
            Self::Ia32 => &[Place {
                package: "ovmf-ia32",
                code: "usr/share/OVMF/OVMF32_CODE_4M.secboot.fd",
                variables: "usr/share/OVMF/OVMF32_VARS_4M.fd",
            }],
            Self::Arm64 => &[
                Place {
                    package: "qemu-efi-aarch64",
                    code: "usr/share/AAVMF/AAVMF_CODE.no-secboot.fd",
                    variables: "usr/share/AAVMF/AAVMF_VARS.fd",
                },
                Place {
                    package: "qemu-efi-aarch64",
                    code: "usr/share/AAVMF/AAVMF_CODE.fd",
                    variables: "usr/share/AAVMF/AAVMF_VARS.fd",
                },
            ],
            Self::RiscV64 => &[Place {
                package: "qemu-efi-riscv64",
                code: "usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd",
                variables: "usr/share/qemu-efi-riscv64/RISCV_VIRT_VARS.fd",
            }],
        }
    }

    /// The package of Debian's newest release that has it.
    pub fn newest(self) -> &'static str {
        match self {
            // `ovmf` has become an empty package that stands for several.
            Self::X64 => "ovmf-generic",
            other => other.places().first().map_or("", |place| place.package),
        }
    }

    /// The UEFI below `root`, or why there is none.
    pub fn flash(self, root: &Path) -> Result<Flash, Stop> {
        first_of(self.places(), root)
    }
}

/// A UEFI for 64-bit PCs whose variables hold Microsoft's keys, so that Secure Boot is on.
const WITH_KEYS: &[Place] = &[Place {
    package: "ovmf",
    code: "usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
    variables: "usr/share/OVMF/OVMF_VARS_4M.ms.fd",
}];

/// The UEFI with Secure Boot below `root`, or why there is none.
pub fn with_keys(root: &Path) -> Result<Flash, Stop> {
    first_of(WITH_KEYS, root)
}

fn first_of(places: &[Place], root: &Path) -> Result<Flash, Stop> {
    let at = |place: &Place| Flash { code: root.join(place.code), variables: root.join(place.variables) };
    let whole = |flash: &Flash| flash.code.is_file() && flash.variables.is_file();
    places.iter().map(at).find(whole).ok_or_else(|| {
        let (package, code) = places.first().map_or(("", ""), |place| (place.package, place.code));
        Stop::Skipped(format!("there is no {}; Debian's package {package} has it", root.join(code).display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_with_both_files_counts_and_a_missing_package_is_named() {
        let root = tempfile::tempdir().unwrap();
        let Err(Stop::Skipped(reason)) = Cpu::Arm64.flash(root.path()) else { panic!("nothing is there") };
        assert!(reason.contains("qemu-efi-aarch64"), "{reason}");
        std::fs::create_dir_all(root.path().join("usr/share/AAVMF")).unwrap();
        for name in ["AAVMF_CODE.fd", "AAVMF_VARS.fd"] {
            std::fs::write(root.path().join("usr/share/AAVMF").join(name), "").unwrap();
        }
        assert!(Cpu::Arm64.flash(root.path()).unwrap().code.ends_with("AAVMF_CODE.fd"));
    }
}
