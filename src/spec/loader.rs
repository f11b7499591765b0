//! `loader "pxelinux" "path/to/lpxelinux.0" modules="path/to/modules/bios"`, `loader "ipxe-x64" "path/to/snponly.efi"`

use kdl::{KdlEntry, KdlNode};
use serde::Serialize;

use super::shape::{Checked, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "loader",
    arguments: &["kind", "path"],
    more: None,
    properties: &["modules", "sha256"],
    children: &[],
};

/// Where a boot loader is, if not in the usual places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loader {
    /// Which loader.
    pub kind: Spanned<LoaderKind>,
    /// The network bootstrap program, or the folder of all files, relative to the folder of the spec file.
    pub path: Option<Spanned<String>>,
    /// The folder of its modules, relative to the folder of the spec file.
    pub modules: Option<Spanned<String>>,
    /// The SHA-256 digest that the program must have.
    pub sha256: Option<Spanned<[u8; 32]>>,
    /// The place of the word `loader`.
    pub span: Span,
}

/// A boot loader that netspec can drive. The order is that of lists for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoaderKind {
    /// PXELINUX of the Syslinux project, for legacy BIOS.
    Pxelinux,
    /// iPXE for legacy BIOS: `undionly.kpxe` or `ipxe.pxe`.
    IpxeBios,
    /// iPXE for UEFI on 32-bit x86.
    IpxeIa32,
    /// iPXE for UEFI on x86-64: `snponly.efi` or `ipxe.efi`.
    IpxeX64,
    /// iPXE for UEFI on 64-bit ARM.
    IpxeArm64,
    /// iPXE for UEFI on 64-bit RISC-V.
    IpxeRiscv64,
    /// iPXE for UEFI on 64-bit LoongArch.
    IpxeLoong64,
    /// shim on x86-64, which Secure Boot trusts and which starts a distribution's own GRUB.
    ShimX64,
    /// A GRUB for x86-64 with its network modules inside, signed for shim.
    GrubX64,
    /// shim on 64-bit ARM.
    ShimArm64,
    /// A GRUB for 64-bit ARM with its network modules inside, signed for shim.
    GrubArm64,
    /// The folder of boot files that the boot ROM of a Raspberry Pi asks for by fixed names.
    RaspberryPi,
}

/// What executes a loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Machine {
    /// A PC with legacy BIOS.
    Bios,
    /// UEFI on 32-bit x86.
    Ia32,
    /// UEFI on x86-64.
    X64,
    /// UEFI on 64-bit ARM.
    Arm64,
    /// UEFI on 64-bit RISC-V.
    Riscv64,
    /// UEFI on 64-bit LoongArch.
    Loong64,
    /// The boot ROM of a Raspberry Pi.
    RaspberryPi,
}

impl Machine {
    /// Its name, for people: `64-bit ARM`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bios => "legacy BIOS",
            Self::Ia32 => "32-bit x86",
            Self::X64 => "x86-64",
            Self::Arm64 => "64-bit ARM",
            Self::Riscv64 => "64-bit RISC-V",
            Self::Loong64 => "64-bit LoongArch",
            Self::RaspberryPi => "a Raspberry Pi",
        }
    }
}

impl LoaderKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Pxelinux,
        Self::IpxeBios,
        Self::IpxeIa32,
        Self::IpxeX64,
        Self::IpxeArm64,
        Self::IpxeRiscv64,
        Self::IpxeLoong64,
        Self::ShimX64,
        Self::GrubX64,
        Self::ShimArm64,
        Self::GrubArm64,
        Self::RaspberryPi,
    ];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pxelinux => "pxelinux",
            Self::IpxeBios => "ipxe-bios",
            Self::IpxeIa32 => "ipxe-ia32",
            Self::IpxeX64 => "ipxe-x64",
            Self::IpxeArm64 => "ipxe-arm64",
            Self::IpxeRiscv64 => "ipxe-riscv64",
            Self::IpxeLoong64 => "ipxe-loong64",
            Self::ShimX64 => "shim-x64",
            Self::GrubX64 => "grub-x64",
            Self::ShimArm64 => "shim-arm64",
            Self::GrubArm64 => "grub-arm64",
            Self::RaspberryPi => "raspberry-pi",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// What executes it.
    pub fn machine(self) -> Machine {
        match self {
            Self::Pxelinux | Self::IpxeBios => Machine::Bios,
            Self::IpxeIa32 => Machine::Ia32,
            Self::IpxeX64 | Self::ShimX64 | Self::GrubX64 => Machine::X64,
            Self::IpxeArm64 | Self::ShimArm64 | Self::GrubArm64 => Machine::Arm64,
            Self::IpxeRiscv64 => Machine::Riscv64,
            Self::IpxeLoong64 => Machine::Loong64,
            Self::RaspberryPi => Machine::RaspberryPi,
        }
    }

    /// The iPXE that a machine executes.
    pub fn ipxe_of(machine: Machine) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.is_ipxe() && kind.machine() == machine)
    }

    /// Whether it is an iPXE.
    pub fn is_ipxe(self) -> bool {
        matches!(
            self,
            Self::IpxeBios | Self::IpxeIa32 | Self::IpxeX64 | Self::IpxeArm64 | Self::IpxeRiscv64 | Self::IpxeLoong64
        )
    }

    /// Whether modules belong to it that must be of the same build.
    pub fn takes_modules(self) -> bool {
        self == Self::Pxelinux
    }

    /// Whether its path is that of a folder.
    pub fn is_folder(self) -> bool {
        self == Self::RaspberryPi
    }
}

