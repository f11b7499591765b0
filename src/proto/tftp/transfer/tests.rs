use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const SETUP: Setup =
    Setup { windowsize: 1, timeout: None, option_ack: false, tsize: false, last: Some(3), wrap: Wrap::ToZero };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn blocks(first: u64, count: u64) -> Output {
    Output::SendBlocks { first, count, doubled: false }
}

fn ack(transfer: &mut Transfer, block: u16, at: u64) -> Output {
    let output = transfer.on(Input::Packet(&Packet::Ack { block }), ms(at));
    transfer.sent(ms(at));
    output
}

fn error(transfer: &mut Transfer, code: u16) -> Output {
    transfer.on(Input::Packet(&Packet::Error { code, message: b"User aborted" }), ms(1))
}

/// Lets the transfer run into its deadlines until it ends; the number of sendings on the way.
fn starve(transfer: &mut Transfer) -> (usize, End) {
    for sendings in 0..100 {
        let now = transfer.deadline();
        if let Output::End(end) = transfer.on(Input::Timeout, now) {
            return (sendings, end);
        }
        transfer.sent(now);
    }
    panic!("no end");
}

#[test]
fn tf_06_a_plain_request_gets_data_at_once() {
    let (mut t, first) = Transfer::start(SETUP, ms(0));
    assert_eq!(first, blocks(1, 1));
    assert_eq!(ack(&mut t, 1, 1), blocks(2, 1));
    assert_eq!(ack(&mut t, 2, 2), blocks(3, 1));
    assert_eq!(ack(&mut t, 3, 3), Output::End(End::Delivered));
}

#[test]
fn tf_05_options_wait_for_ack_0() {
    let (mut t, first) = Transfer::start(Setup { option_ack: true, windowsize: 2, ..SETUP }, ms(0));
    assert_eq!(first, Output::SendOptionAck);
    assert_eq!(ack(&mut t, 1, 1), Output::Wait);
    assert_eq!(ack(&mut t, 0, 1), blocks(1, 2));
    assert_eq!(ack(&mut t, 2, 2), blocks(3, 1));
}

#[test]
fn tf_08_g40_an_error_after_tsize_is_a_probe() {
    let probing = Setup { option_ack: true, tsize: true, ..SETUP };
    for code in [0, 8] {
        let (mut t, _) = Transfer::start(probing, ms(0));
        assert_eq!(error(&mut t, code), Output::End(End::Probe));
    }
    // Behind the first block it is a failure, and so it is where no size was told.
    let (mut t, _) = Transfer::start(probing, ms(0));
    ack(&mut t, 0, 1);
    ack(&mut t, 1, 1);
    assert!(matches!(error(&mut t, 0), Output::End(End::Aborted(Abort::Error { code: 0, .. }))));
    let (mut t, _) = Transfer::start(Setup { tsize: false, ..probing }, ms(0));
    assert!(matches!(error(&mut t, 8), Output::End(End::Aborted(Abort::Error { code: 8, .. }))));
}

#[test]
fn tf_22_the_whole_window_is_sent_again_with_back_off() {
    let (mut t, _) = Transfer::start(Setup { option_ack: true, windowsize: 4, last: Some(100), ..SETUP }, ms(0));
    ack(&mut t, 0, 900);
    assert_eq!(t.on(Input::Timeout, ms(1800)), Output::Wait);
    assert_eq!(t.on(Input::Timeout, ms(1900)), blocks(1, 4));
    t.sent(ms(1900));
    assert_eq!(t.deadline(), ms(3900));
    let (sendings, end) = starve(&mut t);
    assert_eq!(end, End::Aborted(Abort::Lost));
    assert!((5..12).contains(&sendings), "{sendings}");
    // The client's own timeout is kept to.
    let (t, _) = Transfer::start(Setup { timeout: Some(Duration::from_secs(4)), ..SETUP }, ms(0));
    assert_eq!(t.deadline(), ms(4000));
}

/// SE-05: a request for a pause of 255 s keeps its place only once its sender has answered.
#[test]
fn se_05_a_long_timeout_counts_from_the_first_answer() {
    let (mut t, _) = Transfer::start(Setup { timeout: Some(Duration::from_secs(255)), ..SETUP }, ms(0));
    let mut silent = t.clone();
    assert_eq!(starve(&mut silent), (3, End::Aborted(Abort::Unanswered)));
    assert!(silent.deadline() <= ms(32_000), "{:?}", silent.deadline());
    ack(&mut t, 1, 2);
    t.sent(ms(2));
    assert_eq!(t.deadline(), ms(255_002));
}

