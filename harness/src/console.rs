//! The serial console of a PC: what it prints is kept, shown as a screen and waited for; what we type goes in.
//!
//! Bytes reach the log file and the screen before anything looks for a pattern in them, so the last words of a machine
//! that died are always in the log, prompts without a line end included.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rexpect::error::Error as Expect;
use rexpect::reader::Options;
use rexpect::session::StreamSession;

use crate::error::{Context, Error, Result, SILENT_KERNEL};
use crate::screen::Screen;

/// How long one look for a pattern takes; our own deadline is around it, because a session has only one for all waits.
const LOOK: Duration = Duration::from_millis(250);

/// What PXELINUX prints when it cannot go on. Three of some 150 boots under emulation ended so, in the middle of a kernel or an
/// initial RAM disk over HTTP. The captures show that everything was acknowledged and that the PC then answered nothing any
/// more, not even ARP. No word comes before, which in its source leaves the checks of its thread scheduler (syslinux,
/// `core/thread/schedule.c`).
const CRASH: &str = "Boot failed: press a key to retry";

/// What the reading side and the waiting side share.
#[derive(Default)]
struct View {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    screen: Screen,
    bytes: u64,
    ended: bool,
}

impl View {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the line, and shows every byte to the log and the screen on its way.
struct Tee {
    line: UnixStream,
    log: File,
    view: Arc<View>,
}

impl Read for Tee {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = match self.line.read(buffer) {
            // QEMU's end resets the connection; for a console that is its end and no error.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            other => other?,
        };
        self.log.write_all(&buffer[..length])?;
        let mut state = self.view.state();
        state.screen.feed(&buffer[..length]);
        state.bytes += length as u64;
        state.ended |= length == 0;
        drop(state);
        self.view.changed.notify_all();
        Ok(length)
    }
}

/// The console.
pub struct Console {
    session: StreamSession<UnixStream>,
    view: Arc<View>,
}

impl Console {
    /// Takes over a connected line; everything that comes over it is appended to `log`.
    pub fn new(line: UnixStream, log: &Path) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log).context(log.display())?;
        let view = Arc::new(View::default());
        let writer = line.try_clone().context("the console")?;
        let tee = Tee { line, log, view: Arc::clone(&view) };
        let options = Options::new().timeout_ms(Some(LOOK.as_millis() as u64));
        Ok(Self { session: StreamSession::new(tee, writer, options), view })
    }

    /// Waits for `text`, which must be ASCII, and returns what came before it since the last wait.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> Result<String> {
        let start = Instant::now();
        loop {
            match self.session.exp_string(text) {
                Ok(before) => return Ok(before),
                Err(Expect::EOF { .. }) => return Err(Error::new(format!("the PC went off before `{text}` came"))),
                Err(Expect::Timeout { .. }) if self.has_crashed() => return Err(Error::loader_crash()),
                Err(Expect::Timeout { .. }) if start.elapsed() < limit => {}
                Err(Expect::Timeout { .. }) if self.ends_with_loading() => return Err(Error::new(SILENT_KERNEL)),
                Err(Expect::Timeout { .. }) => {
                    return Err(Error::new(format!("`{text}` did not come within {} s", limit.as_secs())));
                }
                Err(other) => return Err(Error::new(format!("the console: {other}"))),
            }
        }
    }

    /// Waits until the screen shows what `wanted` looks for and has been still for `still`.
    pub fn wait_for_screen<T>(
        &self,
        what: &str,
        limit: Duration,
        still: Duration,
        mut wanted: impl FnMut(&Screen) -> Option<T>,
    ) -> Result<T> {
        let start = Instant::now();
        let mut state = self.view.state();
        let (mut seen, mut since) = (state.bytes, Instant::now());
        loop {
            if state.bytes != seen {
                (seen, since) = (state.bytes, Instant::now());
            }
            let found = wanted(&state.screen);
            if state.screen.text().contains(CRASH) {
                return Err(Error::loader_crash());
            }
            if state.ended && found.is_none() {
                return Err(Error::new(format!("the PC went off before {what}")));
            }
            match found {
                Some(found) if since.elapsed() >= still => return Ok(found),
                _ if start.elapsed() > limit => {
                    return Err(Error::new(format!("{what} did not come within {} s", limit.as_secs())));
                }
                _ => {}
            }
            let pause = still.saturating_sub(since.elapsed()).max(Duration::from_millis(10)).min(LOOK);
            state = self.view.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether the last line is PXELINUX's about the last file that it has loaded.
    fn ends_with_loading(&self) -> bool {
        let text = self.look(crate::screen::Screen::text);
        let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
        last.is_some_and(|line| line.starts_with("Loading ") && line.ends_with("... ok"))
    }

    fn has_crashed(&self) -> bool {
        self.look(|screen| screen.text().contains(CRASH))
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        self.session.send(keys).and_then(|_| self.session.flush()).context("typing")
    }

    /// How many bytes have come so far.
    pub fn bytes(&self) -> u64 {
        self.view.state().bytes
    }

    /// Looks at the screen as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(&self.view.state().screen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::is_of_the_pc;

    /// A console on which a PC has printed `text`; it stays on while the second value lives.
    fn after(text: &str) -> (Console, UnixStream) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let log = tempfile::NamedTempFile::new().unwrap();
        let console = Console::new(ours, log.path()).unwrap();
        theirs.write_all(text.as_bytes()).unwrap();
        (console, theirs)
    }

    fn failure(text: &str) -> String {
        let (mut console, _pc) = after(text);
        console.wait_for("login:", Duration::from_millis(400)).unwrap_err().to_string()
    }

    #[test]
    fn a_crash_of_the_loader_is_the_pcs_own() {
        let crash = failure(
            "Loading http://10.77.0.2/initrd.img...\r\nBoot failed: press a key to retry, or wait for reset...\r\n..",
        );
        assert!(is_of_the_pc(&crash), "{crash}");
        let (console, _pc) = after("Boot failed: press a key to retry, or wait for reset...\r\n");
        let limit = Duration::from_secs(5);
        let error = console.wait_for_screen("a menu", limit, Duration::ZERO, |_| None::<()>).unwrap_err();
        assert!(is_of_the_pc(&error.to_string()), "{error}");
    }

    #[test]
    fn a_kernel_without_a_word_is_the_pcs_own_and_a_talking_one_is_not() {
        let loaded = "Loading http://10.77.0.2/vmlinuz... ok\r\nLoading http://10.77.0.2/initrd.img... ok\r\n";
        assert!(is_of_the_pc(&failure(loaded)));
        let talking = failure(&format!("{loaded}:: running early hook [udev]\r\n"));
        assert!(!is_of_the_pc(&talking), "{talking}");
        // A file that the server does not give to its end is the server's failure.
        let stuck = failure("Loading http://10.77.0.2/vmlinuz... ok\r\nLoading http://10.77.0.2/initrd.img...");
        assert!(!is_of_the_pc(&stuck), "{stuck}");
    }
}
