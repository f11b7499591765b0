//! Losing frames by rule, so that a failure under loss can be repeated.

use std::fmt;
use std::str::FromStr;

use super::frame::Frame;
use crate::error::Error;

/// Loses every nth UDP frame on its way to the PC, counted over those frames alone.
///
/// Written `udp:20` for each twentieth. TCP is spared: the guest's own stack repairs it, which would only cost time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossRule {
    every: u64,
    seen: u64,
}

impl LossRule {
    /// Loses one of `every` frames; `every` must be 2 or more.
    pub fn every(every: u64) -> Result<Self, Error> {
        if every < 2 {
            return Err(Error::new("a loss rule needs a number of 2 or more, or nothing could get through"));
        }
        Ok(Self { every, seen: 0 })
    }

    /// Whether this frame, which is the next one to the PC, is lost.
    pub fn loses(&mut self, frame: &[u8]) -> bool {
        if Frame::parse(frame).and_then(|frame| frame.udp()).is_none() {
            return false;
        }
        self.seen += 1;
        self.seen.is_multiple_of(self.every)
    }
}

impl FromStr for LossRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = text.strip_prefix("udp:").and_then(|number| number.parse().ok());
        Self::every(number.ok_or_else(|| Error::new(format!("`{text}` is not a loss rule; write `udp:20`")))?)
    }
}

impl fmt::Display for LossRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "udp:{}", self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::frame::tests::{tcp_frame, udp_frame};

    #[test]
    fn every_third_udp_frame_is_lost_and_no_other() {
        let mut rule: LossRule = "udp:3".parse().unwrap();
        let lost: Vec<bool> = (0..7).map(|_| rule.loses(&udp_frame(69, 2000, b"data"))).collect();
        assert_eq!(lost, [false, false, true, false, false, true, false]);
        assert!(!(0..9).any(|_| rule.loses(&tcp_frame(80, 2000, b"data"))));
    }

    #[test]
    fn a_rule_reads_as_it_is_written() {
        assert_eq!("udp:20".parse::<LossRule>().unwrap().to_string(), "udp:20");
        for wrong in ["udp:1", "udp:0", "tcp:5", "20", "udp:"] {
            assert!(wrong.parse::<LossRule>().is_err(), "{wrong}");
        }
    }
}
