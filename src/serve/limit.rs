//! How many clients are served at once, in all and from one address (SE-04, SE-05).

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A bound that hands out permits.
#[derive(Debug)]
pub(super) struct Limit {
    total: usize,
    per_source: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    total: usize,
    sources: HashMap<Ipv4Addr, usize>,
}

/// A place that is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    limit: Arc<Limit>,
    source: Ipv4Addr,
}

impl Limit {
    pub(super) fn new(total: usize, per_source: usize) -> Arc<Self> {
        Arc::new(Self { total, per_source, used: Mutex::default() })
    }

    /// A place for a client, or why there is none.
    pub(super) fn take(self: &Arc<Self>, source: Ipv4Addr) -> Result<Permit, &'static str> {
        let mut used = self.lock();
        if used.total >= self.total {
            return Err("too many clients at once");
        }
        let of_source = used.sources.entry(source).or_default();
        if *of_source >= self.per_source {
            return Err("too many requests at once from one address");
        }
        *of_source += 1;
        used.total += 1;
        Ok(Permit { limit: self.clone(), source })
    }

    fn lock(&self) -> MutexGuard<'_, Used> {
        // Counters are right at every moment, so a panic elsewhere does not spoil them.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut used = self.limit.lock();
        used.total -= 1;
        if let Some(of_source) = used.sources.get_mut(&self.source) {
            *of_source -= 1;
            // Sources are forged easily, so nothing is remembered of one that has no permit.
            if *of_source == 0 {
                used.sources.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn se_05_both_bounds_hold_and_places_come_back() {
        let limit = Limit::new(3, 2);
        let [a, b] = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
        let first = limit.take(a).unwrap();
        let _second = limit.take(a).unwrap();
        assert_eq!(limit.take(a).unwrap_err(), "too many requests at once from one address");
        let _third = limit.take(b).unwrap();
        assert_eq!(limit.take(b).unwrap_err(), "too many clients at once");
        drop(first);
        assert_eq!(limit.lock().total, 2);
        drop(limit.take(b).unwrap());
        assert_eq!(limit.lock().sources.len(), 2);
    }
}
