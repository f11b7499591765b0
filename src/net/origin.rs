//! The URL below which payload is fetched from another server.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// An HTTP server and a folder on it: `http://cdn.example/boot`, without a slash at the end.
///
/// What it takes is narrower than a URL (RFC 3986): boot loaders read it out of configuration files in which blanks, quotes,
/// commas and `#` have meanings of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    host: String,
    port: Option<u16>,
    /// Empty, or with a slash at its beginning and none at its end.
    path: String,
}

/// Why a text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Nothing with `://`.
    #[error("does not begin with `http://` or `https://`")]
    NoScheme,
    /// Another protocol.
    #[error("is for another protocol than HTTP")]
    OtherScheme,
    /// Nothing between the slashes.
    #[error("names no server")]
    NoHost,
    /// `user:password@`.
    #[error("has a user name or password, which boot loaders do not send")]
    User,
    /// An address in brackets.
    #[error("has an IPv6 address, and netspec boots over IPv4")]
    Ipv6,
    /// Neither a name of DNS nor an IPv4 address.
    #[error("has a server that is neither a name nor an IPv4 address")]
    Host,
    /// No number from 1 to 65535.
    #[error("has a port that is no number from 1 to 65535")]
    Port,
    /// `?` or `#`.
    #[error("has a query or fragment, and names of files are put behind it")]
    Query,
    /// A character of the path that some loader would not pass on.
    #[error("has a path with something else than letters, digits, `/`, `-`, `.`, `_` and `~`")]
    Path,
    /// More than [`MAX`].
    #[error("is longer than {MAX} bytes, which leaves no room for names of files")]
    TooLong,
}

/// The longest origin, in bytes: DHCP carries URLs of 255, of which a folder and the name of a program are to come.
pub const MAX: usize = 120;

impl Origin {
    /// Whether clients must speak TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The server with its port, where that is not the usual one: `cdn.example:8080`.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The path, as in `/boot`; empty for the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A folder in this one.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        Self { path: format!("{}/{folder}", self.path), ..self.clone() }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::NoScheme)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(OriginError::OtherScheme),
        };
        if text.len() > MAX {
            return Err(OriginError::TooLong);
        }
        if rest.contains(['?', '#']) {
            return Err(OriginError::Query);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(OriginError::User);
        }
        if authority.starts_with('[') {
            return Err(OriginError::Ipv6);
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(self::port(port).ok_or(OriginError::Port)?)),
            None => (authority, None),
        };
        if host.is_empty() {
            return Err(OriginError::NoHost);
        }
        if !is_host(host) {
            return Err(OriginError::Host);
        }
        let mut clean = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if !part.bytes().all(is_plain) || matches!(part, "." | "..") {
                return Err(OriginError::Path);
            }
            clean.push('/');
            clean.push_str(part);
        }
        let usual = if https { 443 } else { 80 };
        Ok(Self { https, host: host.to_ascii_lowercase(), port: port.filter(|port| *port != usual), path: clean })
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Labels of letters, digits and hyphens (RFC 1123 section 2.1); an IPv4 address is written with the same characters.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(is_label)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_in_one_way() {
        for (text, shown) in [
            ("http://cdn.example/boot", "http://cdn.example/boot"),
            ("http://CDN.example:80/boot/", "http://cdn.example/boot"),
            ("HTTPS://cdn.example:443", "https://cdn.example"),
            ("https://10.0.0.2:8443//a//b/", "https://10.0.0.2:8443/a/b"),
            ("http://nas/", "http://nas"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), shown);
        }
        let origin: Origin = "http://nas:8080/boot".parse().unwrap();
        assert_eq!((origin.authority().as_str(), origin.path()), ("nas:8080", "/boot"));
        assert_eq!(origin.below("3f").to_string(), "http://nas:8080/boot/3f");
    }

    #[test]
    fn refuses_what_a_loader_would_not_pass_on() {
        for (text, error) in [
            ("cdn.example/boot", OriginError::NoScheme),
            ("ftp://cdn.example/boot", OriginError::OtherScheme),
            ("http:///boot", OriginError::NoHost),
            ("http://:80/boot", OriginError::NoHost),
            ("http://me:secret@cdn.example/", OriginError::User),
            ("http://[fd00::1]/boot", OriginError::Ipv6),
            ("http://cdn example/boot", OriginError::Host),
            ("http://-cdn/boot", OriginError::Host),
            ("http://cdn..example/boot", OriginError::Host),
            ("http://cdn.example:0/boot", OriginError::Port),
            ("http://cdn.example:+80/boot", OriginError::Port),
            ("http://cdn.example:http/boot", OriginError::Port),
            ("http://cdn.example/boot?v=1", OriginError::Query),
            ("http://cdn.example/a b", OriginError::Path),
            ("http://cdn.example/a/../b", OriginError::Path),
            ("http://cdn.example/a,b", OriginError::Path),
            ("http://cdn.example/${x}", OriginError::Path),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(error), "{text}");
        }
        assert_eq!(format!("http://cdn/{}", "x".repeat(MAX)).parse::<Origin>(), Err(OriginError::TooLong));
    }
}
