//! What is in the gallery.

use crate::firmware::{Age, BootFrom, Firmware, Rom};
use crate::qemu::{Hardware, Identity, Nic};

/// A spec of the gallery.
#[derive(Debug)]
pub struct Exhibit {
    /// Its file in the folder of specs.
    pub spec: &'static str,
    /// The situation, as a heading.
    pub title: &'static str,
    /// For whom it is, in a sentence.
    pub about: &'static str,
    /// What stands in it, and what the lab has there.
    pub replaced: &'static [(&'static str, &'static str)],
    /// The files that it names, and what they are here.
    pub files: &'static [(&'static str, File)],
    /// Whether its network has a DHCP server already.
    pub has_router: bool,
    /// Interfaces that it names beside the one to the LAN, with the address of each.
    pub links: &'static [(&'static str, &'static str)],
    /// What is shown of it.
    pub views: &'static [View],
}

/// What a file of a spec is in the lab.
#[derive(Debug, Clone, Copy)]
pub enum File {
    /// The Arch medium.
    Arch,
    /// The Debian Live medium.
    Debian,
    /// The shim of this machine.
    Shim,
    /// Debian's newest signed GRUB.
    Grub,
    /// The memory test of this machine.
    Memtest,
}

/// A screen that a PC shows.
#[derive(Debug)]
pub struct View {
    /// A word for it, in names of folders.
    pub name: &'static str,
    /// Which PC shows it, as a caption.
    pub caption: &'static str,
    /// The PC.
    pub hardware: Hardware,
    /// What stands on the screen when it is complete.
    pub labels: &'static [&'static str],
}

const fn pc(firmware: Firmware) -> Hardware {
    Hardware { memory: 2048, nic: Nic::Virtio, firmware, identity: Identity::NONE }
}

const BIOS: Hardware = pc(Firmware::SeaBios(Rom::Ipxe(Age::Installed)));
const UEFI: Hardware = pc(Firmware::ovmf(BootFrom::Pxe));
const BENCH: Hardware =
    Hardware { identity: Identity { uuid: Some("4c4c4544-0031-3510-8052-b7c04f4b3232"), serial: None }, ..BIOS };
const SECURE: Hardware = pc(Firmware::SecureBoot(BootFrom::Http));

/// The lab's network.
const LAB: &str = "10.77.0.0/24";
const ARCH: (&str, File) = ("isos/archlinux-x86_64.iso", File::Arch);
const DEBIAN: (&str, File) = ("isos/debian-live-amd64.iso", File::Debian);