#[test]
fn tf_23_a_copy_of_an_ack_starts_no_second_stream() {
    let (mut t, _) = Transfer::start(Setup { last: Some(100), ..SETUP }, ms(0));
    assert_eq!(ack(&mut t, 1, 2), blocks(2, 1));
    assert_eq!(ack(&mut t, 1, 3), Output::Wait);
    // A client whose timer ran out asks for the block this way.
    let (mut t, _) = Transfer::start(Setup { last: Some(100), ..SETUP }, ms(0));
    ack(&mut t, 1, 2);
    assert_eq!(ack(&mut t, 1, 800), blocks(2, 1));
    assert_eq!(ack(&mut t, 1, 801), Output::Wait);
}

#[test]
fn tf_23_a_storm_of_acks_gets_one_window() {
    let (mut t, _) = Transfer::start(Setup { windowsize: 4, option_ack: true, last: Some(100), ..SETUP }, ms(0));
    ack(&mut t, 0, 10);
    // Block 1 was lost; edk2 sends an ACK of 0 for each of 2, 3 and 4.
    let sent = [20, 20, 20].map(|at| ack_keeping_time(&mut t, 0, at));
    assert_eq!(sent, [blocks(1, 4), Output::Wait, Output::Wait]);
}

fn ack_keeping_time(transfer: &mut Transfer, block: u16, at: u64) -> Output {
    let output = transfer.on(Input::Packet(&Packet::Ack { block }), ms(at));
    if output != Output::Wait {
        transfer.sent(ms(at));
    }
    output
}

#[test]
fn tf_24_an_ack_inside_the_window_resumes_behind_it() {
    let (mut t, _) = Transfer::start(Setup { windowsize: 4, option_ack: true, last: Some(100), ..SETUP }, ms(0));
    ack(&mut t, 0, 1);
    assert_eq!(ack(&mut t, 2, 2), blocks(3, 4));
    assert_eq!(ack(&mut t, 1, 3), Output::Wait);
    assert_eq!(ack(&mut t, 7, 3), Output::Wait);
    assert_eq!(ack(&mut t, 6, 4), blocks(7, 4));
}

#[test]
fn tf_25_block_numbers_wrap_to_0_or_to_1() {
    for (wrap, numbers) in [(Wrap::ToZero, [65535, 0, 1]), (Wrap::ToOne, [65535, 1, 2])] {
        let (mut t, _) = Transfer::start(Setup { last: Some(70_000), wrap, ..SETUP }, ms(0));
        assert_eq!([65535, 65536, 65537].map(|block| t.wire(block)), numbers);
        for block in 1..=69_999 {
            let number = t.wire(block);
            assert_eq!(ack(&mut t, number, 1), blocks(block + 1, 1));
        }
        let number = t.wire(70_000);
        assert_eq!(ack(&mut t, number, 1), Output::End(End::Delivered));
    }
}

#[test]
fn tf_26_a_file_of_5_gib_has_its_last_block() {
    let last = (5 << 30) / 1468 + 1;
    let (mut t, _) = Transfer::start(Setup { last: Some(last), windowsize: 16, option_ack: true, ..SETUP }, ms(0));
    let mut next = ack(&mut t, 0, 0);
    while let Output::SendBlocks { first, count, .. } = next {
        let number = t.wire(first + count - 1);
        next = ack(&mut t, number, 0);
    }
    assert_eq!((next, t.acked()), (Output::End(End::Delivered), last));
}

#[test]
fn tf_27_g45_silence_after_the_last_block_is_success() {
    let (mut t, _) = Transfer::start(SETUP, ms(0));
    ack(&mut t, 1, 1);
    ack(&mut t, 2, 2);
    assert_eq!(starve(&mut t), (4, End::Silent));
}

#[test]
fn tf_27_a_client_that_asks_for_the_last_block_is_not_silent() {
    let (mut t, _) = Transfer::start(SETUP, ms(0));
    ack(&mut t, 1, 1);
    ack(&mut t, 2, 2);
    for asked in 1..30 {
        assert!(!matches!(ack(&mut t, 2, asked * 4000), Output::End(_)));
    }
    let now = t.deadline();
    assert_eq!(t.on(Input::Timeout, now), Output::End(End::Aborted(Abort::Lost)));
}

