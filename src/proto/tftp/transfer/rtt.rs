//! How long the client takes to answer.

use std::time::Duration;

/// The wait for an answer before anything is known about the client.
const INITIAL: Duration = Duration::from_secs(1);
/// The shortest wait; a client may write to its flash between two blocks.
const MIN: Duration = Duration::from_millis(250);

/// A smoothed round trip and its deviation, as TCP keeps them (RFC 6298 section 2).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rtt {
    known: Option<(Duration, Duration)>,
}

impl Rtt {
    /// Takes the time from the sending of a window to its ACK.
    pub(super) fn sample(&mut self, sample: Duration) {
        self.known = Some(match self.known {
            None => (sample, sample / 2),
            Some((smoothed, deviation)) => {
                ((smoothed * 7 + sample) / 8, (deviation * 3 + smoothed.abs_diff(sample)) / 4)
            }
        });
    }

    /// How long to wait before sending again.
    pub(super) fn timeout(&self) -> Duration {
        self.known.map_or(INITIAL, |(smoothed, deviation)| (smoothed + deviation * 4).clamp(MIN, INITIAL))
    }

    /// Half of the smoothed round trip; zero as long as it is unknown.
    pub(super) fn half(&self) -> Duration {
        self.known.map_or(Duration::ZERO, |(smoothed, _)| smoothed / 2)
    }
}