/// All of it, in the order of the page.
pub const ALL: &[Exhibit] = &[
    Exhibit {
        spec: "home.kdl",
        title: "One ISO",
        about: "The shortest spec: a PC goes straight to the menu that the ISO brings.",
        replaced: &[("192.168.1.0/24", LAB)],
        files: &[ARCH],
        has_router: true,
        links: &[],
        views: &[View {
            name: "bios",
            caption: "A PC with legacy BIOS",
            hardware: BIOS,
            labels: &["(x86_64, HTTP)", "Boot existing OS", "Reboot"],
        }],
    },
    Exhibit {
        spec: "menu.kdl",
        title: "A menu at home",
        about: "Two live systems, and the disk for everybody who only wanted to switch the PC on.",
        replaced: &[("192.168.1.0/24", LAB)],
        files: &[ARCH, DEBIAN],
        has_router: true,
        links: &[],
        views: &[
            View {
                name: "bios",
                caption: "A PC with legacy BIOS",
                hardware: BIOS,
                labels: &["Home netboot", "Arch Linux", "Debian Live"],
            },
            View {
                name: "uefi",
                caption: "A PC with UEFI",
                hardware: UEFI,
                labels: &["Home netboot", "Arch Linux", "Debian Live"],
            },
        ],
    },
    Exhibit {
        spec: "lab.kdl",
        title: "A lab",
        about: "Its PCs boot what they are for; visitors see a menu that leads to the disk, the bench has one of its own.",
        replaced: &[("10.1.0.0/16", LAB), ("10.1.20.0/24", "10.77.0.0/29"), ("10.1.21.0/24", "10.77.0.8/29")],
        files: &[ARCH, DEBIAN],
        has_router: true,
        links: &[],
        views: &[
            View { name: "visitor", caption: "Any PC", hardware: BIOS, labels: &["Boot from the local disk", "Bench"] },
            View {
                name: "bench",
                caption: "The host `desk`, known by its UUID",
                hardware: BENCH,
                labels: &["Arch Linux", "Rescue"],
            },
        ],
    },
    Exhibit {
        spec: "tools.kdl",
        title: "Tools",
        about: "Entries that are no ISO: a test of the memory, a prompt, somebody else's menu, and what a PC can do by itself.",
        replaced: &[("192.168.1.0/24", LAB)],
        files: &[("tools/memtest86+x64.efi", File::Memtest)],
        has_router: true,
        links: &[],
        views: &[View {
            name: "uefi",
            caption: "A PC with UEFI",
            hardware: UEFI,
            labels: &["Tools", "Memtest86+", "A menu of another server"],
        }],
    },
    Exhibit {
        spec: "vlans.kdl",
        title: "Two VLANs",
        about: "One machine serves both, and the PCs of each see a menu of their own.",
        replaced: &[("interface \"enp3s0.20\"", "interface \"eth0\""), ("10.0.20.0/24", LAB)],
        files: &[ARCH, DEBIAN],
        has_router: true,
        links: &[("enp3s0.10", "10.0.10.2/24")],
        views: &[View {
            name: "uefi",
            caption: "A PC with UEFI in the VLAN of the workshop",
            hardware: UEFI,
            labels: &["Workshop", "Arch Linux, for repairs", "Debian Live"],
        }],
    },
    Exhibit {
        spec: "secure-boot.kdl",
        title: "A classroom with Secure Boot",
        about: "PCs as they were bought: shim and GRUB of a distribution start its signed kernel.",
        replaced: &[("10.20.0.0/16", LAB)],
        files: &[DEBIAN, ("boot/shimx64.efi.signed", File::Shim), ("boot/grubnetx64.efi.signed", File::Grub)],
        has_router: true,
        links: &[],
        views: &[View {
            name: "uefi",
            caption: "A PC with UEFI, HTTP Boot and Secure Boot",
            hardware: SECURE,
            labels: &["Debian Live"],
        }],
    },
    Exhibit {
        spec: "isolated.kdl",
        title: "A network without a DHCP server",
        about: "A switch and two cables: netspec gives out the addresses as well.",
        replaced: &[
            ("10.0.0.0/24", LAB),
            ("10.0.0.100-10.0.0.199", "10.77.0.100-10.77.0.199"),
            ("10.0.0.254", "10.77.0.254"),
            ("10.0.0.50", "10.77.0.50"),
        ],
        files: &[ARCH],
        has_router: false,
        links: &[],
        views: &[View { name: "uefi", caption: "A PC with UEFI", hardware: UEFI, labels: &["Arch Linux"] }],
    },
    Exhibit {
        spec: "ci.kdl",
        title: "Machines of a CI",
        about: "Nobody is there to choose: the image boots at once, and talks on the serial console.",
        replaced: &[("\"br-ci\"", "\"eth0\"")],
        files: &[ARCH],
        has_router: false,
        links: &[],
        views: &[View {
            name: "bios",
            caption: "A virtual machine, without anybody having pressed a key,",
            hardware: BIOS,
            labels: &["archiso login:"],
        }],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_has_a_name_of_its_own() {
        for exhibit in ALL {
            let mut names: Vec<_> = exhibit.views.iter().map(|view| view.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), exhibit.views.len(), "{}", exhibit.spec);
        }
    }
}
