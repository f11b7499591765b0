//! The options that clients describe themselves with, read from their raw bytes.
//!
//! dhcproto's decoder is not used on the wire: it stops at the first option that it dislikes, keeps only the first architecture
//! of option 93, and panics in debug builds where option 94 is not three bytes long.

use std::collections::BTreeMap;
use std::fmt;

use super::arch::Architecture;
use super::escape::Escaped;
use super::tlv::Tlv;
use crate::net::Uuid;

/// The vendor class (option 60, RFC 2132 section 9.13): `PXEClient:Arch:00000:UNDI:002001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorClass<'a>(pub &'a [u8]);

impl VendorClass<'_> {
    /// Whether the class begins with `prefix`, which is how PXE tells its clients from all others.
    pub fn starts_with(self, prefix: &str) -> bool {
        self.0.starts_with(prefix.as_bytes())
    }

    /// The architecture in `…:Arch:NNNNN…`, five decimal digits (PXE 2.1 section 2.2.3), for clients without option 93 (DH-08).
    pub fn architecture(self) -> Option<Architecture> {
        const MARK: &[u8] = b":Arch:";
        let at = self.0.windows(MARK.len()).position(|window| window == MARK)?;
        let digits = self.0.get(at + MARK.len()..)?.get(..5)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(digits).ok()?.parse().ok().map(Architecture)
    }
}

impl fmt::Display for VendorClass<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(self.0).fmt(f)
    }
}

/// The user class (option 77), either as raw text or as length-prefixed instances (RFC 3004 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserClass<'a>(pub &'a [u8]);

impl UserClass<'_> {
    /// Whether one of the classes is `name`. iPXE sends raw text, which RFC 3004 does not know (DH-11).
    pub fn contains(self, name: &str) -> bool {
        let name = name.as_bytes();
        if self.0 == name || self.0.strip_suffix(&[0]) == Some(name) {
            return true;
        }
        let mut rest = self.0;
        let mut found = false;
        while let Some((&len, tail)) = rest.split_first() {
            let Some((instance, tail)) = tail.split_at_checked(usize::from(len)) else { return false };
            found |= instance == name;
            rest = tail;
        }
        found
    }
}

/// What the client says it can execute (option 93, RFC 4578 section 2.1).
///
/// A list, because RFC 5970 allows several; the first one that the registry has wins (DH-07).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientArch(Vec<Architecture>);

impl ClientArch {
    /// Reads the list; `None` where its length is odd or 0.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (pairs, rest) = value.as_chunks::<2>();
        if pairs.is_empty() || !rest.is_empty() {
            return None;
        }
        Some(Self(pairs.iter().map(|pair| Architecture(u16::from_be_bytes(*pair))).collect()))
    }

    /// The first one that the registry has, else the first one.
    pub fn preferred(&self) -> Option<Architecture> {
        self.0.iter().find(|arch| arch.platform().is_some()).or(self.0.first()).copied()
    }
}

/// The network interface of the client (option 94, RFC 4578 section 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientNetworkInterface {
    /// 1 is UNDI; 2 and 3 are reserved for BIS and SNP in practice.
    pub kind: u8,
    /// Major revision.
    pub major: u8,
    /// Minor revision.
    pub minor: u8,
}

impl ClientNetworkInterface {
    /// Reads the option; `None` where it is not three bytes long.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let [kind, major, minor] = *<&[u8; 3]>::try_from(value).ok()?;
        Some(Self { kind, major, minor })
    }
}

/// The identity of the machine (option 97, RFC 4578 section 2.3): a type byte, 0, and a UUID of 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientMachineId(pub [u8; 17]);

impl ClientMachineId {
    /// Reads the option; `None` where it is not 17 bytes long, which is no reason not to answer (DH-09).
    pub fn parse(value: &[u8]) -> Option<Self> {
        value.try_into().ok().map(Self)
    }

    /// The UUID. Firmware sends its bytes as they lie in SMBIOS, which [`Uuid`] makes no difference of.
    pub fn uuid(self) -> Uuid {
        let [_, uuid @ ..] = self.0;
        Uuid::new(uuid)
    }
}

