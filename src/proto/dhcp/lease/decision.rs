//! What becomes of a request for an address.

use std::net::Ipv4Addr;

use super::book::Record;
use crate::net::{AddressRange, MacAddr};
use crate::proto::dhcp::MessageType;

/// What is done about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A DHCPOFFER.
    Offer {
        /// What is offered; held for a minute.
        grant: Grant,
        /// Whether to look first whether another machine has the address, and to say so with
        /// [`Book::found_free`](super::Book::found_free) or [`Book::found_taken`](super::Book::found_taken).
        look: bool,
    },
    /// A DHCPACK with a lease, to be sent after [`Grant::records`] are stored.
    Ack(Grant),
    /// A DHCPACK without a lease, to a client that has an address of its own.
    Inform,
    /// A DHCPNAK.
    Nak {
        /// The address that the client claims.
        address: Ipv4Addr,
        /// Why it cannot have it, as a phrase.
        why: &'static str,
    },
    /// No answer: the client gave its address back, which is to be stored.
    Released(Record),
    /// No answer: the client found its address in use.
    Declined(Ipv4Addr),
    /// No answer, for this reason.
    Silence(LeaseReason),
}

/// A lease, or the offer of one. Only a book makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub(super) record: Record,
    /// The lease that the client gives up for this one.
    pub(super) given_up: Option<Record>,
    pub(super) seconds: u32,
    /// Whether the client had this very address and goes on with it.
    pub(super) is_renewal: bool,
}

impl Grant {
    /// The address.
    pub fn address(&self) -> Ipv4Addr {
        self.record.address
    }

    /// For how many seconds.
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// The hardware address of the client.
    pub fn mac(&self) -> MacAddr {
        self.record.mac
    }

    /// Whether the client goes on with the address that it has.
    pub fn is_renewal(&self) -> bool {
        self.is_renewal
    }

    /// What is to be stored before the client is told.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.given_up.iter().chain([&self.record])
    }
}

/// Why a client gets no answer about an address. One line; nothing in it is text of the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseReason {
    /// Neither option 61 nor a hardware address.
    #[error("says neither a client identifier nor a hardware address")]
    NoClient,
    /// A message that only servers send, or of an unknown type.
    #[error("{0}: no message of a client to its DHCP server")]
    NotOfAClient(MessageType),
    /// A DHCPREQUEST or DHCPDECLINE without the address that it is about.
    #[error("{0} without an address")]
    NoAddress(MessageType),
    /// The client accepted the offer of another server.
    #[error("chose the DHCP server {0}")]
    OtherServer(Ipv4Addr),
    /// Nothing is known of a client that says that it had an address here.
    #[error("says it had {0}, of which nothing is known here; it will ask anew")]
    Unknown(Ipv4Addr),
    /// An address that is not the client's.
    #[error("{message} for {address}, which it does not have")]
    NotItsAddress {
        /// The message.
        message: MessageType,
        /// The address.
        address: Ipv4Addr,
    },
    /// Another machine may have the address, and the answer is not there yet.
    #[error("{0} is being looked at, whether another machine has it")]
    BeingLookedAt(Ipv4Addr),
    /// There is no address left.
    #[error("no address is left of {0}")]
    Exhausted(AddressRange),
}
