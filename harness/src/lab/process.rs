//! Child processes that end with the harness, whatever ends the harness.
//!
//! Each child is started through this program itself (`internal exec`), which asks the kernel to kill it together with
//! its parent, enters the network namespace and then becomes the wanted program. So Ctrl-C, a panic and `kill -9` all
//! leave nothing behind, and no unsafe code has to run between fork and exec.
//!
//! The kernel's tie is to the thread that started the child (prctl(2), `PR_SET_PDEATHSIG`), so only the main thread may
//! start processes.
//!
//! **Invariant:** [`Process::stop`] returns only when no process of the child's group is left.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::error::{Context, Error, Result};

/// How long a process may take to end after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_secs(2);

/// How often a wait looks again.
const POLL: Duration = Duration::from_millis(20);

/// What to start, where, and where its words go.
#[derive(Debug)]
pub struct Launch {
    name: String,
    program: OsString,
    arguments: Vec<OsString>,
    namespace: Option<u32>,
    log: Option<PathBuf>,
    folder: Option<PathBuf>,
}

impl Launch {
    /// Starts `program`, which messages call `name`.
    pub fn new(name: &str, program: impl AsRef<OsStr>) -> Self {
        Self {
            name: name.to_owned(),
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            namespace: None,
            log: None,
            folder: None,
        }
    }

    /// Starts another copy of this program with an `internal` command.
    pub fn internal(name: &str, command: &str) -> Result<Self> {
        Ok(Self::new(name, own_program()?).args(["internal", command]))
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Runs it in the network namespace of the process with this id.
    #[must_use]
    pub fn inside(mut self, holder: u32) -> Self {
        self.namespace = Some(holder);
        self
    }

    /// Appends what it prints to this file; otherwise it is thrown away.
    #[must_use]
    pub fn log(mut self, file: &Path) -> Self {
        self.log = Some(file.to_owned());
        self
    }

    /// Runs it in this folder.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Starts it in the background.
    pub fn spawn(self) -> Result<Process> {
        let (stdout, stderr) = match &self.log {
            Some(path) => {
                let file = File::options().create(true).append(true).open(path).context(path.display())?;
                (Stdio::from(file.try_clone().context(path.display())?), Stdio::from(file))
            }
            None => (Stdio::null(), Stdio::null()),
        };
        let child = self.command()?.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn();
        Process::new(self.name.clone(), child.context(format_args!("starting {}", self.name))?)
    }

    /// Starts it with pipes on all three streams.
    pub fn spawn_piped(self) -> Result<Process> {
        let child = self.command()?.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Process::new(self.name.clone(), child.context(format_args!("starting {}", self.name))?)
    }

    /// Runs it to its end and returns what it printed; a failure tells what it said.
    pub fn output(self) -> Result<String> {
        let output = self.command()?.stdin(Stdio::null()).output().context(format_args!("starting {}", self.name))?;
        finished(&self.name, output.status, &output.stdout, &output.stderr)
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(own_program()?);
        command.args(["internal", "exec", "--parent", &std::process::id().to_string()]);
        if let Some(holder) = self.namespace {
            command.args(["--netns", &holder.to_string()]);
        }
        command.arg("--").arg(&self.program).args(&self.arguments).process_group(0);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Ok(command)
    }
}

/// The path of this program.
fn own_program() -> Result<PathBuf> {
    // The link names the running file even when a newer build has replaced it on disk in the middle of a run.
    let program = PathBuf::from("/proc").join(std::process::id().to_string()).join("exe");
    if program.exists() { Ok(program) } else { Err(Error::new("/proc is not mounted")) }
}

/// Turns a finished program into its output or into an error that repeats its words.
pub(crate) fn finished(name: &str, status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Result<String> {
    if status.success() {
        return Ok(String::from_utf8_lossy(stdout).into_owned());
    }
    let words = String::from_utf8_lossy(stderr);
    Err(Error::new(format!("{name} failed ({status}): {}", words.trim())))
}

/// A running child with everything that it started.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    stopped: bool,
}

impl Process {
    fn new(name: String, child: Child) -> Result<Self> {
        Ok(Self { name, child, stopped: false })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pipes, for a process from [`Launch::spawn_piped`].
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Fails when the process has ended.
    pub fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait().context(&self.name)? {
            None => Ok(()),
            Some(status) => Err(Error::new(format!("{} has ended by itself ({status})", self.name))),
        }
    }

    /// Waits until the file that the process logs to has a line with `text`.
    pub fn wait_for_log(&mut self, log: &Path, text: &str, limit: Duration) -> Result<()> {
        let start = Instant::now();
        loop {
            let bytes = std::fs::read(log).unwrap_or_default();
            let words = String::from_utf8_lossy(&bytes);
            if words.contains(text) {
                return Ok(());
            }
            if let Err(error) = self.check_alive() {
                return Err(Error::new(format!("{error}; its last words: {}", last_lines(&words, 5))));
            }
            if start.elapsed() > limit {
                let name = &self.name;
                return Err(Error::new(format!("{name} did not say `{text}` within {} s", limit.as_secs())));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Ends the whole process group and makes sure that it is gone.
    pub fn stop(&mut self) -> Result<()> {
        if self.stopped {
            return Ok(());
        }
        let group = i32::try_from(self.id()).map(Pid::from_raw).context("process id")?;
        signal(group, Signal::SIGTERM).context(&self.name)?;
        let ended = self.reaped_within(GRACE)?;
        // The leader may be gone while a worker of it still runs, so the group gets the last signal in any case.
        signal(group, Signal::SIGKILL).context(&self.name)?;
        if !ended {
            self.child.wait().context(&self.name)?;
        }
        let start = Instant::now();
        while killpg(group, None) != Err(Errno::ESRCH) {
            if start.elapsed() > GRACE {
                return Err(Error::new(format!("{} left processes in group {group}", self.name)));
            }
            std::thread::sleep(POLL);
        }
        self.stopped = true;
        Ok(())
    }

    fn reaped_within(&mut self, limit: Duration) -> Result<bool> {
        let start = Instant::now();
        while self.child.try_wait().context(&self.name)?.is_none() {
            if start.elapsed() > limit {
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
        Ok(true)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever cares about the result has called `stop`; here it is the best that can be done.
        let _ = self.stop();
    }
}

fn signal(group: Pid, signal: Signal) -> std::result::Result<(), Errno> {
    match killpg(group, signal) {
        Err(Errno::ESRCH) => Ok(()),
        other => other,
    }
}

/// The last `count` lines of `text` in one line.
fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join(" | ")
}
