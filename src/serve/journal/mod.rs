//! Turns events into what a person wants to know: one line for each milestone of each client's boot.
//!
//! [`Journal::on`] is a state machine without a clock. Retransmissions, probes for files that need not exist, modules and
//! single-byte ranges are no milestones. A client that tries again and again gets a line that says what it may mean, and a
//! flood of requests gets a bounded number of lines.

mod lease;
mod milestone;
#[cfg(test)]
mod tests;
mod throttle;
mod trouble;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use self::milestone::rate;
pub use self::milestone::{Milestone, Stage, amount, printable};
use self::throttle::Throttle;
use self::trouble::Trouble;
use super::event::{BootEvent, Outcome, Transport};
use crate::net::MacAddr;
use crate::plan::Role;

/// A client that asks again after this long has started anew.
const NEW_BOOT: Duration = Duration::from_secs(20);
/// The root image's progress is told at these steps, in percent.
const STEP: u64 = 25;
/// Clients that are remembered; the one that was silent longest is forgotten first.
const MAX_CLIENTS: usize = 4096;
/// Transfers that are followed at a time; more than the servers allow.
const MAX_TRANSFERS: usize = 8192;

/// Lines about one client: a boot has a dozen, and a person at a menu makes no more than one a second.
const CLIENT_BURST: u32 = 100;
const CLIENT_INTERVAL: Duration = Duration::from_secs(1);
/// Lines about all clients: a classroom of 150 that is switched on at once, and 50 a second.
const BURST: u32 = 2000;
const INTERVAL: Duration = Duration::from_millis(20);
/// How long a hardware address is believed, so that not each request costs a look into the kernel's table.
const NEIGHBOR_VALID: Duration = Duration::from_secs(5);

/// What is known of all clients.
pub struct Journal {
    neighbor: fn(Ipv4Addr) -> Option<MacAddr>,
    /// Hardware addresses, and when each was looked up.
    neighbors: BTreeMap<Ipv4Addr, (MacAddr, Duration)>,
    /// When a client of unknown hardware address last asked for a file.
    unnamed: Option<Duration>,
    throttle: Throttle,
    clients: BTreeMap<ClientKey, Client>,
    transfers: BTreeMap<u64, Transfer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ClientKey {
    Mac(MacAddr),
    Ip(Ipv4Addr),
}

impl std::fmt::Display for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mac(mac) => write!(f, "{mac}"),
            Self::Ip(ip) => write!(f, "{ip}"),
        }
    }
}

#[derive(Debug)]
struct Client {
    heard_at: Duration,
    boot: Boot,
    trouble: Trouble,
    throttle: Throttle,
    /// Lines about it that were not written.
    left_out: u64,
}

/// What is forgotten when the client starts anew.
#[derive(Debug, Default)]
struct Boot {
    asked_at: Duration,
    told: Option<String>,
    menu_shown: bool,
    decided: Option<Arc<str>>,
}

impl Client {
    fn new(now: Duration) -> Self {
        Self {
            heard_at: now,
            boot: Boot { asked_at: now, ..Boot::default() },
            trouble: Trouble::default(),
            throttle: Throttle::new(CLIENT_BURST, CLIENT_INTERVAL),
            left_out: 0,
        }
    }
}

#[derive(Debug)]
struct Transfer {
    client: ClientKey,
    transport: Transport,
    path: Arc<str>,
    role: Role,
    len: u64,
    size: u64,
    started_at: Duration,
    /// The last step of progress that was told, in percent.
    step: u64,
}

impl Journal {
    /// An empty journal; `neighbor` finds the hardware address of an IP address.
    pub fn new(neighbor: fn(Ipv4Addr) -> Option<MacAddr>) -> Self {
        Self {
            neighbor,
            neighbors: BTreeMap::new(),
            unnamed: None,
            throttle: Throttle::new(BURST, INTERVAL),
            clients: BTreeMap::new(),
            transfers: BTreeMap::new(),
        }
    }

    /// Takes an event that happened `now` after the start; gives the milestones that it completes.
    pub fn on(&mut self, event: &BootEvent, now: Duration) -> Vec<Milestone> {
        let milestones = self.milestones(event, now);
        milestones.into_iter().flat_map(|milestone| self.admit(milestone, now)).collect()
    }

    /// The milestone, if it may be written; and before it, how many could not be.
    fn admit(&mut self, milestone: Milestone, now: Duration) -> Vec<Milestone> {
        let key = milestone.key;
        let admitted = self.throttle.admits(now);
        let client = self.client(key, now);
        if !(admitted && client.throttle.admits(now)) {
            client.left_out += 1;
            return Vec::new();
        }
        match std::mem::take(&mut client.left_out) {
            0 => vec![milestone],
            n => vec![
                Milestone::new(now, key, Stage::LeftOut, format!("{n} lines left out: too many at once")),
                milestone,
            ],
        }
    }

