//! What is on offer, as the plan says it.

use std::collections::{BTreeMap, BTreeSet};

use super::arch::{Architecture, EfiCpu, Platform};
use super::rule::Rule;

/// Which client gets what. An absent entry means silence to that class of clients, with a reason in the log.
///
/// Part of the printed plan, so it holds no address of this machine and no collection without an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BootTable {
    /// For PXE option ROMs on legacy BIOS (architecture 0).
    pub bios: Option<BiosBoot>,
    /// The configuration file of PXELINUX that each machine asks for by a path of its own
    /// ([`Identity::path`](crate::proto::identity::Identity::path)), in place of one that all share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_config: Option<String>,
    /// For UEFI firmware that loads over PXE, by its processor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub efi: BTreeMap<EfiCpu, EfiBoot>,
    /// For UEFI firmware that loads over HTTP Boot, by its processor: the path of the program below the HTTP root,
    /// percent-encoded where a URL needs it, such as `ipxe/x64/ipxe.efi`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub http: BTreeMap<EfiCpu, String>,
    /// Where HTTP Boot fetches programs, where that is not this machine. iPXE then gets its script over TFTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<ProgramOrigin>,
    /// For iPXE, in a network card's ROM or chainloaded.
    pub ipxe: Option<IpxeBoot>,
    /// For an iPXE that cannot do enough.
    #[serde(skip_serializing_if = "CompleteIpxe::is_empty")]
    pub complete_ipxe: CompleteIpxe,
    /// For the boot ROM of a Raspberry Pi: the name of its first file. It asks for the others by fixed names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raspberry_pi: Option<String>,
    /// Beginnings of option 60 that are answered besides `PXEClient` and `HTTPClient`, such as `HW-Client` (DH-03).
    pub vendor_prefixes: Vec<String>,
    /// Machines that are answered otherwise; the first rule that a machine meets counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl BootTable {
    /// Whether it has a program for firmware of an architecture, rules aside.
    pub fn has_program_for(&self, arch: Architecture) -> bool {
        match arch.platform() {
            Some(Platform::Bios) => self.bios.is_some(),
            Some(Platform::Uefi(cpu)) => self.efi.contains_key(&cpu),
            Some(Platform::UefiHttp(cpu)) => self.http.contains_key(&cpu),
            Some(Platform::RaspberryPi) => self.raspberry_pi.is_some(),
            _ => false,
        }
    }
}

/// Another server that hands out programs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProgramOrigin {
    /// The URL of the root of the tree there, without a slash at the end: `http://cdn.example/boot/3f…`.
    pub url: String,
    /// The paths of programs that come from this machine all the same.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub only_here: BTreeSet<String>,
}

/// What a PXE option ROM on legacy BIOS loads.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BiosBoot {
    /// The TFTP name of the network bootstrap program: `iso/arch/boot/syslinux/lpxelinux.0`. At most
    /// [`FILE_MAX`](super::FILE_MAX) bytes; short, ASCII, without spaces (BI-03).
    pub file: String,
    /// PXELINUX's configuration file (option 209, RFC 5071 section 5), relative to the prefix.
    pub config_file: Option<String>,
    /// PXELINUX's path prefix (option 210, RFC 5071 section 6); without it, the folder of `file`.
    pub path_prefix: Option<String>,
}

/// What UEFI firmware loads over PXE.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EfiBoot {
    /// The TFTP name of the network bootstrap program: `ipxe/x64/snponly.efi`. At most [`FILE_MAX`](super::FILE_MAX) bytes.
    /// A URL is refused, because edk2 would ask its TFTP server for a file of that name (UE-11).
    pub file: String,
}

/// What iPXE loads.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct IpxeBoot {
    /// The path of the script below the HTTP root and the TFTP root alike, percent-encoded where a URL needs it: `boot.ipxe`.
    pub script: String,
    /// Option 209 for a PXELINUX that iPXE chainloads on legacy BIOS: it reads our offer as its packet 3.
    pub config_file: Option<String>,
    /// Option 210, likewise.
    pub path_prefix: Option<String>,
}

/// Programs for an iPXE that cannot do enough, as paths below the TFTP root.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CompleteIpxe {
    /// For gPXE and Etherboot on legacy BIOS: an `ipxe.pxe`, never an `undionly.kpxe` (IP-08).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bios: Option<String>,
    /// For an iPXE on UEFI without HTTP, by its processor. Each has HTTP, so that what it asks next is told from what it
    /// replaces (ST-02).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub efi: BTreeMap<EfiCpu, String>,
}

impl CompleteIpxe {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
