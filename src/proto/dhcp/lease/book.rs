//! The leases of one network, and who may have which address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::client::{self, ClientId};
use super::decision::{Decision, Grant, LeaseReason};
use crate::net::MacAddr;
use crate::proto::dhcp::{BootRequest, MessageType, ServerAddr};
use crate::resolve::AddressPool;

/// How many seconds an offer is held for the client: firmware asks for it at once, or after its own timeouts.
const OFFER_HELD: u64 = 60;
/// How many seconds an address rests that another machine was found to have.
const REST: u64 = 3600;
/// The shortest lease that a client may ask for, in seconds.
const SHORTEST: u32 = 60;

/// Who has an address until when; what is stored of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The address.
    pub address: Ipv4Addr,
    /// Who.
    pub client: ClientId,
    /// Its hardware address.
    pub mac: MacAddr,
    /// The end, in seconds since 1970. Afterwards the record remembers who had the address last.
    pub until: u64,
}

/// The leases of one network.
///
/// Times are seconds since 1970, given by the caller. Holds at most one entry for each address of the pool.
#[derive(Debug)]
pub struct Book {
    pool: AddressPool,
    /// The addresses of the reservations.
    reserved: BTreeSet<Ipv4Addr>,
    /// Addresses of this machine, which are nobody else's.
    own: BTreeSet<Ipv4Addr>,
    entries: BTreeMap<Ipv4Addr, Entry>,
    /// The present or last address of each client that has an entry.
    clients: BTreeMap<ClientId, Ipv4Addr>,
}

#[derive(Debug)]
struct Entry {
    until: u64,
    /// `None` for an address that rests.
    holder: Option<Holder>,
}

#[derive(Debug)]
struct Holder {
    client: ClientId,
    mac: MacAddr,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// To be offered when no other machine turns out to have it.
    LookedAt,
    Offered,
    Leased,
}

/// The client of a request.
struct Who {
    client: ClientId,
    mac: MacAddr,
    reservation: Option<Ipv4Addr>,
}

impl Book {
    /// The book of a pool. `own` are this machine's addresses, `records` what the store has, also of other networks.
    pub fn new(
        pool: AddressPool,
        own: impl IntoIterator<Item = Ipv4Addr>,
        records: impl IntoIterator<Item = Record>,
    ) -> Self {
        let reserved = pool.reservations.values().copied().collect();
        let own = own.into_iter().collect();
        let mut book = Self { pool, reserved, own, entries: BTreeMap::new(), clients: BTreeMap::new() };
        for record in records {
            if book.pool.range.contains(record.address) || book.reserved.contains(&record.address) {
                book.write(&record, Stage::Leased);
            }
        }
        book
    }

    /// What is given out here.
    pub fn pool(&self) -> &AddressPool {
        &self.pool
    }

    /// The present or last address of a client.
    pub fn address_of(&self, client: &ClientId) -> Option<Ipv4Addr> {
        self.clients.get(client).copied()
    }

    /// Whether this is the network of a request that came to `server`, through the relay `giaddr` if that is not 0.0.0.0.
    pub fn is_of(&self, server: ServerAddr, giaddr: Ipv4Addr) -> bool {
        self.pool.subnet.contains(&server.get()) && (giaddr.is_unspecified() || self.pool.subnet.contains(&giaddr))
    }

    /// Decides what becomes of one request to the server `server` (RFC 2131 section 4.3).
    pub fn decide(&mut self, request: &BootRequest, server: ServerAddr, now: u64) -> Decision {
        self.try_decide(request, server, now).unwrap_or_else(Decision::Silence)
    }