impl Loader {
    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let kind = checked.argument(0, out).and_then(|entry| value::string(entry, Wanted::argument("loader"), out));
        let path = checked.argument(1, out).and_then(|entry| value::string(entry, Wanted::argument("loader"), out));
        let modules =
            checked.property("modules").and_then(|entry| value::string(entry, Wanted::property("modules"), out));
        let sha256 = checked.property("sha256").and_then(|entry| value::string(entry, Wanted::property("sha256"), out));
        let sha256 = sha256.and_then(|text| digest(&text, out));
        let kind = known(kind?, out)?;
        if let (false, Some(modules)) = (kind.value.takes_modules(), &modules) {
            out.push(
                Diagnostic::new(Code::InvalidValue, format!("loader `{}` has no modules", kind.value.name()))
                    .at(modules.span, "does not belong here")
                    .help(match kind.value.is_folder() {
                        true => "remove `modules=`; the path is the folder with all files",
                        false => "remove `modules=`; this loader is one file",
                    }),
            );
        }
        if let (true, Some(sha256)) = (kind.value.is_folder(), &sha256) {
            out.push(
                Diagnostic::new(Code::InvalidValue, format!("loader `{}` has no digest", kind.value.name()))
                    .at(sha256.span, "does not belong here")
                    .help("remove `sha256=`; a digest is that of one file, and this loader is a folder"),
            );
        }
        Some(Self { kind, path, modules, sha256, span: name_span(node) })
    }
}

/// A digest as `sha256sum` prints it.
pub(super) fn digest(text: &Spanned<String>, out: &mut Diagnostics) -> Option<Spanned<[u8; 32]>> {
    let digits = text.value.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<_>>>();
    let bytes = digits.filter(|digits| digits.len() == 64).and_then(|digits| {
        let bytes: Vec<u8> = digits.chunks(2).filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect();
        bytes.try_into().ok()
    });
    if bytes.is_none() {
        out.push(
            Diagnostic::new(Code::InvalidValue, format!("`{}` is no SHA-256 digest", shown(&text.value)))
                .at(text.span, "not 64 hexadecimal digits")
                .help("write the 64 digits that `sha256sum` prints about the file"),
        );
    }
    Some(Spanned::new(bytes?, text.span))
}

/// Reads the name of a loader.
pub(super) fn kind(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<LoaderKind>> {
    known(value::string(entry, Wanted::argument("loader"), out)?, out)
}

fn known(text: Spanned<String>, out: &mut Diagnostics) -> Option<Spanned<LoaderKind>> {
    if let Some(kind) = LoaderKind::named(&text.value) {
        return Some(Spanned::new(kind, text.span));
    }
    let names = || LoaderKind::ALL.iter().map(|kind| kind.name());
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("there is no loader `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(match nearest(&text.value, names()) {
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => format!("the loaders are {}", listed(names())),
            }),
    );
    None
}

/// Each kind of loader may be placed once.
pub(super) fn check_twice(loaders: &[Loader], out: &mut Diagnostics) {
    for (position, other) in loaders.iter().enumerate() {
        let kind = other.kind.value;
        let Some(first) = loaders[..position].iter().find(|first| first.kind.value == kind) else { continue };
        let name = kind.name();
        out.push(
            Diagnostic::new(Code::DuplicateNode, format!("loader `{name}` stands twice where it may stand once"))
                .at(other.kind.span, "stands again")
                .at(first.kind.span, "first one here")
                .help(format!("keep one `loader \"{name}\"`")),
        );
    }
}
