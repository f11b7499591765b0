//! Network namespaces without names, each kept alive by a small process of ours.
//!
//! A namespace ends with its holder, and the holder ends with the harness, so no run can leave one behind. Nothing is
//! written to `/run/netns`.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;

use nix::sched::{CloneFlags, setns, unshare};

use super::process::{Launch, Process, finished};
use crate::error::{Context, Error, Result};

/// The line that a holder prints once its namespace exists.
const HELD: &str = "held";

/// One network namespace.
#[derive(Debug)]
pub struct Namespace {
    holder: Process,
}

impl Namespace {
    /// A new, empty namespace; `name` is only for messages.
    pub fn new(name: &str) -> Result<Self> {
        let mut holder = Launch::internal(&format!("namespace {name}"), "hold")?.spawn_piped()?;
        let mut line = String::new();
        let stdout = holder.child().stdout.take().ok_or_else(|| Error::new("the holder has no output"))?;
        BufReader::new(stdout).read_line(&mut line).context("reading from the namespace's holder")?;
        if line.trim() != HELD {
            let mut words = String::new();
            if let Some(mut stderr) = holder.child().stderr.take() {
                let _ = stderr.read_to_string(&mut words);
            }
            return Err(Error::new(format!("no network namespace can be made here: {}", words.trim())));
        }
        Ok(Self { holder })
    }

    /// The process that keeps it, by which others enter.
    pub fn id(&self) -> u32 {
        self.holder.id()
    }

    /// Ends it.
    pub fn remove(mut self) -> Result<()> {
        self.holder.stop()
    }

    /// Runs lines of `ip` in it, all or an error.
    pub fn ip(&self, lines: &[String]) -> Result<()> {
        let mut process = Launch::new("ip", "ip").args(["-batch", "-"]).inside(self.id()).spawn_piped()?;
        let child = process.child();
        let mut stdin = child.stdin.take().ok_or_else(|| Error::new("ip has no input"))?;
        stdin.write_all(lines.join("\n").as_bytes()).context("talking to ip")?;
        drop(stdin);
        let mut words = Vec::new();
        if let Some(mut stderr) = child.stderr.take() {
            stderr.read_to_end(&mut words).context("talking to ip")?;
        }
        let status = child.wait().context("waiting for ip")?;
        finished("ip", status, &[], &words).map(drop)
    }
}

/// `internal hold`: makes a network namespace and keeps it until the input ends.
pub fn hold() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET).context("unshare")?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{HELD}").and_then(|()| stdout.flush()).context("telling that the namespace is there")?;
    std::io::stdin().read_to_end(&mut Vec::new()).context("waiting for the end").map(drop)
}

/// Moves this process, which must have one thread, into the network namespace of another.
pub fn enter(holder: u32) -> Result<()> {
    let path = PathBuf::from("/proc").join(holder.to_string()).join("ns/net");
    let file = std::fs::File::open(&path).context(path.display())?;
    setns(file.as_fd(), CloneFlags::CLONE_NEWNET).context(path.display())
}

/// Gives a user without root a user namespace in which the laboratory can be built; root needs none.
///
/// Must be called before any thread starts.
pub fn become_root() -> Result<()> {
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if user.is_root() {
        return Ok(());
    }
    unshare(CloneFlags::CLONE_NEWUSER).context("this user may not make user namespaces")?;
    // The kernel takes a group map from an unprivileged process only after setgroups is denied (user_namespaces(7)).
    std::fs::write("/proc/self/setgroups", "deny").context("/proc/self/setgroups")?;
    std::fs::write("/proc/self/uid_map", format!("0 {user} 1")).context("/proc/self/uid_map")?;
    std::fs::write("/proc/self/gid_map", format!("0 {group} 1")).context("/proc/self/gid_map")
}

/// Whether this is root of the whole machine, not only of a user namespace.
pub fn is_real_root() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    nix::unistd::geteuid().is_root() && map.split_whitespace().nth(1) == Some("0")
}