/// What an iPXE build can do (option 175, encapsulated; presence alone means iPXE, gPXE or Etherboot, DH-12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpxeFeatures(BTreeMap<u8, Vec<u8>>);

impl IpxeFeatures {
    /// It can load over HTTP.
    pub const HTTP: u8 = 0x13;

    /// Reads what can be read.
    pub fn parse(value: &[u8]) -> Self {
        Self(Tlv::new(value).map(|(code, value)| (code, value.to_vec())).collect())
    }

    /// Whether a feature is there; its value is a version, and 0 means off.
    pub fn has(&self, feature: u8) -> bool {
        self.0.get(&feature).is_some_and(|version| version.iter().any(|byte| *byte != 0))
    }
}

/// What a relay agent added (option 82, RFC 3046), to be given back byte for byte (CO-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayAgentInformation<'a>(pub &'a [u8]);

#[cfg(test)]
mod tests {
    use super::*;

    /// DH-08
    #[test]
    fn reads_the_architecture_in_the_vendor_class() {
        let arch = |text: &str| VendorClass(text.as_bytes()).architecture().map(|arch| arch.0);
        assert_eq!(arch("PXEClient:Arch:00007:UNDI:003016"), Some(7));
        assert_eq!(arch("PXEClient:Arch:65535"), Some(65535));
        for text in
            ["PXEClient", "PXEClient:Arch:", "PXEClient:Arch:0007", "PXEClient:Arch:+0007", "PXEClient:Arch:99999"]
        {
            assert_eq!(arch(text), None, "{text}");
        }
    }

    /// DH-11, G14
    #[test]
    fn reads_user_classes_in_both_forms() {
        for raw in [&b"iPXE"[..], b"iPXE\0", b"\x04iPXE", b"\x03foo\x04iPXE", b"\x04iPXE\x01x"] {
            assert!(UserClass(raw).contains("iPXE"), "{raw:?}");
        }
        for raw in [&b""[..], b"iPXE2", b"\x05iPXE", b"\x04iPXE\x09x", b"\x04iPXF", b"xiPXE"] {
            assert!(!UserClass(raw).contains("iPXE"), "{raw:?}");
        }
    }

    /// DH-07, G13
    #[test]
    fn reads_a_list_of_architectures() {
        let preferred = |value: &[u8]| ClientArch::parse(value)?.preferred().map(|arch| arch.0);
        assert_eq!(preferred(&[0, 7]), Some(7));
        assert_eq!(preferred(&[0xff, 0xff, 0, 7, 0, 0]), Some(7), "the first one known");
        assert_eq!(preferred(&[0xff, 0xff]), Some(0xffff));
        for malformed in [&[][..], &[7], &[0, 7, 0]] {
            assert_eq!(ClientArch::parse(malformed), None, "{malformed:?}");
        }
    }

    /// DH-09, G14, and trap 2 of dhcproto.
    #[test]
    fn takes_options_94_and_97_at_their_one_length() {
        assert_eq!(
            ClientNetworkInterface::parse(&[1, 2, 1]),
            Some(ClientNetworkInterface { kind: 1, major: 2, minor: 1 })
        );
        assert_eq!(ClientNetworkInterface::parse(&[1, 2]), None);
        assert_eq!(ClientMachineId::parse(&[7; 17]), Some(ClientMachineId([7; 17])));
        assert_eq!(ClientMachineId::parse(&[7; 16]), None);
        assert_eq!(ClientMachineId::parse(&[]), None);
    }

    /// DH-12, IP-03
    #[test]
    fn reads_features_of_ipxe() {
        let features = IpxeFeatures::parse(&[0xb1, 5, 1, 0x1a, 0xf4, 0x10, 0, 0x13, 1, 1, 0x14, 1, 0, 0x21, 9]);
        assert!(features.has(IpxeFeatures::HTTP));
        assert!(!features.has(0x14), "version 0");
        assert!(!features.has(0x21), "cut");
        assert!(!IpxeFeatures::parse(&[]).has(IpxeFeatures::HTTP));
    }
}
