//! A reply as bytes, and where it goes.
//!
//! What firmware punishes cannot be written here: `siaddr` and option 54 come from one [`ServerAddr`], which is never 0.0.0.0
//! (DH-23, DH-24), and `yiaddr` is not a parameter: it is 0, or the address that the client has already (DH-21, BS-07). Header and options go through dhcproto's encoders; their order is
//! ours, because dhcproto sorts by number and relays strip what follows option 82 (DH-31).

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use dhcproto::error::EncodeResult;
use dhcproto::v4::{DhcpOption, Flags, MessageType, Opcode, OptionCode, UnknownOption, encode_long_opt_bytes};
use dhcproto::{Encodable, Encoder};

use super::classify::ClientClass;
use super::packet::{BootRequest, MAGIC};
use super::vendor::VendorOptions;
use crate::net::MacAddr;

/// The longest boot file name in bytes that the header holds together with its NUL (DH-27).
pub const FILE_MAX: usize = 127;
/// BOOTP's smallest message; some ROMs drop shorter ones (DH-30).
pub(super) const SMALLEST: usize = 300;
/// The longest value of one option.
const OPTION_MAX: usize = 255;
/// IP and UDP headers, which option 57 counts and a datagram's payload does not.
const IP_UDP: u16 = 28;

/// An address of this machine that a client can be sent to: not 0.0.0.0, not a broadcast or multicast address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerAddr(Ipv4Addr);

impl ServerAddr {
    /// An address for examples, which no machine has (RFC 5737).
    pub const EXAMPLE: Self = Self(Ipv4Addr::new(192, 0, 2, 1));

    /// Takes an address that a machine can have.
    pub fn new(addr: Ipv4Addr) -> Option<Self> {
        let host = !addr.is_unspecified() && !addr.is_broadcast() && !addr.is_multicast();
        host.then_some(Self(addr))
    }

    /// The address.
    pub fn get(self) -> Ipv4Addr {
        self.0
    }
}

/// Where a reply goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// 255.255.255.255, port 68, out of the interface that the request came in on (DH-35).
    Broadcast,
    /// Where the client of a boot server listens: the source of its request, or as near as can be told (DH-50, DH-55).
    Client(SocketAddrV4),
    /// The relay that forwarded the request, at port 67 (CO-10).
    Relay(Ipv4Addr),
}

/// An answer: its datagrams, and what the log says about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The payload of the datagram.
    pub bytes: Vec<u8>,
    /// That of a second one, sent right behind it: the same offer in another form (UE-12).
    pub also: Option<Vec<u8>>,
    /// How long it waits before it is sent; zero but where a rule says otherwise (DH-39).
    pub delay: Duration,
    /// The rule that the client met (VQ-02).
    pub rule: Option<String>,
    /// Where it goes.
    pub destination: Destination,
    /// The hardware address of the client.
    pub mac: MacAddr,
    /// What the client is.
    pub class: ClientClass,
    /// What it asked with: `DHCPDISCOVER`, or `DHCPREQUEST on port 4011`.
    pub asked: &'static str,
    /// The boot file or URL that it is told.
    pub file: String,
    /// The server that it is told.
    pub server: Ipv4Addr,
    /// The address that it already has.
    pub ciaddr: Option<Ipv4Addr>,
}

/// Why a reply cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A boot file name that the header cannot hold.
    #[error("the boot file name has {len} bytes, more than the {FILE_MAX} that firmware takes")]
    File {
        /// Its length.
        len: usize,
    },
    /// A URL for firmware that takes only names.
    #[error("the boot file name is a URL, and this firmware takes only TFTP names")]
    Url,
    /// A name or path that would end at a NUL in the middle.
    #[error("a boot file name, configuration file or path prefix is empty or contains a NUL")]
    Text,
    /// An option of more than 255 bytes; ROMs do not join parts.
    #[error("option {code} has {len} bytes, more than the 255 that fit")]
    Option {
        /// Its number.
        code: u8,
        /// Its length.
        len: usize,
    },
    /// Option 43 with all that is in it.
    #[error("option 43 has {len} bytes, more than the {limit} that fit")]
    VendorOptions {
        /// Its length.
        len: usize,
        /// What fits.
        limit: usize,
    },
    /// The whole message (DH-30).
    #[error("the reply has {len} bytes, more than the {limit} that the client takes")]
    Message {
        /// Its length.
        len: usize,
        /// What the client takes.
        limit: usize,
    },
}

/// The messages that a proxy sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The answer to a DHCPDISCOVER.
    Offer,
    /// The answer on port 4011.
    Ack,
    /// The answer of a boot server to a client that found it by its type.
    BootServer,
}

/// What a client takes for its boot file, and where it looks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A TFTP name in the header.
    Name,
    /// A name or URL in the header, or in option 67 where the header cannot hold it. Only iPXE is known to cope.
    NameOrUrl,
    /// A URL in option 67. Where it fits it stands in the header too, for programs that read nothing else (HB-05).
    Url,
}

/// What one reply says, beyond what it copies from the request.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) kind: Kind,
    pub(super) server: ServerAddr,
    /// Option 60.
    pub(super) vendor_class: &'a str,
    /// The boot file.
    pub(super) file: &'a str,
    /// Where the boot file goes.
    pub(super) takes: Takes,
    /// Option 43.
    pub(super) vendor_options: Option<VendorOptions>,
    /// Further options, in their order.
    pub(super) others: Vec<(u8, Vec<u8>)>,
}

