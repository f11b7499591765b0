//! One request of one client, from its first packet to the last.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, watch};
use tokio::time::{Sleep, sleep_until};

use super::Config;
use super::blocks::Blocks;
use super::wire::{Listener, Wire, path_mtu};
use crate::proto::name::{self, NameError};
use crate::proto::probe::is_probe;
use crate::proto::tftp::options::{Granted, negotiate};
use crate::proto::tftp::{
    Abort, End, ErrorCode, Input, Mode, Output, Packet, ReadRequest, Setup, Transfer, encode_data_header, encode_error,
};
use crate::serve::content::{Files, Opened};
use crate::serve::event::{BootEvent, Events, Outcome, Transport};
use crate::serve::meter::Meter;
use crate::serve::told_to_stop;

/// What the listener tells a transfer.
pub(super) enum Mail {
    /// The client sent the same request again.
    Repeated,
    /// The client sent this to the single port.
    Datagram(Box<[u8]>),
}

/// A request, with all that it takes to answer it.
pub(super) struct Session {
    pub(super) config: Arc<Config>,
    pub(super) listener: Arc<Listener>,
    pub(super) files: Arc<dyn Files>,
    pub(super) events: Arc<dyn Events>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) peer: SocketAddrV4,
    /// The address of this machine that the request was sent to.
    pub(super) local: Ipv4Addr,
    pub(super) request: Box<[u8]>,
    pub(super) mail: mpsc::Receiver<Mail>,
    /// Whether the client sent the request again, and what it sent before that is still to be looked at.
    pub(super) asked_again: bool,
}

/// A repeated request that came when its transfer had ended: it asks for a new one.
pub(super) struct Late {
    pub(super) peer: SocketAddrV4,
    pub(super) local: Ipv4Addr,
    pub(super) request: Box<[u8]>,
}

/// How one attempt to answer ended.
enum Next {
    /// The request is answered.
    Over,
    /// The client began anew with the same request from the same port.
    Again,
}

/// Something that happened while a transfer waits.
enum Happening {
    Datagram(usize),
    Mail(Option<Mail>),
    Stranger(std::net::SocketAddr, usize),
    Deadline,
    Stop,
    Nothing,
}

impl Session {
    pub(super) async fn run(mut self) -> Option<Late> {
        while matches!(self.answer().await, Next::Again) {}
        // From here on the listener sees that nobody reads the box. What it put in before must not get lost.
        self.mail.close();
        let is_late = matches!(self.mail.try_recv(), Ok(Mail::Repeated));
        is_late.then_some(Late { peer: self.peer, local: self.local, request: self.request })
    }

    async fn answer(&mut self) -> Next {
        let started = Instant::now();
        let request = self.request.clone();
        let Ok(Packet::ReadRequest(request)) = Packet::parse(&request) else { return Next::Over };
        let wire = if self.config.single_port {
            Wire::Shared { listener: self.listener.clone(), local: self.local, peer: self.peer }
        } else {
            match Wire::own(self.local, self.peer).await {
                Ok(wire) => wire,
                Err(error) => {
                    self.refused(&request, format!("cannot open a socket: {error}"), false);
                    return Next::Over;
                }
            }
        };
        let file = match self.open(&request) {
            Ok(file) => file,
            Err((code, reason, expected)) => {
                // A quick ERROR is what boot loaders wait for when they try names (TF-30). A lost one is asked for again.
                let _ = wire.send(&encode_error(code, &reason)).await;
                self.refused(&request, reason, expected);
                return Next::Over;
            }
        };
        let mtu = path_mtu(self.local, self.peer);
        let granted = negotiate(&request, &self.config.limits_for(*self.peer.ip()), mtu, file.len);
        let meter = Meter::start(&self.events, started, *self.peer.ip(), Transport::Tftp, &file, file.len);
        self.transfer(&wire, file, &granted, request.mode == Mode::Netascii, meter).await
    }

