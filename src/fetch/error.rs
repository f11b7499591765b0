//! Why a file was not fetched, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::facts::Digest;
use crate::spec::url::Url;

/// How an error of name resolution begins.
const NO_ADDRESS: &str = "failed to lookup address information";

/// Why a file is not in the cache.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// DNS does not know the host, or does not answer.
    #[error("the host `{host}` is not found: {reason}")]
    NoHost {
        /// The host, with its port where one is written.
        host: String,
        /// What the operating system says.
        reason: String,
    },
    /// Nothing answers at the host.
    #[error("`{host}` cannot be reached: {reason}")]
    Unreachable {
        /// The host, with its port where one is written.
        host: String,
        /// What the operating system says.
        reason: String,
    },
    /// No connection over TLS can be made.
    #[error("`{host}` is not trusted: {reason}")]
    Tls {
        /// The host, with its port where one is written.
        host: String,
        /// What is wrong with its certificate, or with its TLS.
        reason: String,
    },
    /// The server says that it has none, or that it does not give it.
    #[error("the server answers with status {status}{}", meaning(*.status))]
    Status {
        /// By RFC 9110 section 15.
        status: u16,
    },
    /// The server leads from one URL to the next.
    #[error("the server redirects more than ten times")]
    Redirects,
    /// An answer that is no HTTP, or that contradicts itself.
    #[error("the server's answer cannot be understood: {0}")]
    Nonsense(String),
    /// The connection ended again and again.
    #[error("the transfer broke off after {got} of {} bytes: {reason}", total.map_or_else(|| "unknown".to_owned(), |total| total.to_string()))]
    BrokenOff {
        /// So much is there.
        got: u64,
        /// So much should be.
        total: Option<u64>,
        /// How it ended the last time.
        reason: String,
    },
    /// Another file is at the URL than before.
    #[error("the file on the server changed while it was fetched: from {before} to {} bytes", now.map_or_else(|| "unknown".to_owned(), |now| now.to_string()))]
    Changed {
        /// Its size when the transfer began.
        before: u64,
        /// Its size now.
        now: Option<u64>,
    },
    /// The file is not the one that the spec pins.
    #[error("the file has the SHA-256 digest {found}, and the spec wants {wanted}")]
    WrongDigest {
        /// What the spec says.
        wanted: Digest,
        /// What came.
        found: Digest,
    },
    /// More bytes than announced, or than any file has.
    #[error("the server sends {0} bytes or more, which is too many")]
    TooLarge(u64),
    /// The cache cannot be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// What a status means, in a few words behind the number.
fn meaning(status: u16) -> &'static str {
    match status {
        401 | 407 => ", it wants a password",
        403 => ", it does not give the file to everybody",
        404 => ", there is no such file",
        410 => ", the file is gone",
        429 => ", it was asked too often",
        500..=599 => ", it is in trouble itself",
        _ => "",
    }
}

impl FetchError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoHost { .. } => "correct the URL, or see whether this machine has DNS: `getent hosts NAME`",
            Self::Unreachable { .. } => "see whether the server is up, and whether a proxy is needed (`https_proxy`)",
            Self::Tls { .. } => {
                "correct the clock of this machine, or take another server: the digest guards the file also over `http://`"
            }
            Self::Status { status: 404 | 410 } => "correct the URL: distributions move old releases to another folder",
            Self::Status { .. } | Self::Redirects | Self::Nonsense(_) => {
                "see what `curl --location --head URL` says, or take another server that has the file"
            }
            Self::BrokenOff { .. } => "run it again: it goes on where it ended",
            Self::Changed { .. } => {
                "run it again: it begins anew, and takes the file only if it has the digest of the spec"
            }
            Self::WrongDigest { .. } => {
                "correct the URL or, if you trust what is there now, write its digest; a page that asks to log in also looks like this"
            }
            Self::TooLarge(_) => "see whether the URL names a file",
            Self::Cache { .. } => "make room, or name another folder with `NETSPEC_CACHE=…`",
        }
    }

    pub(super) fn cache(path: &Path, source: io::Error) -> Self {
        Self::Cache { path: path.to_owned(), source }
    }

    /// What a request without an answer means: `Ok` where another try may help.
    pub(super) fn of_request(error: ureq::Error, url: &Url) -> Result<Self, Self> {
        let host = || url.authority().to_owned();
        match error {
            ureq::Error::HostNotFound => {
                Err(Self::NoHost { host: host(), reason: "DNS has no address for it".to_owned() })
            }
            // The standard library has no kind for it.
            ureq::Error::Io(reason) if reason.to_string().starts_with(NO_ADDRESS) => {
                let reason = reason.to_string().trim_start_matches(NO_ADDRESS).trim_start_matches(": ").to_owned();
                Err(Self::NoHost { host: host(), reason })
            }
            ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => Err(Self::Redirects),
            ureq::Error::Tls(reason) => Err(Self::Tls { host: host(), reason: reason.to_owned() }),
            ureq::Error::Rustls(reason) => Err(Self::Tls { host: host(), reason: reason.to_string() }),
            ureq::Error::Timeout(what) => Ok(Self::Unreachable { host: host(), reason: format!("no answer ({what})") }),
            // rustls reports what it dislikes about a certificate through a read.
            ureq::Error::Io(reason) if reason.kind() == io::ErrorKind::InvalidData => {
                Err(Self::Tls { host: host(), reason: reason.to_string() })
            }
            ureq::Error::Io(reason) if reason.kind() == io::ErrorKind::ConnectionRefused => {
                Err(Self::Unreachable { host: host(), reason: reason.to_string() })
            }
            ureq::Error::Io(reason) => Ok(Self::Unreachable { host: host(), reason: reason.to_string() }),
            ureq::Error::ConnectionFailed => {
                Ok(Self::Unreachable { host: host(), reason: "no connection could be made".to_owned() })
            }
            other => Err(Self::Nonsense(other.to_string())),
        }
    }
}
