//! Files of other servers, fetched once into the cache and known there by their digest.
//!
//! What a spec pins by URL and `sha256` is a fixed output: [`Fetcher::fetch`] gets the bytes from the URL, and only bytes of that
//! digest get the final name. So a file in the cache needs no second look, and a server that sends something else tomorrow
//! changes nothing.
//!
//! | in the cache | what |
//! |---|---|
//! | `files/<digest>` | a whole file, verified |
//! | `files/<digest>.part` | the beginning of one; the next run goes on behind it |
//! | `files/<digest>.from` | of which version it is the beginning (`part::Version`) |
//! | `files/<digest>.lock` | held by the one process that writes these |

mod error;
mod part;
mod reply;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ureq::Agent;

pub use self::error::FetchError;
use self::part::Part;
use self::reply::Reply;
use crate::facts::Digest;
use crate::resolve::Pinned;

/// The largest file, in bytes; the largest ISO of a distribution has some 15 GiB.
pub const MAX_FILE: u64 = 128 * 1024 * 1024 * 1024;
/// So much is read at a time, in bytes.
const BLOCK: usize = 64 * 1024;

/// How patient fetching is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a name, a connection and the first line of an answer.
    pub answer: Duration,
    /// For the next bytes of a file.
    pub bytes: Duration,
    /// So often in a row a transfer may break off without a byte of progress.
    pub tries: u32,
    /// Before the second try; doubled before each further one.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (answer, bytes) = (Duration::from_secs(30), Duration::from_secs(60));
        Self { answer, bytes, tries: 5, pause: Duration::from_secs(1) }
    }
}

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another process fetches the same file; this one waits for it.
    Waits,
    /// So many bytes are there, of so many, where the server says how many.
    Bytes(u64, Option<u64>),
}

/// Where a file is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The file in the cache.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it was there before.
    pub was_there: bool,
}

/// Fetches into one cache folder.
pub struct Fetcher {
    agent: Agent,
    folder: PathBuf,
    patience: Patience,
}

/// Why a transfer ended.
enum End {
    Whole,
    BrokenOff(FetchError),
}

impl Fetcher {
    /// A fetcher into this cache folder, which need not be there yet.
    pub fn new(cache: &Path, patience: Patience) -> Self {
        let config = Agent::config_builder()
            .user_agent(concat!("netspec/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .timeout_resolve(Some(patience.answer))
            .timeout_connect(Some(patience.answer))
            .timeout_recv_response(Some(patience.answer))
            .timeout_per_read(Some(patience.bytes));
        Self { agent: config.build().into(), folder: cache.join("files"), patience }
    }

    /// Gets a file, unless it is there.
    ///
    /// A transfer that breaks off goes on where it ended, in this run and in the next one. Of several processes that want one
    /// file, one fetches it and the others wait.
    ///
    /// # Errors
    /// Why the file is not in the cache. What came of it stays for the next run, except where it is not what the spec pins.
    pub fn fetch(&self, pinned: &Pinned, progress: &mut dyn FnMut(Progress)) -> Result<Fetched, FetchError> {
        let path = self.folder.join(Digest(pinned.sha256).to_string());
        if let Some(there) = already(&path) {
            return Ok(there);
        }
        fs::create_dir_all(&self.folder).map_err(|error| FetchError::cache(&self.folder, error))?;
        let lock = path.with_extension("lock");
        let held = File::create(&lock).map_err(|error| FetchError::cache(&lock, error))?;
        if held.try_lock().is_err() {
            progress(Progress::Waits);
            held.lock().map_err(|error| FetchError::cache(&lock, error))?;
        }
        if let Some(there) = already(&path) {
            return Ok(there);
        }
        let mut part = Part::open(&path)?;
        self.transfer(pinned, &mut part, progress)?;
        let size = part.finish(&pinned.sha256, &path)?;
        // Whoever still waits for it finds the file; a failure to remove it leaves an empty file behind.
        let _ = fs::remove_file(&lock);
        Ok(Fetched { path, size, was_there: false })
    }

    /// Asks until the file is whole, or until there is no progress.
    fn transfer(&self, pinned: &Pinned, part: &mut Part, progress: &mut dyn FnMut(Progress)) -> Result<(), FetchError> {
        let mut tries = 0;
        loop {
            let before = part.len();
            match self.ask(pinned, part, progress)? {
                End::Whole => return Ok(()),
                End::BrokenOff(error) => {
                    tries = if part.len() > before { 1 } else { tries + 1 };
                    if tries >= self.patience.tries {
                        return Err(error);
                    }
                    thread::sleep(self.patience.pause.saturating_mul(1 << (tries - 1).min(5)));
                }
            }
        }
    }

    /// One request for what is missing, and as much of the answer as comes.
    fn ask(&self, pinned: &Pinned, part: &mut Part, progress: &mut dyn FnMut(Progress)) -> Result<End, FetchError> {
        let url = &pinned.url;
        let mut request = self.agent.get(url.as_str());
        if part.len() > 0 {
            request = request.header("Range", format!("bytes={}-", part.len()));
            if let Some(etag) = part.version().etag.as_deref() {
                request = request.header("If-Range", etag);
            }
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return FetchError::of_request(error, url).map(End::BrokenOff),
        };
        let total = match Reply::read(response.status().as_u16(), response.headers(), part.len()) {
            Reply::Whole { version } => {
                part.start(version)?;
                part.version().total
            }
            Reply::Rest { version } => {
                part.go_on(version)?;
                part.version().total
            }
            Reply::NothingLeft { total } => {
                return match total == Some(part.len()) {
                    true => Ok(End::Whole),
                    false => Err(part.changed(total)),
                };
            }
            Reply::Later(status) => return Ok(End::BrokenOff(FetchError::Status { status })),
            Reply::Refused(status) => return Err(FetchError::Status { status }),
            Reply::Nonsense(what) => return Err(FetchError::Nonsense(what)),
        };
        if let Some(size) = total.filter(|size| *size > MAX_FILE) {
            return Err(FetchError::TooLarge(size));
        }
        let mut body = response.body_mut().as_reader();
        let mut block = vec![0; BLOCK];
        loop {
            progress(Progress::Bytes(part.len(), total));
            match body.read(&mut block) {
                Ok(0) if total.is_none_or(|total| total == part.len()) => return Ok(End::Whole),
                Ok(0) => return Ok(End::BrokenOff(part.broken_off("the server closed the connection".to_owned()))),
                Ok(n) => {
                    part.append(block.get(..n).unwrap_or_default())?;
                    if part.len() > total.unwrap_or(MAX_FILE) {
                        return Err(FetchError::TooLarge(part.len()));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Ok(End::BrokenOff(part.broken_off(error.to_string()))),
            }
        }
    }
}

fn already(path: &Path) -> Option<Fetched> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Fetched { path: path.to_owned(), size: metadata.len(), was_there: true })
}
