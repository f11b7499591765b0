//! The answer of a DHCP server as bytes, and where it goes.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use super::decision::{Decision, Grant};
use crate::net::MacAddr;
use crate::proto::dhcp::boot::{BootFields, answer_of_a_proxy};
use crate::proto::dhcp::packet::MAGIC;
use crate::proto::dhcp::reply::{SMALLEST, payload_limit};
use crate::proto::dhcp::{BootRequest, BootTable, Destination, Local, Reply};
use crate::resolve::AddressPool;

/// Where clients listen (RFC 2131 section 4.1).
const CLIENT_PORT: u16 = 68;
/// The bit of `flags` that asks for a broadcast.
const BROADCAST: u16 = 0x8000;

const OFFER: u8 = 2;
const ACK: u8 = 5;
const NAK: u8 = 6;

/// An answer of a DHCP server: one datagram, and what the log says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseReply {
    /// The payload of the datagram.
    pub bytes: Vec<u8>,
    /// Where it goes.
    pub destination: Destination,
    /// The hardware address of the client.
    pub mac: MacAddr,
    /// The server that the client is told.
    pub server: Ipv4Addr,
    /// How long it waits before it is sent; zero but for offers to clients of which a rule says otherwise (DH-39).
    pub delay: Duration,
    /// What it is told to boot, if it asked to boot and there is something for it.
    pub told: Option<Told>,
}

/// What a client is told to boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What the client is, as a phrase: `iPXE on legacy BIOS`.
    pub client: String,
    /// The boot file or URL.
    pub file: String,
    /// The rule that the client met (VQ-02).
    pub rule: Option<String>,
}

impl LeaseReply {
    /// Writes the answer that a decision of the pool's book means; `None` where that is silence.
    pub fn new(
        pool: &AddressPool,
        decision: &Decision,
        request: &BootRequest,
        table: &BootTable,
        local: &Local,
    ) -> Option<Self> {
        let draft = |kind, grant| Draft { pool, kind, grant, request, server: local.server.get() };
        let draft = match decision {
            Decision::Offer { grant, .. } => draft(OFFER, Some(grant)),
            Decision::Ack(grant) => draft(ACK, Some(grant)),
            Decision::Inform => draft(ACK, None),
            Decision::Nak { .. } => draft(NAK, None),
            Decision::Released(_) | Decision::Declined(_) | Decision::Silence(_) => return None,
        };
        let proxy = answer_of_a_proxy(table, request, local).ok().filter(|_| draft.kind != NAK);
        let with_boot = proxy.as_ref().and_then(|reply| {
            let bytes = draft.encode(BootFields::of(reply).as_ref());
            (bytes.len() <= payload_limit(request.max_message_size())).then_some((bytes, reply))
        });
        // An address alone fits always, and is worth more than none where the names of the boot files are too long.
        let (bytes, told) = match with_boot {
            Some((bytes, Reply { class, file, rule, .. })) => {
                (bytes, Some(Told { client: class.to_string(), file: file.clone(), rule: rule.clone() }))
            }
            None => (draft.encode(None), None),
        };
        let delay = proxy.filter(|_| draft.kind == OFFER).map_or(Duration::ZERO, |reply| reply.delay);
        let destination = draft.destination();
        Some(Self { bytes, destination, mac: request.mac(), server: local.server.get(), delay, told })
    }
}

struct Draft<'a> {
    pool: &'a AddressPool,
    kind: u8,
    grant: Option<&'a Grant>,
    request: &'a BootRequest,
    server: Ipv4Addr,
}

impl Draft<'_> {
    /// Section 4.1: through the relay; else to the address that the client has; else by broadcast, which also reaches a client
    /// that does not ask for one.
    fn destination(&self) -> Destination {
        let BootRequest { giaddr, ciaddr, .. } = *self.request;
        if !giaddr.is_unspecified() {
            Destination::Relay(giaddr)
        } else if !ciaddr.is_unspecified() && self.kind == ACK {
            Destination::Client(SocketAddrV4::new(ciaddr, CLIENT_PORT))
        } else {
            Destination::Broadcast
        }
    }

    fn encode(&self, boot: Option<&BootFields<'_>>) -> Vec<u8> {
        let request = self.request;
        let mut bytes = vec![2, request.htype, request.hlen, 0];
        bytes.extend_from_slice(&request.xid.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        // A relay broadcasts a DHCPNAK only if it is told to (section 4.3.2).
        let flags = request.flags | if self.kind == NAK { BROADCAST } else { 0 };
        bytes.extend_from_slice(&flags.to_be_bytes());
        let none = Ipv4Addr::UNSPECIFIED;
        let ciaddr = if self.kind == ACK { request.ciaddr } else { none };
        let yiaddr = self.grant.map_or(none, Grant::address);
        let siaddr = boot.map_or(none, |boot| boot.siaddr);
        for address in [ciaddr, yiaddr, siaddr, request.giaddr] {
            bytes.extend_from_slice(&address.octets());
        }
        bytes.extend_from_slice(&request.chaddr);
        bytes.extend_from_slice(boot.map_or(&[0; 64], |boot| boot.sname));
        bytes.extend_from_slice(boot.map_or(&[0; 128], |boot| boot.file));
        bytes.extend_from_slice(&MAGIC);

        option(&mut bytes, 53, &[self.kind]);
        option(&mut bytes, 54, &self.server.octets());
        if let Some(grant) = self.grant {
            let seconds = grant.seconds();
            option(&mut bytes, 51, &seconds.to_be_bytes());
            // T1 and T2 at the half and at seven eighths (section 4.4.5).
            option(&mut bytes, 58, &(seconds / 2).to_be_bytes());
            option(&mut bytes, 59, &(seconds - seconds / 8).to_be_bytes());
        }
        if self.kind != NAK {
            self.network_options(&mut bytes);
        }
        // RFC 6842: the client finds its own identifier in the answer.
        if let Some(identifier) = request.option(61).filter(|value| value.len() <= 255) {
            option(&mut bytes, 61, identifier);
        }
        for (code, value) in boot.into_iter().flat_map(|boot| &boot.options) {
            option(&mut bytes, *code, value);
            if *code == 67 {
                // Behind the name, for the zero that edk2 writes there (DH-28).
                bytes.push(0);
            }
        }
        if let Some(relay) = request.relay_agent_information() {
            // What is longer than an option goes into several (RFC 3396), and what is empty comes back so (CO-11).
            match relay.0 {
                [] => option(&mut bytes, 82, &[]),
                value => value.chunks(255).for_each(|part| option(&mut bytes, 82, part)),
            }
        }
        bytes.push(255);
        if bytes.len() < SMALLEST {
            bytes.resize(SMALLEST, 0);
        }
        bytes
    }

    fn network_options(&self, bytes: &mut Vec<u8>) {
        let AddressPool { subnet, router, dns, .. } = self.pool;
        // The mask comes before the router (RFC 2132 section 3.3).
        option(bytes, 1, &subnet.netmask().octets());
        option(bytes, 28, &subnet.broadcast().octets());
        if let Some(router) = router {
            option(bytes, 3, &router.octets());
        }
        if !dns.is_empty() {
            option(bytes, 6, &dns.iter().flat_map(Ipv4Addr::octets).collect::<Vec<_>>());
        }
    }
}

/// Writes an option of at most 255 bytes; every caller has measured its value.
fn option(bytes: &mut Vec<u8>, code: u8, value: &[u8]) {
    if let Ok(len) = u8::try_from(value.len()) {
        bytes.extend_from_slice(&[code, len]);
        bytes.extend_from_slice(value);
    }
}
