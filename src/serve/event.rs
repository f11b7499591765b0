//! What happened while serving, as data. Each datagram and each transfer ends in exactly one final event.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::net::{AddressRange, MacAddr};
use crate::plan::Role;
use crate::proto::dhcp::RivalWay;

/// The protocol that a file travels over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// RFC 1350 and its options.
    Tftp,
    /// RFC 9110.
    Http,
}

impl std::fmt::Display for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tftp => "TFTP",
            Self::Http => "HTTP",
        })
    }
}

/// Something that a client did, and what became of it.
///
/// Text that a client controls (file names, option 60) is carried as it came; whoever prints it escapes it (SE-06).
#[derive(Debug, Clone)]
pub enum BootEvent {
    /// A DHCP message was answered.
    Answered {
        /// Hardware address of the client (`chaddr`).
        mac: MacAddr,
        /// What it is, as a phrase: `iPXE on legacy BIOS`.
        client: String,
        /// What it asked with: `DHCPDISCOVER`, or `DHCPREQUEST on port 4011`.
        asked: &'static str,
        /// The network bootstrap program or URL that it was told.
        file: String,
        /// The address of this machine that it was told.
        server: Ipv4Addr,
        /// Where the client already has an address (`ciaddr`).
        ciaddr: Option<Ipv4Addr>,
        /// The rule that made the answer differ from the usual one (VQ-02).
        rule: Option<String>,
    },
    /// Something about the address of a client, on a network on which netspec gives out addresses.
    Lease {
        /// Hardware address of the client (`chaddr`).
        mac: MacAddr,
        /// What it is.
        news: LeaseNews,
        /// What the client was told to boot in the same answer.
        told: Option<LeaseTold>,
    },
    /// A DHCP message was left without an answer.
    Silent {
        /// Hardware address of the client, where the message got that far.
        mac: Option<MacAddr>,
        /// Why, as a phrase a person can read: `not a PXE client (option 60 is "MSFT 5.0")`.
        reason: String,
    },
    /// Another server was heard that gives booting clients something of its own. Told once for each server and way.
    Rival {
        /// Its address.
        server: Ipv4Addr,
        /// What it does.
        way: RivalWay,
    },
    /// An address of this machine came or went while serving.
    AddressChanged {
        /// The address.
        address: Ipv4Addr,
        /// What became of it, as a phrase: `is served now, on enp3s0`.
        change: String,
    },
    /// A file transfer began.
    Started {
        /// Identifies the transfer in later events.
        id: u64,
        /// Address of the client.
        client: Ipv4Addr,
        /// Over what.
        transport: Transport,
        /// Canonical path of the file.
        path: Arc<str>,
        /// What the file is to the client.
        role: Role,
        /// Bytes that this transfer will carry: the range asked for, or the whole file.
        len: u64,
        /// Size of the whole file in bytes.
        size: u64,
        /// What was decided for the machine: `host desk: menu lab`.
        decided: Option<Arc<str>>,
    },
    /// A transfer is under way; sent at most a few times a second per transfer.
    Progress {
        /// The transfer.
        id: u64,
        /// Bytes sent so far.
        sent: u64,
    },
    /// A transfer ended.
    Ended {
        /// The transfer.
        id: u64,
        /// Bytes sent.
        sent: u64,
        /// From the request to the last byte.
        elapsed: Duration,
        /// How it ended.
        outcome: Outcome,
    },
    /// A request got an error at once; no transfer began.
    Refused {
        /// Address of the client.
        client: Ipv4Addr,
        /// Over what.
        transport: Transport,
        /// The name as the client wrote it, bytes that are not UTF-8 replaced.
        path: String,
        /// Why, as a phrase: `not found`, `write requests are refused`.
        reason: String,
        /// Whether it is ordinary: boot loaders probe for many files that need not exist.
        expected: bool,
    },
}

/// What became of a client's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseNews {
    /// It was offered this one.
    Offered {
        /// The address.
        address: Ipv4Addr,
    },
    /// It has a new lease, which is stored.
    Leased {
        /// The address.
        address: Ipv4Addr,
        /// For how many seconds.
        seconds: u32,
    },
    /// It keeps its address, which is stored.
    Renewed {
        /// The address.
        address: Ipv4Addr,
        /// For how many seconds from now.
        seconds: u32,
    },
    /// It has an address of its own, and was told the rest.
    Informed {
        /// Its address.
        address: Ipv4Addr,
    },
    /// It was told that it cannot have the address that it claims.
    Refused {
        /// The address.
        address: Ipv4Addr,
        /// Why, as a phrase.
        why: &'static str,
    },
    /// It gave its address back.
    Released {
        /// The address.
        address: Ipv4Addr,
    },
    /// It found that another machine has the address; nobody gets it for an hour.
    Declined {
        /// The address.
        address: Ipv4Addr,
    },
    /// The address that it was to be offered answers already; nobody gets it for an hour. The message goes on with another.
    InUse {
        /// The address.
        address: Ipv4Addr,
        /// Who answered.
        by: MacAddr,
    },
    /// No address is left for it.
    Exhausted {
        /// The addresses that there are.
        range: AddressRange,
    },
    /// It got no answer, because the disk did not take the lease.
    NotStored {
        /// The address.
        address: Ipv4Addr,
        /// What the operating system said.
        error: String,
    },
}

/// What a client was told to boot together with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseTold {
    /// What it is, as a phrase: `iPXE on legacy BIOS`.
    pub client: String,
    /// What it asked with.
    pub asked: &'static str,
    /// The network bootstrap program or URL that it was told.
    pub file: String,
    /// The address of this machine that it was told.
    pub server: Ipv4Addr,
    /// The rule that made the answer differ from the usual one (VQ-02).
    pub rule: Option<String>,
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All bytes were sent and, in TFTP, the last was acknowledged or the client fell silent after it (TF-27).
    Done,
    /// The client only wanted the size: a TFTP `tsize` probe (TF-08), or an HTTP HEAD.
    Probe,
    /// The client went away or gave up; the phrase says how.
    Aborted(String),
}

/// Where events go. Called from every task, so it must not block.
pub trait Events: Send + Sync + 'static {
    /// Takes one event.
    fn emit(&self, event: BootEvent);
}
