//! `firmware "old-hp" { arch "uefi-x64"; vendor-class "PXEClient:Arch:00007"; mac "b8:27:eb"; mode "silent" }`

use kdl::{KdlEntry, KdlNode};

use super::effect::{Effect, argument};
use super::loader::Machine;
use super::name::name;
use super::shape::{Checked, Child, Shape};
use super::value::{self, Wanted, name_span};
use crate::diag::nearest::{nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::net::MacPrefix;
use crate::source::{Span, Spanned};

pub(super) const SHAPE: Shape = Shape {
    name: "firmware",
    arguments: &["name"],
    more: None,
    properties: &[],
    children: &[
        Child { name: "arch", once: true },
        Child { name: "vendor-class", once: true },
        Child { name: "mac", once: true },
        Child { name: "mode", once: true },
        Child { name: "delay", once: true },
        Child { name: "loader", once: true },
    ],
};
pub(super) const ARCH: Shape =
    Shape { name: "arch", arguments: &["architecture"], more: Some("architecture"), properties: &[], children: &[] };
pub(super) const VENDOR_CLASS: Shape =
    Shape { name: "vendor-class", arguments: &["text"], more: None, properties: &[], children: &[] };
pub(super) const MAC: Shape =
    Shape { name: "mac", arguments: &["hardware address"], more: None, properties: &[], children: &[] };

/// A class of machines. Those that meet every condition belong to it; without conditions, all do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    /// Its name.
    pub name: Spanned<String>,
    /// Any of these; none means that it does not matter.
    pub arches: Vec<Spanned<Arch>>,
    /// The beginning of option 60.
    pub vendor_class: Option<Spanned<String>>,
    /// The beginning of the hardware address.
    pub mac: Option<Spanned<MacPrefix>>,
    /// How they are answered.
    pub effect: Effect,
    /// The place of the word `firmware`.
    pub span: Span,
}

macro_rules! arches {
    ($($name:ident = $text:literal, [$($number:literal),+];)*) => {
        /// What firmware says it is, by the registry of option 93 (IANA "Processor Architecture Types").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is the name of a kind of firmware and a processor")]
        pub enum Arch { $($name,)* }

        impl Arch {
            /// All that a spec can name.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in a spec.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Its numbers in option 93; the first one is the usual one.
            pub fn numbers(self) -> &'static [u16] {
                match self { $(Self::$name => &[$($number),+],)* }
            }
        }
    };
}

arches! {
    Bios = "bios", [0];
    UefiIa32 = "uefi-ia32", [6];
    // RFC 4578 and its erratum swap 7 and 9, and firmware uses both (AR-01).
    UefiX64 = "uefi-x64", [7, 9];
    UefiArm32 = "uefi-arm32", [10];
    UefiArm64 = "uefi-arm64", [11];
    UefiRiscv32 = "uefi-riscv32", [25];
    UefiRiscv64 = "uefi-riscv64", [27];
    UefiLoong32 = "uefi-loong32", [37];
    UefiLoong64 = "uefi-loong64", [39];
    HttpIa32 = "http-ia32", [15];
    HttpX64 = "http-x64", [16];
    HttpArm32 = "http-arm32", [18];
    HttpArm64 = "http-arm64", [19];
    HttpRiscv32 = "http-riscv32", [26];
    HttpRiscv64 = "http-riscv64", [28];
    HttpLoong32 = "http-loong32", [38];
    HttpLoong64 = "http-loong64", [40];
    UbootArm32 = "uboot-arm32", [21];
    UbootArm64 = "uboot-arm64", [22];
    RaspberryPi = "raspberry-pi", [41];
}

impl Arch {
    /// Whether it is firmware that loads over UEFI HTTP Boot.
    pub fn is_http(self) -> bool {
        self.name().starts_with("http-")
    }

    /// What executes programs there; `None` where no loader has a name for it.
    pub fn machine(self) -> Option<Machine> {
        Some(match self {
            Self::Bios => Machine::Bios,
            Self::UefiIa32 | Self::HttpIa32 => Machine::Ia32,
            Self::UefiX64 | Self::HttpX64 => Machine::X64,
            // U-Boot executes programs of UEFI.
            Self::UefiArm64 | Self::HttpArm64 | Self::UbootArm64 => Machine::Arm64,
            Self::UefiRiscv64 | Self::HttpRiscv64 => Machine::Riscv64,
            Self::UefiLoong64 | Self::HttpLoong64 => Machine::Loong64,
            Self::RaspberryPi => Machine::RaspberryPi,
            _ => return None,
        })
    }