    fn milestones(&mut self, event: &BootEvent, now: Duration) -> Vec<Milestone> {
        match event {
            BootEvent::Answered { mac, client, asked, file, server, rule, .. } => {
                let by = by(*server, rule.as_deref());
                self.answered(*mac, client, asked, file, &by, now)
            }
            BootEvent::Lease { mac, news, told } => self.leased(*mac, news, told.as_ref(), now),
            BootEvent::Silent { .. } => Vec::new(),
            BootEvent::Rival { server, way } => {
                vec![Milestone::new(now, ClientKey::Ip(*server), Stage::Rival, way.meaning())]
            }
            BootEvent::AddressChanged { address, change } => {
                vec![Milestone::new(now, ClientKey::Ip(*address), Stage::Network, printable(change))]
            }
            BootEvent::Started { id, client, transport, path, role, len, size, decided } => {
                let client = self.asks_for_file(*client, now);
                let decided = decided.as_ref().and_then(|decided| self.decided(client, decided, now));
                let transfer = Transfer {
                    client,
                    transport: *transport,
                    path: path.clone(),
                    role: *role,
                    len: *len,
                    size: *size,
                    started_at: now,
                    step: 0,
                };
                let started = self.started(*id, transfer, now);
                decided.into_iter().chain(started).collect()
            }
            BootEvent::Progress { id, sent } => self.progress(*id, *sent, now),
            BootEvent::Ended { id, sent, elapsed, outcome } => self.ended(*id, *sent, *elapsed, outcome, now),
            BootEvent::Refused { client, transport, path, reason, expected } => {
                let client = self.asks_for_file(*client, now);
                if *expected {
                    return Vec::new();
                }
                let text = format!("asked for `{}` over {transport}: {}", printable(path), printable(reason));
                vec![Milestone::new(now, client, Stage::Refused, text)]
            }
        }
    }

    /// Whoever asks for a file has come through to us.
    fn asks_for_file(&mut self, ip: Ipv4Addr, now: Duration) -> ClientKey {
        let key = self.key(ip, now);
        match key {
            ClientKey::Mac(_) => self.client(key, now).trouble.reached(),
            ClientKey::Ip(_) => self.unnamed = Some(now),
        }
        key
    }

    fn key(&mut self, ip: Ipv4Addr, now: Duration) -> ClientKey {
        if let Some((mac, at)) = self.neighbors.get(&ip)
            && now.saturating_sub(*at) < NEIGHBOR_VALID
        {
            return ClientKey::Mac(*mac);
        }
        let Some(mac) = (self.neighbor)(ip) else { return ClientKey::Ip(ip) };
        if self.neighbors.len() >= MAX_CLIENTS {
            self.neighbors.clear();
        }
        self.neighbors.insert(ip, (mac, now));
        ClientKey::Mac(mac)
    }

    fn client(&mut self, key: ClientKey, now: Duration) -> &mut Client {
        if self.clients.len() >= MAX_CLIENTS
            && !self.clients.contains_key(&key)
            && let Some(oldest) = self.clients.iter().min_by_key(|(_, client)| client.heard_at).map(|(key, _)| *key)
        {
            self.clients.remove(&oldest);
        }
        let client = self.clients.entry(key).or_insert_with(|| Client::new(now));
        client.heard_at = now;
        client
    }

    fn answered(
        &mut self,
        mac: MacAddr,
        class: &str,
        asked: &str,
        file: &str,
        by: &str,
        now: Duration,
    ) -> Vec<Milestone> {
        let key = ClientKey::Mac(mac);
        let heard_at = self.clients.get(&key).map(|client| client.heard_at);
        let unnamed = self.unnamed;
        let client = self.client(key, now);
        let refused = client.trouble.asked(class, now);
        let stuck = client.trouble.offered(file, unnamed, now).or(refused);
        let stuck = stuck.map(|text| Milestone::new(now, key, Stage::Stuck, text));
        if heard_at.is_none_or(|heard_at| now.saturating_sub(heard_at) > NEW_BOOT) {
            client.boot = Boot { asked_at: now, ..Boot::default() };
        }
        let told = format!("{class} {file}");
        if client.boot.told.as_ref() == Some(&told) {
            return stuck.into_iter().collect();
        }
        let is_later_stage = client.boot.told.replace(told).is_some();
        client.boot.menu_shown = false;
        let again = if is_later_stage { "asked again" } else { "asked to boot" };
        let asked = format!("{again}: {} ({asked})", printable(class));
        let offered = format!("was offered {} by {by}", printable(file));
        let told = [(Stage::Asked, asked), (Stage::Offered, offered)];
        told.map(|(stage, text)| Milestone::new(now, key, stage, text)).into_iter().chain(stuck).collect()
    }

