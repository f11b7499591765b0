//! What a server answers to a request for a file, or for the rest of one.

use ureq::http::HeaderMap;

use super::part::Version;

/// An answer, before its body is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The whole file from its first byte on; also where a rest was asked for.
    Whole { version: Version },
    /// What was asked for.
    Rest { version: Version },
    /// There is nothing behind what is there.
    NothingLeft { total: Option<u64> },
    /// Another try may help.
    Later(u16),
    /// No try will help.
    Refused(u16),
    /// It contradicts itself.
    Nonsense(String),
}

impl Reply {
    /// Judges status and headers of an answer to a request for the bytes from `from` on.
    pub(super) fn read(status: u16, headers: &HeaderMap, from: u64) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // A weak tag says nothing about bytes (RFC 9110 section 8.8.3).
        let etag = text("etag").filter(|etag| etag.starts_with('"')).map(str::to_owned);
        match status {
            200 => {
                let total = text("content-length").and_then(|length| length.parse().ok());
                Self::Whole { version: Version { etag, total } }
            }
            206 => match text("content-range").and_then(range) {
                Some((first, total)) if first == from => Self::Rest { version: Version { etag, total } },
                _ => Self::Nonsense(format!(
                    "it was asked for the bytes from {from} on, and sends `{}`",
                    text("content-range").unwrap_or("nothing about a range")
                )),
            },
            416 if from > 0 => Self::NothingLeft {
                total: text("content-range").and_then(|range| range.strip_prefix("bytes */")?.parse().ok()),
            },
            429 | 500..=599 => Self::Later(status),
            _ => Self::Refused(status),
        }
    }
}

/// The first byte and the size of the whole file: `bytes 100-999/1000` (RFC 9110 section 14.4).
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let first = range.split_once('-')?.0.parse().ok()?;
    Some((first, total.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &'static str)], from: u64) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Reply::read(status, &map, from)
    }

    fn version(etag: Option<&str>, total: Option<u64>) -> Version {
        Version { etag: etag.map(str::to_owned), total }
    }

    #[test]
    fn tells_a_rest_from_a_whole_file() {
        let whole = [("content-length", "1000"), ("etag", "\"a\"")];
        assert_eq!(reply(200, &whole, 100), Reply::Whole { version: version(Some("\"a\""), Some(1000)) });
        let rest = [("content-range", "bytes 100-999/1000"), ("content-length", "900"), ("etag", "W/\"a\"")];
        assert_eq!(reply(206, &rest, 100), Reply::Rest { version: version(None, Some(1000)) });
        assert_eq!(
            reply(206, &[("content-range", "bytes 100-999/*")], 100),
            Reply::Rest { version: version(None, None) }
        );
        assert!(matches!(reply(206, &rest, 99), Reply::Nonsense(_)));
        assert!(matches!(reply(206, &[], 100), Reply::Nonsense(_)));
        assert_eq!(reply(416, &[("content-range", "bytes */100")], 100), Reply::NothingLeft { total: Some(100) });
        assert_eq!(reply(416, &[], 0), Reply::Refused(416));
        assert_eq!((reply(404, &[], 0), reply(503, &[], 0)), (Reply::Refused(404), Reply::Later(503)));
    }
}