#[test]
fn tf_28_a_repeated_request_gets_the_first_packet_again() {
    let (mut t, _) = Transfer::start(Setup { option_ack: true, ..SETUP }, ms(0));
    assert_eq!(t.on(Input::Repeated, ms(500)), Output::SendOptionAck);
    ack(&mut t, 0, 600);
    assert_eq!(t.on(Input::Repeated, ms(700)), Output::Wait);
    assert_eq!(t.on(Input::Repeated, ms(9000)), Output::End(End::Aborted(Abort::Restarted)));
}

#[test]
fn se_04_g51_few_packets_go_to_a_client_that_never_answers() {
    for option_ack in [true, false] {
        let (mut t, _) = Transfer::start(Setup { option_ack, windowsize: 16, ..SETUP }, ms(0));
        // An ACK of block 0 proves nothing where no OACK was sent.
        if !option_ack {
            assert_eq!(t.on(Input::Packet(&Packet::Ack { block: 0 }), ms(900)), Output::Wait);
        }
        for at in 0..100 {
            t.on(Input::Repeated, ms(at));
        }
        assert_eq!(t.on(Input::Repeated, ms(100)), Output::Wait);
        assert_eq!(starve(&mut t), (3, End::Aborted(Abort::Unanswered)));
    }
}

/// A client after RFC 7440 with edk2's habit, and a network that loses, copies and delays.
struct Simulation {
    transfer: Transfer,
    now: u64,
    last: u64,
    windowsize: u64,
    /// The highest block that the client has in order.
    got: u64,
    /// Blocks since the client's last ACK.
    unacked: u64,
    /// What arrives when: at the client (`Ok`), at the server (`Err`).
    wire: BTreeMap<(u64, u64), Result<u64, u64>>,
    serial: u64,
    /// Whether nothing happens to the packets of the client.
    one_way: bool,
    acks: u64,
    sent: u64,
}

impl Simulation {
    /// Runs to the end with `fate` deciding about each packet; blocks sent, and the end.
    fn run(setup: Setup, fate: &[u8]) -> (u64, u64, End) {
        Self::run_with(setup, fate, false)
    }

    fn run_with(setup: Setup, fate: &[u8], one_way: bool) -> (u64, u64, End) {
        let (transfer, mut output) = Transfer::start(setup, ms(0));
        let mut sim = Self {
            transfer,
            now: 0,
            last: setup.last.unwrap(),
            windowsize: setup.windowsize.into(),
            got: 0,
            unacked: 0,
            wire: BTreeMap::new(),
            serial: 0,
            one_way,
            acks: 0,
            sent: 0,
        };
        let mut client_timer = 4000;
        loop {
            match output {
                Output::End(end) => return (sim.sent, sim.got, end),
                Output::SendOptionAck => sim.send(Ok(0), fate),
                Output::SendBlocks { first, count, doubled } => {
                    for block in doubled.then_some(first).into_iter().chain(first..first + count) {
                        assert!(block <= sim.last);
                        sim.sent += 1;
                        sim.send(Ok(block), fate);
                    }
                }
                Output::Wait => {}
            }
            if output != Output::Wait {
                sim.transfer.sent(ms(sim.now));
            }
            output = Output::Wait;
            let deadline = u64::try_from(sim.transfer.deadline().as_millis()).unwrap();
            let arrival = sim.wire.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            if arrival <= deadline.min(client_timer) {
                let ((at, _), packet) = sim.wire.pop_first().unwrap();
                sim.now = sim.now.max(at);
                match packet {
                    Ok(block) => {
                        client_timer = sim.now + 4000;
                        sim.client(block, fate);
                    }
                    Err(block) => {
                        let packet = Packet::Ack { block: sim.transfer.wire(block) };
                        output = sim.transfer.on(Input::Packet(&packet), ms(sim.now));
                    }
                }
            } else if client_timer < deadline {
                sim.now = client_timer;
                client_timer += 4000;
                if sim.got < sim.last && sim.got > 0 {
                    let got = sim.got;
                    sim.send(Err(got), fate);
                }
            } else {
                sim.now = deadline;
                output = sim.transfer.on(Input::Timeout, ms(deadline));
            }
        }
    }

    fn client(&mut self, block: u64, fate: &[u8]) {
        if block == 0 {
            if self.got == 0 {
                self.send(Err(0), fate);
            }
        } else if block == self.got + 1 {
            self.got = block;
            self.unacked += 1;
            if self.unacked >= self.windowsize || block == self.last {
                self.unacked = 0;
                self.send(Err(block), fate);
            }
        } else {
            self.unacked = 0;
            let got = self.got;
            self.send(Err(got), fate);
        }
    }

