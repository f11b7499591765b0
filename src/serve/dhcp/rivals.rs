//! Other servers that are heard on the wire, each told once (CO-15, SE-14).

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::Ipv4Addr;

use super::socket::Received;
use crate::proto::dhcp::Rival;
use crate::resolve::DhcpMode;
use crate::serve::event::BootEvent;
use crate::serve::host::Located;

/// Servers that are told; an attacker can make up any number.
const MOST: usize = 32;
/// Own answers that are remembered. Each comes back at once, since the kernel gives broadcasts to the sender, too.
const OWN: usize = 256;

/// What was heard of other servers.
#[derive(Debug, Default)]
pub(super) struct Rivals {
    told: BTreeSet<(Ipv4Addr, &'static str)>,
    own: VecDeque<u64>,
}

impl Rivals {
    /// Remembers an answer of ours, so that it is not taken for another server's.
    pub(super) fn sent(&mut self, bytes: &[u8]) {
        if self.own.len() >= OWN {
            self.own.pop_front();
        }
        self.own.push_back(fingerprint(bytes));
    }

    /// What a message of a server to a client means, where that is new.
    ///
    /// Where netspec gives out addresses, or leaves that to a DHCP server of this machine, what comes from our address is meant
    /// to be (CO-05). An offer of another server that comes from our address is one that we merged with ours.
    pub(super) fn hear(&mut self, heard: &Received, networks: &[Located]) -> Option<BootEvent> {
        if self.told.len() >= MOST {
            return None;
        }
        // First what is cheap: nearly all that is heard is our own.
        if self.own.contains(&fingerprint(&heard.bytes)) {
            return None;
        }
        let Rival { server, way } = Rival::parse(&heard.bytes)?;
        let server = if server.is_unspecified() { heard.arrival.source } else { server };
        let is_ours = |address: Ipv4Addr| networks.iter().any(|network| network.addresses.contains(&address));
        let is_merged = is_ours(heard.arrival.source) && !is_ours(server);
        let mut meant = networks.iter().filter(|network| network.dhcp != DhcpMode::Proxy);
        if is_merged || meant.any(|network| network.addresses.contains(&server)) {
            return None;
        }
        self.told.insert((server, way.kind())).then_some(BootEvent::Rival { server, way })
    }
}

fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::dhcp::RivalWay;
    use crate::proto::dhcp::testing::Request;
    use crate::serve::place::Arrival;

    fn offer(server: [u8; 4]) -> Received {
        let mut request = Request::new(2, "PXEClient").with(54, &server);
        request.op = 2;
        let address = Ipv4Addr::BROADCAST;
        let arrival = Arrival { ifindex: 2, source: [10, 0, 0, 7].into(), destination: address, suggested: address };
        Received { bytes: request.bytes(), truncated: false, arrival, source_port: 67 }
    }

    /// CO-15, SE-14: one event for each server and way, and no more than a screenful.
    #[test]
    fn co_15_tells_each_server_once_and_never_ourselves() {
        let mut rivals = Rivals::default();
        let Some(BootEvent::Rival { server, way: RivalWay::Proxy }) = rivals.hear(&offer([10, 0, 0, 9]), &[]) else {
            panic!("not told")
        };
        assert_eq!(server, Ipv4Addr::new(10, 0, 0, 9));
        assert!(rivals.hear(&offer([10, 0, 0, 9]), &[]).is_none(), "told already");
        let Some(BootEvent::Rival { server, .. }) = rivals.hear(&offer([0; 4]), &[]) else { panic!("not told") };
        assert_eq!(server, Ipv4Addr::new(10, 0, 0, 7), "the sender, where the message names nobody");
        rivals.sent(&offer([10, 0, 0, 2]).bytes);
        assert!(rivals.hear(&offer([10, 0, 0, 2]), &[]).is_none(), "our own");
        let told = (0..=255).filter(|last| rivals.hear(&offer([10, 0, 1, *last]), &[]).is_some()).count();
        assert_eq!(told, MOST - 2);
    }
}
