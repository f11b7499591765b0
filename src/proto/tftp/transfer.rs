//! Decides what a transfer sends next.
//!
//! [`Transfer::on`] maps one event (a packet, a repeated request, the passing of time) to one [`Output`]. It counts blocks and
//! never sees their bytes. Times are durations since any fixed moment that the caller chooses.
//!
//! **Invariant:** one event leads to at most one sending of one window, so that duplicates do not multiply (RFC 1123 section
//! 4.2.3.1, the sorcerer's apprentice).

use std::time::Duration;

use self::rtt::Rtt;
use super::packet::Packet;

mod rtt;

/// The block number that follows 65535 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wrap {
    /// 0, as all known boot clients have it (TF-25).
    #[default]
    ToZero,
    /// 1, for odd clients.
    ToOne,
}

/// What does not change during a transfer.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Blocks that are sent without an ACK; at least 1.
    pub windowsize: u16,
    /// The time until we send again, where the client set it.
    pub timeout: Option<Duration>,
    /// Whether the transfer begins with an OACK instead of DATA.
    pub option_ack: bool,
    /// Whether the OACK tells the size, so that an early ERROR means that the client wanted just that (TF-08).
    pub tsize: bool,
    /// The number of the last block, where it is known from the start.
    pub last: Option<u64>,
    /// The block number after 65535.
    pub wrap: Wrap,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The client of this transfer sent a packet.
    Packet(&'a Packet<'a>),
    /// The client sent the very same request again.
    Repeated,
    /// The deadline may have passed.
    Timeout,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send the OACK.
    SendOptionAck,
    /// Send these blocks, counted from 1 without wrapping.
    SendBlocks {
        /// The first of them.
        first: u64,
        /// How many; at least 1.
        count: u64,
        /// Whether the first of them goes out twice in a row.
        doubled: bool,
    },
    /// Nothing until the deadline.
    Wait,
    /// The transfer is over.
    End(End),
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The last block was acknowledged.
    Delivered,
    /// The last block was sent and all before its window acknowledged; then the client fell silent. It has jumped into what
    /// it loaded (TF-27).
    Silent,
    /// The client only wanted the size (TF-08).
    Probe,
    /// Anything else.
    Aborted(Abort),
}

/// Why a transfer ended before its last block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Abort {
    /// The client sent an ERROR.
    Error {
        /// Its code.
        code: u16,
        /// Its text, with what is not UTF-8 replaced.
        message: String,
    },
    /// The client never acknowledged anything.
    Unanswered,
    /// The client fell silent in the middle.
    Lost,
    /// The client started over from the same port.
    Restarted,
}

/// The first packet is sent again no more often than this to a client that never answered; its address may be forged (SE-04).
const MAX_FIRST_RETRIES: u32 = 3;
/// The last window is sent again no more often than this to a client that has probably got it.
const MAX_LAST_RETRIES: u32 = 4;
/// How often a repeated request gets the first packet again.
const MAX_REPEATS: u32 = 8;
/// How often an ACK that moves nothing gets the window sent again, until one does.
const MAX_DUPLICATES: u32 = 2;
/// The longest pause between two sendings.
const MAX_BACKOFF: Duration = Duration::from_secs(8);
/// A transfer that moves nothing for this long is given up.
const STUCK: Duration = Duration::from_secs(60);
/// A copy of the request that comes sooner than this after a packet is one that the network made.
const REPEAT_GUARD: Duration = Duration::from_secs(1);

/// One transfer of one file to one client.
#[derive(Debug, Clone)]
pub struct Transfer {
    setup: Setup,
    /// The OACK was sent and not acknowledged.
    offering: bool,
    /// The client has acknowledged something, so its address is its own.
    heard: bool,
    /// When an acknowledgment last moved the window.
    moved_at: Duration,
    /// The last block that was acknowledged.
    acked: u64,
    /// The last block that was sent of the current window.
    sent: u64,
    sent_at: Duration,
    /// The current window was sent more than once, so an ACK says nothing about the round trip (Karn's rule).
    resent: bool,
    retries: u32,
    repeats: u32,
    duplicates: u32,
    rtt: Rtt,
}

