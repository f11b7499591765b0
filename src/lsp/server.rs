//! The loop that talks to the editor.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::DeepCheck;
use super::checker::{self, Checked, Depth, Mailbox, Outcome};
use super::documents::{Document, Overlay, path_of, uri_of};
use super::findings::Finding;
use super::message::{self, Incoming, Refusal, notification, response};
use super::text::{Range, Text, Units};
use crate::source::Span;
use crate::spec::language::{Node, language};

/// How long nothing must be typed before the files that a spec names are looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// The same after a document was opened or saved.
const SHORT_PAUSE: Duration = Duration::from_millis(20);

/// Messages and outcomes that may wait; who has more waits, too.
const MAX_WAITING: usize = 64;

/// How the editor took its leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With `shutdown` and `exit`.
    Orderly,
    /// Without them.
    Sudden,
}

enum Event {
    Message(Result<Incoming, Refusal>),
    EndOfInput,
    AboutText(Checked),
    AboutFiles(Checked),
}

/// Requests that the editor does not want an answer to any more. It is read ahead of the loop.
type Canceled = Arc<Mutex<BTreeSet<String>>>;

/// Answers an editor until it says `exit` or closes the input.
///
/// # Errors
/// Where the output cannot be written to, or no thread can be started.
pub fn serve(input: impl BufRead + Send + 'static, output: &mut dyn Write, check: DeepCheck) -> io::Result<End> {
    let (events, waiting) = sync_channel(MAX_WAITING);
    let canceled = Canceled::default();
    let texts = Arc::new(Mailbox::default());
    let files = Arc::new(Mailbox::default());
    for (name, mailbox, depth) in [("texts", &texts, Depth::Text), ("files", &files, Depth::Files(check))] {
        let (mailbox, events) = (mailbox.clone(), events.clone());
        let event = if matches!(depth, Depth::Text) { Event::AboutText } else { Event::AboutFiles };
        let work = move || checker::run(&mailbox, depth, &|checked| events.send(event(checked)).is_ok());
        thread::Builder::new().name(format!("lsp-{name}")).spawn(work)?;
    }
    let canceling = canceled.clone();
    thread::Builder::new().name("lsp-input".to_owned()).spawn(move || listen(input, &events, &canceling))?;
    let mut server = Server {
        output,
        canceled,
        texts,
        files,
        documents: BTreeMap::new(),
        about_text: BTreeMap::new(),
        about_files: BTreeMap::new(),
        published: BTreeSet::new(),
        language: language(),
        units: Units::Utf16,
        snippets: false,
        life: Life::Before,
    };
    server.run(&waiting)
}

/// Passes messages on until the input ends.
fn listen(mut input: impl BufRead, events: &SyncSender<Event>, canceled: &Canceled) {
    while let Ok(Some(message)) = message::read(&mut input) {
        if let Ok(Incoming { method: Some(method), params, .. }) = &message
            && method == "$/cancelRequest"
        {
            let mut canceled = canceled.lock().unwrap_or_else(PoisonError::into_inner);
            // More are never waiting, so what is left here was answered before it was canceled.
            if canceled.len() > 2 * MAX_WAITING {
                canceled.clear();
            }
            canceled.insert(params["id"].to_string());
        } else if events.send(Event::Message(message)).is_err() {
            return;
        }
    }
    // Nobody is there to hear it where the server has ended.
    let _ = events.send(Event::EndOfInput);
}

/// Between which of the messages that frame a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Before,
    Running,
    ShutDown,
}

/// What is known of the editor, its documents and their specs.
pub(super) struct Server<'a> {
    output: &'a mut dyn Write,
    canceled: Canceled,
    texts: Arc<Mailbox>,
    files: Arc<Mailbox>,
    pub(super) documents: BTreeMap<PathBuf, Document>,
    /// By the main file of a spec.
    pub(super) about_text: BTreeMap<PathBuf, Outcome>,
    pub(super) about_files: BTreeMap<PathBuf, Outcome>,
    /// The files of which the editor shows findings.
    published: BTreeSet<PathBuf>,
    pub(super) language: Node,
    pub(super) units: Units,
    pub(super) snippets: bool,
    life: Life,
}

/// Which document a message is about.
#[derive(Deserialize)]
pub(super) struct DocumentId {
    pub uri: String,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AboutDocument {
    pub text_document: DocumentId,
    #[serde(default)]
    content_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    range: Option<Range>,
    text: String,
}

/// The parameters of a method.
pub(super) fn params<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| Refusal::new(message::INVALID_PARAMS, error.to_string()))
}

