//! What the tests over real sockets share: files to serve, a log of events, and servers on free ports.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

use netspec::image::iso9660::Extent;
use netspec::serve::content::{Content, Files, Opened, Role};
use netspec::serve::event::{BootEvent, Events, Outcome};
use netspec::serve::{http, tftp};
use tokio::sync::watch;

/// Bytes that differ from place to place, so that a swapped block is seen.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect()
}

/// Reads from a socket; a signal to this process is no end of it.
pub(crate) fn uninterrupted<T>(mut read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The files that a test serves.
#[derive(Default)]
pub(crate) struct Shelf(BTreeMap<&'static str, Opened>);

impl Shelf {
    pub(crate) fn memory(self, path: &'static str, bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        self.add(path, len, Content::Memory(bytes.into()))
    }

    /// A file on disk of `len` bytes, all of them holes but the last bytes, which are `tail`.
    pub(crate) fn sparse(self, path: &'static str, len: u64, tail: &[u8]) -> Self {
        use std::os::unix::fs::FileExt;
        let file = tempfile::tempfile().unwrap();
        file.set_len(len).unwrap();
        file.write_all_at(tail, len - tail.len() as u64).unwrap();
        self.extents(path, file, &[(0, len)])
    }

    pub(crate) fn extents(self, path: &'static str, file: File, extents: &[(u64, u64)]) -> Self {
        let extents: Arc<[Extent]> =
            extents.iter().map(|(offset, len)| Extent { offset: *offset, len: *len }).collect();
        let len = extents.iter().map(|extent| extent.len).sum();
        self.add(path, len, Content::Extents { file: Arc::new(file), extents })
    }

    fn add(mut self, path: &'static str, len: u64, content: Content) -> Self {
        let modified = Some(UNIX_EPOCH + Duration::from_millis(784_111_777_500));
        let (etag, role) = ("\"v1\"".into(), Role::Other);
        self.0.insert(path, Opened { path: path.into(), len, content, etag, modified, role, decided: None });
        self
    }
}

impl Files for Shelf {
    fn open(&self, path: &str, _local: Ipv4Addr) -> Option<Opened> {
        assert!(path != "panic", "a file table with a bug");
        self.0.get(path).cloned()
    }
}

/// The events of a server, in order.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<BootEvent>>, Condvar);

impl Events for Log {
    fn emit(&self, event: BootEvent) {
        self.0.lock().unwrap().push(event);
        self.1.notify_all();
    }
}

impl Log {
    /// Waits until `count` requests have come to their end, and tells how: `done`, `probe`, `aborted: why`, `refused: why`.
    pub(crate) fn ends(&self, count: usize) -> Vec<String> {
        let ends = |events: &Vec<BootEvent>| events.iter().filter_map(end).collect::<Vec<_>>();
        let events = self.0.lock().unwrap();
        let enough = |events: &mut Vec<BootEvent>| ends(events).len() < count;
        let (events, _) = self.1.wait_timeout_while(events, Duration::from_secs(20), enough).unwrap();
        ends(&events)
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&[BootEvent]) -> T) -> T {
        look(&self.0.lock().unwrap())
    }
}

fn end(event: &BootEvent) -> Option<String> {
    match event {
        BootEvent::Ended { outcome: Outcome::Done, .. } => Some("done".to_owned()),
        BootEvent::Ended { outcome: Outcome::Probe, .. } => Some("probe".to_owned()),
        BootEvent::Ended { outcome: Outcome::Aborted(why), .. } => Some(format!("aborted: {why}")),
        BootEvent::Refused { reason, .. } => Some(format!("refused: {reason}")),
        _ => None,
    }
}

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    pub(crate) addr: SocketAddrV4,
    pub(crate) log: Arc<Log>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Any free port on all addresses.
pub(crate) const ANY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);

impl Server {
    pub(crate) fn tftp(config: tftp::Config, shelf: Shelf) -> Self {
        Self::tftp_with(config, shelf)
    }

    pub(crate) fn tftp_with(config: tftp::Config, files: impl Files) -> Self {
        let bound = tftp::bind(config).unwrap();
        let addr = bound.local_addr();
        Self::start(addr, move |events, stop| bound.run(Arc::new(files), events, stop))
    }

    pub(crate) fn http(config: http::Config, shelf: Shelf) -> Self {
        Self::http_with(config, shelf)
    }

    pub(crate) fn http_with(config: http::Config, files: impl Files) -> Self {
        let bound = http::bind(config).unwrap();
        let addr = bound.local_addr();
        Self::start(addr, move |events, stop| bound.run(Arc::new(files), events, stop))
    }

    fn start<F>(
        addr: SocketAddrV4,
        run: impl FnOnce(Arc<dyn Events>, watch::Receiver<bool>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = std::io::Result<()>>,
    {
        assert_ne!(addr.port(), 0);
        let addr = SocketAddrV4::new(Ipv4Addr::LOCALHOST, addr.port());
        let (stop, stopped) = watch::channel(false);
        let log = Arc::new(Log::default());
        let events = log.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(run(events, stopped)).unwrap();
        });
        Self { addr, log, stop, thread: Some(thread) }
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a client program that writes the file to the path that stands for `OUT`; what it got.
pub(crate) fn fetch_with(program: &str, args: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("got");
    let args = args.iter().map(|arg| arg.replace("OUT", out.to_str().unwrap()));
    let output = Command::new(program).args(args).current_dir(folder.path()).output();
    let output = output.unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(out).unwrap()
}
