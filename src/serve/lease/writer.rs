//! A thread that stores leases: many at once where many wait, because each write waits for the disk.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::now;
use super::store::Store;
use crate::proto::dhcp::lease::Record;

/// Writes that wait. A client whose lease finds no room asks again.
const WAITING: usize = 1024;
/// Writes that go to the disk together.
const TOGETHER: usize = 256;

#[derive(Debug)]
pub(super) struct Writer {
    sender: SyncSender<Job>,
    thread: JoinHandle<()>,
}

struct Job {
    records: Vec<Record>,
    then: Box<dyn FnOnce(io::Result<()>) + Send>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("records", &self.records).finish_non_exhaustive()
    }
}

/// The disk is slower than the clients.
#[derive(Debug, thiserror::Error)]
#[error("more leases wait to be stored than the disk takes; it will ask again")]
pub(super) struct Full;

impl Writer {
    pub(super) fn start(store: Store) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || write_all(store, &receiver));
        Self { sender, thread }
    }

    /// Has records stored; `then` is called on the writing thread when they are on the disk, or could not be written.
    pub(super) fn write(
        &self,
        records: Vec<Record>,
        then: impl FnOnce(io::Result<()>) + Send + 'static,
    ) -> Result<(), Full> {
        self.sender.try_send(Job { records, then: Box::new(then) }).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Full,
        })
    }

    /// Writes what waits, and ends.
    pub(super) fn close(self) {
        drop(self.sender);
        // A panic of the thread has been printed, and there is nobody to tell any more.
        let _ = self.thread.join();
    }
}

fn write_all(mut store: Store, receiver: &Receiver<Job>) {
    while let Ok(first) = receiver.recv() {
        let mut jobs = vec![first];
        while jobs.len() < TOGETHER {
            match receiver.try_recv() {
                Ok(job) => jobs.push(job),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        let records: Vec<Record> = jobs.iter_mut().flat_map(|job| std::mem::take(&mut job.records)).collect();
        let written = store.write(&records, now());
        for Job { then, .. } in jobs {
            then(written.as_ref().copied().map_err(|error| io::Error::new(error.kind(), error.to_string())));
        }
    }
}
