//! Findings about a spec: what is wrong, where to change it, and what to write instead.
//!
//! Phases collect; nothing here prints. [`render`] turns findings into text or JSON.

mod code;
pub mod render;

pub use self::code::Code;
use crate::source::Span;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The spec cannot be served as written.
    Error,
    /// The spec can be served, but some client will be disappointed.
    Warning,
}

/// A range of the spec, and what to say about it in two to six words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The value that must change, or the cause where that is elsewhere.
    pub span: Span,
    /// What is said under the range; may be empty.
    pub text: String,
}

/// One finding.
///
/// The message is a lower-case phrase that can stand alone, names in backticks, without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable name of this kind of finding.
    pub code: Code,
    /// Error or warning; [`Code::severity`] decides.
    pub severity: Severity,
    /// What is wrong, with both sides: expected and found, limit and value.
    pub message: String,
    /// Where. The first label is the primary one; empty only where the finding has no place in the text.
    pub labels: Vec<Label>,
    /// What to write instead, one sentence.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding without a place yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds a labelled place; the first one added is the primary one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// The findings of all phases, in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a finding, unless the same message was already given for the same place.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let key = |d: &Diagnostic| (d.labels.first().map(|l| l.span), d.message.clone());
        if !self.0.iter().any(|known| key(known) == key(&diagnostic)) {
            self.0.push(diagnostic);
        }
    }

    /// Adds the findings of a later phase.
    pub fn extend(&mut self, later: Diagnostics) {
        for diagnostic in later.0 {
            self.push(diagnostic);
        }
    }

    /// Sorts by place in the file, findings without a place last.
    pub fn sort(&mut self) {
        self.0.sort_by_key(|d| d.labels.first().map_or((usize::MAX, usize::MAX), |l| (l.span.start, l.span.end)));
    }

    /// Whether anything was found that forbids serving.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}
