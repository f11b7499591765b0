//! Decides how to answer a request for a file that exists.

use super::conditional::{Precondition, Validators};
use super::range::ByteRange;
use super::request::Request;
use super::response::{Head, Status, content_type};

/// A file as HTTP sees it (RFC 9110 section 3.2).
#[derive(Debug, Clone, Copy)]
pub struct Representation<'a> {
    /// The canonical path; its end decides about the type.
    pub path: &'a str,
    /// The size in bytes.
    pub len: u64,
    /// What identifies this version of it.
    pub validators: Validators<'a>,
    /// Whether it is made for each client, so that nobody may keep it (HT-21).
    pub volatile: bool,
}

/// What to send.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: Status,
    /// The head, complete but for `Connection`.
    pub head: Head,
    /// The offset of the first byte of the file to send.
    pub first: u64,
    /// How many bytes of it to send; 0 unless the status is 200 or 206.
    pub len: u64,
}

/// Answers a GET, or a HEAD with the same head (HT-04).
///
/// A range is honored on HEAD as well: the virtual media of some management controllers ask that way (HT-10).
pub fn answer(request: &Request<'_>, file: &Representation<'_>) -> Answer {
    let status = |status: Status| Answer { status, head: identify(Head::new(status), file), first: 0, len: 0 };
    match file.validators.check(request) {
        Precondition::Failed => return with_text(status(Status::PreconditionFailed)),
        Precondition::NotModified => return status(Status::NotModified),
        Precondition::Passed => {}
    }
    let range = request.header("range").next().filter(|_| file.validators.range_applies(request));
    let (code, first, len) = match range.map_or(ByteRange::Whole, |value| ByteRange::decide(value, file.len)) {
        ByteRange::Whole => (Status::Ok, 0, file.len),
        ByteRange::Part { first, last } => (Status::PartialContent, first, last - first + 1),
        ByteRange::Unsatisfiable => {
            let mut answer = status(Status::RangeNotSatisfiable);
            answer.head = answer.head.with("Content-Range", format_args!("bytes */{}", file.len));
            return with_text(answer);
        }
    };
    let mut head = Head::new(code).with("Content-Length", len).with("Content-Type", content_type(file.path));
    if code == Status::PartialContent {
        head = head.with("Content-Range", format_args!("bytes {first}-{}/{}", first + (len - 1), file.len));
    }
    Answer { status: code, head: identify(head, file), first, len }
}

fn identify(head: Head, file: &Representation<'_>) -> Head {
    let head = head.with("Accept-Ranges", "bytes").with("ETag", file.validators.etag);
    let head = match file.validators.modified {
        Some(modified) => head.with("Last-Modified", modified),
        None => head,
    };
    if file.volatile { head.with("Cache-Control", "no-store") } else { head }
}

fn with_text(mut answer: Answer) -> Answer {
    answer.head = answer.head.with_text(answer.status);
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIVE_GIB: u64 = 5 << 30;

    fn ask(headers: &str, len: u64) -> (Answer, String) {
        let head = format!("GET /x.iso HTTP/1.1\r\n{headers}\r\n\r\n");
        let request = Request::parse(head.as_bytes()).unwrap();
        let validators = Validators { etag: "\"t\"", modified: None };
        let file = Representation { path: "x.iso", len, validators, volatile: false };
        let answer = answer(&request, &file);
        let head = String::from_utf8(answer.head.clone().finish(true)).unwrap();
        (answer, head)
    }

    #[test]
    fn ht_05_ht_19_the_length_is_exact_beyond_4_gib() {
        let (answer, head) = ask("A: b", FIVE_GIB);
        assert_eq!((answer.status, answer.first, answer.len), (Status::Ok, 0, FIVE_GIB));
        assert!(
            head.starts_with(
                "HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\nContent-Type: application/vnd.efi-iso\r\n"
            )
        );
        assert!(head.contains("\r\nAccept-Ranges: bytes\r\nETag: \"t\"\r\n"));
    }

    #[test]
    fn ht_10_a_part_names_its_place_and_the_total() {
        let (answer, head) = ask("Range: bytes=5368709000-", FIVE_GIB);
        assert_eq!((answer.status, answer.first, answer.len), (Status::PartialContent, 5_368_709_000, 120));
        assert!(head.contains("Content-Length: 120\r\n"));
        assert!(head.contains("Content-Range: bytes 5368709000-5368709119/5368709120\r\n"));
    }

    #[test]
    fn ht_11_416_names_the_total_and_sends_no_file() {
        let (answer, head) = ask("Range: bytes=u-u", FIVE_GIB);
        assert_eq!((answer.status, answer.len), (Status::RangeNotSatisfiable, 0));
        assert!(head.contains("Content-Range: bytes */5368709120\r\n"));
        assert!(head.contains("Content-Length: 26\r\n"));
    }

    #[test]
    fn ht_12_g61_a_resume_of_another_version() {
        assert_eq!(ask("Range: bytes=5-\r\nIf-Match: \"other\"", 10).0.status, Status::PreconditionFailed);
        assert_eq!(ask("Range: bytes=5-\r\nIf-Match: \"t\"", 10).0.status, Status::PartialContent);
        let (answer, _) = ask("Range: bytes=5-\r\nIf-Range: \"other\"", 10);
        assert_eq!((answer.status, answer.len), (Status::Ok, 10));
        let (answer, head) = ask("If-None-Match: \"t\"", 10);
        assert_eq!((answer.status, answer.len), (Status::NotModified, 0));
        assert!(!head.contains("Content-Length"), "a 304 has no content, and its length would be that of the file");
    }

    proptest! {
        /// HT-08, G66: whatever the request says, no header of the answer is empty, and the part is inside of the file.
        #[test]
        fn g66_no_empty_header_value(range in "bytes=[0-9u-]{0,8}", tag in "[\"a-z*, ]{0,6}", len in 0u64..1000) {
            let (answer, head) = ask(&format!("Range: {range}\r\nIf-None-Match: {tag}\r\nIf-Range: {tag}"), len);
            prop_assert!(answer.first + answer.len <= len);
            for line in head.trim_end().lines().skip(1) {
                let (name, value) = line.split_once(": ").expect("name and value");
                prop_assert!(!value.is_empty() && name.starts_with(|c: char| c.is_ascii_uppercase()), "{}", line);
            }
        }
    }
}
