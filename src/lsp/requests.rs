//! What the editor asks for: answered at once, from the texts and the description of the language.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::actions::mend;
use super::complete::{Offer, complete};
use super::documents::{Document, normal, path_of};
use super::findings::Finding;
use super::hover::hover;
use super::message::{self, Refusal};
use super::names::{self, File, Name};
use super::server::{AboutDocument, DocumentId, Server, params};
use super::symbols::symbols;
use super::text::{Position, Range, Text};
use crate::source::Span;
use crate::spec::tree::Tree;
use crate::spec::{is_name, layout};

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InRange {
    text_document: DocumentId,
    range: Range,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    include_declaration: bool,
}

impl Server<'_> {
    /// The result of a request.
    pub(super) fn request(&mut self, method: &str, given: Value) -> Result<Value, Refusal> {
        match method {
            "textDocument/documentSymbol" => {
                let AboutDocument { text_document, .. } = params(given)?;
                let document = self.documents.get(&path_of(&text_document.uri));
                Ok(document.map_or(Value::Null, |document| symbols(&document.text, &document.tree().nodes).into()))
            }
            "textDocument/hover" => self.at(given, |server, at| {
                let about = hover(&at.files, at.position, at.offset, &server.language, &server.found(&at.path));
                let wrong = server.findings_at(&at.path, at.offset);
                let span = about.as_ref().map(|(_, span)| *span).or(wrong.iter().find_map(|finding| finding.span));
                let wrong = wrong.iter().map(Finding::page);
                let texts: Vec<_> = wrong.chain(about.map(|(text, _)| text)).collect();
                Ok(span.map_or(Value::Null, |span| {
                    let contents = json!({ "kind": "markdown", "value": texts.join("\n\n---\n\n") });
                    json!({ "contents": contents, "range": at.text().range(span) })
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
            "textDocument/formatting" => {
                let AboutDocument { text_document, .. } = params(given)?;
                let document = self.documents.get(&path_of(&text_document.uri));
                Ok(document.map_or(Value::Null, |document| formatted(&document.text)))
            }
            "textDocument/codeAction" => self.actions(given),
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
        answer(self, &At { path, files, position: 0, offset, new_name, with_definition: context.include_declaration })
    }

    /// The files of the specs that a document belongs to, as they are now; itself first.
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

    /// What is wrong at this place of a document.
    fn findings_at(&self, path: &Path, offset: usize) -> Vec<Finding> {
        let mut found = self.findings_of(path);
        found.retain(|finding| finding.span.is_some_and(|span| span.start <= offset && offset <= span.end));
        found
    }

    /// What mends the findings of a range, one action for each.
    fn actions(&self, given: Value) -> Result<Value, Refusal> {
        let InRange { text_document, range } = params(given)?;
        let path = path_of(&text_document.uri);
        let Some(document) = self.documents.get(&path) else { return Ok(Value::Null) };
        let (start, end) = (document.text.offset(range.start), document.text.offset(range.end));
        let mut found = self.findings_of(&path);
        found.retain(|finding| finding.span.is_some_and(|span| span.start <= end && start <= span.end));
        let files = self.files_with(&path, document);
        let action = |finding: Finding| {
            let (span, text) = mend(&finding, &files, 0, &self.language)?;
            let edit = json!({ "range": document.text.range(span), "newText": text });
            Some(json!({
                "title": format!("Write `{text}`"),
                "kind": "quickfix",
                "isPreferred": true,
                "diagnostics": [self.shown(&finding, &document.text)],
                "edit": { "changes": { (document.uri.as_str()): [edit] } },
            }))
        };
        Ok(found.into_iter().filter_map(action).collect())
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
            let text = if other.is_bare { format!("\"{}\"", at.new_name) } else { at.new_name.clone() };
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

/// The edit that brings a text into form, as `netspec fmt` does it; none where it is in that form, or is not KDL.
fn formatted(text: &Text) -> Value {
    let old = &*text.text;
    let Ok(new) = layout::format(old) else { return Value::Null };
    if new == old {
        return json!([]);
    }
    // The lines that stay as they are stay out of the edit, and so does the cursor in one of them.
    let same =
        |a: &[&str], b: &[&str]| a.iter().zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum::<usize>();
    let (mut a, mut b): (Vec<_>, Vec<_>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let before = same(&a, &b);
    a.reverse();
    b.reverse();
    let behind = same(&a, &b).min(old.len().min(new.len()) - before);
    let range = text.range(Span::new(before, old.len() - behind));
    let with = new.get(before..new.len() - behind).unwrap_or_default();
    json!([{ "range": range, "newText": with }])
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
