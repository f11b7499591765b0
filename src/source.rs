//! Where a value was written: the files of a spec and byte ranges in them.
//!
//! All files of a spec share one space of offsets, as the files of a crate do in rustc: the first file begins at 0, each further
//! one behind the end of the one before. So a [`Span`] is two numbers wherever it comes from, and [`Sources`] tells the file.

use std::path::{Path, PathBuf};
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

/// The files of a spec: the one that the user named, and those that it includes.
#[derive(Debug, Clone)]
pub struct Sources {
    main: SourceFile,
    /// Each with the offset of its first byte, in the order of the offsets.
    included: Vec<(usize, SourceFile)>,
}

impl From<SourceFile> for Sources {
    fn from(main: SourceFile) -> Self {
        Self { main, included: Vec::new() }
    }
}

impl Sources {
    /// The file that the user named.
    pub fn main(&self) -> &SourceFile {
        &self.main
    }

    /// Every file, the main one first.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        std::iter::once(&self.main).chain(self.included.iter().map(|(_, file)| file))
    }

    /// Adds an included file; gives the offset of its first byte.
    pub fn add(&mut self, file: SourceFile) -> usize {
        // One byte stays free, so that the end of a file is not the beginning of the next.
        let start = match self.included.last() {
            Some((start, last)) => start + last.text.len() + 1,
            None => self.main.text.len() + 1,
        };
        self.included.push((start, file));
        start
    }

    /// The file that an offset is in, and the offset of its first byte. What is behind the last file counts as its end.
    pub fn file_at(&self, offset: usize) -> (&SourceFile, usize) {
        let later = self.included.partition_point(|(start, _)| *start <= offset);
        match later.checked_sub(1).and_then(|at| self.included.get(at)) {
            Some((start, file)) => (file, *start),
            None => (&self.main, 0),
        }
    }

    /// A path as a spec writes it: relative to the folder of the file that it stands in.
    pub fn beside(&self, written: &Spanned<String>) -> PathBuf {
        let (file, _) = self.file_at(written.span.start);
        file.path.parent().unwrap_or(Path::new("")).join(&written.value)
    }
}

/// A range of bytes in the files of a spec: `start..end`.
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

    /// The same range of a text that begins at this offset.
    #[must_use]
    pub fn behind(self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: Arc::from(text) }
    }

    #[test]
    fn every_offset_is_in_one_file() {
        let mut sources = Sources::from(file("a.kdl", "abc"));
        assert_eq!(sources.add(file("b/b.kdl", "")), 4);
        assert_eq!(sources.add(file("b/c.kdl", "xy")), 5);
        let file_at = |offset| {
            let (file, start) = sources.file_at(offset);
            (file.path.to_str().unwrap(), start)
        };
        assert_eq!(
            [0, 3, 4, 5, 7, 99].map(file_at),
            [("a.kdl", 0), ("a.kdl", 0), ("b/b.kdl", 4), ("b/c.kdl", 5), ("b/c.kdl", 5), ("b/c.kdl", 5)]
        );
    }

    #[test]
    fn a_path_starts_at_the_folder_of_its_file() {
        let mut sources = Sources::from(file("specs/home.kdl", "abc"));
        let start = sources.add(file("lab/hosts.kdl", "abc"));
        let at = |start| sources.beside(&Spanned::new("isos/a.iso".to_owned(), Span::new(start, start + 1)));
        assert_eq!(at(0), Path::new("specs/isos/a.iso"));
        assert_eq!(at(start), Path::new("lab/isos/a.iso"));
    }
}
