//! An editor, as far as the tests need one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Nothing takes longer, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor with a server of its own.
pub(super) struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// What came while something else was awaited.
    kept: Vec<Value>,
    next: i64,
}

impl Editor {
    /// Starts a server in a folder, and greets it with these capabilities.
    pub(super) fn new(folder: &Path, capabilities: Value) -> Self {
        let mut editor = Self::silent(folder);
        let answer = editor.request("initialize", json!({ "processId": null, "capabilities": capabilities }));
        assert_eq!(answer["serverInfo"]["name"], "netspec");
        editor.notify("initialized", json!({}));
        editor
    }

    /// Starts a server, and says nothing to it.
    pub(super) fn silent(folder: &Path) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_netspec"))
            .args(["lsp", "--no-host"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = server.stdin.take();
        let output = server.stdout.take().unwrap();
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { server, input, messages, kept: Vec::new(), next: 1 }
    }

    pub(super) fn send(&mut self, message: &str) {
        let framed = format!("Content-Length: {}\r\n\r\n{message}", message.len());
        self.send_bytes(framed.as_bytes());
    }

    pub(super) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub(super) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    /// Sends a request; the whole answer.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        self.wait(|message| (message["id"] == id).then(|| message.clone()))
    }

    /// Sends a request; the result of it.
    pub(super) fn request(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Waits for a message of which something is wanted.
    pub(super) fn wait<T>(&mut self, mut wanted: impl FnMut(&Value) -> Option<T>) -> T {
        for position in 0..self.kept.len() {
            if let Some(found) = wanted(&self.kept[position]) {
                self.kept.remove(position);
                return found;
            }
        }
        loop {
            let message = self.messages.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("waited in vain"));
            match wanted(&message) {
                Some(found) => return found,
                None => self.kept.push(message),
            }
        }
    }

    pub(super) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "kdl", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces the whole text.
    pub(super) fn change(&mut self, uri: &str, version: i64, text: &str) {
        let document = json!({ "uri": uri, "version": version });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
        );
    }

    /// Waits until the editor shows exactly these findings of a file, by their codes, in any order; the messages about them.
    pub(super) fn shows(&mut self, uri: &str, codes: &[&str]) -> Vec<Value> {
        self.wait(|message| {
            if message["method"] != "textDocument/publishDiagnostics" || message["params"]["uri"] != uri {
                return None;
            }
            let found = message["params"]["diagnostics"].as_array().unwrap().clone();
            let mut shown: Vec<_> = found.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
            shown.sort();
            let mut wanted: Vec<_> = codes.iter().map(|code| format!("netspec::{code}")).collect();
            wanted.sort();
            (shown == wanted).then_some(found)
        })
    }

    /// The params of a request about a place: that behind `before` in this text.
    pub(super) fn at(uri: &str, text: &str, before: &str) -> Value {
        let offset = text.find(before).unwrap_or_else(|| panic!("no {before:?}")) + before.len();
        let line = text[..offset].matches('\n').count();
        let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let character = text[start..offset].encode_utf16().count();
        json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } })
    }

    /// Takes its leave; the exit code of the server.
    pub(super) fn leave(mut self) -> Option<i32> {
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
        self.server.wait().unwrap().code()
    }

    /// Closes the pipe; the exit code of the server.
    pub(super) fn vanish(mut self) -> Option<i32> {
        drop(self.input.take());
        self.server.wait().unwrap().code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => length = line.strip_prefix("Content-Length: ").and_then(|length| length.parse().ok()),
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