impl Server<'_> {
    fn run(&mut self, waiting: &Receiver<Event>) -> io::Result<End> {
        while let Ok(event) = waiting.recv() {
            match event {
                Event::Message(Ok(message)) => {
                    if message.method.as_deref() == Some("exit") {
                        return Ok(if self.life == Life::ShutDown { End::Orderly } else { End::Sudden });
                    }
                    self.message(message)?;
                }
                Event::Message(Err(refusal)) => message::write(self.output, &response(&Value::Null, Err(refusal)))?,
                Event::AboutText(checked) => self.checked(checked, true)?,
                Event::AboutFiles(checked) => self.checked(checked, false)?,
                Event::EndOfInput => break,
            }
        }
        Ok(End::Sudden)
    }

    fn message(&mut self, message: Incoming) -> io::Result<()> {
        // Responses are to requests of a server, and this one makes none.
        let Some(method) = message.method else { return Ok(()) };
        let Some(id) = message.id else {
            if self.life == Life::Running {
                let done = catch_unwind(AssertUnwindSafe(|| self.notified(&method, message.params)));
                if done.is_err() {
                    self.log(&format!("netspec failed at `{method}`; please report this"))?;
                }
            }
            return Ok(());
        };
        let is_canceled = self.canceled.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.to_string());
        let result = match (self.life, method.as_str()) {
            _ if is_canceled => Err(Refusal::new(message::CANCELED, "canceled")),
            (Life::Before, "initialize") => Ok(self.initialize(&message.params)),
            (Life::Before, _) => Err(Refusal::new(message::NOT_INITIALIZED, "`initialize` comes first")),
            (_, "initialize") => Err(Refusal::new(message::INVALID_REQUEST, "`initialize` comes once")),
            (Life::ShutDown, _) => Err(Refusal::new(message::INVALID_REQUEST, "only `exit` follows `shutdown`")),
            (Life::Running, "shutdown") => {
                self.life = Life::ShutDown;
                Ok(Value::Null)
            }
            (Life::Running, _) => catch_unwind(AssertUnwindSafe(|| self.request(&method, message.params)))
                .unwrap_or_else(|_| {
                    let why = format!("netspec failed at `{method}`; please report this");
                    Err(Refusal::new(message::INTERNAL_ERROR, why))
                }),
        };
        message::write(self.output, &response(&id, result))
    }

    fn initialize(&mut self, params: &Value) -> Value {
        self.life = Life::Running;
        let capabilities = &params["capabilities"];
        let encodings = capabilities["general"]["positionEncodings"].as_array();
        if encodings.is_some_and(|known| known.iter().any(|encoding| encoding == "utf-8")) {
            self.units = Units::Utf8;
        }
        let completion = &capabilities["textDocument"]["completion"]["completionItem"];
        self.snippets = completion["snippetSupport"] == true;
        json!({
            "capabilities": {
                "positionEncoding": if self.units == Units::Utf8 { "utf-8" } else { "utf-16" },
                // Changes come as ranges.
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                "completionProvider": { "triggerCharacters": ["\"", "=", "/"] },
                "definitionProvider": true,
                "referencesProvider": true,
                "renameProvider": { "prepareProvider": true },
                "documentSymbolProvider": true,
                "documentFormattingProvider": true,
                "codeActionProvider": { "codeActionKinds": ["quickfix"] },
            },
            "serverInfo": { "name": "netspec", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    fn notified(&mut self, method: &str, given: Value) {
        // What has no answer has no refusal either: a notification that says nothing is passed over.
        let Ok(AboutDocument { text_document, content_changes }) = params(given) else { return };
        let path = path_of(&text_document.uri);
        match method {
            "textDocument/didOpen" => {
                let text = Text::new(Arc::from(text_document.text.unwrap_or_default()), self.units);
                let version = text_document.version.unwrap_or_default();
                self.documents.insert(path.clone(), Document::new(text_document.uri, version, text));
                self.check(path, true);
            }
            "textDocument/didChange" => {
                let Some(document) = self.documents.get(&path) else { return };
                let mut text = (*document.text).clone();
                for change in content_changes {
                    text = match change.range {
                        Some(range) => text.replaced(range, &change.text),
                        None => Text::new(Arc::from(change.text), self.units),
                    };
                }
                let version = text_document.version.unwrap_or(document.version + 1);
                self.documents.insert(path.clone(), Document::new(text_document.uri, version, text));
                self.check(path, false);
            }
            "textDocument/didSave" => self.check(path, true),
            "textDocument/didClose" => {
                self.documents.remove(&path);
                self.check(path, true);
            }
            _ => {}
        }
    }

    /// Asks for a check of what belongs to this file.
    fn check(&self, changed: PathBuf, rescan: bool) {
        let texts = self.documents.iter().map(|(path, document)| (path.clone(), document.text.text.clone()));
        let world = Overlay { texts: Arc::new(texts.collect()) };
        self.texts.put(world.clone(), changed.clone(), rescan, Duration::ZERO);
        self.files.put(world, changed, rescan, if rescan { SHORT_PAUSE } else { PAUSE });
    }

    /// Takes what came of a check, and tells the editor.
    fn checked(&mut self, checked: Checked, is_about_text: bool) -> io::Result<()> {
        let known = if is_about_text { &mut self.about_text } else { &mut self.about_files };
        let mut affected: BTreeSet<PathBuf> = BTreeSet::new();
        for (main, outcome) in checked.specs {
            affected.extend(outcome.files.keys().cloned());
            if let Some(old) = known.insert(main, outcome) {
                affected.extend(old.files.into_keys());
            }
        }
        known.retain(|main, outcome| {
            let keep = checked.mains.contains(main);
            if !keep {
                affected.extend(outcome.files.keys().cloned());
            }
            keep
        });
        for path in affected {
            self.publish(&path)?;
        }
        match checked.trouble {
            Some(trouble) => self.log(&trouble),
            None => Ok(()),
        }
    }

    /// Everything that is known to be wrong with a file. What was found in an older text is moved to where it is now.
    pub(super) fn findings_of(&self, path: &Path) -> Vec<Finding> {
        let document = self.documents.get(path);
        let mut found: Vec<Finding> = Vec::new();
        let outcomes = self.about_text.values().chain(self.about_files.values());
        for file in outcomes.filter_map(|outcome| outcome.files.get(path)) {
            let now = document.map_or(&file.text, |document| &document.text.text);
            let is_same = *now == file.text;
            let current = |one: &Finding| if is_same { Some(one.clone()) } else { one.moved(&file.text, now) };
            for finding in file.findings.iter().filter_map(current) {
                if !found.contains(&finding) {
                    found.push(finding);
                }
            }
        }
        found
    }

    /// A finding about a text, as the editor wants it.
    pub(super) fn shown(&self, finding: &Finding, text: &Text) -> Value {
        finding.to_json(text.range(finding.span.unwrap_or_default()), &|path, span| self.location(path, span))
    }

    /// Tells the editor what is wrong with a file.
    fn publish(&mut self, path: &Path) -> io::Result<()> {
        let found = self.findings_of(path);
        let document = self.documents.get(path);
        if found.is_empty() && document.is_none() && !self.published.contains(path) {
            return Ok(());
        }
        let text = self.text_of(path);
        let shown: Vec<Value> = found.iter().map(|finding| self.shown(finding, &text)).collect();
        let mut message = json!({ "uri": self.uri(path), "diagnostics": shown });
        if let Some(document) = document {
            message["version"] = json!(document.version);
        }
        if found.is_empty() {
            self.published.remove(path);
        } else {
            self.published.insert(path.to_owned());
        }
        message::write(self.output, &notification("textDocument/publishDiagnostics", message))
    }

    fn log(&mut self, text: &str) -> io::Result<()> {
        message::write(self.output, &notification("window/logMessage", json!({ "type": 1, "message": text })))
    }

    pub(super) fn uri(&self, path: &Path) -> String {
        self.documents.get(path).map_or_else(|| uri_of(path), |document| document.uri.clone())
    }

    /// The text of a file as the editor has it, else as it was when it was checked last.
    fn text_of(&self, path: &Path) -> Arc<Text> {
        if let Some(document) = self.documents.get(path) {
            return document.text.clone();
        }
        let mut outcomes = self.about_text.values().chain(self.about_files.values());
        let checked = outcomes.find_map(|outcome| outcome.files.get(path)).map(|file| file.text.clone());
        Arc::new(Text::new(checked.unwrap_or_else(|| Arc::from("")), self.units))
    }

    fn location(&self, path: &Path, span: Span) -> Value {
        json!({ "uri": self.uri(path), "range": self.text_of(path).range(span) })
    }
}
