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
use super::complete::{Offer, complete};
use super::documents::{Document, Overlay, normal, path_of, uri_of};
use super::hover::hover;
use super::message::{self, Incoming, Refusal, notification, response};
use super::names::{self, File, Name};
use super::symbols::symbols;
use super::text::{Position, Range, Text, Units};
use crate::source::Span;
use crate::spec::is_name;
use crate::spec::language::{self, language};
use crate::spec::tree::Tree;

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

struct Server<'a> {
    output: &'a mut dyn Write,
    canceled: Canceled,
    texts: Arc<Mailbox>,
    files: Arc<Mailbox>,
    documents: BTreeMap<PathBuf, Document>,
    /// By the main file of a spec.
    about_text: BTreeMap<PathBuf, Outcome>,
    about_files: BTreeMap<PathBuf, Outcome>,
    /// The files of which the editor shows findings.
    published: BTreeSet<PathBuf>,
    language: language::Node,
    units: Units,
    snippets: bool,
    life: Life,
}

#[derive(Deserialize)]
struct DocumentId {
    uri: String,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AboutDocument {
    text_document: DocumentId,
    #[serde(default)]
    content_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    range: Option<Range>,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AtPosition {
    text_document: DocumentId,
    position: Position,
    #[serde(default)]
    new_name: String,
    #[serde(default)]
    context: Context,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    include_declaration: bool,
}

/// The parameters of a method.
fn params<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Refusal> {
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

    /// Tells the editor everything that is known about a file. What was found in an older text is moved to where it is now.
    fn publish(&mut self, path: &Path) -> io::Result<()> {
        let document = self.documents.get(path);
        let mut found = Vec::new();
        let outcomes = self.about_text.values().chain(self.about_files.values());
        for file in outcomes.filter_map(|outcome| outcome.files.get(path)) {
            let now = document.map_or(&file.text, |document| &document.text.text);
            let is_same = *now == file.text;
            let moved = |finding: &super::findings::Finding| finding.moved(&file.text, now);
            let current = file.findings.iter().filter_map(|one| if is_same { Some(one.clone()) } else { moved(one) });
            for finding in current {
                if !found.iter().any(|(known, _)| *known == finding) {
                    found.push((finding, now.clone()));
                }
            }
        }
        if found.is_empty() && document.is_none() && !self.published.contains(path) {
            return Ok(());
        }
        let text = found.first().map(|(_, text)| self.text_of(path, text));
        let place = |path: &Path, span: Span| self.location(path, span);
        let shown: Vec<Value> = found
            .iter()
            .filter_map(|(finding, _)| {
                let range = text.as_ref()?.range(finding.span.unwrap_or_default());
                Some(finding.to_json(range, &place))
            })
            .collect();
        let uri = self.uri(path);
        let mut message = json!({ "uri": uri, "diagnostics": shown });
        if let Some(document) = document {
            message["version"] = json!(document.version);
        }
        if shown.is_empty() {
            self.published.remove(path);
        } else {
            self.published.insert(path.to_owned());
        }
        message::write(self.output, &notification("textDocument/publishDiagnostics", message))
    }

    fn log(&mut self, text: &str) -> io::Result<()> {
        message::write(self.output, &notification("window/logMessage", json!({ "type": 1, "message": text })))
    }

    fn uri(&self, path: &Path) -> String {
        self.documents.get(path).map_or_else(|| uri_of(path), |document| document.uri.clone())
    }

    /// The text of a file as the editor has it, else this one.
    fn text_of(&self, path: &Path, otherwise: &Arc<str>) -> Arc<Text> {
        let open = self.documents.get(path).map(|document| document.text.clone());
        open.unwrap_or_else(|| Arc::new(Text::new(otherwise.clone(), self.units)))
    }

    /// The texts of a spec's files that were checked last, by their paths.
    fn checked_text(&self, path: &Path) -> Option<&Arc<str>> {
        self.about_text.values().find_map(|outcome| outcome.files.get(path)).map(|file| &file.text)
    }

    fn location(&self, path: &Path, span: Span) -> Value {
        let empty = Arc::from("");
        let text = self.text_of(path, self.checked_text(path).unwrap_or(&empty));
        json!({ "uri": self.uri(path), "range": text.range(span) })
    }

    fn request(&mut self, method: &str, given: Value) -> Result<Value, Refusal> {
        match method {
            "textDocument/documentSymbol" => {
                let AboutDocument { text_document, .. } = params(given)?;
                let document = self.documents.get(&path_of(&text_document.uri));
                Ok(document.map_or(Value::Null, |document| symbols(&document.text, &document.tree().nodes).into()))
            }
            "textDocument/hover" => self.at(given, |server, at| {
                let found = server.found(&at.path);
                let about = hover(&at.files, at.position, at.offset, &server.language, &found);
                Ok(about.map_or(Value::Null, |(text, span)| {
                    json!({ "contents": { "kind": "markdown", "value": text }, "range": at.text().range(span) })
                }))
            }),
            "textDocument/completion" => self.at(given, |server, at| {
                let offers = complete(&at.files, at.position, at.offset, &server.language);
                Ok(offers.iter().map(|offer| server.offer(offer, at.text())).collect())
            }),
            "textDocument/definition" => self.at(given, |server, at| {
                let names = names::names(&at.files, &server.language);
                let locations = match names::at(&names, at.position, at.offset) {
                    Some(name) => server.locations(at, names.iter().filter(|o| o.is_definition && o.means(name))),
                    None => server.included(at).into_iter().collect(),
                };
                Ok(Value::Array(locations))
            }),
            "textDocument/references" => self.at(given, |server, at| {
                let names = names::names(&at.files, &server.language);
                let Some(name) = names::at(&names, at.position, at.offset) else { return Ok(Value::Null) };
                let all = names.iter().filter(|other| other.means(name));
                let wanted = all.filter(|other| at.with_definition || !other.is_definition);
                Ok(Value::Array(server.locations(at, wanted)))
            }),
            "textDocument/prepareRename" => self.at(given, |server, at| {
                let names = names::names(&at.files, &server.language);
                let name = names::at(&names, at.position, at.offset);
                Ok(name.map_or(
                    Value::Null,
                    |name| json!({ "range": at.text().range(name.inside), "placeholder": name.value }),
                ))
            }),
            "textDocument/rename" => self.at(given, |server, at| server.rename(at)),
            _ => Err(Refusal::new(message::METHOD_NOT_FOUND, format!("there is no method `{method}`"))),
        }
    }

    /// Answers a request about a place in an open document.
    fn at(&self, given: Value, answer: impl FnOnce(&Self, &At) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
        let AtPosition { text_document, position, new_name, context } = params(given)?;
        let path = path_of(&text_document.uri);
        let Some(document) = self.documents.get(&path) else { return Ok(Value::Null) };
        let offset = document.text.offset(position);
        let files = self.files_with(&path, document);
        let position = files.iter().position(|file| file.path == path).unwrap_or_default();
        answer(self, &At { path, files, position, offset, new_name, with_definition: context.include_declaration })
    }

    /// The files of the specs that a document belongs to, as they are now.
    fn files_with(&self, path: &Path, document: &Document) -> Vec<File> {
        let own = File { path: path.to_owned(), text: document.text.clone(), tree: document.tree().clone() };
        let specs = self.about_text.values().filter(|outcome| outcome.files.contains_key(path));
        let others: BTreeMap<_, _> =
            specs.flat_map(|outcome| &outcome.files).filter(|(other, _)| *other != path).collect();
        let others = others.into_iter().map(|(path, file)| match self.documents.get(path) {
            Some(open) => File { path: path.clone(), text: open.text.clone(), tree: open.tree().clone() },
            None => {
                let tree = Arc::new(Tree::new(&file.text));
                File { path: path.clone(), text: Arc::new(Text::new(file.text.clone(), self.units)), tree }
            }
        });
        std::iter::once(own).chain(others).collect()
    }

    /// What the ISOs of a document's specs hold.
    fn found(&self, path: &Path) -> BTreeMap<String, String> {
        let specs = self.about_files.values().filter(|outcome| outcome.files.contains_key(path));
        specs.flat_map(|outcome| outcome.found.clone()).collect()
    }

    fn locations<'n>(&self, at: &At, names: impl Iterator<Item = &'n Name>) -> Vec<Value> {
        let file = |name: &Name| at.files.get(name.file);
        names
            .filter_map(|name| {
                let file = file(name)?;
                Some(json!({ "uri": self.uri(&file.path), "range": file.text.range(name.inside) }))
            })
            .collect()
    }

    /// The file that an `include` under the cursor names.
    fn included(&self, at: &At) -> Option<Value> {
        let file = at.files.get(at.position)?;
        let node = file.tree.place(&file.text.text, at.offset).node.filter(|node| node.name.value == "include")?;
        let written = node.arguments().next()?;
        let path = normal(&file.path.parent().unwrap_or(Path::new("")).join(&written.value));
        let known = at.files.iter().any(|file| file.path == path);
        let start = Position { line: 0, character: 0 };
        known.then(|| json!({ "uri": self.uri(&path), "range": Range { start, end: start } }))
    }

    fn rename(&self, at: &At) -> Result<Value, Refusal> {
        let names = names::names(&at.files, &self.language);
        let refuse = |why: &str| Err(Refusal::new(message::FAILED, why));
        let Some(name) = names::at(&names, at.position, at.offset) else { return refuse("there is no name here") };
        if !is_name(&at.new_name) {
            return refuse("a name is made of up to 32 small letters, digits, `.`, `_` and `-`");
        }
        let same = |other: &&Name| other.means(name);
        let taken = Name { value: at.new_name.clone(), ..name.clone() };
        if at.new_name != name.value && names.iter().any(|other| other.is_definition && other.means(&taken)) {
            return refuse("another node has this name");
        }
        let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for other in names.iter().filter(same) {
            let Some(file) = at.files.get(other.file) else { continue };
            // A name without quotes may need them now.
            let is_bare = other.span == other.inside && !other.kinds.contains(&"let");
            let text = if is_bare { format!("\"{}\"", at.new_name) } else { at.new_name.clone() };
            let edit = json!({ "range": file.text.range(other.inside), "newText": text });
            changes.entry(self.uri(&file.path)).or_default().push(edit);
        }
        Ok(json!({ "changes": changes }))
    }

    fn offer(&self, offer: &Offer, text: &Text) -> Value {
        let snippet = offer.snippet.as_ref().filter(|_| self.snippets);
        json!({
            "label": offer.label,
            "kind": offer.kind as i32,
            "detail": offer.detail,
            "filterText": offer.text,
            "insertTextFormat": if snippet.is_some() { 2 } else { 1 },
            "textEdit": { "range": text.range(offer.replaces), "newText": snippet.unwrap_or(&offer.text) },
        })
    }
}

/// A place in an open document, with the files of its specs.
struct At {
    path: PathBuf,
    files: Vec<File>,
    /// Which of the files it is in.
    position: usize,
    offset: usize,
    /// Of a request to rename.
    new_name: String,
    /// Of a request for references.
    with_definition: bool,
}

impl At {
    fn text(&self) -> &Text {
        &self.files[self.position].text
    }
}
