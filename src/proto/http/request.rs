//! The head of a request (RFC 9112 sections 2 to 5), read with the tolerance that boot loaders need.

/// The longest head that is read. lpxelinux sends cookies of system data (HT-16).
pub const MAX_HEAD: usize = 32 * 1024;

/// The most header lines.
const MAX_HEADERS: usize = 200;

/// The methods that netspec knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// Anything else, which is answered with 405.
    Other,
}

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// What to do.
    pub method: Method,
    /// The path with query and fragment as the client wrote it; the authority of an absolute form is cut off.
    pub target: &'a [u8],
    /// The minor version: 0 of HTTP/1.0, 1 of HTTP/1.1.
    minor: u8,
    headers: Vec<(&'a [u8], &'a [u8])>,
}

/// Why bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// The first line is not a method, a target and `HTTP/1.x`.
    #[error("the request line is malformed")]
    RequestLine,
    /// The version is one that we do not speak.
    #[error("only HTTP/1.0 and HTTP/1.1 are spoken here")]
    Version,
    /// A header line has no name and colon.
    #[error("a header line is malformed")]
    Header,
    /// The head is longer than [`MAX_HEAD`] or has too many lines.
    #[error("the request head is too large")]
    TooLarge,
}

/// Where the head at the begin of `bytes` ends: the offset behind its empty line. `None` where it is not complete.
///
/// Nothing in front of `from` needs to be looked at again; pass the length of `bytes` at the last try. A bare LF ends a line
/// too (RFC 9112 section 2.2).
pub fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    let start = from.saturating_sub(3);
    let tail = bytes.get(start..)?;
    tail.iter().enumerate().filter(|(_, b)| **b == b'\n').find_map(|(at, _)| match tail.get(at + 1..)? {
        [b'\n', ..] => Some(start + at + 2),
        [b'\r', b'\n', ..] => Some(start + at + 3),
        _ => None,
    })
}

impl<'a> Request<'a> {
    /// Reads a head that ends with its empty line.
    ///
    /// The target may hold raw spaces and any bytes above 0x7F, because GRUB sends file names as they are (HT-14). `Host` may
    /// be missing or come twice: there is one host here, and some loaders leave it out (HT-15).
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(head: &'a [u8]) -> Result<Self, BadRequest> {
        if head.len() > MAX_HEAD {
            return Err(BadRequest::TooLarge);
        }
        let mut lines = head.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let (method, target, minor) = parse_request_line(lines.next().unwrap_or_default())?;
        let mut headers = Vec::new();
        for line in lines.take_while(|line| !line.is_empty()) {
            let colon = line.iter().position(|b| *b == b':').ok_or(BadRequest::Header)?;
            let (name, value) = (&line[..colon], &line[colon + 1..]);
            // No blank in a name: that would be a folded line, or one that another server could read differently.
            if name.is_empty() || name.iter().any(|b| !b.is_ascii_graphic()) {
                return Err(BadRequest::Header);
            }
            if headers.len() == MAX_HEADERS {
                return Err(BadRequest::TooLarge);
            }
            headers.push((name, value.trim_ascii()));
        }
        Ok(Self { method, target, minor, headers })
    }

    /// The values of a header, one per line, in order. Names are compared without regard to case.
    pub fn header<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'a [u8]> + 'r {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| *value)
    }

    /// Whether the client wants to use the connection again (RFC 9112 section 9.3).
    ///
    /// HTTP/1.0 only if it asks for it, HTTP/1.1 unless it declines: lpxelinux needs the end of the connection to know the end
    /// of the file, and old edk2 fails when the connection ends after a HEAD (HT-01, HT-02).
    pub fn keep_alive(&self) -> bool {
        let says = |token: &str| {
            self.header("connection")
                .flat_map(|value| value.split(|b| *b == b','))
                .any(|said| said.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
        };
        if self.minor == 0 { says("keep-alive") && !says("close") } else { !says("close") }
    }

    /// Whether content follows the head. No request that netspec serves has any.
    pub fn has_content(&self) -> bool {
        self.header("transfer-encoding").next().is_some() || self.header("content-length").any(|value| value != b"0")
    }
}

fn parse_request_line(line: &[u8]) -> Result<(Method, &[u8], u8), BadRequest> {
    let line = line.trim_ascii_end();
    let first = line.iter().position(|b| *b == b' ').ok_or(BadRequest::RequestLine)?;
    let last = line.iter().rposition(|b| *b == b' ').ok_or(BadRequest::RequestLine)?;
    let target = line.get(first + 1..last).ok_or(BadRequest::RequestLine)?.trim_ascii();
    let (method, version) = (&line[..first], &line[last + 1..]);
    let minor = match version {
        b"HTTP/1.0" => 0,
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', digit] if digit.is_ascii_digit() => 1,
        [b'H', b'T', b'T', b'P', b'/', ..] => return Err(BadRequest::Version),
        _ => return Err(BadRequest::RequestLine),
    };
    if method.is_empty() || target.is_empty() || !method.iter().all(u8::is_ascii_graphic) {
        return Err(BadRequest::RequestLine);
    }
    let method = match method {
        b"GET" => Method::Get,
        b"HEAD" => Method::Head,
        _ => Method::Other,
    };
    Ok((method, origin_form(target), minor))
}

