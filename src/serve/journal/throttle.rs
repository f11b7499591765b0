//! Bounds how many lines are written, whatever clients do (SE-05).

use std::time::Duration;

/// Lets a burst of lines through at once, and one more per interval in the long run.
#[derive(Debug)]
pub(super) struct Throttle {
    interval: Duration,
    /// The burst as the time that its lines take in the long run.
    slack: Duration,
    /// When all lines so far would have been through at one per interval.
    due: Duration,
}

impl Throttle {
    /// At most `burst` lines at once and one each `interval`.
    pub(super) fn new(burst: u32, interval: Duration) -> Self {
        Self { interval, slack: interval.saturating_mul(burst), due: Duration::ZERO }
    }

    /// Whether a line may be written `now`.
    pub(super) fn admits(&mut self, now: Duration) -> bool {
        let due = self.due.max(now) + self.interval;
        let admitted = due <= now.saturating_add(self.slack);
        if admitted {
            self.due = due;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_a_burst_through_and_then_one_per_interval() {
        let mut throttle = Throttle::new(3, Duration::from_secs(1));
        let mut admitted =
            |at: u64, tries: usize| (0..tries).filter(|_| throttle.admits(Duration::from_millis(at))).count();
        assert_eq!(admitted(5000, 10), 3);
        assert_eq!(admitted(5999, 10), 0);
        assert_eq!(admitted(6000, 10), 1);
        assert_eq!(admitted(60_000, 10), 3, "no more than a burst is saved up");
    }
}
