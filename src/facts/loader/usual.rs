//! Where distributions put loaders: one row for each kind, and the only place to change when a distribution is added.
//!
//! PXELINUX has rows of its own ([`PxelinuxPlace`](super::super::PxelinuxPlace)), because its modules lie elsewhere. The
//! files of a Raspberry Pi have no usual place: a folder of them holds a kernel that somebody chose.

use crate::spec::loader::{LoaderKind, Machine};

/// The usual places of one kind of loader.
#[derive(Debug)]
pub struct Usual {
    /// Which loader.
    pub kind: LoaderKind,
    /// The machine type in the header of the program (PE Format, "Machine Types"); `None` for what is no UEFI program.
    pub machine_type: Option<u16>,
    /// Its programs; each one that is found is used.
    pub programs: &'static [Program],
    /// What to install.
    pub packages: &'static [Package],
}

/// One program of a loader.
#[derive(Debug)]
pub struct Program {
    /// Its name in plans, whatever its file is called.
    pub name: &'static str,
    /// The files that are tried, in order.
    pub places: &'static [&'static str],
}

/// What to install.
#[derive(Debug)]
pub struct Package {
    /// The name of the package.
    pub name: &'static str,
    /// Which distributions call it that.
    pub distributions: &'static str,
}

/// A package by its name and the distributions that have it.
const fn package(name: &'static str, distributions: &'static str) -> Package {
    Package { name, distributions }
}

/// `snponly.efi` comes first: it works with the firmware's own driver, and so with every card that the firmware can boot from.
/// NixOS links a file of this kind into the system only where `environment.pathsToLink` has `/`.
const IPXE: &[Usual] = &[
    Usual {
        kind: LoaderKind::IpxeBios,
        machine_type: None,
        programs: &[
            // It talks to the card through the ROM that loaded it.
            Program {
                name: "undionly.kpxe",
                places: &[
                    "/usr/lib/ipxe/undionly.kpxe",
                    "/usr/share/ipxe/undionly.kpxe",
                    "/run/current-system/sw/undionly.kpxe",
                ],
            },
            // It brings drivers of its own, for cards whose ROM is an iPXE already (IP-08).
            Program { name: "ipxe.pxe", places: &["/usr/lib/ipxe/ipxe.pxe", "/usr/share/ipxe/ipxe.pxe"] },
            // PXELINUX starts it as a kernel, for what only iPXE can do.
            Program {
                name: "ipxe.lkrn",
                places: &[
                    "/usr/lib/ipxe/ipxe.lkrn",
                    "/boot/ipxe.lkrn",
                    "/usr/share/ipxe/ipxe.lkrn",
                    "/usr/share/ipxe/x86_64/ipxe.lkrn",
                    "/run/current-system/sw/ipxe.lkrn",
                ],
            },
        ],
        packages: &[package("ipxe", "Debian, Ubuntu"), package("ipxe-bootimgs-x86", "Fedora")],
    },
    Usual {
        kind: LoaderKind::IpxeIa32,
        machine_type: Some(0x14c),
        programs: &[Program {
            name: "ipxe-ia32.efi",
            places: &["/usr/share/ipxe/ipxe-i386.efi", "/usr/share/ipxe/i386/ipxe.efi", "/usr/lib/ipxe/ipxe-i386.efi"],
        }],
        packages: &[package("ipxe-bootimgs-x86", "Fedora")],
    },
    Usual {
        kind: LoaderKind::IpxeX64,
        machine_type: Some(0x8664),
        programs: &[Program {
            name: "ipxe-x64.efi",
            places: &[
                "/usr/lib/ipxe/snponly.efi",
                "/usr/share/ipxe/ipxe-snponly-x86_64.efi",
                "/usr/share/ipxe/x86_64/snponly.efi",
                "/usr/share/ipxe/x86_64/ipxe.efi",
                "/usr/share/ipxe/ipxe-x86_64.efi",
                "/usr/lib/ipxe/ipxe.efi",
                "/usr/lib/ipxe/ipxe-amd64.efi",
                "/run/current-system/sw/share/ipxe/ipxe.efi",
                "/run/current-system/sw/ipxe.efi",
            ],
        }],
        packages: &[package("ipxe", "Debian, Ubuntu, Arch"), package("ipxe-bootimgs-x86", "Fedora")],
    },
    Usual {
        kind: LoaderKind::IpxeArm64,
        machine_type: Some(0xaa64),
        programs: &[Program {
            name: "ipxe-arm64.efi",
            places: &[
                "/usr/share/ipxe/arm64-efi/snponly.efi",
                "/usr/lib/ipxe/ipxe-arm64.efi",
                "/boot/ipxe-arm64.efi",
                "/usr/share/ipxe/arm64-efi/ipxe.efi",
                "/usr/share/ipxe/arm64/ipxe.efi",
                // On an ARM machine the file of NixOS has no processor in its name.
                "/run/current-system/sw/ipxe.efi",
            ],
        }],
        packages: &[package("ipxe", "Debian 14, Ubuntu 22.04 and newer"), package("ipxe-bootimgs-aarch64", "Fedora")],
    },
    Usual {
        kind: LoaderKind::IpxeRiscv64,
        machine_type: Some(0x5064),
        programs: &[Program { name: "ipxe-riscv64.efi", places: &["/usr/lib/ipxe/ipxe-riscv64.efi"] }],
        packages: &[package("ipxe", "Debian 14 and newer")],
    },
    Usual {
        kind: LoaderKind::IpxeLoong64,
        machine_type: Some(0x6264),
        programs: &[Program { name: "ipxe-loong64.efi", places: &["/usr/lib/ipxe/ipxe-loong64.efi"] }],
        packages: &[package("ipxe", "Debian 14 and newer")],
    },
];

