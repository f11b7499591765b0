//! One connection: its requests, one after the other.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::body::{Halt, send};
use crate::proto::http::request::{BadRequest, MAX_HEAD, Method, Request, head_end};
use crate::proto::http::response::{Head, Status};
use crate::proto::http::{Representation, Validators, answer, http_date};
use crate::proto::name;
use crate::proto::probe::is_probe;
use crate::serve::content::{Opened, Role};
use crate::serve::event::{BootEvent, Outcome, Transport};
use crate::serve::meter::Meter;
use crate::serve::told_to_stop;

/// A connection of one client.
pub(super) struct Connection {
    shared: Arc<Shared>,
    stream: TcpStream,
    client: Ipv4Addr,
    /// The address of this machine that the client connected to.
    local: Ipv4Addr,
    /// What was received and not yet used. Empty and without memory while nothing comes.
    received: Vec<u8>,
}

/// Whether the connection serves another request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It does.
    Keep,
    /// It ends with an orderly FIN.
    Close,
    /// It is broken: cut it off, so that the client does not take what it has for the whole.
    Drop,
}

/// An answer that is no file.
struct Plain {
    status: Status,
    reason: String,
    expected: bool,
}

impl Connection {
    /// # Errors
    /// Where the client is gone already.
    pub(super) fn new(shared: Arc<Shared>, stream: TcpStream, client: Ipv4Addr) -> io::Result<Self> {
        // edk2 gives up after 5 s without a byte, so none may wait for an ACK (HT-25).
        stream.set_nodelay(true)?;
        let IpAddr::V4(local) = stream.local_addr()?.ip() else { return Err(io::ErrorKind::Unsupported.into()) };
        Ok(Self { shared, stream, client, local, received: Vec::new() })
    }

