//! From a request to a verdict.

mod discovery;
mod offer;
mod upgrade;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use super::classify::{BootClient, ClientClass, classify};
use super::message::MessageType;
use super::packet::BootRequest;
use super::reason::Reason;
use super::reply::{Destination, Draft, Kind, Reply, ServerAddr};
use super::rule::{Effect, Mode};
use super::table::BootTable;

/// Which of the two ports a datagram came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedOn {
    /// The port of DHCP servers, 67.
    Dhcp67,
    /// The port of PXE boot servers, 4011.
    Boot4011,
}

impl ReceivedOn {
    /// The port's number by the standard.
    pub fn number(self) -> u16 {
        match self {
            Self::Dhcp67 => 67,
            Self::Boot4011 => 4011,
        }
    }

    /// What is answered there.
    pub(super) fn expects(self) -> &'static str {
        match self {
            Self::Dhcp67 => "that is between the client and its DHCP server; a proxy answers only DHCPDISCOVER here",
            Self::Boot4011 => "a boot server answers only DHCPREQUEST and DHCPINFORM here",
        }
    }
}

/// What is known about the place where a datagram arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The address of this machine that the client can reach.
    pub server: ServerAddr,
    /// The port that the datagram came to.
    pub port: ReceivedOn,
    /// The port of our HTTP server.
    pub http_port: u16,
    /// Where the datagram came from.
    pub source: SocketAddrV4,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This is sent.
    Answer(Reply),
    /// Nothing is sent, for this reason.
    Silence(Reason),
}

/// Decides what to answer to one request. Total, without state: each retransmission gets the same answer (DH-15).
pub fn answer(table: &BootTable, request: &BootRequest, local: &Local) -> Verdict {
    decide(table, request, local).map_or_else(Verdict::Silence, Verdict::Answer)
}

fn decide(table: &BootTable, request: &BootRequest, local: &Local) -> Result<Reply, Reason> {
    let message = request.message_type().ok_or(Reason::NoMessageType)?;
    let client = classify(request, &table.vendor_prefixes);
    let kind = match (local.port, message, &client) {
        (ReceivedOn::Dhcp67, MessageType::Discover, _) => Kind::Offer,
        // A request for a boot server of one type is meant for us on either port (BS-01). All others on port 67 are for the
        // address server (DH-04).
        (_, MessageType::Request | MessageType::Inform, Ok(BootClient { class: ClientClass::BootServer(_), .. })) => {
            Kind::BootServer
        }
        (ReceivedOn::Boot4011, MessageType::Request | MessageType::Inform, _) => Kind::Ack,
        _ => return Err(Reason::NotForProxy { message, on: local.port }),
    };
    if request.giaddr.is_broadcast() || request.giaddr.is_multicast() {
        return Err(Reason::NoRelay(request.giaddr));
    }
    if let Some(other) = request.server_id().filter(|id| *id != local.server.get() && kind != Kind::Offer) {
        return Err(Reason::OtherServer(other));
    }
    let client = client?;
    let rule = table.rules.iter().find(|rule| rule.is_for(request, &client));
    let usual = Effect::default();
    let effect = rule.map_or(&usual, |rule| &rule.then);
    if let Some(rule) = rule.filter(|rule| rule.then.mode == Some(Mode::Silent)) {
        return Err(Reason::Silenced { class: client.class, rule: rule.name.clone() });
    }
    let offers = match client.class {
        ClientClass::BootServer(item) => vec![discovery::answer(table, (request, &client), item, effect)?],
        ClientClass::Http(_) if kind == Kind::Ack => return Err(Reason::NoBootServer(client.class)),
        _ => offer::offers(table, request, &client, effect, kind, local)?,
    };
    let mut datagrams = Vec::new();
    let mut file = String::new();
    for offer in offers {
        let draft = Draft {
            kind,
            server: local.server,
            vendor_class: &client.vendor_class,
            file: &offer.file,
            takes: offer.takes,
            vendor_options: offer.vendor_options,
            others: offer.others,
        };
        match draft.encode(request) {
            Ok(bytes) => datagrams.push(bytes),
            Err(why) => return Err(Reason::DoesNotFit { class: client.class, why }),
        }
        file = offer.file;
    }
    let mut datagrams = datagrams.into_iter();
    let Some(bytes) = datagrams.next() else { return Err(Reason::NothingFor(client.class)) };
    // iPXE leaves discovery as soon as it has both offers, so its offer never waits, and forms of offers are not for it (DH-39).
    let rule = rule.filter(|_| !matches!(client.class, ClientClass::Ipxe { .. }));
    Ok(Reply {
        bytes,
        also: datagrams.next(),
        delay: rule.filter(|_| kind == Kind::Offer).map_or(Duration::ZERO, |rule| rule.then.delay()),
        rule: rule.map(|rule| rule.name.clone()),
        destination: destination(request, local, kind),
        mac: request.mac(),
        class: client.class,
        asked: asked(local.port, message),
        file,
        server: local.server.get(),
        ciaddr: Some(request.ciaddr).filter(|addr| !addr.is_unspecified()),
    })
}

fn destination(request: &BootRequest, local: &Local, kind: Kind) -> Destination {
    match kind {
        Kind::Offer if request.giaddr.is_unspecified() => Destination::Broadcast,
        Kind::Offer => Destination::Relay(request.giaddr),
        // edk2 listens on 4011 only and iPXE on 68 only, so the answer goes where the question came from (DH-50). Some ROMs ask
        // before they have set up their address (DH-55).
        Kind::Ack | Kind::BootServer => {
            let known = [*local.source.ip(), request.ciaddr].into_iter().find(|addr| !addr.is_unspecified());
            Destination::Client(SocketAddrV4::new(known.unwrap_or(Ipv4Addr::BROADCAST), local.source.port()))
        }
    }
}

fn asked(port: ReceivedOn, message: MessageType) -> &'static str {
    match (port, message) {
        (ReceivedOn::Boot4011, MessageType::Request) => "DHCPREQUEST on port 4011",
        (ReceivedOn::Boot4011, MessageType::Inform) => "DHCPINFORM on port 4011",
        (_, message) => message.name(),
    }
}

#[cfg(test)]
mod edk2_tests;
#[cfg(test)]
mod row_tests;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod uefi_tests;
