//! One offer instead of two (UE-13), for firmware that takes the first one and is blind to a proxy's, and for programs like
//! GRUB that read only the answer with the address.
//!
//! For the machines of which a rule says so, we are the relay of the network's own DHCP server (RFC 2131 section 4.1): their
//! messages are handed on to it with our address as `giaddr`, and its answers come back to us, get the names of the boot files
//! and our address as server (as RFC 5107 has it), and go on to the client. The address, and who may have it, stay that
//! server's business.
//!
//! [`Merger::hand_on`] takes what a client says, [`Merger::merge`] what the server says. Neither opens a socket or reads a
//! clock.
//!
//! **Invariant:** an address for a client stands only in the answer to an answer of the network's DHCP server, as it is there.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use super::answer::Local;
use super::boot::{BootFields, answer_of_a_proxy};
use super::classify::classify;
use super::message::MessageType;
use super::packet::{BootRequest, HEADER, MAGIC};
use super::reply::{Destination, SMALLEST, payload_limit};
use super::rule::Mode;
use super::table::BootTable;
use crate::net::MacAddr;

/// Clients that are remembered; the one that was silent longest is forgotten first.
const CLIENTS: usize = 1024;
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Relays beyond which a message goes in circles (RFC 1542 section 4.1.1).
const MAX_HOPS: u8 = 16;
/// Where clients listen.
const CLIENT_PORT: u16 = 68;

const SERVER_ID: u8 = 54;
/// What the server says of booting, and what belongs to its own exchange with us: overload, type, server, relay information.
const NOT_TAKEN_OVER: [u8; 13] = [43, 52, 53, 54, 60, 66, 67, 82, 97, 150, 175, 209, 210];

/// Whether a rule says that this client gets one offer from two servers.
pub fn is_merged(table: &BootTable, request: &BootRequest) -> bool {
    let Ok(client) = classify(request, &table.vendor_prefixes) else { return false };
    let rule = table.rules.iter().find(|rule| rule.is_for(request, &client));
    rule.is_some_and(|rule| rule.then.mode == Some(Mode::Merged))
}

/// What is under way between such clients and their server.
#[derive(Debug, Default)]
pub struct Merger(BTreeMap<MacAddr, Exchange>);

#[derive(Debug)]
struct Exchange {
    request: BootRequest,
    local: Local,
    asked_at: Duration,
    /// The server whose offer the client got.
    server: Option<Ipv4Addr>,
}

/// An answer of the network's server with what to boot in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The payload of the datagram.
    pub bytes: Vec<u8>,
    /// Where it goes.
    pub destination: Destination,
    /// The hardware address of the client.
    pub mac: MacAddr,
    /// What it is, as a phrase.
    pub client: String,
    /// What it asked with.
    pub asked: &'static str,
    /// The boot file or URL that it is told.
    pub file: String,
    /// The rule that it met.
    pub rule: Option<String>,
    /// The server that it is told, which is this machine.
    pub server: Ipv4Addr,
}

/// Why a message between a client and its server goes no further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Another relay is before us.
    #[error("came through the relay {0}, which hands it on itself")]
    Relayed(Ipv4Addr),
    /// The client took the offer of another server.
    #[error("chose the DHCP server {0}")]
    OtherServer(Ipv4Addr),
    /// The client names us, and we know of no offer.
    #[error("wants an offer that is not known any more; it will ask anew")]
    NoOffer,
    /// The server's answer with our additions is too long.
    #[error(
        "the answer of the DHCP server {server} leaves no room for the names of the boot files: {len} bytes, not {limit}"
    )]
    TooLong {
        /// The server.
        server: Ipv4Addr,
        /// How long it would be.
        len: usize,
        /// What the client takes.
        limit: usize,
    },
    /// There is nothing to boot for the client after all.
    #[error("{0}")]
    Nothing(super::Reason),
}

impl Merger {
    /// The message to broadcast from port 67 to the servers of the network, for the message of a client.
    ///
    /// `datagram` is what `request` was read from, `now` the time since the start.
    ///
    /// # Errors
    /// Why it is not for us.
    pub fn hand_on(
        &mut self,
        datagram: &[u8],
        request: &BootRequest,
        local: &Local,
        now: Duration,
    ) -> Result<Vec<u8>, Stopped> {
        if !request.giaddr.is_unspecified() || request.hops >= MAX_HOPS {
            return Err(Stopped::Relayed(request.giaddr));
        }
        let ours = local.server.get();
        let known = self.0.get(&request.mac()).and_then(|exchange| exchange.server);
        let server = match (request.server_id(), request.message_type()) {
            (Some(other), _) if other != ours => return Err(Stopped::OtherServer(other)),
            (Some(_), _) => Some(known.ok_or(Stopped::NoOffer)?),
            // A new discovery may lead to another server.
            (None, Some(MessageType::Discover)) => None,
            (None, _) => known,
        };
        let mut bytes = datagram.to_vec();
        put(&mut bytes, 3, &[request.hops + 1]);
        put(&mut bytes, 24, &ours.octets());
        if let (Some(at), Some(server)) = (value_of_option(datagram, SERVER_ID), server) {
            put(&mut bytes, at, &server.octets());
        }
        self.make_room(request.mac());
        let exchange = Exchange { request: request.clone(), local: *local, asked_at: now, server };
        self.0.insert(request.mac(), exchange);
        Ok(bytes)
    }