    fn send(&mut self, packet: Result<u64, u64>, fate: &[u8]) {
        if self.one_way && !matches!(packet, Ok(1..)) {
            // Numbered apart, so that the fate of the others stays what it is.
            self.acks += 1;
            self.wire.insert((self.now + 5, u64::MAX / 2 + self.acks), packet);
            return;
        }
        let kind = fate[usize::try_from(self.serial).unwrap() % fate.len()];
        let delays: &[u64] = match kind {
            0 => &[],
            1 => &[5, 6],
            2 => &[12],
            _ => &[5],
        };
        for delay in delays {
            self.serial += 1;
            self.wire.insert((self.now + delay, self.serial), packet);
        }
        self.serial += u64::from(delays.is_empty());
    }
}

#[test]
fn g43_loss_copies_and_reorder_cost_less_than_the_file_again() {
    for (percent, windowsize) in [(1, 1), (5, 1), (1, 4), (5, 4), (1, 16), (5, 16), (20, 1), (20, 4)] {
        // A fixed sequence without a short period, spread over loss, copies and delay.
        let mut state = 12345u32;
        let fate: Vec<u8> = (0..9973)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if (state >> 8) % 100 < percent { u8::try_from((state >> 20) % 3).unwrap() } else { 9 }
            })
            .collect();
        let last = 2000;
        let setup = Setup { windowsize, option_ack: true, last: Some(last), ..SETUP };
        let (sent, got, end) = Simulation::run(setup, &fate);
        assert!(matches!(end, End::Delivered | End::Silent), "{percent} % window {windowsize}: {end:?}");
        assert_eq!(got, last);
        assert!(sent < 2 * last, "{percent} % window {windowsize}: {sent} blocks");
    }
}

#[test]
fn loss_in_a_rhythm_ends_in_success() {
    for period in 2..8 {
        for last in 1..40 {
            for windowsize in [1, 2, 3, 4, 5, 6, 8, 16] {
                let mut fate = vec![9; period];
                fate[period - 1] = 0;
                let setup = Setup { windowsize, option_ack: true, last: Some(last), ..SETUP };
                let (_, got, end) = Simulation::run_with(setup, &fate, true);
                assert_eq!(got, last, "each {period}th lost, window {windowsize}, {last} blocks: {end:?}");
            }
        }
    }
}

#[test]
fn a_copy_of_every_packet_doubles_nothing() {
    for windowsize in [1, 4, 16] {
        let setup = Setup { windowsize, option_ack: true, last: Some(500), ..SETUP };
        let (sent, got, end) = Simulation::run(setup, &[1]);
        assert_eq!((got, end), (500, End::Delivered));
        assert!(sent < 1000, "window {windowsize}: {sent}");
    }
}

proptest! {
    /// SE-08 (e): whatever the network does by rule, the transfer ends, and a success means that the client has it all.
    #[test]
    fn se_08_any_network_ends_in_success_or_abort(
        fate in prop::collection::vec(0u8..6, 1..40),
        windowsize in 1u16..20,
        option_ack: bool,
        last in 1u64..60,
    ) {
        let setup = Setup { windowsize: if option_ack { windowsize } else { 1 }, option_ack, last: Some(last), ..SETUP };
        let (_, got, end) = Simulation::run(setup, &fate);
        match end {
            End::Delivered => prop_assert_eq!(got, last),
            End::Silent | End::Aborted(Abort::Lost | Abort::Unanswered) => {}
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// Random packets: no panic, and never a block behind the last.
    #[test]
    fn se_08_random_packets_do_no_harm(
        inputs in prop::collection::vec((0u8..4, any::<u16>(), 0u64..3000), 0..200),
        windowsize in 1u16..40,
        option_ack: bool,
    ) {
        let (mut t, _) = Transfer::start(Setup { windowsize, option_ack, last: Some(90), ..SETUP }, ms(0));
        let mut now = 0;
        for (kind, number, pause) in inputs {
            now += pause;
            let output = match kind {
                0 => t.on(Input::Repeated, ms(now)),
                1 => t.on(Input::Timeout, ms(now)),
                _ => t.on(Input::Packet(&Packet::Ack { block: number % 100 }), ms(now)),
            };
            match output {
                Output::SendBlocks { first, count, .. } => prop_assert!(first >= 1 && count >= 1 && first + count - 1 <= 90),
                Output::End(_) => break,
                Output::SendOptionAck | Output::Wait => {}
            }
            t.sent(ms(now));
        }
    }
}
