//! The part of DHCP that a home router knows: reading a client's message and answering it (RFC 2131).

use std::net::Ipv4Addr;

/// The four bytes before the options (RFC 2131 section 3).
pub const COOKIE: [u8; 4] = [99, 130, 83, 99];

/// The header up to the options, in bytes.
const HEADER: usize = 236;

/// The shortest message that every client takes (RFC 1542 section 2.1).
const SHORTEST: usize = 300;

/// `DHCPDISCOVER`, a value of option 53.
pub const DISCOVER: u8 = 1;
/// `DHCPOFFER`, a value of option 53.
pub const OFFER: u8 = 2;
/// `DHCPREQUEST`, a value of option 53.
pub const REQUEST: u8 = 3;
/// `DHCPACK`, a value of option 53.
pub const ACK: u8 = 5;
/// `DHCPNAK`, a value of option 53.
pub const NAK: u8 = 6;

/// A DHCP message, with the fields that a router looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// 1 from a client, 2 from a server.
    pub op: u8,
    /// Chosen by the client, repeated in answers.
    pub xid: [u8; 4],
    /// The first bit asks for broadcast answers.
    pub flags: u16,
    /// The client's address, if it has one.
    pub ciaddr: Ipv4Addr,
    /// The address that the client gets.
    pub yiaddr: Ipv4Addr,
    /// Where to boot from, or zero.
    pub siaddr: Ipv4Addr,
    /// The hardware address in the 16 bytes that the header has for it.
    pub chaddr: [u8; 16],
    /// The boot file's name, padded with zeros.
    pub file: Vec<u8>,
    /// Code and value of each option, in order.
    pub options: Vec<(u8, Vec<u8>)>,
}

impl Message {
    /// Reads a message; nothing if it is too short or no DHCP.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let mut rest = rest.strip_prefix(&COOKIE)?;
        let mut options = Vec::new();
        loop {
            match rest.split_first() {
                None | Some((255, _)) => break,
                Some((0, tail)) => rest = tail,
                Some((code, tail)) => {
                    let (length, tail) = tail.split_first()?;
                    let (value, tail) = tail.split_at_checked(usize::from(*length))?;
                    options.push((*code, value.to_vec()));
                    rest = tail;
                }
            }
        }
        let address = |at: usize| Ipv4Addr::new(header[at], header[at + 1], header[at + 2], header[at + 3]);
        Some(Self {
            op: header[0],
            xid: header[4..8].try_into().ok()?,
            flags: u16::from_be_bytes([header[10], header[11]]),
            ciaddr: address(12),
            yiaddr: address(16),
            siaddr: address(20),
            chaddr: header[28..44].try_into().ok()?,
            file: header[108..236].to_vec(),
            options,
        })
    }

    /// The value of an option.
    pub fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.iter().find(|(found, _)| *found == code).map(|(_, value)| value.as_slice())
    }

    /// What kind of message it is (option 53).
    pub fn kind(&self) -> Option<u8> {
        self.option(53)?.first().copied()
    }

    /// An option that holds one address.
    pub fn address(&self, code: u8) -> Option<Ipv4Addr> {
        self.option(code)?.try_into().ok().map(|bytes: [u8; 4]| Ipv4Addr::from(bytes))
    }

    /// The message as it goes on the wire.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.op, 1, 6, 0];
        bytes.extend(self.xid);
        bytes.extend([0, 0]);
        bytes.extend(self.flags.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, self.siaddr, Ipv4Addr::UNSPECIFIED] {
            bytes.extend(address.octets());
        }
        bytes.extend(self.chaddr);
        bytes.resize(108, 0);
        bytes.extend(self.file.iter().take(128));
        bytes.resize(HEADER, 0);
        bytes.extend(COOKIE);
        for (code, value) in &self.options {
            bytes.extend([*code, value.len().min(255) as u8]);
            bytes.extend(value.iter().take(255));
        }
        bytes.push(255);
        bytes.resize(bytes.len().max(SHORTEST), 0);
        bytes
    }
}
