//! Whether another machine has an address: ARP, asked as RFC 5227 section 2.1.1 does, because machines answer that even where
//! they answer no ping.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::link::Link;
use crate::net::MacAddr;

const ETHERTYPE_ARP: u16 = 0x0806;
/// How long after the first question the second one is asked, and how long after that an answer may take: a machine on a
/// cable answers in a millisecond, one that sleeps in a radio net within a tenth of a second. Firmware asks again after one to
/// four seconds.
const PAUSE: Duration = Duration::from_millis(200);
/// Addresses that are looked at at a time; a client beyond asks again.
const AT_A_TIME: usize = 256;
/// The pause after a receive error, so that an error that stays does not spin.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// What a look has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// Nobody answered, or nobody could be asked.
    Free,
    /// This machine has the address.
    Taken(MacAddr),
    /// Too many are being looked at.
    Busy,
}

/// Who waits for which address.
type Waiting = Mutex<BTreeMap<Ipv4Addr, oneshot::Sender<MacAddr>>>;

/// Looks at addresses on one interface.
#[derive(Debug)]
pub(super) struct Prober {
    link: Arc<Link>,
    waiting: Arc<Waiting>,
    listener: AbortHandle,
}

impl Prober {
    /// Opens the socket and begins to listen. Call it inside a tokio runtime.
    pub(super) fn open(interface: &str) -> io::Result<Self> {
        let link = Arc::new(Link::open(interface, ETHERTYPE_ARP)?);
        let waiting = Arc::new(Waiting::default());
        let listener = tokio::spawn(listen(link.clone(), waiting.clone())).abort_handle();
        Ok(Self { link, waiting, listener })
    }

    /// Looks whether a machine other than `client` has `address`.
    pub(super) async fn look(&self, address: Ipv4Addr, client: MacAddr) -> Looked {
        let (sender, mut answer) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.len() >= AT_A_TIME {
                return Looked::Busy;
            }
            waiting.insert(address, sender);
        }
        let mut looked = Looked::Free;
        for _ in 0..2 {
            // Where nothing can be sent the link is down, and then the offer reaches nobody either.
            let _ = self.link.broadcast(&question(self.link.mac(), address));
            match timeout(PAUSE, &mut answer).await {
                Ok(Ok(by)) if by == client => break,
                Ok(Ok(by)) => {
                    looked = Looked::Taken(by);
                    break;
                }
                Ok(Err(_)) => break,
                Err(_) => {}
            }
        }
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
        looked
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn listen(link: Arc<Link>, waiting: Arc<Waiting>) {
    loop {
        match link.receive().await {
            Ok(payload) => {
                if let Some((address, mac)) = speaker(&payload)
                    && let Some(waiting) = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&address)
                {
                    // Fails only if nobody waits any more.
                    let _ = waiting.send(mac);
                }
            }
            Err(_) => sleep(ERROR_PAUSE).await,
        }
    }
}

/// A probe: a question by nobody, which changes no machine's table.
fn question(from: MacAddr, address: Ipv4Addr) -> Vec<u8> {
    let mut payload = vec![0, 1, 8, 0, 6, 4, 0, 1];
    payload.extend_from_slice(&from.0);
    payload.extend_from_slice(&[0; 4]);
    payload.extend_from_slice(&[0; 6]);
    payload.extend_from_slice(&address.octets());
    // The smallest frame, where the card does not fill it up.
    payload.resize(46, 0);
    payload
}

/// Who says in an ARP message, question or answer, that it has which address.
fn speaker(payload: &[u8]) -> Option<(Ipv4Addr, MacAddr)> {
    let message = payload.strip_prefix(&[0, 1, 8, 0, 6, 4, 0])?;
    let mac = <[u8; 6]>::try_from(message.get(1..7)?).ok()?;
    let address = <[u8; 4]>::try_from(message.get(7..11)?).ok()?;
    Some((address.into(), MacAddr(mac)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5227 section 2.1.1, and the layout of RFC 826.
    #[test]
    fn asks_as_nobody_and_reads_who_answers() {
        let mac = MacAddr([2, 0, 0, 0, 0, 1]);
        let question = question(mac, Ipv4Addr::new(10, 0, 0, 100));
        assert_eq!(
            question[..28],
            [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 100]
        );
        assert_eq!(speaker(&question), Some((Ipv4Addr::UNSPECIFIED, mac)));
        let mut answer = question;
        answer[7] = 2;
        answer[14..18].copy_from_slice(&[10, 0, 0, 100]);
        assert_eq!(speaker(&answer), Some((Ipv4Addr::new(10, 0, 0, 100), mac)));
        for cut in 0..18 {
            assert_eq!(speaker(&answer[..cut]), None);
        }
        answer[1] = 6;
        assert_eq!(speaker(&answer), None, "not Ethernet");
    }
}
