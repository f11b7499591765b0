//! Where a value was written: source files and byte ranges in them.

use std::path::PathBuf;
use std::sync::Arc;

/// The text of one spec file, with the name it is shown by.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as the user gave it; shown in diagnostics.
    pub path: PathBuf,
    /// The whole text, UTF-8.
    pub text: Arc<str>,
}

impl SourceFile {
    /// The name shown in diagnostics.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// A range of bytes in the spec file: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just behind the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// A value and the place where the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where: the value alone, without its property name or type annotation.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}