    /// What was decided for a machine, once in a boot.
    fn decided(&mut self, key: ClientKey, decided: &Arc<str>, now: Duration) -> Option<Milestone> {
        let boot = &mut self.client(key, now).boot;
        let is_new = boot.decided.replace(decided.clone()).as_ref() != Some(decided);
        is_new.then(|| Milestone::new(now, key, Stage::Machine, format!("is {}", printable(decided))))
    }

    fn started(&mut self, id: u64, transfer: Transfer, now: Duration) -> Vec<Milestone> {
        let key = transfer.client;
        let client = self.client(key, now);
        if matches!(transfer.role, Role::Kernel | Role::Initrd | Role::RootImage) {
            client.trouble.got_on();
        }
        let mut milestones = Vec::new();
        if transfer.role == Role::RootImage && transfer.is_whole() {
            let text = format!("root image {}: {} to go", printable(&transfer.path), amount(transfer.len));
            milestones.push(Milestone::new(now, key, Stage::RootImage, text));
        } else if transfer.role == Role::Loader {
            client.boot.menu_shown = false;
        }
        if self.transfers.len() < MAX_TRANSFERS {
            self.transfers.insert(id, transfer);
        }
        milestones
    }

    fn progress(&mut self, id: u64, sent: u64, now: Duration) -> Vec<Milestone> {
        let Some(transfer) = self.transfers.get_mut(&id) else { return Vec::new() };
        if transfer.role != Role::RootImage || !transfer.is_whole() {
            return Vec::new();
        }
        let percent = sent.saturating_mul(100) / transfer.len.max(1);
        let step = percent / STEP * STEP;
        if step <= transfer.step || step >= 100 {
            return Vec::new();
        }
        transfer.step = step;
        let speed = rate(sent, now.saturating_sub(transfer.started_at));
        let key = transfer.client;
        let text = format!("root image {percent} % of {} ({speed})", amount(transfer.len));
        self.client(key, now);
        vec![Milestone::new(now, key, Stage::RootImage, text)]
    }

    fn ended(&mut self, id: u64, sent: u64, elapsed: Duration, outcome: &Outcome, now: Duration) -> Vec<Milestone> {
        let Some(transfer) = self.transfers.remove(&id) else { return Vec::new() };
        let key = transfer.client;
        let client = self.client(key, now);
        let Transfer { transport, path, role, .. } = &transfer;
        let path = printable(path);
        match outcome {
            Outcome::Probe => return Vec::new(),
            Outcome::Aborted(reason) => {
                // Loaders fetch their own parts several times and hang up in the middle (`distros.md` 1.5).
                if matches!(role, Role::Module | Role::Menu | Role::Other) {
                    return Vec::new();
                }
                let text =
                    format!("{path} stopped after {} of {}: {}", amount(sent), amount(transfer.len), printable(reason));
                return vec![Milestone::new(now, key, Stage::Stopped, text)];
            }
            Outcome::Done => {}
        }
        let what = format!("{path} ({} over {transport}, {})", amount(sent), rate(sent, elapsed));
        match role {
            Role::Loader => {
                let stuck = client.trouble.loaded(&transfer.path, now);
                let stuck = stuck.map(|text| Milestone::new(now, key, Stage::Stuck, text));
                let loaded = Milestone::new(now, key, Stage::Loader, format!("loader {what}"));
                std::iter::once(loaded).chain(stuck).collect()
            }
            Role::Menu if !client.boot.menu_shown => {
                client.boot.menu_shown = true;
                vec![Milestone::new(now, key, Stage::Menu, format!("menu {path}"))]
            }
            Role::Kernel => vec![Milestone::new(now, key, Stage::Kernel, format!("kernel {what}"))],
            Role::Initrd => vec![Milestone::new(now, key, Stage::Initrd, format!("initrd {what}"))],
            Role::RootImage if transfer.is_whole() => {
                let since = now.saturating_sub(client.boot.asked_at).as_secs_f64();
                let root_image = format!("root image 100 % of {} ({})", amount(sent), rate(sent, elapsed));
                vec![
                    Milestone::new(now, key, Stage::RootImage, root_image),
                    Milestone::new(now, key, Stage::Done, format!("done: has everything, {since:.1} s after it asked")),
                ]
            }
            Role::Answers => vec![Milestone::new(now, key, Stage::Answers, format!("{path} ({})", amount(sent)))],
            Role::Menu | Role::Module | Role::RootImage | Role::Other => Vec::new(),
        }
    }
}

/// Who offered something, and by which rule if not as usual (VQ-02).
fn by(server: Ipv4Addr, rule: Option<&str>) -> String {
    match rule {
        Some(rule) => format!("{server} ({})", printable(rule)),
        None => server.to_string(),
    }
}

impl Transfer {
    fn is_whole(&self) -> bool {
        self.len == self.size
    }
}
