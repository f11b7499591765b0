//! All sockets of the DHCP server, read as one.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::LinkChange;
use super::link::Link;
use super::raw::RawSocket;
use super::socket::Received;
use crate::proto::dhcp::ReceivedOn;

/// All sockets that are read.
pub(super) struct Ears {
    links: Vec<Link>,
    beside: Option<Arc<RawSocket>>,
    clients: Option<RawSocket>,
    /// Which link is asked first, so that a busy one does not silence the others.
    turn: usize,
}

/// What was read.
pub(super) enum Heard {
    /// A datagram to a server, on the link of this number.
    Asked(u32, ReceivedOn, Received),
    /// A datagram of a server to a client.
    Told(Received),
    /// A socket that failed.
    Nothing,
}

impl Ears {
    pub(super) fn new(links: Vec<Link>, beside: Option<Arc<RawSocket>>, clients: Option<RawSocket>) -> Self {
        Self { links, beside, clients, turn: 0 }
    }

    /// The link of this number.
    pub(super) fn link(&self, index: u32) -> Option<&Link> {
        self.links.iter().find(|link| link.index == index)
    }

    /// Begins or ends to listen.
    ///
    /// # Errors
    /// Where the sockets cannot be given to the runtime.
    pub(super) fn change(&mut self, change: LinkChange) -> io::Result<()> {
        match change {
            LinkChange::Opened(link) => {
                self.links.retain(|known| known.index != link.index);
                self.links.push(link.watch(self.beside.as_ref())?);
            }
            LinkChange::Gone(index) => self.links.retain(|link| link.index != index),
        }
        Ok(())
    }

    /// What comes next, from any of the sockets.
    pub(super) fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        self.turn = self.turn.wrapping_add(1);
        let count = self.links.len();
        let in_turn = (0..count).filter_map(|at| self.links.get((self.turn.wrapping_add(at)) % count));
        for link in in_turn {
            if let Poll::Ready((port, received)) = link.poll_receive(cx) {
                return Poll::Ready(
                    received.map_or(Heard::Nothing, |received| Heard::Asked(link.index, port, received)),
                );
            }
        }
        // This one hears all interfaces, and those with a socket of their own twice.
        while let Some(beside) = &self.beside
            && let Poll::Ready(received) = beside.poll_receive(cx)
        {
            let Ok(received) = received else { return Poll::Ready(Heard::Nothing) };
            let index = received.arrival.ifindex;
            if self.links.iter().any(|link| link.index == index && link.is_beside()) {
                return Poll::Ready(Heard::Asked(index, ReceivedOn::Dhcp67, received));
            }
        }
        while let Some(clients) = &self.clients
            && let Poll::Ready(received) = clients.poll_receive(cx)
        {
            let Ok(received) = received else { return Poll::Ready(Heard::Nothing) };
            if self.links.iter().any(|link| link.index == received.arrival.ifindex) {
                return Poll::Ready(Heard::Told(received));
            }
        }
        Poll::Pending
    }
}