/// Signed ones alone: Secure Boot accepts no others, and without it iPXE does the work.
const SIGNED: &[Usual] = &[
    Usual {
        kind: LoaderKind::ShimX64,
        machine_type: Some(0x8664),
        programs: &[Program {
            name: "shimx64.efi",
            places: &[
                "/usr/lib/shim/shimx64.efi.signed",
                "/usr/lib/shim/shimx64.efi.signed.latest",
                "/boot/efi/EFI/fedora/shimx64.efi",
                "/usr/share/shim-signed/shimx64.efi",
            ],
        }],
        packages: &[package("shim-signed", "Debian, Ubuntu"), package("shim-x64", "Fedora")],
    },
    Usual {
        kind: LoaderKind::GrubX64,
        machine_type: Some(0x8664),
        programs: &[Program {
            name: "grubx64.efi",
            places: &["/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed", "/boot/efi/EFI/fedora/grubx64.efi"],
        }],
        packages: &[package("grub-efi-amd64-signed", "Debian, Ubuntu"), package("grub2-efi-x64", "Fedora")],
    },
    Usual {
        kind: LoaderKind::ShimArm64,
        machine_type: Some(0xaa64),
        programs: &[Program {
            name: "shimaa64.efi",
            places: &[
                "/usr/lib/shim/shimaa64.efi.signed",
                "/usr/lib/shim/shimaa64.efi.signed.latest",
                "/boot/efi/EFI/fedora/shimaa64.efi",
            ],
        }],
        packages: &[package("shim-signed", "Debian, Ubuntu on ARM"), package("shim-aa64", "Fedora on ARM")],
    },
    Usual {
        kind: LoaderKind::GrubArm64,
        machine_type: Some(0xaa64),
        programs: &[Program {
            name: "grubaa64.efi",
            places: &["/usr/lib/grub/arm64-efi-signed/grubnetaa64.efi.signed", "/boot/efi/EFI/fedora/grubaa64.efi"],
        }],
        packages: &[
            package("grub-efi-arm64-signed", "Debian, Ubuntu on ARM"),
            package("grub2-efi-aa64", "Fedora on ARM"),
        ],
    },
];

impl Usual {
    /// Every row.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        IPXE.iter().chain(SIGNED)
    }

    /// The row of a kind; PXELINUX and the files of a Raspberry Pi have none.
    pub fn of(kind: LoaderKind) -> Option<&'static Self> {
        Self::all().find(|row| row.kind == kind)
    }

    /// What to install: ``` `ipxe` (Debian, Ubuntu, Arch) or `ipxe-bootimgs-x86` (Fedora) ```.
    pub fn packages(&self) -> String {
        let packages = self.packages.iter().map(|package| format!("`{}` ({})", package.name, package.distributions));
        packages.collect::<Vec<_>>().join(" or ")
    }
}

/// What executes a UEFI program of a machine type.
pub(super) fn machine(machine_type: u16) -> Option<Machine> {
    Some(match machine_type {
        0x14c => Machine::Ia32,
        0x8664 => Machine::X64,
        0xaa64 => Machine::Arm64,
        0x5064 => Machine::Riscv64,
        0x6264 => Machine::Loong64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each kind but the two that say so has a row, and no two programs have one name in plans.
    #[test]
    fn the_table_is_whole() {
        let rows: BTreeSet<_> = Usual::all().map(|row| row.kind).collect();
        let without: Vec<_> = LoaderKind::ALL.iter().filter(|kind| !rows.contains(kind)).collect();
        assert_eq!(without, [&LoaderKind::Pxelinux, &LoaderKind::RaspberryPi]);
        let names: Vec<_> = Usual::all().flat_map(|row| row.programs).map(|program| program.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for row in Usual::all() {
            assert!(
                row.machine_type.is_none_or(|machine| super::machine(machine) == Some(row.kind.machine())),
                "{row:?}"
            );
            assert!(row.programs.iter().all(|program| !program.places.is_empty()), "{row:?}");
        }
    }
}
