//! Who has a lease.

use std::fmt;

use crate::proto::dhcp::BootRequest;

/// Ethernet, as `htype` and as the first byte of a client identifier (RFC 2132 section 9.14).
const ETHERNET: u8 = 1;
/// The longest client identifier that is believed: what one option holds.
const LONGEST: usize = 255;

/// What tells one client from another: option 61, or the type and bytes of its hardware address.
///
/// The hardware address is written as most clients write their option 61, so that a ROM without the option and the system that
/// it boots are one client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(Vec<u8>);

impl ClientId {
    /// Takes the bytes of an identifier, at least two and at most 255.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (2..=LONGEST).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    /// The client of a request; `None` where it says nothing of itself.
    pub(super) fn of(request: &BootRequest) -> Option<Self> {
        request.option(61).and_then(Self::new).or_else(|| Self::hardware(request))
    }

    /// The hardware address of a request as an identifier.
    pub(super) fn hardware(request: &BootRequest) -> Option<Self> {
        let address = request.chaddr.get(..usize::from(request.hlen))?;
        let is_one = address.iter().any(|byte| *byte != 0);
        is_one.then(|| Self([&[request.htype], address].concat()))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A number that is the same for the same client and spreads over all 32 bits (FNV-1a), so that clients of a lost store
    /// mostly find their old addresses.
    pub(super) fn spread(&self) -> u32 {
        self.0.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether the hardware address is one of Ethernet, for which reservations are written.
pub(super) fn is_ethernet(request: &BootRequest) -> bool {
    request.htype == ETHERNET && request.hlen == 6
}
