//! What a DHCP message is for (option 53).

use std::fmt;

/// The message type (option 53, RFC 2132 section 9.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageType {
    /// A client looks for servers.
    Discover,
    /// A server answers.
    Offer,
    /// A client accepts an offer, or asks a boot server.
    Request,
    /// A client refuses its address.
    Decline,
    /// A server confirms.
    Ack,
    /// A server refuses an address; a proxy never does (DH-05).
    Nak,
    /// A client gives its address back.
    Release,
    /// A client that has an address asks for the rest.
    Inform,
    /// A number that this list does not have.
    Other(u8),
}

impl MessageType {
    /// The value of option 53; `None` where it is not one byte.
    pub(super) fn of_option(value: &[u8]) -> Option<Self> {
        match value {
            [number] => Some(Self::from(*number)),
            _ => None,
        }
    }

    /// The name, for messages that clients send to servers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discover => "DHCPDISCOVER",
            Self::Offer => "DHCPOFFER",
            Self::Request => "DHCPREQUEST",
            Self::Decline => "DHCPDECLINE",
            Self::Ack => "DHCPACK",
            Self::Nak => "DHCPNAK",
            Self::Release => "DHCPRELEASE",
            Self::Inform => "DHCPINFORM",
            Self::Other(_) => "DHCP message",
        }
    }
}

impl From<u8> for MessageType {
    fn from(number: u8) -> Self {
        match number {
            1 => Self::Discover,
            2 => Self::Offer,
            3 => Self::Request,
            4 => Self::Decline,
            5 => Self::Ack,
            6 => Self::Nak,
            7 => Self::Release,
            8 => Self::Inform,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "DHCP message of type {number}"),
            known => f.write_str(known.name()),
        }
    }
}
