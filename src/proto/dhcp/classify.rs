//! Which row of the decision table a client is in.

use std::fmt;

use super::arch::{Architecture, Platform};
use super::options::IpxeFeatures;
use super::packet::BootRequest;
use super::raspberry_pi;
use super::reason::Reason;
use super::vendor::BootItem;

/// Firmware of PXE 2.1.
const PXE_CLIENT: &str = "PXEClient";
/// Firmware of UEFI HTTP Boot.
const HTTP_CLIENT: &str = "HTTPClient";
/// U-Boot's own class, sent by builds that do not pose as PXE.
const U_BOOT: &str = "U-Boot";

/// What a client is. Every class but "everyone else", which ends in a [`Reason`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientClass {
    /// Asks for a boot server of one type (option 43.71).
    BootServer(BootItem),
    /// iPXE, gPXE or Etherboot: our own or a card's, on any platform.
    Ipxe {
        /// The platform that it runs on, where it says so.
        arch: Option<Architecture>,
        /// Whether it can load over HTTP.
        http: bool,
    },
    /// UEFI HTTP Boot, or a BIOS or U-Boot that does the same.
    Http(Option<Architecture>),
    /// The boot ROM of a Raspberry Pi; it may report architecture 0 (AR-04).
    RaspberryPi,
    /// U-Boot.
    UBoot(Option<Architecture>),
    /// A PXE option ROM on legacy BIOS.
    PxeBios,
    /// UEFI over PXE.
    PxeUefi(Architecture),
    /// PXE on a registered architecture that is neither.
    PxeOther(Architecture),
}

impl fmt::Display for ClientClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BootServer(item) if item.is_signed() => {
                write!(f, "PXE client that wants signed answers (BIS) of boot server type {}", item.kind)
            }
            Self::BootServer(BootItem { kind, .. }) => write!(f, "PXE client that wants boot server type {kind}"),
            Self::Ipxe { arch: Some(arch), .. } => write!(f, "iPXE on {arch}"),
            Self::Ipxe { arch: None, .. } => f.write_str("iPXE"),
            Self::Http(Some(arch)) => write!(f, "{arch} (HTTP Boot)"),
            Self::Http(None) => f.write_str("HTTP Boot client"),
            Self::RaspberryPi => f.write_str("Raspberry Pi"),
            Self::UBoot(Some(arch)) => write!(f, "U-Boot on {arch}"),
            Self::UBoot(None) => f.write_str("U-Boot"),
            Self::PxeBios => f.write_str("PXE ROM on legacy BIOS"),
            Self::PxeUefi(arch) | Self::PxeOther(arch) => write!(f, "{arch} (PXE)"),
        }
    }
}

/// A client that asked to boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BootClient {
    /// Its row of the decision table.
    pub(super) class: ClientClass,
    /// What the reply has to say: the beginning of its option 60 that made it a boot client (DH-03, DH-25).
    pub(super) vendor_class: String,
    /// What it says that it can execute; 41 for every Raspberry Pi.
    pub(super) arch: Option<Architecture>,
    /// Whether it is gPXE or Etherboot, which read no script of iPXE.
    pub(super) before_ipxe: bool,
}

/// Finds the row of a client, in the order of ST-01: every iPXE also says `PXEClient` with its firmware's architecture.
pub(super) fn classify(request: &BootRequest, vendor_prefixes: &[String]) -> Result<BootClient, Reason> {
    let Some(vendor) = request.vendor_class() else { return Err(Reason::NotABootClient { vendor_class: None }) };
    let prefixes = [PXE_CLIENT, HTTP_CLIENT, U_BOOT].into_iter().chain(vendor_prefixes.iter().map(String::as_str));
    let Some(prefix) = prefixes.filter(|prefix| !prefix.is_empty()).find(|prefix| vendor.starts_with(prefix)) else {
        return Err(Reason::NotABootClient { vendor_class: Some(vendor.0.to_vec()) });
    };
    // A malformed option 93 counts as a missing one: the class still says the architecture in nearly every ROM.
    let arch = request.client_arch().and_then(|list| list.preferred()).or_else(|| vendor.architecture());
    let platform = arch.and_then(Architecture::platform);

    let ipxe = ipxe(request);
    let class = if let Some(item) = request.boot_item() {
        ClientClass::BootServer(item)
    } else if let Some(Ipxe { http, .. }) = ipxe {
        ClientClass::Ipxe { arch, http }
    } else if prefix == HTTP_CLIENT {
        ClientClass::Http(arch)
    } else if is_raspberry_pi(request, platform) {
        ClientClass::RaspberryPi
    } else if prefix == U_BOOT || matches!(platform, Some(Platform::UBoot | Platform::UBootHttp)) {
        ClientClass::UBoot(arch)
    } else {
        let vendor_class = || vendor.0.to_vec();
        let arch = arch.ok_or_else(|| Reason::NoArchitecture { vendor_class: vendor_class() })?;
        match platform {
            Some(Platform::Bios) => ClientClass::PxeBios,
            Some(Platform::Uefi(_)) => ClientClass::PxeUefi(arch),
            Some(_) => ClientClass::PxeOther(arch),
            None => return Err(Reason::UnknownArchitecture { number: arch.0, vendor_class: vendor_class() }),
        }
    };
    let arch = if class == ClientClass::RaspberryPi { Some(RASPBERRY_PI) } else { arch };
    let before_ipxe = ipxe.is_some_and(|ipxe| ipxe.older);
    // U-Boot on lwIP takes a proxy's offer only by this class, whatever its own is; the classic one reads no option of it.
    let vendor_class = if prefix == U_BOOT { PXE_CLIENT } else { prefix };
    Ok(BootClient { class, vendor_class: vendor_class.to_owned(), arch, before_ipxe })
}

/// What is known of an iPXE or its forefathers.
#[derive(Clone, Copy)]
struct Ipxe {
    /// It can load over HTTP; without option 175 nothing says that it can (IP-03).
    http: bool,
    /// It is gPXE or Etherboot.
    older: bool,
}

/// Every iPXE says `iPXE` unless somebody gave it another user class, and those builds are recent ones with HTTP.
fn ipxe(request: &BootRequest) -> Option<Ipxe> {
    let features = request.ipxe_features();
    let named = |name: &str| request.user_class().is_some_and(|class| class.contains(name));
    let http = features.as_ref().is_some_and(|features| features.has(IpxeFeatures::HTTP));
    let older = named("gPXE") || !named("iPXE") && !http;
    (named("iPXE") || named("gPXE") || features.is_some()).then_some(Ipxe { http, older })
}

/// The architecture that a Raspberry Pi's ROM should report.
const RASPBERRY_PI: Architecture = Architecture(41);

/// A Pi's ROM says architecture 0 or 41. UEFI on a Pi says 11 and is UEFI like any other.
fn is_raspberry_pi(request: &BootRequest, platform: Option<Platform>) -> bool {
    match platform {
        Some(Platform::RaspberryPi) => true,
        Some(Platform::Bios) => raspberry_pi::owns(request.mac()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
