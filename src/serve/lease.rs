//! The DHCP server of networks that have no other: books of leases, in operation.
//!
//! Decisions are made at once and in memory ([`crate::proto::dhcp::lease`]). What takes time goes on beside the loop that
//! receives: an address that nobody had before is looked for on the wire before it is offered (`probe.rs`), and a lease is on
//! the disk before its client is told (`writer.rs`, [`store`]). So no client waits for another one's.

mod link;
mod outgoing;
mod probe;
mod rival;
pub mod store;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;

pub(super) use self::outgoing::Outgoing;
use self::probe::{Looked, Prober};
pub use self::rival::{Rival, RivalError};
use self::store::{Store, StoreError};
use self::writer::Writer;
use super::event::{BootEvent, LeaseNews};
use super::host::Located;
use crate::net::MacAddr;
use crate::proto::dhcp::lease::{Book, Decision, Grant, LeaseReason, LeaseReply};
use crate::proto::dhcp::{BootRequest, BootTable, Local};
use crate::resolve::{AddressPool, DhcpMode, Network};

/// How many addresses are tried for one request, where other machines turn out to have them.
const TRIES: usize = 3;

/// Offers that wait for the delay of a rule at a time; a client beyond asks again.
const WAITING: usize = 1024;

/// The books of all networks of which netspec is the DHCP server.
#[derive(Debug)]
pub struct Leases {
    networks: Vec<Arc<Leased>>,
    writer: Writer,
    /// Offers that may wait for the delay of a rule.
    waiting: Arc<Semaphore>,
}

/// One network with its book.
#[derive(Debug)]
struct Leased {
    name: String,
    interface: String,
    pool: AddressPool,
    book: Mutex<Book>,
    /// `None` where this machine lets us send no frames.
    prober: Option<Prober>,
}

/// What became of a message.
pub(super) enum Taken {
    /// All is done, and this is to be told.
    Told(BootEvent),
    /// It goes on beside, and tells of itself.
    Later,
}

impl Leases {
    /// Opens the store and makes the books of those networks that give out addresses; `None` where no network does.
    ///
    /// Call it as root, or as who may send frames, and inside a tokio runtime.
    ///
    /// # Errors
    /// Why the store cannot be used. It is then left as it is.
    pub fn open(networks: &[Network], located: &[Located], state: &Path) -> Result<Option<Self>, StoreError> {
        let pools = networks.iter().filter_map(|network| match &network.dhcp {
            DhcpMode::Server(pool) => located.iter().find(|found| found.network == network.name).map(|at| (pool, at)),
            DhcpMode::Proxy | DhcpMode::BootServer => None,
        });
        let pools: Vec<_> = pools.collect();
        if pools.is_empty() {
            return Ok(None);
        }
        let store = Store::open(state)?;
        let networks = pools.into_iter().map(|(pool, at)| {
            Arc::new(Leased {
                name: at.network.clone(),
                interface: at.interface.clone(),
                book: Mutex::new(Book::new(pool.clone(), at.addresses.iter().copied(), store.records().cloned())),
                pool: pool.clone(),
                prober: Prober::open(&at.interface).ok(),
            })
        });
        let networks = networks.collect();
        Ok(Some(Self { networks, writer: Writer::start(store), waiting: Arc::new(Semaphore::new(WAITING)) }))
    }

    /// The networks on which addresses are given out without a look whether another machine has them.
    pub fn blind(&self) -> impl Iterator<Item = &str> {
        self.networks.iter().filter(|network| network.prober.is_none()).map(|network| network.name.as_str())
    }

    /// Asks each network whether another DHCP server answers there; takes two seconds.
    ///
    /// # Errors
    /// Where it cannot be asked.
    pub async fn rivals(&self) -> Result<Vec<Rival>, RivalError> {
        let mut searches = tokio::task::JoinSet::new();
        for network in &self.networks {
            searches.spawn(rival::search(network.name.clone(), network.interface.clone()));
        }
        let mut found = Vec::new();
        while let Some(rivals) = searches.join_next().await {
            // A search that panicked has found nothing out.
            let lost =
                |error| RivalError { interface: "every interface".to_owned(), source: std::io::Error::other(error) };
            found.extend(rivals.map_err(lost)??);
        }
        found.sort();
        Ok(found)
    }

    /// Offers that may wait for the delay of a rule.
    pub(super) fn waiting(&self) -> Arc<Semaphore> {
        self.waiting.clone()
    }