    /// The answer for a client, for a datagram that a server sent to us as to its relay; `None` where it is no such answer.
    pub fn merge(&mut self, datagram: &[u8], table: &BootTable, now: Duration) -> Option<Result<Merged, Stopped>> {
        let answer = read_answer(datagram)?;
        let exchange = self.0.get_mut(&answer.mac())?;
        let ours = exchange.local.server.get();
        let is_of_it = answer.xid == exchange.request.xid && answer.giaddr == ours;
        if !is_of_it || now.saturating_sub(exchange.asked_at) > PATIENCE {
            return None;
        }
        let server = answer.server_id()?;
        let yiaddr = Ipv4Addr::from(<[u8; 4]>::try_from(datagram.get(16..20)?).ok()?);
        match answer.message_type()? {
            // Of several servers the first one is followed; proxies offer no address and are left out.
            MessageType::Offer if yiaddr.is_unspecified() || exchange.server.is_some_and(|known| known != server) => {
                return None;
            }
            MessageType::Offer | MessageType::Ack | MessageType::Nak => exchange.server = Some(server),
            _ => return None,
        }
        Some(exchange.merged(&answer, server, yiaddr, table))
    }

    fn make_room(&mut self, mac: MacAddr) {
        if self.0.len() >= CLIENTS
            && !self.0.contains_key(&mac)
            && let Some(oldest) = self.0.iter().min_by_key(|(_, exchange)| exchange.asked_at).map(|(mac, _)| *mac)
        {
            self.0.remove(&oldest);
        }
    }
}

impl Exchange {
    fn merged(
        &self,
        answer: &BootRequest,
        server: Ipv4Addr,
        yiaddr: Ipv4Addr,
        table: &BootTable,
    ) -> Result<Merged, Stopped> {
        let Self { request, local, .. } = self;
        let ours = local.server.get();
        let proxy = answer_of_a_proxy(table, request, local).map_err(Stopped::Nothing)?;
        let boot = BootFields::of(&proxy).filter(|_| answer.message_type() != Some(MessageType::Nak));

        let mut bytes = vec![2, request.htype, request.hlen, 0];
        bytes.extend_from_slice(&request.xid.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&request.flags.to_be_bytes());
        let none = Ipv4Addr::UNSPECIFIED;
        for address in [answer.ciaddr, yiaddr, boot.as_ref().map_or(none, |boot| boot.siaddr), none] {
            bytes.extend_from_slice(&address.octets());
        }
        bytes.extend_from_slice(&request.chaddr);
        bytes.extend_from_slice(boot.as_ref().map_or(&[0; 64], |boot| boot.sname));
        bytes.extend_from_slice(boot.as_ref().map_or(&[0; 128], |boot| boot.file));
        bytes.extend_from_slice(&MAGIC);
        option(&mut bytes, 53, answer.option(53).unwrap_or_default());
        option(&mut bytes, SERVER_ID, &ours.octets());
        for (code, value) in answer.options().filter(|(code, _)| !NOT_TAKEN_OVER.contains(code)) {
            option(&mut bytes, code, value);
        }
        for (code, value) in boot.iter().flat_map(|boot| &boot.options) {
            option(&mut bytes, *code, value);
            if *code == 67 {
                // For the zero that edk2 writes behind the name (DH-28).
                bytes.push(0);
            }
        }
        bytes.push(255);
        let limit = payload_limit(request.max_message_size());
        if bytes.len() > limit {
            return Err(Stopped::TooLong { server, len: bytes.len(), limit });
        }
        bytes.resize(bytes.len().max(SMALLEST), 0);
        let has_address = !request.ciaddr.is_unspecified() && answer.message_type() == Some(MessageType::Ack);
        let destination = match has_address {
            true => Destination::Client(SocketAddrV4::new(request.ciaddr, CLIENT_PORT)),
            false => Destination::Broadcast,
        };
        Ok(Merged {
            bytes,
            destination,
            mac: request.mac(),
            client: proxy.class.to_string(),
            asked: request.message_type().map_or("DHCP message", MessageType::name),
            file: proxy.file,
            rule: proxy.rule,
            server: ours,
        })
    }
}

/// Reads the answer of a server, which differs from a request in its first byte and in who fills the fields.
fn read_answer(datagram: &[u8]) -> Option<BootRequest> {
    let (2, rest) = datagram.split_first().map(|(op, rest)| (*op, rest))? else { return None };
    BootRequest::parse(&[&[1], rest].concat()).ok()
}

/// Where the value of an option of four bytes begins.
fn value_of_option(datagram: &[u8], code: u8) -> Option<usize> {
    let mut at = HEADER;
    loop {
        match (*datagram.get(at)?, datagram.get(at + 1)) {
            (0, _) => at += 1,
            (255, _) => return None,
            (found, Some(4)) if found == code => return Some(at + 2),
            (_, Some(len)) => at += 2 + usize::from(*len),
            (_, None) => return None,
        }
    }
}

/// Writes over what is there; nothing where the datagram ends before.
fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// Writes an option, one of more than 255 bytes in parts, as it came (RFC 3396).
fn option(bytes: &mut Vec<u8>, code: u8, value: &[u8]) {
    let parts = value.chunks(255).chain(value.is_empty().then_some(&[][..]));
    for part in parts {
        bytes.extend_from_slice(&[code, part.len().to_le_bytes()[0]]);
        bytes.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests;