    fn try_decide(&mut self, request: &BootRequest, server: ServerAddr, now: u64) -> Result<Decision, LeaseReason> {
        // Without a type it is BOOTP, whose clients keep an address for good.
        let message = request.message_type().ok_or(LeaseReason::NotOfAClient(MessageType::Other(0)))?;
        let who = self.who(request).ok_or(LeaseReason::NoClient)?;
        let requested = address_option(request, 50);
        let ciaddr = Some(request.ciaddr).filter(|addr| !addr.is_unspecified());
        let seconds = self.seconds(request);
        match message {
            MessageType::Discover => self.offer(&who, requested, seconds, now),
            MessageType::Request => match (request.server_id(), requested, ciaddr) {
                (Some(other), ..) if other != server.get() => {
                    self.withdraw(&who);
                    Err(LeaseReason::OtherServer(other))
                }
                (Some(_), Some(address), _) => self.select(&who, address, seconds, now),
                (None, Some(address), None) => self.reboot(&who, address, seconds, now),
                // Renewing clients write their address into the header; some repeat it in the option, and a few name us.
                (_, _, Some(address)) => self.renew(&who, address, seconds, now),
                (_, None, None) => Err(LeaseReason::NoAddress(message)),
            },
            MessageType::Decline => {
                let address = requested.ok_or(LeaseReason::NoAddress(message))?;
                self.holds(&who, address, message)?;
                self.rest(address, now);
                Ok(Decision::Declined(address))
            }
            MessageType::Release => {
                let address = ciaddr.ok_or(LeaseReason::NoAddress(message))?;
                self.holds(&who, address, message)?;
                let record = Record { address, client: who.client, mac: who.mac, until: now };
                self.write(&record, Stage::Leased);
                Ok(Decision::Released(record))
            }
            MessageType::Inform => match ciaddr.filter(|addr| self.pool.subnet.contains(addr)) {
                Some(_) => Ok(Decision::Inform),
                None => Err(LeaseReason::NoAddress(message)),
            },
            other => Err(LeaseReason::NotOfAClient(other)),
        }
    }

    /// No other machine answered for an address that was looked at: it may be offered.
    pub fn found_free(&mut self, address: Ipv4Addr) {
        if let Some(holder) = self.entries.get_mut(&address).and_then(|entry| entry.holder.as_mut())
            && holder.stage == Stage::LookedAt
        {
            holder.stage = Stage::Offered;
        }
    }

    /// Another machine answered for an address that was looked at: nobody gets it for an hour.
    pub fn found_taken(&mut self, address: Ipv4Addr, now: u64) {
        self.rest(address, now);
    }

    /// Nobody could look at an address: it is free for the next one who asks.
    pub fn not_looked_at(&mut self, address: Ipv4Addr) {
        let stage = self.entries.get(&address).and_then(|entry| entry.holder.as_ref()).map(|holder| holder.stage);
        if stage == Some(Stage::LookedAt) {
            self.remove(address);
        }
    }

    fn who(&self, request: &BootRequest) -> Option<Who> {
        let mac = request.mac();
        let reservation = self.pool.reservations.get(&mac).copied().filter(|_| client::is_ethernet(request));
        // A machine with a reservation is one client, whatever its firmware and its systems call themselves.
        let client = match reservation {
            Some(_) => ClientId::hardware(request),
            None => ClientId::of(request),
        };
        Some(Who { client: client?, mac, reservation })
    }

    /// The time of the pool, or what the client asks for where that is shorter.
    fn seconds(&self, request: &BootRequest) -> u32 {
        let asked = request.option(51).and_then(|value| <[u8; 4]>::try_from(value).ok()).map(u32::from_be_bytes);
        asked.map_or(self.pool.lease_seconds, |asked| asked.max(SHORTEST).min(self.pool.lease_seconds))
    }

    fn offer(
        &mut self,
        who: &Who,
        requested: Option<Ipv4Addr>,
        seconds: u32,
        now: u64,
    ) -> Result<Decision, LeaseReason> {
        let address = self.choose(who, requested, now).ok_or(LeaseReason::Exhausted(self.pool.range))?;
        let known = self.entries.get(&address).filter(|entry| entry.is_of(&who.client));
        let stage = known.and_then(|entry| Some((entry.until, entry.holder.as_ref()?.stage)));
        let (until, stage, look) = match stage {
            Some((until, Stage::LookedAt)) if until > now => return Err(LeaseReason::BeingLookedAt(address)),
            // A machine that starts anew may have crashed; its lease is not made shorter by that.
            Some((until, Stage::Leased)) if until > now + OFFER_HELD => (until, Stage::Leased, false),
            Some((_, Stage::Leased | Stage::Offered)) => (now + OFFER_HELD, Stage::Offered, false),
            _ => (now + OFFER_HELD, Stage::LookedAt, true),
        };
        let record = Record { address, client: who.client.clone(), mac: who.mac, until };
        // A lease that the client has elsewhere stays until it takes this one.
        self.write(&record, stage);
        Ok(Decision::Offer { grant: Grant { record, given_up: None, seconds, is_renewal: false }, look })
    }

