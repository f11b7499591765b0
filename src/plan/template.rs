//! Generated text with gaps for what only the serving machine knows: its own address, and who asks.
//!
//! A plan never contains an address of a machine. Text is written with marks; when a client asks for the file, each mark becomes
//! the address that the client sent its request to (CO-07), or what the client has said of itself ([`MACHINE`]). What netspec
//! itself answers stands behind [`ORIGIN`] or [`HOST`], what is large behind [`PAYLOAD`]: kernels, initial RAM disks, root
//! images, which another server may hand out.

use std::fmt::{self, Write as _};
use std::net::Ipv4Addr;

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::net::Origin;

/// Stands for the root of the tree on this machine: `http://192.168.1.5`, `http://192.168.1.5:8080`, or `tftp://192.168.1.5`
/// where it serves no HTTP.
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
/// Stands for the root of the tree where payload is fetched from: `http://cdn.example/boot/3f…`, or the same as [`ORIGIN`].
pub const PAYLOAD: char = '\u{e003}';
/// Stands for the server of [`PAYLOAD`] as GRUB names it: `http,cdn.example`.
pub(super) const PAYLOAD_DEVICE: char = '\u{e004}';
/// Stands for the path of [`PAYLOAD`]: `/boot/3f…`.
pub(super) const PAYLOAD_PATH: char = '\u{e005}';

const MARKS: [char; 6] = [ORIGIN, HOST, MACHINE, PAYLOAD, PAYLOAD_DEVICE, PAYLOAD_PATH];

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
    MARKS.contains(&c)
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

/// What marks become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served<'a> {
    /// The beginning of a path that says who the client is; `None` where it has not said so.
    pub machine: Option<&'a str>,
    /// The address by which the client reaches this machine.
    pub local: Ipv4Addr,
    /// The port of its HTTP server; `None` where it serves no HTTP.
    pub http_port: Option<u16>,
    /// Where payload is fetched from, where that is not this machine.
    pub payload: Option<&'a Origin>,
    /// Whether scripts are fetched from there, too.
    pub scripts_too: bool,
}

impl Served<'_> {
    fn insert(&self, mark: char, text: &mut String) -> fmt::Result {
        let Self { machine, local, http_port, payload, scripts_too } = self;
        match (mark, payload) {
            (HOST, _) => write!(text, "{local}"),
            (MACHINE, _) => text.write_str(machine.unwrap_or(NOBODY)),
            (PAYLOAD, Some(origin)) => write!(text, "{origin}"),
            (ORIGIN, Some(origin)) if *scripts_too => write!(text, "{origin}"),
            (ORIGIN | PAYLOAD, _) => match http_port {
                Some(80) => write!(text, "http://{local}"),
                Some(port) => write!(text, "http://{local}:{port}"),
                None => write!(text, "tftp://{local}"),
            },
            (PAYLOAD_DEVICE, Some(origin)) => write!(text, "http,{}", origin.authority()),
            (PAYLOAD_DEVICE, None) => match http_port {
                Some(80) => write!(text, "http,{local}"),
                Some(port) => write!(text, "http,{local}:{port}"),
                None => write!(text, "tftp,{local}"),
            },
            (PAYLOAD_PATH, Some(origin)) => text.write_str(origin.path()),
            (PAYLOAD_PATH, None) => Ok(()),
            (other, _) => text.write_char(other),
        }
    }
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
    /// Takes text with [`ORIGIN`], [`HOST`] and the other marks in it.
    pub fn new(marked: impl Into<String>) -> Self {
        Self(marked.into())
    }

    /// The text with its marks.
    pub(super) fn marked(&self) -> &str {
        &self.0
    }

    /// The text for a client that reaches this machine as `served` says.
    pub fn render(&self, served: &Served<'_>) -> String {
        let mut text = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            // Writing to a String cannot fail.
            let _ = served.insert(c, &mut text);
        }
        text
    }

    /// Whether the text has these words anywhere.
    pub fn contains(&self, words: &str) -> bool {
        self.0.contains(words)
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.0.split_inclusive(MARKS).flat_map(|piece| {
            let insert = piece.chars().next_back().and_then(name);
            let text = if insert.is_some() { piece.trim_end_matches(MARKS) } else { piece };
            let text = (!text.is_empty()).then_some(Part::Text(text));
            text.into_iter().chain(insert.map(|insert| Part::Insert { insert }))
        })
    }
}

/// What a mark is called in printed plans.
fn name(mark: char) -> Option<&'static str> {
    Some(match mark {
        ORIGIN => "http-origin",
        HOST => "server-address",
        MACHINE => "machine",
        PAYLOAD => "payload-origin",
        PAYLOAD_DEVICE => "payload-device",
        PAYLOAD_PATH => "payload-path",
        _ => return None,
    })
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
        let here = |http_port| Served {
            machine: None,
            local: Ipv4Addr::new(192, 168, 1, 5),
            http_port,
            payload: None,
            scripts_too: false,
        };
        assert_eq!(template.render(&here(Some(80))), "fetch=http://192.168.1.5/x\nserver 192.168.1.5\n");
        assert_eq!(template.render(&here(Some(8080))), "fetch=http://192.168.1.5:8080/x\nserver 192.168.1.5\n");
        assert_eq!(template.render(&here(None)), "fetch=tftp://192.168.1.5/x\nserver 192.168.1.5\n");
    }

    #[test]
    fn payload_comes_from_its_origin_and_else_from_here() {
        let template = Template::new(format!("{PAYLOAD}/x ({PAYLOAD_DEVICE}){PAYLOAD_PATH}/x {HOST}"));
        let origin: Origin = "http://cdn.example:8000/boot".parse().unwrap();
        let local = Ipv4Addr::new(192, 168, 1, 5);
        let whole = Served { machine: None, local, http_port: None, payload: Some(&origin), scripts_too: true };
        assert_eq!(Template::new(format!("{ORIGIN}/x")).render(&whole), "http://cdn.example:8000/boot/x");
        let served = Served { machine: None, local, http_port: None, payload: Some(&origin), scripts_too: false };
        assert_eq!(
            template.render(&served),
            "http://cdn.example:8000/boot/x (http,cdn.example:8000)/boot/x 192.168.1.5"
        );
        let served = Served { machine: None, local, http_port: Some(8080), payload: None, scripts_too: false };
        assert_eq!(template.render(&served), "http://192.168.1.5:8080/x (http,192.168.1.5:8080)/x 192.168.1.5");
    }

    #[test]
    fn text_from_elsewhere_brings_no_marks_lines_or_blanks() {
        assert_eq!(one_line(&format!("a{ORIGIN}b\r\nLABEL x{HOST}{PAYLOAD_PATH}")), "ab  LABEL x");
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
