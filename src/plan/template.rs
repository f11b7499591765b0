//! Generated text with gaps for what only the serving machine knows: its own address, and who asks.
//!
//! A plan never contains an address of a machine. Text is written with marks, [`ORIGIN`], [`HOST`] and [`MACHINE`]; when a
//! client asks for the file, the first two become the address that the client sent its request to (CO-07), and the third what
//! the client has said of itself.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

/// Stands for the HTTP origin: `http://192.168.1.5`, or `http://192.168.1.5:8080`.
///
/// A private-use character. Text from elsewhere goes through `one_line` or `unmarked`, so that none of it is taken for it.
pub const ORIGIN: char = '\u{e000}';
/// Stands for the address alone: `192.168.1.5`.
pub const HOST: char = '\u{e001}';
/// Stands for the beginning of a path that says who asks: `machine/mac-52-54-00-aa-bb-cc`.
///
/// The scripts of iPXE and GRUB have variables of their own in its place; it is for PXELINUX, which has none.
pub(super) const MACHINE: char = '\u{e002}';
/// What it becomes where nothing is known of the client.
const NOBODY: &str = "machine/mac-";

/// Text of an ISO or a spec as part of one line: without what would be taken for a mark, and without line breaks, which would
/// begin another directive.
pub(super) fn one_line(text: &str) -> String {
    text.chars().filter(|c| !is_mark(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text of an ISO without what would be taken for a mark.
pub(super) fn unmarked(text: &str) -> String {
    text.chars().filter(|c| !is_mark(*c)).collect()
}

fn is_mark(c: char) -> bool {
    matches!(c, ORIGIN | HOST | MACHINE)
}

/// The path of a file in the tree as a part of a URL (RFC 3986 section 2).
///
/// More is escaped than a URL needs: PXELINUX ends a kernel's name at a blank and an initial RAM disk's at a comma.
pub(super) fn url_path(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~' | b'+') {
            escaped.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// Text with marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

#[derive(Serialize)]
#[serde(untagged)]
enum Part<'a> {
    Text(&'a str),
    Insert { insert: &'static str },
}

impl Template {
    /// Takes text with [`ORIGIN`] and [`HOST`] in it.
    pub fn new(marked: impl Into<String>) -> Self {
        Self(marked.into())
    }

    /// The text for a client that reaches this machine at `local`.
    pub fn render(&self, local: Ipv4Addr, http_port: u16) -> String {
        self.render_for(NOBODY, local, http_port)
    }

    /// The text for a client that has said who it is, in a path that begins like this.
    pub fn render_for(&self, machine: &str, local: Ipv4Addr, http_port: u16) -> String {
        let mut text = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            // Writing to a String cannot fail.
            let _ = match c {
                ORIGIN if http_port == 80 => write!(text, "http://{local}"),
                ORIGIN => write!(text, "http://{local}:{http_port}"),
                HOST => write!(text, "{local}"),
                MACHINE => text.write_str(machine),
                _ => text.write_char(c),
            };
        }
        text
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.0.split_inclusive([ORIGIN, HOST, MACHINE]).flat_map(|piece| {
            let (text, insert) = match piece.chars().next_back() {
                Some(ORIGIN) => (piece.trim_end_matches(ORIGIN), Some("http-origin")),
                Some(MACHINE) => (piece.trim_end_matches(MACHINE), Some("machine")),
                Some(HOST) => (piece.trim_end_matches(HOST), Some("server-address")),
                _ => (piece, None),
            };
            let text = (!text.is_empty()).then_some(Part::Text(text));
            text.into_iter().chain(insert.map(|insert| Part::Insert { insert }))
        })
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for part in self.parts() {
            match part {
                // One element a line keeps a printed plan readable and its differences small.
                Part::Text(text) => text.split_inclusive('\n').try_for_each(|line| sequence.serialize_element(line))?,
                insert @ Part::Insert { .. } => sequence.serialize_element(&insert)?,
            }
        }
        sequence.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_in_the_address_that_the_client_used() {
        let template = Template::new(format!("fetch={ORIGIN}/x\nserver {HOST}\n"));
        let local = Ipv4Addr::new(192, 168, 1, 5);
        assert_eq!(template.render(local, 80), "fetch=http://192.168.1.5/x\nserver 192.168.1.5\n");
        assert_eq!(template.render(local, 8080), "fetch=http://192.168.1.5:8080/x\nserver 192.168.1.5\n");
    }

    #[test]
    fn text_from_elsewhere_brings_no_marks_lines_or_blanks() {
        assert_eq!(one_line(&format!("a{ORIGIN}b\r\nLABEL x{HOST}")), "ab  LABEL x");
        assert_eq!(unmarked(&format!("a{ORIGIN}\nb{HOST}")), "a\nb");
        assert_eq!(url_path("live/vmlinuz 6,1\u{e9}?#%\n+x"), "live/vmlinuz%206%2C1%C3%A9%3F%23%25%0A+x");
    }

    #[test]
    fn prints_as_lines_and_inserts() {
        let template = Template::new(format!("a\nb={ORIGIN}/x\n"));
        let json = serde_json::to_string(&template).unwrap();
        assert_eq!(json, r#"["a\n","b=",{"insert":"http-origin"},"/x\n"]"#);
    }
}