    /// Takes a message to a DHCP server; `None` where it is none of a network that gives out addresses.
    pub(super) fn take(
        &self,
        request: &BootRequest,
        local: &Local,
        table: &Arc<BootTable>,
        outgoing: &Outgoing,
    ) -> Option<Taken> {
        let network = self.networks.iter().find(|network| network.book().is_of(local.server, request.giaddr))?;
        let mac = request.mac();
        let decision = network.book().decide(request, local.server, now());
        let reply = LeaseReply::new(&network.pool, &decision, request, table, local);
        let news = |news| Some(Taken::Told(BootEvent::Lease { mac, news, told: None }));
        match (decision, reply) {
            (Decision::Silence(LeaseReason::Exhausted(range)), _) => news(LeaseNews::Exhausted { range }),
            (Decision::Silence(reason), _) => {
                Some(Taken::Told(BootEvent::Silent { mac: Some(mac), reason: reason.to_string() }))
            }
            (Decision::Declined(address), _) => news(LeaseNews::Declined { address }),
            (Decision::Released(record), _) => {
                let address = record.address;
                let outgoing = outgoing.clone();
                let then = move |written: std::io::Result<()>| {
                    let news = match written {
                        Ok(()) => LeaseNews::Released { address },
                        Err(error) => LeaseNews::NotStored { address, error: error.to_string() },
                    };
                    outgoing.tell(BootEvent::Lease { mac, news, told: None });
                };
                Some(self.write(mac, vec![record], then))
            }
            (Decision::Ack(grant), Some(reply)) => {
                let records = grant.records().cloned().collect();
                let outgoing = outgoing.clone();
                let then = move |written: std::io::Result<()>| match written {
                    Ok(()) => outgoing.send(&reply, leased(&grant)),
                    Err(error) => {
                        let news = LeaseNews::NotStored { address: grant.address(), error: error.to_string() };
                        outgoing.tell(BootEvent::Lease { mac, news, told: None });
                    }
                };
                Some(self.write(mac, records, then))
            }
            (Decision::Offer { grant, look: true }, Some(reply)) => {
                // Behind a relay nobody hears our question (RFC 2131 section 2.2 makes the look a SHOULD).
                if request.giaddr.is_unspecified() && network.prober.is_some() {
                    let asked = Asked { request: request.clone(), local: *local, table: table.clone() };
                    tokio::spawn(look_and_offer(network.clone(), grant, reply, asked, outgoing.clone()));
                } else {
                    network.book().found_free(grant.address());
                    outgoing.offer(reply, grant.address());
                }
                Some(Taken::Later)
            }
            (Decision::Offer { grant, look: false }, Some(reply)) => {
                outgoing.offer(reply, grant.address());
                Some(Taken::Later)
            }
            (Decision::Inform, Some(reply)) => {
                outgoing.send(&reply, LeaseNews::Informed { address: request.ciaddr });
                Some(Taken::Later)
            }
            (Decision::Nak { address, why }, Some(reply)) => {
                outgoing.send(&reply, LeaseNews::Refused { address, why });
                Some(Taken::Later)
            }
            // Every decision above has a reply.
            (_, None) => None,
        }
    }

    /// Stores records, then goes on.
    fn write(
        &self,
        mac: MacAddr,
        records: Vec<crate::proto::dhcp::lease::Record>,
        then: impl FnOnce(std::io::Result<()>) + Send + 'static,
    ) -> Taken {
        match self.writer.write(records, then) {
            Ok(()) => Taken::Later,
            Err(full) => Taken::Told(BootEvent::Silent { mac: Some(mac), reason: full.to_string() }),
        }
    }

    /// Waits until all that was decided is stored and told.
    pub(super) async fn close(self) {
        let Self { writer, .. } = self;
        // Fails only where the thread panicked, and then nothing is left to wait for.
        let _ = tokio::task::spawn_blocking(move || writer.close()).await;
    }
}

impl Leased {
    /// A panic while it was held has left at worst an address that is held for nobody.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn leased(grant: &Grant) -> LeaseNews {
    let (address, seconds) = (grant.address(), grant.seconds());
    if grant.is_renewal() { LeaseNews::Renewed { address, seconds } } else { LeaseNews::Leased { address, seconds } }
}

/// A DHCPDISCOVER and where it came in.
struct Asked {
    request: BootRequest,
    local: Local,
    table: Arc<BootTable>,
}

/// Looks whether another machine has the address, and offers it, or else another one.
async fn look_and_offer(
    network: Arc<Leased>,
    mut grant: Grant,
    mut reply: LeaseReply,
    asked: Asked,
    outgoing: Outgoing,
) {
    let mac = grant.mac();
    for _ in 0..TRIES {
        let address = grant.address();
        let looked = match &network.prober {
            Some(prober) => prober.look(address, mac).await,
            None => Looked::Free,
        };
        match looked {
            Looked::Free => {
                network.book().found_free(address);
                return outgoing.offer(reply, address);
            }
            Looked::Busy => {
                network.book().not_looked_at(address);
                let reason = "too many addresses are being looked at; it will ask again".to_owned();
                return outgoing.tell(BootEvent::Silent { mac: Some(mac), reason });
            }
            Looked::Taken(by) => {
                let decision = {
                    let mut book = network.book();
                    book.found_taken(address, now());
                    book.decide(&asked.request, asked.local.server, now())
                };
                outgoing.tell(BootEvent::Lease { mac, news: LeaseNews::InUse { address, by }, told: None });
                let next = LeaseReply::new(&network.pool, &decision, &asked.request, &asked.table, &asked.local);
                match (decision, next) {
                    (Decision::Offer { grant: next, look: true }, Some(next_reply)) => {
                        (grant, reply) = (next, next_reply);
                    }
                    (Decision::Offer { grant, look: false }, Some(reply)) => {
                        return outgoing.offer(reply, grant.address());
                    }
                    _ => {
                        let news = LeaseNews::Exhausted { range: network.pool.range };
                        return outgoing.tell(BootEvent::Lease { mac, news, told: None });
                    }
                }
            }
        }
    }
    network.book().not_looked_at(grant.address());
    let reason = format!("{TRIES} addresses in a row belong to other machines; it will ask again");
    outgoing.tell(BootEvent::Silent { mac: Some(mac), reason });
}

/// Seconds since 1970. A clock that is set changes when leases end, and none that runs over a restart does without.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The addresses of a range in words, for the line that says what is served.
pub fn described(pool: &AddressPool) -> String {
    format!("DHCP server for {}, leases of {}", pool.range, duration(pool.lease_seconds))
}

/// Seconds in the largest unit that gives a whole number.
pub(super) fn duration(seconds: u32) -> String {
    match seconds {
        s if s >= 86_400 && s.is_multiple_of(86_400) => format!("{} d", s / 86_400),
        s if s >= 3_600 && s.is_multiple_of(3_600) => format!("{} h", s / 3_600),
        s if s >= 60 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}
