//! Tells the log about one transfer: once that it began, now and then how far it is, once how it ended.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::content::Opened;
use super::event::{BootEvent, Events, Outcome, Transport};

/// The least time between two events about the progress of one transfer.
const PROGRESS: Duration = Duration::from_millis(250);

/// Numbers the transfers of this process, whatever they travel over.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// One transfer on its way. Dropping it without an end, as a panic does, reports an end too.
pub(super) struct Meter {
    events: Arc<dyn Events>,
    id: u64,
    started: Instant,
    reported: Instant,
    sent: u64,
    ended: bool,
}

impl Meter {
    /// Reports that a transfer of `len` bytes of a file began with a request at `started`.
    pub(super) fn start(
        events: &Arc<dyn Events>,
        started: Instant,
        client: Ipv4Addr,
        transport: Transport,
        file: &Opened,
        len: u64,
    ) -> Self {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (path, role, size) = (file.path.clone(), file.role, file.len);
        let decided = file.decided.clone();
        events.emit(BootEvent::Started { id, client, transport, path, role, len, size, decided });
        Self { events: events.clone(), id, started, reported: started, sent: 0, ended: false }
    }

    /// Takes the number of bytes sent so far.
    pub(super) fn sent(&mut self, sent: u64) {
        self.sent = sent;
        let now = Instant::now();
        if now.duration_since(self.reported) >= PROGRESS {
            self.reported = now;
            self.events.emit(BootEvent::Progress { id: self.id, sent });
        }
    }

    /// Takes a number of further bytes sent.
    pub(super) fn add(&mut self, bytes: u64) {
        self.sent(self.sent.saturating_add(bytes));
    }

    /// Reports the end.
    pub(super) fn end(mut self, outcome: Outcome) {
        self.report(outcome);
    }

    fn report(&mut self, outcome: Outcome) {
        self.ended = true;
        let elapsed = self.started.elapsed();
        self.events.emit(BootEvent::Ended { id: self.id, sent: self.sent, elapsed, outcome });
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if !self.ended {
            self.report(Outcome::Aborted("netspec gave the transfer up".to_owned()));
        }
    }
}
