//! The HTTP server: one task per connection, files read straight from where they are.
//!
//! [`bind`] opens the socket, [`Bound::run`] serves until it is told to stop. What to answer is decided in
//! [`crate::proto::http`]; here are the sockets, the clock and the bounds.

mod body;
mod connection;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::connection::{Connection, linger};
use super::content::Files;
use super::event::{BootEvent, Events, Transport};
use super::limit::Limit;
use crate::proto::http::response::{Head, Status};

/// How to serve over HTTP.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes any free port. The unspecified address answers on all.
    pub addr: SocketAddrV4,
    /// The most connections at once; a client above gets a 503.
    pub max_connections: usize,
    /// The most connections at once from one address.
    pub max_per_source: usize,
    /// How long a connection may stay without a request; slow firmware needs a minute (HT-18).
    pub idle_timeout: Duration,
    /// How long a request may take from its first byte to its empty line.
    pub head_timeout: Duration,
    /// How long a client may take no byte of an answer. A boot loader at its menu does that, and so does a machine that is gone.
    pub stall_timeout: Duration,
}

impl Config {
    /// The usual values, listening on `addr`.
    pub fn new(addr: SocketAddrV4) -> Self {
        Self {
            addr,
            max_connections: 1024,
            max_per_source: 512,
            idle_timeout: Duration::from_secs(75),
            head_timeout: Duration::from_secs(20),
            stall_timeout: Duration::from_secs(300),
        }
    }
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Bound {
    socket: TcpListener,
    addr: SocketAddrV4,
    config: Config,
}

/// Connections that wait to be accepted; a rack powers on together.
const BACKLOG: i32 = 1024;

/// Opens the listening socket.
///
/// # Errors
/// What the operating system says, `AddrInUse` before all.
pub fn bind(config: Config) -> io::Result<Bound> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Connections of the last run that are still winding down must not keep us from starting.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&config.addr.into())?;
    socket.listen(BACKLOG)?;
    let socket = TcpListener::from(socket);
    let SocketAddr::V4(addr) = socket.local_addr()? else { return Err(io::ErrorKind::AddrNotAvailable.into()) };
    Ok(Bound { socket, addr, config })
}

/// What all connections share.
struct Shared {
    config: Config,
    files: Arc<dyn Files>,
    events: Arc<dyn Events>,
    /// How many answers are being sent; they share the memory for buffers.
    sending: AtomicUsize,
}

/// How long connections get to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long to wait after a connection could not be accepted, as when no file descriptor is left.
const PAUSE: Duration = Duration::from_millis(50);

/// How many clients at once are told that the server is busy; the others are cut off.
const MAX_REFUSALS: usize = 64;

impl Bound {
    /// The address it listens on, with the real port.
    pub fn local_addr(&self) -> SocketAddrV4 {
        self.addr
    }

    /// Serves until `shutdown` becomes true or its sender is gone; then ends all connections.
    ///
    /// # Errors
    /// Where the socket cannot be given to the runtime. Later failures end one connection each.
    pub async fn run(
        self,
        files: Arc<dyn Files>,
        events: Arc<dyn Events>,
        mut shutdown: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.socket)?;
        let limit = Limit::new(self.config.max_connections, self.config.max_per_source);
        let refusals = Limit::new(MAX_REFUSALS, MAX_REFUSALS);
        let stop = shutdown.clone();
        let shared = Arc::new(Shared { config: self.config, files, events, sending: AtomicUsize::new(0) });
        let mut tasks = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = super::told_to_stop(&mut shutdown) => break,
                // A connection whose task panicked has ended like any other.
                Some(_) = tasks.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, SocketAddr::V4(peer))) = accepted else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let stop = stop.clone();
            match limit.take(*peer.ip()) {
                Ok(permit) => {
                    let shared = shared.clone();
                    tasks.spawn(async move {
                        if let Ok(connection) = Connection::new(shared, stream, *peer.ip()) {
                            connection.run(stop).await;
                        }
                        drop(permit);
                    });
                }
                Err(reason) => {
                    report_refusal(&shared.events, *peer.ip(), reason);
                    if let Ok(permit) = refusals.take(*peer.ip()) {
                        tasks.spawn(async move {
                            refuse(stream, stop).await;
                            drop(permit);
                        });
                    }
                }
            }
        }
        drop(listener);
        // The connections hear of the end themselves; whoever takes longer is cut off when the set is dropped.
        let _ = tokio::time::timeout(FAREWELL, async { while tasks.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

fn report_refusal(events: &Arc<dyn Events>, client: Ipv4Addr, reason: &str) {
    let (transport, path) = (Transport::Http, String::new());
    events.emit(BootEvent::Refused { client, transport, path, reason: reason.to_owned(), expected: false });
}

/// Tells a client to come back (HT-24). The answer is short enough for the empty send buffer of a new connection.
async fn refuse(stream: TcpStream, mut stop: watch::Receiver<bool>) {
    let status = Status::ServiceUnavailable;
    let mut answer = Head::new(status).with_text(status).with("Retry-After", 5).finish(false);
    answer.extend_from_slice(status.text().as_bytes());
    if stream.try_write(&answer).is_ok() {
        tokio::select! {
            () = linger(stream) => {}
            () = super::told_to_stop(&mut stop) => {}
        }
    }
}
