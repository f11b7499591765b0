//! Why a message stays without an answer, as phrases that a person can read.

use super::answer::ReceivedOn;
use super::classify::ClientClass;
use super::escape::Escaped;
use super::message::MessageType;
use super::reply::Unfit;

/// Why there is no answer. Its text is one line; everything that a client controls is escaped in it (SE-06).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Shorter than the fixed header and the cookie.
    #[error("{len} bytes are too few for a DHCP message, which has at least 240")]
    TooShort {
        /// Bytes in the datagram.
        len: usize,
    },
    /// A reply of a server, seen because it or a relay sends to our port (DH-06).
    #[error("not a request (op is {op}, not 1)")]
    NotARequest {
        /// The first byte.
        op: u8,
    },
    /// `hlen` says more than `chaddr` has.
    #[error("the hardware address has {hlen} bytes, more than the 16 that fit")]
    HardwareAddressTooLong {
        /// What the header says.
        hlen: u8,
    },
    /// BOOTP without DHCP.
    #[error("no DHCP magic cookie")]
    NoMagicCookie,
    /// Option 53 is missing or malformed.
    #[error("no message type (option 53)")]
    NoMessageType,
    /// Nothing that a proxyDHCP server answers on this port (DH-04).
    #[error("{message} on port {}: {}", .on.number(), .on.expects())]
    NotForProxy {
        /// What came.
        message: MessageType,
        /// Where.
        on: ReceivedOn,
    },
    /// A request to another boot server on the same network (DH-54).
    #[error("addressed to the server {0}")]
    OtherServer(std::net::Ipv4Addr),
    /// A `giaddr` that no machine can have; a reply there would reach the whole network.
    #[error("the relay address {0} belongs to no relay")]
    NoRelay(std::net::Ipv4Addr),
    /// Option 60 names nobody that we know (DH-02).
    #[error("not a PXE client ({})", option_60(.vendor_class.as_deref()))]
    NotABootClient {
        /// Option 60.
        vendor_class: Option<Vec<u8>>,
    },
    /// A PXE client that does not say what it can execute (DH-08).
    #[error("PXE client without an architecture (option 93 is missing or malformed, {})", option_60(Some(.vendor_class)))]
    NoArchitecture {
        /// Option 60.
        vendor_class: Vec<u8>,
    },
    /// A PXE client with a number that the registry does not have (AR-02).
    #[error("PXE client of unknown architecture {number} ({})", option_60(Some(.vendor_class)))]
    UnknownArchitecture {
        /// Option 93.
        number: u16,
        /// Option 60.
        vendor_class: Vec<u8>,
    },
    /// The boot table has no entry for this class of clients.
    #[error("{0}: this spec has nothing for it yet")]
    NothingFor(ClientClass),
    /// A rule of the spec says so.
    #[error("{class}: {rule} says to be silent")]
    Silenced {
        /// What the client is.
        class: ClientClass,
        /// The rule.
        rule: String,
    },
    /// U-Boot without a rule that names a loader for it.
    #[error("{0}: answered only where a `firmware` of its architecture names a `loader`")]
    OptIn(ClientClass),
    /// Legacy BIOS or U-Boot over HTTP, for which there is no program.
    #[error("{0}: netspec has no program for it that comes over HTTP")]
    NoHttpProgram(ClientClass),
    /// A type of boot server that nobody was told of by us (BS-03).
    #[error("{0}, which netspec did not offer it")]
    NoSuchBootServer(ClientClass),
    /// Signed answers (BIS) are asked for, and an unsigned one would be wrong (BS-02).
    #[error("{0}, and netspec signs none")]
    Signed(ClientClass),
    /// HTTP Boot has no second exchange, so nothing that we could say there would be read (HB-02).
    #[error("{0}: asks on port 4011, where HTTP Boot has nothing to ask")]
    NoBootServer(ClientClass),
    /// The reply cannot be written within the limits of the client.
    #[error("{class}: {why}")]
    DoesNotFit {
        /// What the client is.
        class: ClientClass,
        /// Which limit.
        why: Unfit,
    },
}

fn option_60(value: Option<&[u8]>) -> String {
    match value {
        Some(value) => format!("option 60 is {}", Escaped(value)),
        None => "no option 60".to_owned(),
    }
}
