//! Findings by the file that they are in, and as the editor wants them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::documents::normal;
use super::text::{Range, moved};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::{Sources, Span};

/// A finding, with places in its own file and in others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub code: Code,
    severity: Severity,
    message: String,
    help: Option<String>,
    /// What to write in its place, where that is clear.
    pub replacement: Option<String>,
    /// `None` for one about the file as a whole.
    pub span: Option<Span>,
    /// What is said under the place.
    label: String,
    /// Other places, and what is said about them.
    related: Vec<(PathBuf, Span, String)>,
}

/// A file of a spec, and what was found in it.
#[derive(Debug, Clone)]
pub(super) struct FileFindings {
    /// The text that was looked at.
    pub text: Arc<str>,
    pub findings: Vec<Finding>,
}

/// The findings about a spec by their files; every file of the spec is there.
pub(super) fn by_file(sources: &Sources, found: &Diagnostics) -> BTreeMap<PathBuf, FileFindings> {
    let empty = |text: &Arc<str>| FileFindings { text: text.clone(), findings: Vec::new() };
    let mut files: BTreeMap<_, _> = sources.iter().map(|file| (normal(&file.path), empty(&file.text))).collect();
    for diagnostic in found {
        let place = diagnostic.labels.first().map(|label| local(sources, label.span));
        let main = || normal(&sources.main().path);
        let path = place.as_ref().map_or_else(main, |(path, _)| path.clone());
        if let Some(file) = files.get_mut(&path) {
            file.findings.push(Finding::new(diagnostic, place.map(|(_, span)| span), sources));
        }
    }
    files
}

/// A place in its own file.
fn local(sources: &Sources, span: Span) -> (PathBuf, Span) {
    let (file, start) = sources.file_at(span.start);
    let within = |offset: usize| offset.saturating_sub(start).min(file.text.len());
    (normal(&file.path), Span::new(within(span.start), within(span.end)))
}

impl Finding {
    fn new(diagnostic: &Diagnostic, span: Option<Span>, sources: &Sources) -> Self {
        let related = diagnostic.labels.iter().skip(1).map(|label| {
            let (path, span) = local(sources, label.span);
            (path, span, label.text.clone())
        });
        Self {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            replacement: diagnostic.replacement.clone(),
            span,
            label: diagnostic.labels.first().map_or_else(String::new, |label| label.text.clone()),
            related: related.collect(),
        }
    }

    /// The same finding about a newer text; `None` where its place was changed.
    pub(super) fn moved(&self, old: &str, new: &str) -> Option<Self> {
        let span = match self.span {
            Some(span) => Some(moved(span, old, new)?),
            None => None,
        };
        Some(Self { span, ..self.clone() })
    }

    /// Its page of the manual up to the examples, in Markdown.
    pub(super) fn page(&self) -> String {
        let page = self.code.page();
        let text = page.body.split("\n## ").next().unwrap_or_default().trim();
        format!("**{}**: {}\n\n{text}", self.code.name(), page.title)
    }

    /// As LSP's `Diagnostic`. `range` is that of the finding, `place` gives the location of another place.
    pub(super) fn to_json(&self, range: Range, place: &dyn Fn(&Path, Span) -> Value) -> Value {
        let severity = match self.severity {
            Severity::Error => 1,
            Severity::Warning => 2,
        };
        let help = self.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
        let related = self.related.iter();
        let related: Vec<_> =
            related.map(|(path, span, text)| json!({ "location": place(path, *span), "message": text })).collect();
        json!({
            "range": range,
            "severity": severity,
            "source": "netspec",
            "code": self.code.as_str(),
            "message": format!("{}{help}", self.message),
            "relatedInformation": related,
            "data": { "label": self.label, "help": self.help },
        })
    }
}
