//! A request of a client, read from the bytes of one datagram.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::message::MessageType;
use super::options::{
    ClientArch, ClientMachineId, ClientNetworkInterface, IpxeFeatures, RelayAgentInformation, UserClass, VendorClass,
};
use super::reason::Reason;
use super::tlv::Tlv;
use super::vendor::{BootItem, VendorOptions};
use crate::net::MacAddr;

/// The fixed header of 236 bytes and the magic cookie (RFC 2131 section 2).
pub(super) const HEADER: usize = 240;
pub(super) const MAGIC: [u8; 4] = [99, 130, 83, 99];
const OVERLOAD: u8 = 52;

/// A DHCP message of a client, guarded and taken apart.
///
/// The header fields are spelled as in RFC 2131 section 2. `secs` is left out on purpose: iPXE and edk2 put other things there,
/// so nothing may depend on it (DH-13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootRequest {
    /// Type of hardware address; 1 is Ethernet.
    pub htype: u8,
    /// Length of the hardware address, at most 16.
    pub hlen: u8,
    /// How many relays the message went through.
    pub hops: u8,
    /// Transaction of the client.
    pub xid: u32,
    /// Bit 15 asks for a broadcast reply.
    pub flags: u16,
    /// The address that the client already has, or 0.0.0.0.
    pub ciaddr: Ipv4Addr,
    /// The address of the relay, or 0.0.0.0.
    pub giaddr: Ipv4Addr,
    /// The hardware address and its padding.
    pub chaddr: [u8; 16],
    /// The values by option number, parts joined (RFC 3396). At most as long as the datagram.
    options: BTreeMap<u8, Vec<u8>>,
}

impl BootRequest {
    /// Reads a datagram.
    ///
    /// Follows option overload (52), joins split options in the order options, `file`, `sname` (RFC 3396 section 5), and drops
    /// an option that runs over the end of its field together with what follows it there (DH-10).
    ///
    /// # Errors
    /// Why it is no DHCP message of a client (DH-06).
    pub fn parse(datagram: &[u8]) -> Result<Self, Reason> {
        let Some((header, field)) = datagram.split_first_chunk::<HEADER>() else {
            return Err(Reason::TooShort { len: datagram.len() });
        };
        let [op, htype, hlen, hops] = take(header, 0);
        if op != 1 {
            return Err(Reason::NotARequest { op });
        }
        if hlen > 16 {
            return Err(Reason::HardwareAddressTooLong { hlen });
        }
        if take::<4>(header, 236) != MAGIC {
            return Err(Reason::NoMagicCookie);
        }
        let options = options(header, field).0;
        Ok(Self {
            htype,
            hlen,
            hops,
            xid: u32::from_be_bytes(take(header, 4)),
            flags: u16::from_be_bytes(take(header, 10)),
            ciaddr: take::<4>(header, 12).into(),
            giaddr: take::<4>(header, 24).into(),
            chaddr: take(header, 28),
            options,
        })
    }

    /// A request from nobody with these options, to see what would be answered.
    pub(super) fn imagined(options: &[(u8, &[u8])]) -> Self {
        Self {
            htype: 1,
            hlen: 6,
            hops: 0,
            xid: 0,
            flags: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr: [0; 16],
            options: options.iter().map(|(code, value)| (*code, value.to_vec())).collect(),
        }
    }

    /// The DHCPDISCOVER that this client would have sent, to see what it is to boot: it says the same of itself in each message.
    pub(super) fn as_discover(&self) -> Self {
        let mut discover = self.clone();
        discover.options.insert(53, vec![1]);
        discover.options.remove(&54);
        discover
    }

    /// The hardware address as the log shows it: the first six bytes of `chaddr`, whatever `hlen` says.
    pub fn mac(&self) -> MacAddr {
        MacAddr(take(&self.chaddr, 0))
    }