    /// The same for what shows menus of netspec: a boot loader knows what executes it, and not how it was loaded.
    pub fn of_menus(self) -> Option<Machine> {
        self.machine().filter(|machine| *machine != Machine::RaspberryPi)
    }

    /// Whether it is U-Boot.
    pub fn is_uboot(self) -> bool {
        self.name().starts_with("uboot-")
    }
}

/// Beginnings of option 60 that are answered without being named.
const KNOWN_CLASSES: [&str; 3] = ["PXEClient", "HTTPClient", "U-Boot"];

impl Firmware {
    /// Whether its vendor class is one that is answered only because it is named here (DH-03).
    pub fn names_new_class(&self) -> bool {
        self.vendor_class.as_ref().is_some_and(|class| {
            !KNOWN_CLASSES.iter().any(|known| known.starts_with(&class.value) || class.value.starts_with(known))
        })
    }

    pub(super) fn decode(node: &KdlNode, out: &mut Diagnostics) -> Option<Self> {
        let checked = Checked::new(node, &SHAPE, out);
        let name = checked.argument(0, out).and_then(|entry| name(entry, "firmware", out));
        let mut argument = |shape: &'static Shape| argument(checked.child(shape.name)?, shape, out);
        let (vendor_entry, mac_entry) = (argument(&VENDOR_CLASS), argument(&MAC));
        let arches = checked.child("arch").map(|node| arches(node, out));
        let vendor_class = vendor_entry.map(|entry| vendor_class(entry, out));
        let mac = mac_entry.map(|entry| mac_prefix(entry, out));
        let effect = Effect::decode(&checked, out);
        // Without a condition that could not be read, the rule would be for more machines than was meant.
        Some(Self {
            name: name?,
            arches: arches.unwrap_or(Some(Vec::new()))?,
            vendor_class: vendor_class.map_or(Some(None), |class| class.map(Some))?,
            mac: mac.map_or(Some(None), |mac| mac.map(Some))?,
            effect,
            span: name_span(node),
        })
    }
}

/// `None` where one of them is unknown; all that are unknown are reported.
fn arches(node: &KdlNode, out: &mut Diagnostics) -> Option<Vec<Spanned<Arch>>> {
    let checked = Checked::new(node, &ARCH, out);
    checked.argument(0, out)?;
    let read: Vec<_> = checked.arguments().map(|entry| arch(entry, out)).collect();
    read.into_iter().collect()
}

/// One kind of firmware.
pub(super) fn arch(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<Arch>> {
    let text = value::string(entry, Wanted::argument("arch"), out)?;
    if let Some(arch) = Arch::ALL.iter().find(|arch| arch.name() == text.value) {
        return Some(Spanned::new(*arch, text.span));
    }
    let help = match nearest(&text.value, Arch::ALL.iter().map(|arch| arch.name())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write `bios`, `raspberry-pi`, or one such as `uefi-x64`, `http-arm64` or `uboot-arm64`".to_owned(),
    };
    out.push(
        Diagnostic::new(Code::InvalidValue, format!("there is no architecture `{}`", shown(&text.value)))
            .at(text.span, "not known")
            .help(help),
    );
    None
}

fn vendor_class(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let text = value::string(entry, Wanted::argument("vendor-class"), out)?;
    if text.value.len() <= 255 && text.value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Some(text);
    }
    out.push(
        Diagnostic::new(Code::InvalidValue, "`vendor-class` expects up to 255 letters, digits and signs of ASCII")
            .at(text.span, "no client sends that")
            .help("write the beginning of the option 60 that `netspec serve --verbose` shows, as in `\"HW-Client\"`"),
    );
    None
}

/// The beginning of a hardware address.
pub(super) fn mac_prefix(entry: &KdlEntry, out: &mut Diagnostics) -> Option<Spanned<MacPrefix>> {
    let text = value::string(entry, Wanted::argument("mac"), out)?;
    match text.value.parse() {
        Ok(prefix) => Some(Spanned::new(prefix, text.span)),
        Err(_) => {
            out.push(
                Diagnostic::new(
                    Code::InvalidValue,
                    format!("`{}` is not the beginning of a hardware address", shown(&text.value)),
                )
                .at(text.span, "not pairs of digits")
                .help("write one to six pairs of hexadecimal digits, as in `\"b8:27:eb\"`"),
            );
            None
        }
    }
}
