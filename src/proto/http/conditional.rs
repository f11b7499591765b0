//! Preconditions of a request (RFC 9110 section 13).

use std::time::{Duration, SystemTime};

use httpdate::HttpDate;

use super::request::Request;

/// What identifies the version of a file.
#[derive(Debug, Clone, Copy)]
pub struct Validators<'a> {
    /// The strong entity tag with its quotes.
    pub etag: &'a str,
    /// When the file was last changed; see [`http_date`].
    pub modified: Option<HttpDate>,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precondition {
    /// Send the file.
    Passed,
    /// Status 304.
    NotModified,
    /// Status 412.
    Failed,
}

/// A time as HTTP writes it, in whole seconds; `None` where HTTP cannot write it (before 1970 or after 9999).
pub fn http_date(time: SystemTime) -> Option<HttpDate> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since < Duration::from_secs(253_402_300_800)).then(|| time.into())
}

impl Validators<'_> {
    /// Evaluates everything but `If-Range`, in the order of RFC 9110 section 13.2.2.
    pub(super) fn check(&self, request: &Request<'_>) -> Precondition {
        let date = |name: &str| request.header(name).next().and_then(parse_date);
        if let Some(strong) = self.listed(request, "if-match", Self::same_strong) {
            if !strong {
                return Precondition::Failed;
            }
        } else if let (Some(limit), Some(modified)) = (date("if-unmodified-since"), self.modified)
            && modified > limit
        {
            return Precondition::Failed;
        }
        if let Some(known) = self.listed(request, "if-none-match", Self::same_weak) {
            if known {
                return Precondition::NotModified;
            }
        } else if let (Some(limit), Some(modified)) = (date("if-modified-since"), self.modified)
            && modified <= limit
        {
            return Precondition::NotModified;
        }
        Precondition::Passed
    }

    /// Whether a `Range` header counts: there is no `If-Range`, or it names this version of the file.
    pub(super) fn range_applies(&self, request: &Request<'_>) -> bool {
        request.header("if-range").next().is_none_or(|value| {
            self.same_strong(value) || (self.modified.is_some() && parse_date(value) == self.modified)
        })
    }

    /// Whether a list of tags holds `*` or ours; `None` without such a header.
    fn listed(&self, request: &Request<'_>, name: &str, same: fn(&Self, &[u8]) -> bool) -> Option<bool> {
        let mut lines = request.header(name).peekable();
        lines.peek()?;
        // Our tags have no comma, so cutting the list at commas cannot make one of ours out of others.
        Some(lines.flat_map(|line| line.split(|b| *b == b',')).any(|tag| {
            let tag = tag.trim_ascii();
            tag == b"*" || same(self, tag)
        }))
    }

    fn same_strong(&self, tag: &[u8]) -> bool {
        tag == self.etag.as_bytes()
    }

    fn same_weak(&self, tag: &[u8]) -> bool {
        self.same_strong(tag.strip_prefix(b"W/").unwrap_or(tag))
    }
}

fn parse_date(value: &[u8]) -> Option<HttpDate> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn validators() -> Validators<'static> {
        Validators { etag: "\"a1\"", modified: Some(DATE.parse().unwrap()) }
    }

    fn check(headers: &str) -> Precondition {
        let head = format!("GET / HTTP/1.1\r\n{headers}\r\n\r\n");
        validators().check(&Request::parse(head.as_bytes()).unwrap())
    }

    #[test]
    fn ht_12_preconditions() {
        use Precondition::*;
        for (headers, answer) in [
            ("A: b".to_owned(), Passed),
            ("If-Match: \"a1\"".to_owned(), Passed),
            ("If-Match: \"b\", \"a1\"".to_owned(), Passed),
            ("If-Match: *".to_owned(), Passed),
            ("If-Match: \"b\"".to_owned(), Failed),
            ("If-Match: W/\"a1\"".to_owned(), Failed),
            ("If-None-Match: \"a1\"".to_owned(), NotModified),
            ("If-None-Match: W/\"a1\"".to_owned(), NotModified),
            ("If-None-Match: *".to_owned(), NotModified),
            ("If-None-Match: \"b\"\r\nIf-None-Match: \"a1\"".to_owned(), NotModified),
            ("If-None-Match: \"b\"".to_owned(), Passed),
            (format!("If-None-Match: \"b\"\r\nIf-Modified-Since: {DATE}"), Passed),
            (format!("If-Modified-Since: {DATE}"), NotModified),
            (format!("If-Modified-Since: {EARLIER}"), Passed),
            (format!("If-Unmodified-Since: {DATE}"), Passed),
            (format!("If-Unmodified-Since: {EARLIER}"), Failed),
            (format!("If-Match: \"a1\"\r\nIf-Unmodified-Since: {EARLIER}"), Passed),
            ("If-Modified-Since: yesterday".to_owned(), Passed),
            ("If-Unmodified-Since: \u{e9}".to_owned(), Passed),
        ] {
            assert_eq!(check(&headers), answer, "{headers}");
        }
    }

    #[test]
    fn ht_12_if_range_takes_a_strong_tag_or_the_exact_date() {
        for (value, applies) in
            [("\"a1\"", true), ("W/\"a1\"", false), ("\"b\"", false), (DATE, true), (EARLIER, false), ("x", false)]
        {
            let head = format!("GET / HTTP/1.1\r\nIf-Range: {value}\r\n\r\n");
            assert_eq!(validators().range_applies(&Request::parse(head.as_bytes()).unwrap()), applies, "{value}");
        }
    }

    #[test]
    fn times_that_http_cannot_write_are_left_out() {
        assert!(http_date(SystemTime::UNIX_EPOCH).is_some());
        assert!(http_date(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_none());
        assert!(http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800)).is_none());
        let latest = http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799)).unwrap();
        assert_eq!(latest.to_string(), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