    fn choose(&self, who: &Who, requested: Option<Ipv4Addr>, now: u64) -> Option<Ipv4Addr> {
        let present = self.clients.get(&who.client).copied();
        [who.reservation, present, requested]
            .into_iter()
            .flatten()
            .find(|address| self.may_have(who, *address) && self.is_free_for(who, *address, now))
            .or_else(|| self.unused(who))
            .or_else(|| self.longest_free(now))
    }

    /// An address that nobody had, the first one from a place that depends on the client.
    fn unused(&self, who: &Who) -> Option<Ipv4Addr> {
        let (first, last) = (self.pool.range.first().to_bits(), self.pool.range.last().to_bits());
        let count = u32::try_from(self.pool.range.count()).unwrap_or(u32::MAX);
        let from = first + who.client.spread() % count;
        let gap = |from: u32, to: u32| {
            let mut used = self.entries.range(Ipv4Addr::from(from)..=Ipv4Addr::from(to)).peekable();
            (from..=to).map(Ipv4Addr::from).find(|address| {
                let is_used = used.next_if(|(used, _)| *used == address).is_some();
                !is_used && self.is_for_all(*address)
            })
        };
        gap(from, last).or_else(|| gap(first, from))
    }

    /// Of the addresses that somebody had, the one that is free for longest.
    fn longest_free(&self, now: u64) -> Option<Ipv4Addr> {
        let range = self.pool.range;
        let used = self.entries.range(range.first()..=range.last());
        let free = used.filter(|(address, entry)| entry.until <= now && self.is_for_all(**address));
        free.min_by_key(|(address, entry)| (entry.until, **address)).map(|(address, _)| *address)
    }

    fn select(&mut self, who: &Who, address: Ipv4Addr, seconds: u32, now: u64) -> Result<Decision, LeaseReason> {
        self.not_being_looked_at(address, now)?;
        if !self.may_have(who, address) {
            // The spec has changed since the client got it: now it is reserved for another machine, or has become this one's.
            if let Some(entry) = self.entries.get_mut(&address).filter(|entry| entry.is_of(&who.client)) {
                entry.until = entry.until.min(now);
            }
            return Ok(Decision::Nak { address, why: "it is not given out to this client" });
        }
        if !self.is_free_for(who, address, now) {
            return Ok(Decision::Nak { address, why: "another client has it" });
        }
        Ok(Decision::Ack(self.lease(who, address, seconds, now)))
    }

    fn reboot(&mut self, who: &Who, address: Ipv4Addr, seconds: u32, now: u64) -> Result<Decision, LeaseReason> {
        if !self.pool.subnet.contains(&address) {
            return Ok(Decision::Nak { address, why: "it is not of this network" });
        }
        match self.clients.get(&who.client) {
            None => Err(LeaseReason::Unknown(address)),
            Some(known) if *known == address => self.select(who, address, seconds, now),
            Some(_) => Ok(Decision::Nak { address, why: "this client has another one" }),
        }
    }

    fn renew(&mut self, who: &Who, address: Ipv4Addr, seconds: u32, now: u64) -> Result<Decision, LeaseReason> {
        if !self.pool.subnet.contains(&address) {
            return Ok(Decision::Nak { address, why: "it is not of this network" });
        }
        // A machine that was set up by hand may have any other address of the subnet, and is not ours to move.
        if !self.may_have(who, address) && !self.entries.contains_key(&address) {
            return Err(LeaseReason::Unknown(address));
        }
        self.select(who, address, seconds, now)
    }

