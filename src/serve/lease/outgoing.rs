//! The way of an answer to its client, and of its event to the journal, from whatever task or thread it is ready on.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::proto::dhcp::Destination;
use crate::proto::dhcp::lease::LeaseReply;
use crate::serve::dhcp::{DhcpPorts, Front};
use crate::serve::event::{BootEvent, Events, LeaseNews, LeaseTold};

/// Where answers to one message go.
#[derive(Clone)]
pub(in crate::serve) struct Outgoing {
    /// The port of DHCP servers.
    pub(in crate::serve) front: Arc<Front>,
    pub(in crate::serve) ports: DhcpPorts,
    /// The interface that the message came in on.
    pub(in crate::serve) ifindex: u32,
    pub(in crate::serve) events: Arc<dyn Events>,
    /// Offers that may wait before they are sent.
    pub(in crate::serve) waiting: Arc<Semaphore>,
    /// What the client asked with.
    pub(in crate::serve) asked: &'static str,
}

impl Outgoing {
    /// Sends an offer, after the pause that a rule may want before it.
    pub(super) fn offer(&self, reply: LeaseReply, address: Ipv4Addr) {
        let news = LeaseNews::Offered { address };
        if reply.delay.is_zero() {
            return self.send(&reply, news);
        }
        let Ok(permit) = self.waiting.clone().try_acquire_owned() else {
            let reason = "too many offers wait for their delay; it will ask again".to_owned();
            return self.tell(BootEvent::Silent { mac: Some(reply.mac), reason });
        };
        let outgoing = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(reply.delay).await;
            outgoing.send(&reply, news);
            drop(permit);
        });
    }

    /// Sends an answer, and tells `news` if it could be sent.
    pub(super) fn send(&self, reply: &LeaseReply, news: LeaseNews) {
        let to = match reply.destination {
            Destination::Broadcast => SocketAddrV4::new(Ipv4Addr::BROADCAST, self.ports.client),
            Destination::Client(addr) => addr,
            Destination::Relay(relay) => SocketAddrV4::new(relay, self.ports.relay),
        };
        let event = match self.front.send(&reply.bytes, to, self.ifindex, reply.server) {
            Ok(()) => {
                let told = reply.told.as_ref().map(|told| LeaseTold {
                    client: told.client.clone(),
                    asked: self.asked,
                    file: told.file.clone(),
                    server: reply.server,
                    rule: told.rule.clone(),
                });
                BootEvent::Lease { mac: reply.mac, news, told }
            }
            Err(error) => {
                let reason = format!("the answer to {to} cannot be sent: {error}");
                BootEvent::Silent { mac: Some(reply.mac), reason }
            }
        };
        self.events.emit(event);
    }

    /// Tells how a message ended that got no answer, or of something on the way to one.
    pub(super) fn tell(&self, event: BootEvent) {
        self.events.emit(event);
    }
}