impl Transfer {
    /// A transfer that begins at `now`, and what to send first.
    pub fn start(setup: Setup, now: Duration) -> (Self, Output) {
        let mut transfer = Self {
            setup,
            offering: setup.option_ack,
            heard: false,
            moved_at: now,
            acked: 0,
            sent: 0,
            sent_at: now,
            resent: false,
            retries: 0,
            repeats: 0,
            duplicates: 0,
            rtt: Rtt::default(),
        };
        let first = if setup.option_ack { Output::SendOptionAck } else { transfer.next_window() };
        (transfer, first)
    }

    /// Says which block is the last, once that is known. Blocks behind it must not have been asked for.
    pub fn ends_at(&mut self, last: u64) {
        self.setup.last = Some(last);
    }

    /// Says when the packets of the last [`Output`] were sent; the time until the next try runs from then.
    pub fn sent(&mut self, now: Duration) {
        self.sent_at = now;
    }

    /// When to call [`Transfer::on`] with [`Input::Timeout`].
    pub fn deadline(&self) -> Duration {
        let asked = self.setup.timeout.unwrap_or_else(|| self.rtt.timeout());
        // A forged request may ask for 255 s, and would keep its place in the server for a quarter of an hour (SE-05).
        let first = if self.heard { asked } else { asked.min(MAX_BACKOFF) };
        let backed_off = first.saturating_mul(1 << self.retries.min(8));
        self.sent_at + backed_off.min(MAX_BACKOFF.max(first))
    }

    /// The number of blocks that have been acknowledged.
    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// The number of a block on the wire.
    pub fn wire(&self, block: u64) -> u16 {
        let number = match self.setup.wrap {
            Wrap::ToZero => block % 65536,
            Wrap::ToOne if block == 0 => 0,
            Wrap::ToOne => (block - 1) % 65535 + 1,
        };
        u16::try_from(number).unwrap_or_default()
    }

    /// Takes one event.
    pub fn on(&mut self, input: Input<'_>, now: Duration) -> Output {
        match input {
            Input::Packet(Packet::Ack { block }) => self.on_ack(*block, now),
            Input::Packet(Packet::Error { code, message }) => self.on_error(*code, message),
            // A request comes to the listening port, and the rest is for clients.
            Input::Packet(_) => Output::Wait,
            Input::Repeated => self.on_repeated(now),
            Input::Timeout if now < self.deadline() => Output::Wait,
            Input::Timeout => self.on_timeout(now),
        }
    }

    fn on_ack(&mut self, wire: u16, now: Duration) -> Output {
        if self.offering {
            if wire != 0 {
                return Output::Wait;
            }
            self.offering = false;
            self.progress(0, now);
            return self.next_window();
        }
        // Block numbers wrap, so the window says which block is meant; an ACK for none of its blocks is old (TF-24).
        let Some(block) = (self.acked..=self.sent).find(|block| self.wire(*block) == wire) else {
            return Output::Wait;
        };
        if block == self.acked {
            return self.on_duplicate_ack(now);
        }
        let in_flight = self.sent;
        let doubtful = self.resent || self.is_echo(now);
        self.progress(block, now);
        if self.setup.last == Some(block) {
            return Output::End(End::Delivered);
        }
        let next = self.next_window();
        if block == in_flight {
            return next;
        }
        // The client has a gap (RFC 7440 section 4), and what follows it is under way twice now. But where a window was sent
        // twice, its blocks themselves draw such ACKs, and to fall back for those would go on to the end of the file. Then the
        // window only moves: a true gap draws one more ACK.
        self.resent = true;
        match self.sent.saturating_sub(in_flight) {
            count @ 1.. if doubtful => Output::SendBlocks { first: in_flight + 1, count, doubled: false },
            _ => next,
        }
    }