    fn open(&self, request: &ReadRequest<'_>) -> Result<Opened, (ErrorCode, String, bool)> {
        if request.mode == Mode::Mail {
            return Err((ErrorCode::IllegalOperation, "mail mode is refused".to_owned(), false));
        }
        let path = name::from_tftp(request.name).map_err(|error| {
            let code = match error {
                NameError::Parent | NameError::Control | NameError::Drive => ErrorCode::AccessViolation,
                _ => ErrorCode::NotFound,
            };
            (code, error.to_string(), false)
        })?;
        let found = self.files.open_for(&path, self.local, *self.peer.ip());
        let why = || self.files.why_not(&path, self.local, *self.peer.ip());
        found.ok_or_else(|| match why() {
            Some(why) => (ErrorCode::NotFound, why, false),
            None => (ErrorCode::NotFound, "not found".to_owned(), is_probe(&path)),
        })
    }

    fn refused(&self, request: &ReadRequest<'_>, reason: String, expected: bool) {
        self.events.emit(BootEvent::Refused {
            client: *self.peer.ip(),
            transport: Transport::Tftp,
            path: String::from_utf8_lossy(request.name).into_owned(),
            reason,
            expected,
        });
    }

    async fn transfer(
        &mut self,
        wire: &Wire,
        file: Opened,
        granted: &Granted,
        netascii: bool,
        mut meter: Meter,
    ) -> Next {
        let mut blocks = Blocks::new(file.content, file.len, granted.blksize, granted.windowsize, netascii);
        let origin = Instant::now();
        let setup = Setup {
            windowsize: granted.windowsize,
            timeout: granted.timeout,
            option_ack: granted.option_ack.is_some(),
            tsize: granted.tsize,
            last: (!netascii).then(|| file.len / u64::from(granted.blksize) + 1),
            wrap: self.config.wrap,
        };
        let (mut transfer, mut output) = Transfer::start(setup, origin.elapsed());
        let mut packet = Vec::with_capacity(usize::from(granted.blksize) + 4);
        let mut received = [0; 600];
        let mut alarm = std::pin::pin!(sleep_until(origin.into()));
        loop {
            match output {
                Output::SendOptionAck => {
                    // A packet that cannot be sent is as good as lost, and the deadline finds out.
                    let _ = wire.send(granted.option_ack.as_deref().unwrap_or_default()).await;
                    transfer.sent(origin.elapsed());
                }
                Output::SendBlocks { first, count, doubled } => {
                    if let Err(error) =
                        self.send_blocks(wire, &mut transfer, &mut blocks, (first, count, doubled), &mut packet).await
                    {
                        let _ = wire.send(&encode_error(ErrorCode::NotDefined, "the file cannot be read")).await;
                        meter.end(Outcome::Aborted(format!("the file cannot be read: {error}")));
                        return Next::Over;
                    }
                    transfer.sent(origin.elapsed());
                }
                Output::Wait => {}
                Output::End(end) => {
                    meter.sent(blocks.bytes_until(if end == End::Silent { u64::MAX } else { transfer.acked() }));
                    let restarted = end == End::Aborted(Abort::Restarted);
                    meter.end(outcome(end));
                    // The client may have asked again while its ERROR for the old transfer was on the way.
                    let asked_again = std::mem::take(&mut self.asked_again);
                    let again = restarted || asked_again || matches!(self.mail.try_recv(), Ok(Mail::Repeated));
                    return if again { Next::Again } else { Next::Over };
                }
            }
            meter.sent(blocks.bytes_until(transfer.acked()));
            let deadline = (origin + transfer.deadline()).into();
            if alarm.deadline() != deadline {
                alarm.as_mut().reset(deadline);
            }
            let happening = self.next(wire, &mut received, alarm.as_mut()).await;
            let now = origin.elapsed();
            output = match happening {
                Happening::Datagram(len) => take(&mut transfer, received.get(..len).unwrap_or_default(), now),
                Happening::Mail(Some(Mail::Datagram(bytes))) => take(&mut transfer, &bytes, now),
                Happening::Mail(Some(Mail::Repeated)) => transfer.on(Input::Repeated, now),
                Happening::Deadline => transfer.on(Input::Timeout, now),
                Happening::Nothing => Output::Wait,
                Happening::Stranger(stranger, len) => {
                    // An ERROR is never answered with an ERROR.
                    if !matches!(Packet::parse(received.get(..len).unwrap_or_default()), Ok(Packet::Error { .. })) {
                        let error = encode_error(ErrorCode::UnknownTransferId, "unknown transfer id");
                        wire.send_to_stranger(&error, stranger).await;
                    }
                    Output::Wait
                }
                Happening::Mail(None) => {
                    meter.end(Outcome::Aborted("the client asked for something else".to_owned()));
                    return Next::Over;
                }
                Happening::Stop => {
                    let _ = wire.send(&encode_error(ErrorCode::NotDefined, "the server stops")).await;
                    meter.end(Outcome::Aborted("netspec stops".to_owned()));
                    return Next::Over;
                }
            };
        }
    }

