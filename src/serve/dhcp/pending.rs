//! Replies that wait until their time has come (DH-39), a bounded number of them.

use std::collections::BTreeMap;
use std::future;
use std::time::Duration;

use tokio::time::Instant;

/// So many machines with a rule for a delay may ask within ten seconds, and no more memory is spent on forged ones.
const MAX_PENDING: usize = 256;

/// What waits, by the time when it is due. Things that are due at the same time keep their order.
#[derive(Debug)]
pub(super) struct Pending<T> {
    waiting: BTreeMap<(Instant, u64), T>,
    next: u64,
}

impl<T> Pending<T> {
    pub(super) fn new() -> Self {
        Self { waiting: BTreeMap::new(), next: 0 }
    }

    /// Lets something wait.
    ///
    /// # Errors
    /// Gives it back where too much is waiting.
    pub(super) fn push(&mut self, delay: Duration, what: T) -> Result<(), T> {
        if self.waiting.len() >= MAX_PENDING {
            return Err(what);
        }
        self.waiting.insert((Instant::now() + delay, self.next), what);
        self.next = self.next.wrapping_add(1);
        Ok(())
    }

    /// Waits for what is due next; for ever where nothing waits. Dropping the future loses nothing.
    pub(super) async fn due(&mut self) -> T {
        loop {
            let Some(first) = self.waiting.first_entry() else { return future::pending().await };
            let (at, _) = *first.key();
            tokio::time::sleep_until(at).await;
            if let Some((_, what)) = self.waiting.pop_first() {
                return what;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DH-39: what is due first comes first, and a new one that is due earlier is not held up.
    #[tokio::test]
    async fn gives_things_when_they_are_due() {
        let start = Instant::now();
        let mut pending = Pending::new();
        pending.push(Duration::from_millis(60), "later").unwrap();
        pending.push(Duration::from_millis(20), "sooner").unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(1), pending.due()).await.is_err(), "none is due");
        assert_eq!(pending.due().await, "sooner");
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(pending.due().await, "later");
        assert!(start.elapsed() >= Duration::from_millis(60));
        assert!(tokio::time::timeout(Duration::from_millis(1), pending.due()).await.is_err(), "nothing waits");
    }

    /// SE-05
    #[tokio::test]
    async fn refuses_more_than_its_bound() {
        let mut pending = Pending::new();
        for number in 0..MAX_PENDING {
            pending.push(Duration::ZERO, number).unwrap();
        }
        assert_eq!(pending.push(Duration::ZERO, MAX_PENDING), Err(MAX_PENDING));
        assert_eq!(pending.due().await, 0);
        pending.push(Duration::ZERO, MAX_PENDING).unwrap();
    }
}