    /// Serves until the client or the server ends the connection.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let head = tokio::select! {
                head = self.next_head() => head,
                () = told_to_stop(&mut stop) => return,
            };
            let after = match head {
                Ok(Some(head)) => self.respond(&head, &mut stop).await,
                Ok(None) => return,
                Err(refused) => {
                    let plain = refused.into();
                    self.refuse(b"", &plain, false, false).await
                }
            };
            match after {
                After::Keep => {}
                After::Drop => {
                    // A client of HTTP/1.0 takes FIN for the end of the file, so this must be a RST. Without it the connection
                    // just ends sooner or later.
                    let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
                    return;
                }
                After::Close => {
                    tokio::select! {
                        () = linger(self.stream) => {}
                        () = told_to_stop(&mut stop) => {}
                    }
                    return;
                }
            }
        }
    }

    /// The bytes of the next request head; `None` where the client has no more, or is too slow to begin one.
    async fn next_head(&mut self) -> Result<Option<Vec<u8>>, HeadError> {
        if self.received.is_empty() {
            self.received.shrink_to(0);
            let first = timeout(self.shared.config.idle_timeout, self.stream.peek(&mut [0])).await;
            if !matches!(first, Ok(Ok(1..))) {
                return Ok(None);
            }
        }
        let limit = self.shared.config.head_timeout;
        timeout(limit, self.rest_of_head()).await.unwrap_or(Err(HeadError::Slow))
    }

    async fn rest_of_head(&mut self) -> Result<Option<Vec<u8>>, HeadError> {
        let mut looked_at = 0;
        loop {
            // Empty lines in front of a request are ignored (RFC 9112 section 2.2).
            let blank = self.received.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            if blank > 0 {
                self.received.drain(..blank);
                looked_at = 0;
            }
            if let Some(end) = head_end(&self.received, looked_at) {
                let rest = self.received.split_off(end);
                return Ok(Some(std::mem::replace(&mut self.received, rest)));
            }
            if self.received.len() >= MAX_HEAD {
                return Err(HeadError::Bad(BadRequest::TooLarge));
            }
            looked_at = self.received.len();
            // No more than one head is held, whatever else the client has sent.
            let room = MAX_HEAD - looked_at;
            self.received.reserve(room.min(2048));
            match (&mut self.stream).take(room as u64).read_buf(&mut self.received).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
    }

    async fn respond(&mut self, head: &[u8], stop: &mut watch::Receiver<bool>) -> After {
        let started = Instant::now();
        let request = match Request::parse(head) {
            Ok(request) => request,
            Err(bad) => return self.refuse(b"", &HeadError::Bad(bad).into(), false, false).await,
        };
        // Content of a request is not read, so what follows it could not be told from it.
        let keep_alive = request.keep_alive() && !request.has_content();
        let is_head = request.method == Method::Head;
        let file = match self.open(&request) {
            Ok(file) => file,
            Err(plain) => return self.refuse(request.target, &plain, is_head, keep_alive).await,
        };
        let validators = Validators { etag: &file.etag, modified: file.modified.and_then(http_date) };
        let representation = Representation {
            path: &file.path,
            len: file.len,
            validators,
            volatile: matches!(file.role, Role::Menu | Role::Answers),
        };
        let answer = answer(&request, &representation);
        match answer.status {
            Status::Ok | Status::PartialContent | Status::NotModified => {}
            status => {
                let asked = if status == Status::RangeNotSatisfiable { "range" } else { "if-match" };
                let value = request.header(asked).next().map(String::from_utf8_lossy).unwrap_or_default();
                let reason = match status {
                    Status::RangeNotSatisfiable => {
                        format!("the range \"{value}\" is not in a file of {} bytes", file.len)
                    }
                    _ => "the file is not the version that the client knows".to_owned(),
                };
                self.report(request.target, reason, false);
                return self.write_plain(answer.head, status, is_head, keep_alive).await;
            }
        }
        let len = if is_head { 0 } else { answer.len };
        let mut meter = Meter::start(&self.shared.events, started, self.client, Transport::Http, &file, len);
        let bytes = dated(answer.head).finish(keep_alive);
        let sent = tokio::select! {
            sent = send(&self.shared, &mut self.stream, bytes, &file.content, answer.first, len, &mut meter) => sent,
            () = told_to_stop(stop) => Err(Halt::Stopping),
        };
        match sent {
            Ok(()) => {
                meter.end(if is_head { Outcome::Probe } else { Outcome::Done });
                if keep_alive { After::Keep } else { After::Close }
            }
            Err(halt) => {
                meter.end(Outcome::Aborted(halt.to_string()));
                After::Drop
            }
        }
    }

    fn open(&self, request: &Request<'_>) -> Result<Opened, Plain> {
        if request.method == Method::Other {
            let reason = "only GET and HEAD are served".to_owned();
            return Err(Plain { status: Status::MethodNotAllowed, reason, expected: false });
        }
        // A refused name is a name that no file has: a quick 404, as for any other miss (HT-17).
        let missing = |reason: String, expected| Plain { status: Status::NotFound, reason, expected };
        let path = name::from_http(request.target).map_err(|error| missing(error.to_string(), false))?;
        let found = self.shared.files.open_for(&path, self.local, self.client);
        let why = || self.shared.files.why_not(&path, self.local, self.client);
        found.ok_or_else(|| match why() {
            Some(why) => missing(why, false),
            None => missing("not found".to_owned(), is_probe(&path)),
        })
    }

    fn report(&self, target: &[u8], reason: String, expected: bool) {
        self.shared.events.emit(BootEvent::Refused {
            client: self.client,
            transport: Transport::Http,
            path: String::from_utf8_lossy(target).into_owned(),
            reason,
            expected,
        });
    }

    async fn refuse(&mut self, target: &[u8], plain: &Plain, is_head: bool, keep_alive: bool) -> After {
        self.report(target, plain.reason.clone(), plain.expected);
        let head = Head::new(plain.status).with_text(plain.status);
        let head = if plain.status == Status::MethodNotAllowed { head.with("Allow", "GET, HEAD") } else { head };
        self.write_plain(head, plain.status, is_head, keep_alive).await
    }

    async fn write_plain(&mut self, head: Head, status: Status, is_head: bool, keep_alive: bool) -> After {
        let mut bytes = dated(head).finish(keep_alive);
        if !is_head {
            bytes.extend_from_slice(status.text().as_bytes());
        }
        match timeout(self.shared.config.stall_timeout, self.stream.write_all(&bytes)).await {
            Ok(Ok(())) if keep_alive => After::Keep,
            Ok(Ok(())) => After::Close,
            _ => After::Drop,
        }
    }
}

/// Why there is no head to parse.
enum HeadError {
    Bad(BadRequest),
    Slow,
}

impl From<HeadError> for Plain {
    fn from(error: HeadError) -> Self {
        let (status, reason) = match error {
            HeadError::Bad(bad) => {
                let status = match bad {
                    BadRequest::RequestLine | BadRequest::Header => Status::BadRequest,
                    BadRequest::Version => Status::HttpVersionNotSupported,
                    BadRequest::TooLarge => Status::RequestHeaderFieldsTooLarge,
                };
                (status, bad.to_string())
            }
            HeadError::Slow => (Status::RequestTimeout, "the request did not come to its end in time".to_owned()),
        };
        Self { status, reason, expected: false }
    }
}

fn dated(head: Head) -> Head {
    match http_date(SystemTime::now()) {
        Some(now) => head.with("Date", now),
        None => head,
    }
}

/// How long a client gets to see the end of an answer and to close its side.
const LINGER: Duration = Duration::from_secs(5);

/// Ends a connection with FIN and waits for the client to do so too.
///
/// Closing a socket with unread bytes sends RST, which destroys what the client has not read yet; lpxelinux would lose the end
/// of the file (HT-03).
pub(super) async fn linger(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut unread = [0; 512];
    tokio::select! {
        () = sleep(LINGER) => {}
        () = async { while matches!(stream.read(&mut unread).await, Ok(1..)) {} } => {}
    }
}