    /// The bytes of an option, parts joined.
    pub fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.get(&code).map(Vec::as_slice)
    }

    /// All options by number, parts joined.
    pub(super) fn options(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.options.iter().map(|(code, value)| (*code, value.as_slice()))
    }

    /// Option 53; `None` where it is missing or not one byte.
    pub fn message_type(&self) -> Option<MessageType> {
        MessageType::of_option(self.option(53)?)
    }

    /// Option 54; `None` where it is missing or not four bytes.
    pub fn server_id(&self) -> Option<Ipv4Addr> {
        address(self.option(54)?)
    }

    /// Option 55: the options that the client would like to have.
    pub fn requested_options(&self) -> &[u8] {
        self.option(55).unwrap_or(&[])
    }

    /// Option 57: the largest IP datagram that the client takes, in bytes.
    pub fn max_message_size(&self) -> Option<u16> {
        Some(u16::from_be_bytes(*<&[u8; 2]>::try_from(self.option(57)?).ok()?))
    }

    /// Option 60.
    pub fn vendor_class(&self) -> Option<VendorClass<'_>> {
        self.option(60).map(VendorClass)
    }

    /// Option 77.
    pub fn user_class(&self) -> Option<UserClass<'_>> {
        self.option(77).map(UserClass)
    }

    /// Option 93; `None` where it is missing or malformed.
    pub fn client_arch(&self) -> Option<ClientArch> {
        ClientArch::parse(self.option(93)?)
    }

    /// Option 94; `None` where it is missing or malformed.
    pub fn client_network_interface(&self) -> Option<ClientNetworkInterface> {
        ClientNetworkInterface::parse(self.option(94)?)
    }

    /// Option 97; `None` where it is missing or of another length than 17.
    pub fn client_machine_id(&self) -> Option<ClientMachineId> {
        ClientMachineId::parse(self.option(97)?)
    }

    /// Option 43.
    pub fn vendor_options(&self) -> Option<VendorOptions> {
        self.option(43).map(VendorOptions::parse)
    }

    /// The boot server that a DHCPREQUEST or DHCPINFORM asks for; a DHCPDISCOVER asks for none yet (BS-01).
    pub fn boot_item(&self) -> Option<BootItem> {
        match self.message_type() {
            Some(MessageType::Request | MessageType::Inform) => self.vendor_options()?.boot_item(),
            _ => None,
        }
    }

    /// Option 175.
    pub fn ipxe_features(&self) -> Option<IpxeFeatures> {
        self.option(175).map(IpxeFeatures::parse)
    }

    /// Option 82.
    pub fn relay_agent_information(&self) -> Option<RelayAgentInformation<'_>> {
        self.option(82).map(RelayAgentInformation)
    }
}

/// The hardware address in a datagram that may be no DHCP message at all, for the log.
pub fn client_of(datagram: &[u8]) -> Option<MacAddr> {
    datagram.get(28..34)?.try_into().ok().map(MacAddr)
}

/// An option that holds one address; `None` where it is not four bytes.
pub(super) fn address(value: &[u8]) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(*<&[u8; 4]>::try_from(value).ok()?))
}

/// The options of a message, parts joined in the order options, `file`, `sname` (RFC 3396 section 5); and whether `file` holds
/// options instead of a name (option 52).
pub(super) fn options(header: &[u8; HEADER], field: &[u8]) -> (BTreeMap<u8, Vec<u8>>, bool) {
    let mut options = BTreeMap::<u8, Vec<u8>>::new();
    let mut join = |field: &[u8]| {
        for (code, value) in Tlv::new(field) {
            options.entry(code).or_default().extend_from_slice(value);
        }
    };
    join(field);
    let overload = Tlv::new(field).find(|(code, _)| *code == OVERLOAD).map(|(_, value)| value);
    let in_file = matches!(overload, Some([1 | 3]));
    if in_file {
        join(&take::<128>(header, 108));
    }
    if let Some([2 | 3]) = overload {
        join(&take::<64>(header, 44));
    }
    (options, in_file)
}

/// `N` bytes from `at` on. Both are constants that lie inside the array, so no byte of a datagram decides here.
pub(super) fn take<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(from.iter().skip(at)).for_each(|(to, from)| *to = *from);
    bytes
}

#[cfg(test)]
mod tests;