    fn lease(&mut self, who: &Who, address: Ipv4Addr, seconds: u32, now: u64) -> Grant {
        let before = self.entries.get(&address).filter(|entry| entry.is_of(&who.client));
        let is_renewal = before.is_some_and(|entry| entry.until > now && entry.stage() == Some(Stage::Leased));
        let elsewhere = self.clients.get(&who.client).copied().filter(|known| *known != address);
        let given_up = elsewhere.and_then(|known| {
            let entry = self.entries.get_mut(&known)?;
            let holder = entry.holder.as_ref().filter(|holder| holder.stage == Stage::Leased)?;
            entry.until = entry.until.min(now);
            Some(Record { address: known, client: holder.client.clone(), mac: holder.mac, until: entry.until })
        });
        let record =
            Record { address, client: who.client.clone(), mac: who.mac, until: now.saturating_add(seconds.into()) };
        self.write(&record, Stage::Leased);
        Grant { record, given_up, seconds, is_renewal }
    }

    /// Takes back what was offered to a client that chose another server.
    fn withdraw(&mut self, who: &Who) {
        let Some(address) = self.clients.get(&who.client).copied() else { return };
        if self.entries.get(&address).and_then(Entry::stage) == Some(Stage::Offered) {
            self.remove(address);
        }
    }

    fn rest(&mut self, address: Ipv4Addr, now: u64) {
        self.remove(address);
        self.entries.insert(address, Entry { until: now + REST, holder: None });
    }

    fn remove(&mut self, address: Ipv4Addr) {
        if let Some(holder) = self.entries.remove(&address).and_then(|entry| entry.holder)
            && self.clients.get(&holder.client) == Some(&address)
        {
            self.clients.remove(&holder.client);
        }
    }

    /// Enters a record. Of a client's entries, the one that ends last is its present one.
    fn write(&mut self, record: &Record, stage: Stage) {
        let Record { address, client, mac, until } = record.clone();
        self.remove(address);
        let present = self.clients.get(&client).and_then(|known| self.entries.get(known)).map(|entry| entry.until);
        if present.is_none_or(|present| present <= until) {
            self.clients.insert(client.clone(), address);
        }
        self.entries.insert(address, Entry { until, holder: Some(Holder { client, mac, stage }) });
    }

    /// Whether the client has, or had last, a lease of the address. An offer is none, and cannot be given back or declined.
    fn holds(&self, who: &Who, address: Ipv4Addr, message: MessageType) -> Result<(), LeaseReason> {
        match self.entries.get(&address) {
            Some(entry) if entry.is_of(&who.client) && entry.stage() == Some(Stage::Leased) => Ok(()),
            _ => Err(LeaseReason::NotItsAddress { message, address }),
        }
    }

    fn not_being_looked_at(&self, address: Ipv4Addr, now: u64) -> Result<(), LeaseReason> {
        match self.entries.get(&address) {
            Some(entry) if entry.until > now && entry.stage() == Some(Stage::LookedAt) => {
                Err(LeaseReason::BeingLookedAt(address))
            }
            _ => Ok(()),
        }
    }

    /// Whether the pool has the address for this client.
    fn may_have(&self, who: &Who, address: Ipv4Addr) -> bool {
        (who.reservation == Some(address) && !self.is_anothers(address)) || self.is_for_all(address)
    }

    /// Whether the pool has the address for any client without a reservation.
    fn is_for_all(&self, address: Ipv4Addr) -> bool {
        self.pool.range.contains(address) && !self.reserved.contains(&address) && !self.is_anothers(address)
    }

    /// Whether this machine or the router has the address.
    fn is_anothers(&self, address: Ipv4Addr) -> bool {
        self.own.contains(&address) || self.pool.router == Some(address)
    }

    fn is_free_for(&self, who: &Who, address: Ipv4Addr, now: u64) -> bool {
        self.entries.get(&address).is_none_or(|entry| entry.until <= now || entry.is_of(&who.client))
    }
}

impl Entry {
    fn is_of(&self, client: &ClientId) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.client == *client)
    }

    fn stage(&self) -> Option<Stage> {
        self.holder.as_ref().map(|holder| holder.stage)
    }
}

fn address_option(request: &BootRequest, code: u8) -> Option<Ipv4Addr> {
    let address = Ipv4Addr::from(<[u8; 4]>::try_from(request.option(code)?).ok()?);
    (!address.is_unspecified()).then_some(address)
}
