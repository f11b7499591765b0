//! Who this process is: root only until its ports are open.
//!
//! Later an address or an interface may come, whose ports are below 1024 (CO-19). One thread keeps the capability to open
//! those, and nothing else; it runs no code that reads what clients send. Started by another user with capabilities, as a
//! service manager can do it, the process keeps them.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::sync::mpsc;
use std::thread;

use nix::errno::Errno;
use nix::unistd::{Gid, Uid, User, fchown, geteuid, setgroups, setresgid, setresuid};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_keep_capabilities};
use tokio::sync::oneshot;

/// The number of `nobody` on Linux, where no account has the name.
const NOBODY: u32 = 65534;

type Job = Box<dyn FnOnce() + Send>;

/// The thread that can open ports below 1024 after the process has left root.
#[derive(Debug)]
pub struct Opener {
    jobs: mpsc::Sender<Job>,
}

impl Opener {
    /// Starts it; it ends when this is dropped.
    ///
    /// # Errors
    /// Where there can be no more threads.
    pub fn start() -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (started, is_started) = mpsc::channel();
        thread::Builder::new().name("opener".to_owned()).spawn(move || {
            // Of this thread alone: whoever else becomes another user loses everything (`capabilities(7)`). Where it fails,
            // ports below 1024 cannot be opened later, which is then told for each.
            let _ = set_keep_capabilities(true);
            let _ = started.send(());
            while let Ok(job) = queue.recv() {
                job();
            }
        })?;
        is_started.recv().map_err(io::Error::other)?;
        Ok(Self { jobs })
    }

    /// Becomes `nobody` for good, if this process is root (SE-02). All files have to be open.
    ///
    /// # Errors
    /// Why the process stays root, as in a container that has no other users.
    pub fn leave_root(&self) -> nix::Result<()> {
        leave_root()?;
        let (done, is_done) = mpsc::channel();
        let job: Job = Box::new(move || {
            keep_only_ports();
            let _ = done.send(());
        });
        // If the thread is gone, so are its capabilities.
        if self.jobs.send(job).is_ok() {
            let _ = is_done.recv();
        }
        Ok(())
    }

    /// Runs `work` on the thread; `None` if the thread is gone.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, is_done) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Whoever waited for it may have been stopped.
            let _ = done.send(work());
        });
        self.jobs.send(job).ok()?;
        is_done.await.ok()
    }
}

/// The user and group that [`Opener::leave_root`] will become, to which the files go that are written while serving; `None`
/// where this process is not root and stays who it is.
pub fn successor() -> Option<(Uid, Gid)> {
    let nobody = || User::from_name("nobody").ok().flatten();
    let ids = || nobody().map_or((Uid::from_raw(NOBODY), Gid::from_raw(NOBODY)), |user| (user.uid, user.gid));
    geteuid().is_root().then(ids)
}

/// Gives a file or folder that root has made to the user that will serve; what belongs to others already stays as it is.
pub(super) fn hand_over(file: &File, uid: Uid, gid: Gid) -> io::Result<()> {
    let metadata = file.metadata()?;
    let is_only_here = metadata.is_dir() || (metadata.is_file() && metadata.nlink() == 1);
    if metadata.uid() != 0 || !is_only_here {
        return Ok(());
    }
    match fchown(file, Some(uid), Some(gid)) {
        // A container without other users, in which root stays root.
        Err(Errno::EINVAL) => Ok(()),
        handed_over => Ok(handed_over?),
    }
}

/// The group first: without root it cannot be changed any more. Both calls change all threads, and leaving root clears the
/// capabilities of all but the [`Opener`].
fn leave_root() -> nix::Result<()> {
    let Some((uid, gid)) = successor() else { return Ok(()) };
    setgroups(&[])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)
}

/// Gives up all capabilities of this thread but the one for ports below 1024, and makes that one work again.
fn keep_only_ports() {
    let Ok(now) = capabilities(None) else { return };
    let ports = now.permitted & CapabilitySet::NET_BIND_SERVICE;
    // It only gives away; what else it may fail for, the thread then has less.
    let _ = set_capabilities(
        None,
        CapabilitySets { effective: ports, permitted: ports, inheritable: CapabilitySet::empty() },
    );
}
