//! Checks that fail, and checks that never end.

use std::io::{BufRead as _, BufReader, PipeWriter, Read as _, Write as _, pipe};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use super::*;

const URI: &str = "file:///nowhere/spec.kdl";

struct Editor {
    input: PipeWriter,
    messages: Receiver<Value>,
    server: JoinHandle<End>,
}

impl Editor {
    /// An editor with an open spec without a single node.
    fn new(check: DeepCheck) -> Self {
        let ((reader, input), (output, mut writer)) = (pipe().unwrap(), pipe().unwrap());
        let server = thread::spawn(move || serve(BufReader::new(reader), &mut writer, check).unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self { input, messages, server };
        editor.send(json!({ "id": 0, "method": "initialize", "params": {} }));
        let document = json!({ "uri": URI, "version": 1, "text": "" });
        editor.send(json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
        editor
    }

    fn send(&mut self, message: Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
    }

    fn wait(&self, wanted: impl Fn(&Value) -> bool) {
        while !wanted(&self.messages.recv_timeout(Duration::from_secs(60)).expect("a message")) {}
    }

    /// The findings about the text are shown, and a request is answered.
    fn answers_and_ends(mut self) {
        self.wait(|message| message["params"]["diagnostics"][0]["source"] == "netspec");
        let at = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 0 } });
        self.send(json!({ "id": 1, "method": "textDocument/completion", "params": at }));
        self.wait(|message| message["id"] == 1 && message["result"].as_array().is_some_and(|offers| offers.len() > 5));
        self.send(json!({ "id": 2, "method": "shutdown" }));
        self.send(json!({ "method": "exit" }));
        assert_eq!(self.server.join().unwrap(), End::Orderly);
    }
}

/// The next message from the server.
fn read(output: &mut BufReader<std::io::PipeReader>) -> Option<Value> {
    let mut header = String::new();
    output.read_line(&mut header).ok()?;
    let length: usize = header.trim().strip_prefix("Content-Length: ")?.parse().ok()?;
    let mut bytes = vec![0; length + 2];
    output.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[test]
fn a_check_that_panics_ends_neither_the_server_nor_its_thread() {
    fn check(_: &Path, _: &dyn World) -> Deep {
        panic!("a check that fails");
    }
    let mut editor = Editor::new(check);
    for _ in 0..2 {
        editor.send(json!({ "method": "textDocument/didSave", "params": { "textDocument": { "uri": URI } } }));
        editor.wait(|message| message["method"] == "window/logMessage");
    }
    let params = json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": "\n" }] });
    editor.send(json!({ "method": "textDocument/didChange", "params": params }));
    editor.answers_and_ends();
}

#[test]
fn a_check_that_never_ends_holds_nothing_up() {
    fn check(_: &Path, _: &dyn World) -> Deep {
        loop {
            thread::park();
        }
    }
    Editor::new(check).answers_and_ends();
}
