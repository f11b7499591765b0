//! Bytes to messages and back: the base protocol of LSP 3.17, and JSON-RPC 2.0 in it.
//!
//! A crate for this (lsp-server 0.10) ends its reader at the first message that is not JSON and reserves whatever
//! `Content-Length` says; here such a message is answered with an error, and the next one is read.

use std::io::{self, BufRead, Read, Write};

use serde::Deserialize;
use serde_json::{Value, json};

/// The longest message that is read, in bytes. A spec has at most 1 MiB, which JSON can make six times as long.
const MAX_MESSAGE: u64 = 16 << 20;

/// The longest line of a header, in bytes.
const MAX_HEADER: u64 = 4096;

/// What came from the editor.
#[derive(Debug, Deserialize)]
pub(super) struct Incoming {
    /// Present in requests and in responses; a number or a string.
    pub id: Option<Value>,
    /// Absent in responses.
    pub method: Option<String>,
    /// What the method takes.
    #[serde(default)]
    pub params: Value,
}

/// Why a message is not answered with a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// A number of JSON-RPC or of LSP.
    pub code: i32,
    /// For people.
    pub message: String,
}

/// The message is not JSON.
pub(super) const PARSE_ERROR: i32 = -32700;
/// The message is not one of JSON-RPC, or not one for now.
pub(super) const INVALID_REQUEST: i32 = -32600;
/// There is no such method.
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
/// The method takes something else.
pub(super) const INVALID_PARAMS: i32 = -32602;
/// Something is wrong with netspec.
pub(super) const INTERNAL_ERROR: i32 = -32603;
/// `initialize` has not come yet.
pub(super) const NOT_INITIALIZED: i32 = -32002;
/// The request was canceled.
pub(super) const CANCELED: i32 = -32800;
/// The request is right, and cannot be done.
pub(super) const FAILED: i32 = -32803;

impl Refusal {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Reads the next message; `None` at the end of the input.
///
/// # Errors
/// The outer one where the input cannot be read on, the inner one where this message is none.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Result<Incoming, Refusal>>> {
    let Some(length) = header(input)? else { return Ok(None) };
    if length > MAX_MESSAGE {
        skip(input, length)?;
        let why = format!("a message of {length} bytes is longer than the limit of {MAX_MESSAGE}");
        return Ok(Some(Err(Refusal::new(INVALID_REQUEST, why))));
    }
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(None);
    }
    let message = serde_json::from_slice::<Value>(&body)
        .map_err(|error| Refusal::new(PARSE_ERROR, format!("the message is not JSON: {error}")))
        .and_then(|value| {
            serde_json::from_value(value)
                .map_err(|error| Refusal::new(INVALID_REQUEST, format!("the message is not JSON-RPC: {error}")))
        });
    Ok(Some(message))
}

/// The length of the body behind the next header. Lines that belong to no header are skipped.
fn header(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MAX_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        match (line.trim_end_matches(['\r', '\n']), length) {
            ("", Some(length)) => return Ok(Some(length)),
            (line, _) => {
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("Content-Length")
                {
                    length = value.trim().parse().ok();
                }
            }
        }
    }
}

fn skip(input: &mut impl BufRead, length: u64) -> io::Result<()> {
    io::copy(&mut input.take(length), &mut io::sink()).map(|_| ())
}

/// Writes a message.
///
/// # Errors
/// What the output says.
pub(super) fn write(output: &mut dyn Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

/// The answer to a request.
pub(super) fn response(id: &Value, result: Result<Value, Refusal>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(refusal) => {
            let error = json!({ "code": refusal.code, "message": refusal.message });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}

/// A message that wants no answer.
pub(super) fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    /// The methods of messages, and the codes of those that are none.
    fn read_all(text: &str) -> Vec<Result<String, i32>> {
        let mut input = text.as_bytes();
        let mut all = Vec::new();
        while let Some(message) = read(&mut input).unwrap() {
            all.push(message.map(|message| message.method.unwrap_or_default()).map_err(|refusal| refusal.code));
        }
        all
    }

    #[test]
    fn a_message_that_is_none_does_not_end_the_reading() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        let typed = format!("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n{good}");
        let text = [&good, &framed("{"), &framed("[]"), &framed("\u{1f600}"), "noise\r\n\r\n\r\n", &typed, &good]
            .map(String::from);
        let exit = || Ok("exit".to_owned());
        let found = read_all(&text.concat());
        assert_eq!(found, [exit(), Err(PARSE_ERROR), Err(INVALID_REQUEST), Err(PARSE_ERROR), exit(), exit()]);
    }

    #[test]
    fn a_long_message_is_skipped_without_being_kept() {
        let length = usize::try_from(MAX_MESSAGE).unwrap() + 1;
        let text = framed(&" ".repeat(length)) + &framed(r#"{"method":"exit"}"#);
        assert_eq!(read_all(&text), [Err(INVALID_REQUEST), Ok("exit".to_owned())]);
        assert_eq!(read_all("Content-Length: 18446744073709551615\r\n\r\n{}"), [Err(INVALID_REQUEST)]);
    }

    #[test]
    fn the_input_may_end_anywhere() {
        let text = framed(r#"{"method":"exit"}"#);
        for end in 0..text.len() {
            assert_eq!(read_all(&text[..end]), []);
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut bytes = Vec::new();
        write(&mut bytes, &notification("ä/x", json!({ "a": "\u{1f600}" }))).unwrap();
        let message = read(&mut bytes.as_slice()).unwrap().unwrap().unwrap();
        assert_eq!((message.method.as_deref(), &message.params["a"]), (Some("ä/x"), &json!("\u{1f600}")));
    }
}