    /// Waits for the next thing to happen.
    ///
    /// An ERROR is seen before a request that followed it (TF-28). The two come through different sockets, and the runtime may
    /// notice the second one first.
    async fn next(&mut self, wire: &Wire, buf: &mut [u8], alarm: std::pin::Pin<&mut Sleep>) -> Happening {
        let datagram = |(len, from, ours)| if ours { Happening::Datagram(len) } else { Happening::Stranger(from, len) };
        if !self.asked_again {
            let happening = tokio::select! {
                biased;
                () = told_to_stop(&mut self.stop) => Happening::Stop,
                received = wire.receive(buf) => received.map_or(Happening::Nothing, datagram),
                mail = self.mail.recv() => Happening::Mail(mail),
                () = alarm => Happening::Deadline,
            };
            if !matches!(happening, Happening::Mail(Some(Mail::Repeated))) {
                return happening;
            }
            self.asked_again = true;
        }
        match wire.waiting(buf) {
            Some(received) => datagram(received),
            None => {
                self.asked_again = false;
                Happening::Mail(Some(Mail::Repeated))
            }
        }
    }

    async fn send_blocks(
        &self,
        wire: &Wire,
        transfer: &mut Transfer,
        blocks: &mut Blocks,
        (first, count, doubled): (u64, u64, bool),
        packet: &mut Vec<u8>,
    ) -> io::Result<()> {
        // What is under way may be needed again.
        blocks.load(transfer.acked() + 1, first.saturating_add(count)).await?;
        if let Some(last) = blocks.last() {
            transfer.ends_at(last);
        }
        for block in doubled.then_some(first).into_iter().chain(first..first.saturating_add(count)) {
            packet.clear();
            packet.extend_from_slice(&encode_data_header(transfer.wire(block)));
            packet.extend_from_slice(blocks.get(block).ok_or(io::ErrorKind::UnexpectedEof)?);
            // The client reports a gap, or the deadline finds it.
            let _ = wire.send(packet).await;
        }
        Ok(())
    }
}

fn take(transfer: &mut Transfer, datagram: &[u8], now: std::time::Duration) -> Output {
    match Packet::parse(datagram) {
        Ok(packet) => transfer.on(Input::Packet(&packet), now),
        Err(_) => Output::Wait,
    }
}

fn outcome(end: End) -> Outcome {
    match end {
        End::Delivered | End::Silent => Outcome::Done,
        End::Probe => Outcome::Probe,
        End::Aborted(Abort::Error { code, message }) if message.is_empty() => {
            Outcome::Aborted(format!("the client sent error {code}"))
        }
        End::Aborted(Abort::Error { code, message }) => {
            Outcome::Aborted(format!("the client sent error {code}: {message}"))
        }
        End::Aborted(Abort::Unanswered) => Outcome::Aborted("the client never answered".to_owned()),
        End::Aborted(Abort::Lost) => Outcome::Aborted("the client fell silent".to_owned()),
        End::Aborted(Abort::Restarted) => Outcome::Aborted("the client started over".to_owned()),
    }
}