    /// Whether a packet that comes now must be an answer to something before the last sending.
    ///
    /// edk2 sends an ACK for each block that is out of order; one of them is news and the others are echoes (TF-23).
    fn is_echo(&self, now: Duration) -> bool {
        now.saturating_sub(self.sent_at) < self.rtt.half()
    }

    /// An ACK that moves nothing: the first block of the window is missing, or the client asks again, or a copy went round.
    fn on_duplicate_ack(&mut self, now: Duration) -> Output {
        // In lockstep nothing can be out of order, so only a client's own timer asks like this, and copies do not.
        let timeout = self.setup.timeout.unwrap_or_else(|| self.rtt.timeout());
        let lockstep = self.setup.windowsize == 1 && now.saturating_sub(self.sent_at) < timeout / 2;
        if !self.heard || lockstep || self.is_echo(now) {
            return Output::Wait;
        }
        // It is there and misses something, so this is not the silence after the last block.
        self.retries = 0;
        if self.duplicates >= MAX_DUPLICATES {
            return Output::Wait;
        }
        self.duplicates += 1;
        self.current_window()
    }

    fn on_error(&self, code: u16, message: &[u8]) -> Output {
        Output::End(if self.setup.tsize && self.acked == 0 {
            End::Probe
        } else {
            End::Aborted(Abort::Error { code, message: String::from_utf8_lossy(message).into_owned() })
        })
    }

    fn on_repeated(&mut self, now: Duration) -> Output {
        if self.heard {
            // Its first reply had arrived, so the client began anew, unless the network has copied the request.
            return if now.saturating_sub(self.moved_at) < REPEAT_GUARD {
                Output::Wait
            } else {
                Output::End(End::Aborted(Abort::Restarted))
            };
        }
        if self.repeats >= MAX_REPEATS {
            return Output::Wait;
        }
        self.repeats += 1;
        self.current_window()
    }

    fn on_timeout(&mut self, now: Duration) -> Output {
        let stuck = now.saturating_sub(self.moved_at) >= STUCK;
        let end = if !self.heard {
            (self.retries >= MAX_FIRST_RETRIES).then_some(End::Aborted(Abort::Unanswered))
        } else if self.setup.last == Some(self.sent) {
            // A client that still asks after this long is not silent, but gets nothing either.
            let silent = (self.retries >= MAX_LAST_RETRIES).then_some(End::Silent);
            silent.or_else(|| stuck.then_some(End::Aborted(Abort::Lost)))
        } else {
            stuck.then_some(End::Aborted(Abort::Lost))
        };
        if let Some(end) = end {
            return Output::End(end);
        }
        self.retries += 1;
        self.current_window()
    }

    fn progress(&mut self, acked: u64, now: Duration) {
        if !self.resent {
            self.rtt.sample(now.saturating_sub(self.sent_at));
        }
        self.heard = true;
        self.moved_at = now;
        self.acked = acked;
        self.retries = 0;
        self.duplicates = 0;
        self.resent = false;
    }

    fn next_window(&mut self) -> Output {
        let first = self.acked + 1;
        let room = self.setup.last.map_or(u64::MAX, |last| last.saturating_sub(self.acked));
        let count = u64::from(self.setup.windowsize).min(room).max(1);
        self.sent = first + count - 1;
        Output::SendBlocks { first, count, doubled: false }
    }

    /// What is under way, once more (TF-22).
    fn current_window(&mut self) -> Output {
        self.resent = true;
        if self.offering {
            return Output::SendOptionAck;
        }
        let count = self.sent - self.acked;
        // A receiver that loses packets in a rhythm, as one with a ring of few buffers does, loses the same block of a window
        // each time. Twice in a row gets it through, and the copy makes the client say so.
        let doubled = self.heard && count > 1 && self.retries + self.duplicates >= 2;
        Output::SendBlocks { first: self.acked + 1, count, doubled }
    }
}

#[cfg(test)]
mod tests;
