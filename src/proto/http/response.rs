//! The head of an answer (RFC 9112 section 4), in the exact form that firmware accepts.

use std::fmt::Write as _;

/// The status of an answer (RFC 9110 section 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
#[expect(missing_docs, reason = "the names are the reason phrases of RFC 9110")]
pub enum Status {
    Ok = 200,
    PartialContent = 206,
    NotModified = 304,
    BadRequest = 400,
    NotFound = 404,
    MethodNotAllowed = 405,
    RequestTimeout = 408,
    PreconditionFailed = 412,
    RangeNotSatisfiable = 416,
    RequestHeaderFieldsTooLarge = 431,
    ServiceUnavailable = 503,
    HttpVersionNotSupported = 505,
}

impl Status {
    /// The number.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// The phrase behind the number.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::PartialContent => "Partial Content",
            Self::NotModified => "Not Modified",
            Self::BadRequest => "Bad Request",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::RequestTimeout => "Request Timeout",
            Self::PreconditionFailed => "Precondition Failed",
            Self::RangeNotSatisfiable => "Range Not Satisfiable",
            Self::RequestHeaderFieldsTooLarge => "Request Header Fields Too Large",
            Self::ServiceUnavailable => "Service Unavailable",
            Self::HttpVersionNotSupported => "HTTP Version Not Supported",
        }
    }

    /// The short body of an answer that is no file (HT-17).
    pub fn text(self) -> String {
        format!("{} {}\n", self.code(), self.reason())
    }
}

/// The head of an answer under construction.
#[derive(Debug, Clone)]
pub struct Head {
    text: String,
}

impl Head {
    /// The status line. It says HTTP/1.1 to an HTTP/1.0 client too, because GRUB accepts nothing else (HT-07).
    pub fn new(status: Status) -> Self {
        Self { text: format!("HTTP/1.1 {} {}\r\n", status.code(), status.reason()) }
    }

    /// Adds what describes [`Status::text`] as the body.
    #[must_use]
    pub fn with_text(self, status: Status) -> Self {
        self.with("Content-Length", status.text().len()).with("Content-Type", "text/plain")
    }

    /// Adds a header. A value that is empty or would break the line is left out: OVMF hangs on an empty value (HT-08).
    ///
    /// `name` is in Title-Case, because GRUB compares names with regard to case (HT-06).
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        let before = self.text.len();
        // Writing into a string cannot fail unless `value` does, and then the header is left out like an empty one.
        let written = write!(self.text, "{name}: {value}");
        let value = self.text.get(before + name.len() + 2..).unwrap_or_default();
        if written.is_err() || value.is_empty() || value.bytes().any(|b| b.is_ascii_control()) {
            self.text.truncate(before);
        } else {
            self.text.push_str("\r\n");
        }
        self
    }

    /// The finished head. `Connection` stands last, since lpxelinux does not read the last header (HT-16).
    pub fn finish(self, keep_alive: bool) -> Vec<u8> {
        let mut text = self.with("Connection", if keep_alive { "keep-alive" } else { "close" }).text;
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// The type of a file, by the end of its name, without parameters: edk2 compares the whole value (HT-09).
pub fn content_type(path: &str) -> &'static str {
    let file = path.rsplit('/').next().unwrap_or_default();
    let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "efi" => "application/efi",
        "iso" => "application/vnd.efi-iso",
        "img" => "application/vnd.efi-img",
        "ipxe" | "cfg" | "conf" | "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ht_06_ht_07_ht_08_the_exact_bytes_of_a_head() {
        let head = Head::new(Status::Ok)
            .with("Content-Length", 5)
            .with("X-Empty", "")
            .with("X-Broken", "a\r\nB: c")
            .finish(false);
        assert_eq!(
            String::from_utf8(head).unwrap(),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        );
    }

    #[test]
    fn ht_09_g66_types() {
        for (path, kind) in [
            ("a/BOOTX64.EFI", "application/efi"),
            ("x.iso", "application/vnd.efi-iso"),
            ("x.Img", "application/vnd.efi-img"),
            ("menu.ipxe", "text/plain"),
            ("a.efi/vmlinuz", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(content_type(path), kind, "{path}");
        }
    }
}
