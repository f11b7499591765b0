//! Any messages of any clients in any order, with restarts: what must hold all the same.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::tests::{NOW, SERVER, at, client, decide, local, mac, pool};
use super::*;
use crate::proto::dhcp::testing::Request;
use crate::proto::dhcp::{BootRequest, BootTable};

/// The machine with the reservation, and some without.
fn machine() -> impl Strategy<Value = u8> {
    prop_oneof![1u8..8, Just(200u8)]
}

/// An address of the pool, beside it, or of another network.
fn address() -> impl Strategy<Value = Ipv4Addr> {
    prop_oneof![(48u8..58).prop_map(at), Just(SERVER), Just(at(254)), Just(Ipv4Addr::new(192, 168, 1, 50))]
}

#[derive(Debug, Clone)]
enum Step {
    Message {
        machine: u8,
        message: u8,
        requested: Option<Ipv4Addr>,
        ciaddr: Option<Ipv4Addr>,
        server: Option<Ipv4Addr>,
    },
    /// The client takes what it was offered last.
    Select(u8),
    /// The machine that was looked for answers, or does not.
    Looked {
        taken: bool,
    },
    Pass(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let server = prop_oneof![Just(SERVER), Just(at(9))];
    let message =
        (machine(), 1u8..=8, prop::option::of(address()), prop::option::of(address()), prop::option::of(server));
    prop_oneof![
        6 => message.prop_map(|(machine, message, requested, ciaddr, server)| {
            Step::Message { machine, message, requested, ciaddr, server }
        }),
        4 => machine().prop_map(|machine| Step::Message {
            machine, message: 1, requested: None, ciaddr: None, server: None
        }),
        6 => machine().prop_map(Step::Select),
        6 => prop::bool::weighted(0.2).prop_map(|taken| Step::Looked { taken }),
        2 => (0u64..5000).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

/// What the world knows, beside the book.
struct Model {
    book: Book,
    now: u64,
    offers: BTreeMap<u8, Ipv4Addr>,
    looking: Vec<Ipv4Addr>,
    /// The store: the last record of each address.
    stored: BTreeMap<Ipv4Addr, Record>,
    resting: BTreeMap<Ipv4Addr, u64>,
}

impl Model {
    fn new() -> Self {
        let (offers, stored, resting) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { book: Book::new(pool(48, 55), [SERVER], []), now: NOW, offers, looking: Vec::new(), stored, resting }
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Message { machine, message, requested, ciaddr, server } => {
                let mut request = client(machine, message);
                request.ciaddr = ciaddr.unwrap_or(Ipv4Addr::UNSPECIFIED);
                request = requested.map_or(request.clone(), |addr| request.with(50, &addr.octets()));
                request = server.map_or(request.clone(), |addr| request.with(54, &addr.octets()));
                self.send(machine, &request)
            }
            Step::Select(machine) => match self.offers.get(&machine) {
                Some(address) => {
                    let request = client(machine, 3).with(50, &address.octets()).with(54, &SERVER.octets());
                    self.send(machine, &request)
                }
                None => Ok(()),
            },
            Step::Looked { taken } => {
                if let Some(address) = self.looking.pop() {
                    if taken {
                        self.book.found_taken(address, self.now);
                        self.resting.insert(address, self.now + 3600);
                    } else {
                        self.book.found_free(address);
                    }
                }
                Ok(())
            }
            Step::Pass(seconds) => {
                self.now += seconds;
                // No look takes that long.
                self.looking.drain(..).for_each(|address| self.book.not_looked_at(address));
                Ok(())
            }
            Step::Restart => {
                self.book = Book::new(pool(48, 55), [SERVER], self.stored.values().cloned());
                self.looking.clear();
                self.resting.clear();
                let has_lease = self.stored.values().filter(|record| record.until > self.now).cloned();
                for record in has_lease.collect::<Vec<_>>() {
                    prop_assert_eq!(self.book.address_of(&record.client), Some(record.address));
                }
                Ok(())
            }
        }
    }

    fn send(&mut self, machine: u8, request: &Request) -> Result<(), TestCaseError> {
        let decision = decide(&mut self.book, request, self.now);
        match &decision {
            Decision::Offer { grant, look } => {
                self.may_have(machine, grant.address())?;
                self.offers.insert(machine, grant.address());
                if *look {
                    self.looking.push(grant.address());
                }
            }
            Decision::Ack(grant) => {
                self.may_have(machine, grant.address())?;
                prop_assert!(!self.looking.contains(&grant.address()), "given before it was looked at");
                self.stored.extend(grant.records().map(|record| (record.address, record.clone())));
            }
            Decision::Released(record) => {
                self.stored.insert(record.address, record.clone());
            }
            Decision::Declined(address) => {
                self.stored.remove(address);
                self.resting.insert(*address, self.now + 3600);
            }
            Decision::Inform | Decision::Nak { .. } | Decision::Silence(_) => {}
        }
        let request = BootRequest::parse(&request.bytes()).unwrap();
        let reply = LeaseReply::new(self.book.pool(), &decision, &request, &BootTable::default(), &local());
        let given = reply.map(|reply| Ipv4Addr::from(<[u8; 4]>::try_from(&reply.bytes[16..20]).unwrap()));
        let expected = match &decision {
            Decision::Offer { grant, .. } | Decision::Ack(grant) => Some(grant.address()),
            Decision::Inform | Decision::Nak { .. } => Some(Ipv4Addr::UNSPECIFIED),
            _ => None,
        };
        prop_assert_eq!(given, expected, "an address stands in offers and leases only");
        Ok(())
    }

    /// Nobody else has the address, it is not another machine's, and it does not rest.
    fn may_have(&self, machine: u8, address: Ipv4Addr) -> Result<(), TestCaseError> {
        if let Some(record) = self.stored.get(&address).filter(|record| record.until > self.now) {
            prop_assert_eq!(record.mac, mac(machine), "{} is leased", address);
        }
        prop_assert!(self.resting.get(&address).is_none_or(|until| *until <= self.now), "{} rests", address);
        prop_assert_eq!(address == at(50), machine == 200 && address == at(50), "{} is reserved", address);
        prop_assert!(self.book.pool().range.contains(address));
        prop_assert!(address != SERVER && Some(address) != self.book.pool().router);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// No address is leased twice at a time, a reservation is never given to others, an address that rests is not given at
    /// all, and a book from the store goes on with the same leases.
    #[test]
    fn never_leases_an_address_twice(steps in prop::collection::vec(step(), 1..120)) {
        let mut model = Model::new();
        for step in steps {
            model.take(step)?;
        }
    }

    /// Whatever the store holds, a book can be made of it.
    #[test]
    fn takes_any_records(records in prop::collection::vec((address(), 1u8..4, 0u64..4), 0..20), machine in machine()) {
        let records = records.into_iter().map(|(address, number, until)| Record {
            address,
            client: ClientId::new(&[0, number]).unwrap(),
            mac: mac(number),
            until: NOW + until * 100,
        });
        let mut book = Book::new(pool(48, 55), [SERVER], records);
        let decision = decide(&mut book, &client(machine, 1), NOW + 250);
        prop_assert!(matches!(decision, Decision::Offer { .. }), "{:?}", decision);
    }
}