impl Draft<'_> {
    /// Writes the reply to `request`.
    pub(super) fn encode(&self, request: &BootRequest) -> Result<Vec<u8>, Unfit> {
        let in_header = self.file.len() <= FILE_MAX;
        if !in_header && self.takes == Takes::Name {
            return Err(Unfit::File { len: self.file.len() });
        }
        // A ROM asks its TFTP server for a file of that name (UE-11).
        if self.file.contains("://") && self.takes == Takes::Name {
            return Err(Unfit::Url);
        }
        let text = self.others.iter().filter(|(code, _)| matches!(code, 209 | 210)).map(|(_, value)| value.as_slice());
        if text.chain([self.file.as_bytes()]).any(|text| text.is_empty() || text.contains(&0)) {
            return Err(Unfit::Text);
        }
        let long = |code: u8, len: usize| if len > OPTION_MAX { Err(Unfit::Option { code, len }) } else { Ok(()) };
        self.others.iter().try_for_each(|(code, value)| long(*code, value.len()))?;
        let in_67 = !in_header || self.takes == Takes::Url;
        if in_67 {
            long(67, self.file.len() + 1)?;
        }
        let vendor_options = self.vendor_options.as_ref().map(VendorOptions::encode).transpose()?;

        let mut bytes = Vec::with_capacity(576);
        // The encoders err only on a text longer than its field, and both fields were measured above.
        let written = self.write(&mut Encoder::new(&mut bytes), request, in_header, in_67, vendor_options);
        written.map_err(|_| Unfit::File { len: self.file.len() })?;
        let limit = payload_limit(request.max_message_size());
        if bytes.len() > limit {
            return Err(Unfit::Message { len: bytes.len(), limit });
        }
        if bytes.len() < SMALLEST {
            bytes.resize(SMALLEST, 0);
        }
        Ok(bytes)
    }

    fn write(
        &self,
        e: &mut Encoder<'_>,
        request: &BootRequest,
        in_header: bool,
        in_67: bool,
        vendor_options: Option<Vec<u8>>,
    ) -> EncodeResult<()> {
        // A reply by broadcast says so itself, and a client on port 4011 gets its own flags back (DH-35). Through a relay they
        // come back with the broadcast bit set (CO-10): an offer names no address that the relay could send it to. Without the
        // bit dnsmasq 2.90 as relay sends it to 0.0.0.0; as proxy, dnsmasq always sets it.
        let flags = Flags::new(request.flags);
        let flags = match self.kind {
            Kind::Offer if request.giaddr.is_unspecified() => Flags::default().set_broadcast(),
            Kind::Offer => flags.set_broadcast(),
            Kind::Ack | Kind::BootServer => flags,
        };
        // The client matches the ACK to the address that it leased elsewhere (DH-22). A boot server says that address back in
        // the other field, as dnsmasq does and clients are used to (BS-07).
        let none = Ipv4Addr::UNSPECIFIED;
        let (ciaddr, yiaddr) = match self.kind {
            Kind::Offer => (none, none),
            Kind::Ack => (request.ciaddr, none),
            Kind::BootServer => (none, request.ciaddr),
        };
        let file = if in_header { self.file } else { "" };

        Opcode::BootReply.encode(e)?;
        e.write([request.htype, request.hlen, request.hops])?;
        e.write_u32(request.xid)?;
        e.write_u16(0)?;
        e.write_u16(flags.into())?;
        for addr in [ciaddr, yiaddr, self.server.get(), request.giaddr] {
            e.write(addr.octets())?;
        }
        // All 16 bytes, whatever `hlen` says: edk2 compares them in its GUID mode (DH-20).
        e.write(request.chaddr)?;
        e.write_fill_bytes(self.server.get().to_string().as_bytes(), 64)?;
        e.write_fill_bytes(file.as_bytes(), 128)?;
        e.write(MAGIC)?;

        let kind = match self.kind {
            Kind::Offer => MessageType::Offer,
            Kind::Ack | Kind::BootServer => MessageType::Ack,
        };
        DhcpOption::MessageType(kind).encode(e)?;
        DhcpOption::ServerIdentifier(self.server.get()).encode(e)?;
        DhcpOption::ClassIdentifier(self.vendor_class.as_bytes().to_vec()).encode(e)?;
        if let Some(id) = request.client_machine_id() {
            DhcpOption::ClientMachineIdentifier(id.0.to_vec()).encode(e)?;
        }
        if let Some(value) = vendor_options {
            DhcpOption::VendorExtensions(value).encode(e)?;
        }
        if in_67 {
            // edk2 writes a zero behind an unterminated name, over the next option's number. So the NUL counts as part of the
            // name, and a PAD stands where the zero would go (DH-28).
            let mut name = self.file.as_bytes().to_vec();
            name.push(0);
            DhcpOption::BootfileName(name).encode(e)?;
            DhcpOption::Pad.encode(e)?;
        }
        for (code, value) in &self.others {
            DhcpOption::Unknown(UnknownOption::new(OptionCode::from(*code), value.clone())).encode(e)?;
        }
        if let Some(relay) = request.relay_agent_information() {
            // dhcproto writes nothing for an empty value, and the relay wants back what it sent (CO-11).
            if relay.0.is_empty() {
                e.write([OptionCode::RelayAgentInformation.into(), 0])?;
            }
            encode_long_opt_bytes(OptionCode::RelayAgentInformation, relay.0, e)?;
        }
        DhcpOption::End.encode(e)
    }
}

/// The largest payload for a client. Option 57 counts the IP and UDP headers; RFC 2132 section 9.10 allows nothing under 576,
/// and nothing over an Ethernet frame is sent even where the client would take it (DH-30).
pub(super) fn payload_limit(max_message_size: Option<u16>) -> usize {
    usize::from(max_message_size.unwrap_or(576).clamp(576, 1500) - IP_UDP)
}

#[cfg(test)]
mod tests;
