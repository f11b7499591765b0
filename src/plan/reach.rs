//! Which boot loader can do what an entry says, and how.
//!
//! | | PXELINUX (legacy BIOS) | iPXE (UEFI) | GRUB (UEFI, for Secure Boot) |
//! |---|---|---|---|
//! | `shell` | through iPXE | itself | its own prompt |
//! | `chain` | through iPXE | itself | a UEFI program over `http` or `tftp` |
//! | `chain` to `….efi` | no | itself | the same |
//! | `chain` to `….0`, `….kpxe`, `….pxe`, `….lkrn` | through iPXE | no | no |
//! | `restart` | itself, or through iPXE | itself | itself |
//! | `firmware-setup` | no: legacy BIOS has no way there | itself | itself |
//! | a Linux kernel for x86 | itself | with an EFI stub | itself |
//! | a UEFI program | no | itself | itself |
//! | a script for iPXE, files with names, `https` | through iPXE | itself | no |
//!
//! "Through iPXE" means that PXELINUX starts `ipxe.lkrn` as a kernel, with a script that does the one thing.

use crate::facts::{Facts, FileKind};
use crate::resolve::{FileSource, FilesTarget, Target};
use crate::spec::loader::{LoaderKind, Machine};
use crate::spec::url::{Scheme, Url};

/// iPXE that PXELINUX can start.
pub(super) const LKRN: &str = "ipxe.lkrn";
/// The module with which PXELINUX restarts a PC.
pub(super) const REBOOT: &str = "reboot.c32";

/// A boot loader that shows menus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    Pxelinux,
    Ipxe,
    Grub,
}

/// Whether a loader can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Can {
    Itself,
    /// PXELINUX starts iPXE for it.
    ThroughIpxe,
    Not(Hindrance),
}

/// Why a loader cannot do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hindrance {
    /// Only iPXE can do it, and there is none that PXELINUX could start.
    NoLkrn,
    /// Legacy BIOS has no way to its setup.
    NoWayToSetup,
    /// The program is for UEFI alone.
    UefiAlone,
    /// The program is for legacy BIOS alone.
    BiosAlone,
    /// The program is for another processor.
    Processor,
    /// GRUB reads no scripts of iPXE, so it chains to UEFI programs only.
    NoScripts,
    /// GRUB has no HTTPS.
    NoHttps,
    /// GRUB gives its programs no files with names.
    NoNames,
}

impl Hindrance {
    /// As a phrase.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::NoLkrn => "PXELINUX needs `ipxe.lkrn` for it, and there is none",
            Self::NoWayToSetup => "legacy BIOS has no way to its setup",
            Self::UefiAlone => "it is a program for UEFI",
            Self::BiosAlone => "it is a program for legacy BIOS",
            Self::Processor => "it is for another processor",
            Self::NoScripts => "GRUB reads no scripts of iPXE, only UEFI programs, whose names end in `.efi`",
            Self::NoHttps => "GRUB cannot load over HTTPS",
            Self::NoNames => "GRUB cannot give a program files by name",
        }
    }
}

/// Whether a loader can do what an entry says. An ISO and a kernel in one are for their recipes to judge.
pub(super) fn can(loader: Shows, target: &Target, facts: &Facts) -> Can {
    match (loader, target) {
        (_, Target::Iso(_) | Target::Kernel(_) | Target::Menu(_) | Target::LocalDisk) => Can::Itself,
        (_, Target::Files(files)) => files_can(loader, files, facts),
        (Shows::Ipxe, Target::Chain(url)) if ends_in(&url.value, &[".0", ".pxe", ".kpxe", ".kkpxe", ".lkrn"]) => {
            Can::Not(Hindrance::BiosAlone)
        }
        (Shows::Ipxe, _) => Can::Itself,
        (Shows::Pxelinux, Target::Chain(url)) if ends_in(&url.value, &[".efi"]) => Can::Not(Hindrance::UefiAlone),
        (Shows::Pxelinux, Target::Restart(_)) if has_reboot(facts) => Can::Itself,
        (Shows::Pxelinux, Target::Shell(_) | Target::Chain(_) | Target::Restart(_)) => through_ipxe(facts),
        (Shows::Pxelinux, Target::FirmwareSetup(_)) => Can::Not(Hindrance::NoWayToSetup),
        (Shows::Grub, Target::Shell(_) | Target::Restart(_) | Target::FirmwareSetup(_)) => Can::Itself,
        (Shows::Grub, Target::Chain(url)) => match chain_in_grub(&url.value) {
            Ok(()) => Can::Itself,
            Err(why) => Can::Not(why),
        },
    }
}

fn files_can(loader: Shows, target: &FilesTarget, facts: &Facts) -> Can {
    let kind = kind(&target.kernel, facts);
    let machine = kind.machine();
    let is_x86 = machine.is_none_or(|machine| matches!(machine, Machine::Ia32 | Machine::X64));
    let is_https = target.elsewhere().any(|url| url.value.scheme() == Scheme::Https);
    match (loader, kind) {
        (Shows::Ipxe, FileKind::Linux { uefi: false, .. }) => Can::Not(Hindrance::BiosAlone),
        (Shows::Ipxe, _) => Can::Itself,
        (Shows::Grub, FileKind::Script) => Can::Not(Hindrance::NoScripts),
        (Shows::Grub, _) if !target.named.is_empty() => Can::Not(Hindrance::NoNames),
        (Shows::Grub, _) if is_https => Can::Not(Hindrance::NoHttps),
        (Shows::Grub, _) => Can::Itself,
        (Shows::Pxelinux, FileKind::Uefi { .. }) => Can::Not(Hindrance::UefiAlone),
        (Shows::Pxelinux, _) if !is_x86 => Can::Not(Hindrance::Processor),
        (Shows::Pxelinux, FileKind::Script) => through_ipxe(facts),
        (Shows::Pxelinux, _) if !target.named.is_empty() || is_https => through_ipxe(facts),
        (Shows::Pxelinux, _) => Can::Itself,
    }
}

/// What the first file of an entry is. Of one that comes from elsewhere nothing is known.
pub(super) fn kind(kernel: &FileSource, facts: &Facts) -> FileKind {
    match kernel {
        FileSource::Served(file) => facts.files.get(&file.tree).map_or(FileKind::Other, |file| file.kind),
        FileSource::Elsewhere(_) => FileKind::Other,
    }
}

fn through_ipxe(facts: &Facts) -> Can {
    if has_file(facts, LoaderKind::IpxeBios, LKRN) { Can::ThroughIpxe } else { Can::Not(Hindrance::NoLkrn) }
}

fn has_reboot(facts: &Facts) -> bool {
    has_file(facts, LoaderKind::Pxelinux, REBOOT)
}

fn has_file(facts: &Facts, kind: LoaderKind, name: &str) -> bool {
    facts.loaders.get(&kind).is_some_and(|loader| loader.files.contains_key(name))
}

/// Of a program on another server, its name says for which firmware it is.
fn ends_in(url: &Url, extensions: &[&str]) -> bool {
    let name = url.file_name().to_ascii_lowercase();
    extensions.iter().any(|extension| name.ends_with(extension))
}

/// What GRUB chains to is a UEFI program, and it loads over HTTP and TFTP.
fn chain_in_grub(url: &Url) -> Result<(), Hindrance> {
    if !ends_in(url, &[".efi"]) {
        return Err(Hindrance::NoScripts);
    }
    if url.scheme() == Scheme::Https { Err(Hindrance::NoHttps) } else { Ok(()) }
}