/// The path of an absolute form (RFC 9112 section 3.2.2), and any other target as it is.
fn origin_form(target: &[u8]) -> &[u8] {
    let scheme = b"http://";
    match target.split_at_checked(scheme.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(scheme) => {
            let path = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
            &rest[path..]
        }
        _ => target,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn target(line: &str) -> Result<Vec<u8>, BadRequest> {
        Request::parse(format!("{line}\r\n\r\n").as_bytes()).map(|request| request.target.to_vec())
    }

    #[test]
    fn ht_14_raw_targets_are_taken_as_they_are() {
        for (line, path) in [
            ("GET /a HTTP/1.1", "/a"),
            ("GET /a b c HTTP/1.1", "/a b c"),
            ("GET /\u{e9} HTTP/1.0", "/\u{e9}"),
            ("GET a HTTP/1.1", "a"),
            ("GET http://10.0.0.1:8080/a?b HTTP/1.1", "/a?b"),
            ("GET HTTP://h HTTP/1.1", ""),
            ("GET /a HTTP/1.1 ", "/a"),
            ("GET /a  HTTP/1.1", "/a"),
        ] {
            assert_eq!(target(line).as_deref(), Ok(path.as_bytes()), "{line}");
        }
    }

    #[test]
    fn broken_requests_have_a_reason() {
        use BadRequest::*;
        for (head, reason) in [
            ("", RequestLine),
            ("GET", RequestLine),
            ("GET /", RequestLine),
            ("GET HTTP/1.1", RequestLine),
            (" / HTTP/1.1", RequestLine),
            ("GET / HTTP/2.0", Version),
            ("GET / HTTP/1.", Version),
            ("GET / HTTP/1.1\r\nno colon", Header),
            ("GET / HTTP/1.1\r\nname : x", Header),
            ("GET / HTTP/1.1\r\nA: b\r\n folded: x", Header),
            ("GET / HTTP/1.1\r\n: x", Header),
        ] {
            assert_eq!(Request::parse(format!("{head}\r\n\r\n").as_bytes()), Err(reason), "{head:?}");
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(201));
        assert_eq!(Request::parse(many.as_bytes()), Err(TooLarge));
    }

    #[test]
    fn ht_01_the_connection_ends_as_the_request_asks() {
        for (lines, keeps) in [
            ("HTTP/1.1\r\n", true),
            ("HTTP/1.1\r\nConnection: close\r\n", false),
            ("HTTP/1.1\r\nconnection: TE, Close\r\n", false),
            ("HTTP/1.1\r\nConnection: Keep-Alive\r\n", true),
            ("HTTP/1.0\r\n", false),
            ("HTTP/1.0\r\nConnection: close\r\n", false),
            ("HTTP/1.0\r\nConnection: Keep-Alive\r\n", true),
        ] {
            let head = format!("GET / {lines}\r\n");
            assert_eq!(Request::parse(head.as_bytes()).unwrap().keep_alive(), keeps, "{lines}");
        }
    }

    #[test]
    fn ht_15_ht_16_host_may_repeat_or_lack_and_cookies_may_be_long() {
        let cookie = "x".repeat(10 * 1024);
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nHost: b:80\r\nCookie: {cookie}\r\nX:\r\n\r\n");
        let request = Request::parse(head.as_bytes()).unwrap();
        assert_eq!(request.header("HOST").collect::<Vec<_>>(), [&b"a"[..], b"b:80"]);
        assert_eq!(request.header("x").next(), Some(&b""[..]));
        assert!(Request::parse(b"GET / HTTP/1.1\n\n").is_ok());
    }

    #[test]
    fn a_head_ends_at_its_empty_line_however_it_arrives() {
        for (head, end) in [("GET / HTTP/1.1\r\nA: b\r\n\r\n", 24), ("GET / HTTP/1.1\n\n", 16), ("a\n\r\n", 4)] {
            let bytes = format!("{head}GET");
            for from in 0..head.len() {
                let tried = head_end(&bytes.as_bytes()[..from], 0);
                assert_eq!(tried, None, "{head:?} cut at {from}");
                assert_eq!(head_end(bytes.as_bytes(), from), Some(end), "{head:?} from {from}");
            }
        }
    }

    proptest! {
        #[test]
        fn se_08_no_head_makes_the_parser_panic(
            line in "(GET|HEAD|P| )? ?[ -~é]{0,20} ?(HTTP/1.[0-9x]|HTTP)?",
            rest in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), any::<u8>()], 0..60),
        ) {
            let bytes = [line.as_bytes(), &rest].concat();
            if let Some(end) = head_end(&bytes, 0) {
                prop_assert!(bytes[..end].ends_with(b"\n"));
            }
            if let Ok(request) = Request::parse(&bytes) {
                request.keep_alive();
                request.has_content();
            }
        }
    }
}
