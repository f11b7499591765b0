//! What machines are known by, as the field writes it: addresses, and what their firmware calls them.

mod origin;
mod serial;
mod uuid;

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Serialize, Serializer};

pub use self::origin::{MAX as MAX_ORIGIN, Origin, OriginError};
pub use self::serial::Serial;
pub use self::uuid::Uuid;

/// An Ethernet hardware address (EUI-48), written `52:54:00:12:34:56`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not six pairs of hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a MAC address is six pairs of hexadecimal digits, as in `52:54:00:12:34:56`")]
pub struct MacAddrError;

impl Serialize for MacAddr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for MacAddr {
    type Err = MacAddrError;

    /// Takes `:` or `-` between the pairs.
    fn from_str(text: &str) -> Result<Self, MacAddrError> {
        let mut bytes = [0; 6];
        let mut pairs = text.split([':', '-']);
        for byte in &mut bytes {
            let pair = pairs.next().ok_or(MacAddrError)?;
            if pair.len() != 2 || !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(MacAddrError);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| MacAddrError)?;
        }
        if pairs.next().is_some() {
            return Err(MacAddrError);
        }
        Ok(Self(bytes))
    }
}

/// IPv4 addresses from one to another, both included: `10.0.0.100-10.0.0.199`. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    first: Ipv4Addr,
    last: Ipv4Addr,
}

impl AddressRange {
    /// The addresses from `first` to `last`; `None` where `last` comes before `first`.
    pub fn new(first: Ipv4Addr, last: Ipv4Addr) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The lowest address.
    pub fn first(self) -> Ipv4Addr {
        self.first
    }

    /// The highest address.
    pub fn last(self) -> Ipv4Addr {
        self.last
    }

    /// Whether `address` is one of them.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        self.first <= address && address <= self.last
    }

    /// How many there are; at least 1.
    pub fn count(self) -> u64 {
        u64::from(self.last.to_bits() - self.first.to_bits()) + 1
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl Serialize for AddressRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The beginning of a hardware address, written `b8:27:eb`: that of a maker of network cards, or all of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MacPrefix {
    bytes: [u8; 6],
    len: usize,
}

impl MacPrefix {
    /// The beginning that the IEEE gave to one maker.
    pub fn maker([a, b, c]: [u8; 3]) -> Self {
        Self { bytes: [a, b, c, 0, 0, 0], len: 3 }
    }

    /// Whether an address begins with it.
    pub fn covers(&self, mac: MacAddr) -> bool {
        mac.0.starts_with(self.as_bytes())
    }

    /// Whether all addresses that begin with `other` begin with it.
    pub fn includes(&self, other: &Self) -> bool {
        other.as_bytes().starts_with(self.as_bytes())
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }
}

impl From<MacAddr> for MacPrefix {
    fn from(MacAddr(bytes): MacAddr) -> Self {
        Self { bytes, len: 6 }
    }
}

impl fmt::Display for MacPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

impl fmt::Debug for MacPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for MacPrefix {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for MacPrefix {
    type Err = MacAddrError;

    /// Takes one to six pairs, with `:` or `-` between them.
    fn from_str(text: &str) -> Result<Self, MacAddrError> {
        let len = text.split([':', '-']).count();
        let missing = 6usize.checked_sub(len).ok_or(MacAddrError)?;
        let MacAddr(bytes) = format!("{text}{}", ":00".repeat(missing)).parse()?;
        Ok(Self { bytes, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_ranges_with_both_ends() {
        let address = |last| Ipv4Addr::new(10, 0, 0, last);
        let range = AddressRange::new(address(100), address(199)).unwrap();
        assert_eq!((range.count(), range.to_string().as_str()), (100, "10.0.0.100-10.0.0.199"));
        assert!(range.contains(address(100)) && range.contains(address(199)));
        assert!(!range.contains(address(99)) && !range.contains(address(200)));
        assert_eq!(AddressRange::new(address(2), address(1)), None);
        let all = AddressRange::new(Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST).unwrap();
        assert_eq!(all.count(), 1 << 32);
    }

    #[test]
    fn reads_colons_and_hyphens_and_prints_colons() {
        for text in ["52:54:00:AB:cd:01", "52-54-00-ab-cd-01"] {
            assert_eq!(text.parse::<MacAddr>().unwrap().to_string(), "52:54:00:ab:cd:01");
        }
        for text in ["", "52:54:00:ab:cd", "52:54:00:ab:cd:01:02", "52:54:00:ab:cd:+1", "525400abcd01"] {
            assert_eq!(text.parse::<MacAddr>(), Err(MacAddrError), "{text}");
        }
    }

    #[test]
    fn beginnings_cover_addresses_and_each_other() {
        let prefix = |text: &str| text.parse::<MacPrefix>().unwrap();
        assert_eq!(prefix("B8-27-eb").to_string(), "b8:27:eb");
        assert!(prefix("b8:27:eb").covers("b8:27:eb:01:02:03".parse().unwrap()));
        assert!(!prefix("b8:27:eb:00").covers("b8:27:eb:01:02:03".parse().unwrap()));
        assert!(prefix("b8:27").includes(&prefix("b8:27:eb")) && !prefix("b8:27:eb").includes(&prefix("b8:27")));
        assert!(prefix("b8:27:eb:01:02:03").includes(&MacAddr([0xb8, 0x27, 0xeb, 1, 2, 3]).into()));
        for text in ["", ":", "b8:27:eb:", "b8:27:eb:01:02:03:04", "b827", "b8::27"] {
            assert_eq!(text.parse::<MacPrefix>(), Err(MacAddrError), "{text}");
        }
    }
}
