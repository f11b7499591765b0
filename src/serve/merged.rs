//! Machines that get one offer from two servers, in operation: their messages go on to the network's DHCP server, and its
//! answers back to them with what to boot ([`crate::proto::dhcp::merged`]).

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::dhcp::{DhcpPorts, Front};
use super::event::BootEvent;
use crate::net::MacAddr;
use crate::proto::dhcp::merged::{Merged, Merger, is_merged};
use crate::proto::dhcp::{BootRequest, BootTable, Destination, Local, client_of};

/// The first byte of a message of a server.
const BOOT_REPLY: u8 = 2;

/// What is under way, and since when the clock runs.
#[derive(Debug)]
pub(super) struct Merging {
    merger: Mutex<Merger>,
    start: Instant,
}

/// What became of a message of such a machine.
pub(super) enum HandedOn {
    /// It is on its way, or cannot be.
    Done(BootEvent),
    /// It is what we handed on ourselves: a broadcast comes back to who sent it.
    Echo,
}

/// Where messages go out.
pub(super) struct Way<'a> {
    pub(super) front: &'a Front,
    pub(super) ports: DhcpPorts,
    /// The interface that the message came in on.
    pub(super) ifindex: u32,
}

impl Merging {
    pub(super) fn new() -> Self {
        Self { merger: Mutex::default(), start: Instant::now() }
    }

    /// Hands a message on, if a rule wants that for its client.
    pub(super) fn hand_on(
        &self,
        datagram: &[u8],
        request: &BootRequest,
        table: &BootTable,
        local: &Local,
        way: &Way<'_>,
    ) -> Option<HandedOn> {
        if !is_merged(table, request) {
            return None;
        }
        if request.giaddr == local.server.get() {
            return Some(HandedOn::Echo);
        }
        let mac = Some(request.mac());
        let silent = |reason: String| Some(HandedOn::Done(BootEvent::Silent { mac, reason }));
        let handed_on = self.merger().hand_on(datagram, request, local, self.start.elapsed());
        let bytes = match handed_on {
            Ok(bytes) => bytes,
            Err(stopped) => return silent(stopped.to_string()),
        };
        let to = SocketAddrV4::new(Ipv4Addr::BROADCAST, way.ports.relay);
        match way.front.send(&bytes, to, way.ifindex, local.server.get()) {
            Ok(()) => {
                silent("handed on to the DHCP server of the network, whose answer gets the boot file added".to_owned())
            }
            Err(error) => silent(format!("cannot be handed on to the DHCP server of the network: {error}")),
        }
    }

    /// Sends the client what a server answered through us; `None` where the datagram is no such answer.
    pub(super) fn merge(&self, datagram: &[u8], table: &BootTable, way: &Way<'_>) -> Option<BootEvent> {
        if datagram.first() != Some(&BOOT_REPLY) {
            return None;
        }
        let merged = self.merger().merge(datagram, table, self.start.elapsed())?;
        let mac: Option<MacAddr> = client_of(datagram);
        Some(match merged {
            Ok(merged) => send(merged, way),
            Err(stopped) => BootEvent::Silent { mac, reason: stopped.to_string() },
        })
    }

    /// A panic while it was held has left at worst an exchange that leads nowhere.
    fn merger(&self) -> MutexGuard<'_, Merger> {
        self.merger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(merged: Merged, way: &Way<'_>) -> BootEvent {
    let to = match merged.destination {
        Destination::Broadcast | Destination::Relay(_) => SocketAddrV4::new(Ipv4Addr::BROADCAST, way.ports.client),
        Destination::Client(addr) => addr,
    };
    let Merged { bytes, mac, client, asked, file, server, rule, .. } = merged;
    match way.front.send(&bytes, to, way.ifindex, server) {
        Ok(()) => BootEvent::Answered { mac, client, asked, file, server, ciaddr: None, rule },
        Err(error) => {
            BootEvent::Silent { mac: Some(mac), reason: format!("the answer to {to} cannot be sent: {error}") }
        }
    }
}
