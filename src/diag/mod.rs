//! Findings about a spec: what is wrong, where to change it, and what to write instead.
//!
//! Phases collect; nothing here prints. [`render`] turns findings into text or JSON.

mod code;
pub(crate) mod nearest;
mod page;
mod pages;
pub mod render;

use std::collections::BTreeSet;

pub use self::code::Code;
pub use self::page::{Page, UnknownCode};
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
    /// The text that mends it in the place of the primary label, where there is only one.
    pub replacement: Option<String>,
}

impl Diagnostic {
    /// A finding without a place yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: Vec::new(),
            help: None,
            replacement: None,
        }
    }

    /// Adds a labelled place; the first one added is the primary one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says to write this in the place of the primary label.
    #[must_use]
    pub fn replace(mut self, with: impl Into<String>) -> Self {
        let with = with.into();
        self.help = Some(format!("write `{with}`"));
        self.replacement = Some(with);
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// How many findings are kept; of those beyond, only the number.
pub const MAX_KEPT: usize = 1000;

/// The findings of all phases, in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    known: BTreeSet<(Option<Span>, String)>,
    errors: usize,
    warnings: usize,
}

impl Diagnostics {
    /// Adds a finding, unless the same message was already given for the same place.
    ///
    /// Only the first [`MAX_KEPT`] are kept, so that no input can fill the memory with findings; the rest are counted.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.count(diagnostic.severity);
            return;
        }
        let key = (diagnostic.labels.first().map(|label| label.span), diagnostic.message.clone());
        if self.known.insert(key) {
            self.count(diagnostic.severity);
            self.kept.push(diagnostic);
        }
    }

    fn count(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
    }

    /// Adds the findings of a later phase.
    pub fn extend(&mut self, later: Diagnostics) {
        let mut beyond = (later.errors, later.warnings);
        for diagnostic in later.kept {
            match diagnostic.severity {
                Severity::Error => beyond.0 -= 1,
                Severity::Warning => beyond.1 -= 1,
            }
            self.push(diagnostic);
        }
        self.errors += beyond.0;
        self.warnings += beyond.1;
    }

    /// The same findings about a text that begins at this offset.
    #[must_use]
    pub fn behind(self, offset: usize) -> Self {
        let mut moved = Self::default();
        let (errors, warnings) = (self.errors, self.warnings);
        for mut diagnostic in self.kept {
            for label in &mut diagnostic.labels {
                label.span = label.span.behind(offset);
            }
            moved.push(diagnostic);
        }
        Self { errors, warnings, ..moved }
    }

    /// Keeps the findings for which `wanted` holds.
    pub fn retain(&mut self, mut wanted: impl FnMut(&Diagnostic) -> bool) {
        let (errors, warnings) = (&mut self.errors, &mut self.warnings);
        self.kept.retain(|diagnostic| {
            let keep = wanted(diagnostic);
            if !keep {
                match diagnostic.severity {
                    Severity::Error => *errors -= 1,
                    Severity::Warning => *warnings -= 1,
                }
            }
            keep
        });
    }

    /// Sorts by place in the file, findings without a place last.
    pub fn sort(&mut self) {
        self.kept.sort_by_key(|d| d.labels.first().map_or((usize::MAX, usize::MAX), |l| (l.span.start, l.span.end)));
    }

    /// Whether anything was found that forbids serving.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors were found, also those that were not kept.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings were found, also those that were not kept.
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// Whether further findings are only counted, so that no work on their words is worth while.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= MAX_KEPT
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.errors == 0 && self.warnings == 0
    }

    /// The kept findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.kept.iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
