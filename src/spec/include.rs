//! `include "hosts.kdl"`: the nodes of another file stand in its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kdl::{KdlDocument, KdlIdentifier, KdlNode};

use super::open::{self, OpenError};
use super::parse;
use super::shape::{Checked, Shape};
use super::value::{self, Wanted};
use crate::diag::nearest::{file_meant, listed, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceFile, Sources, Span, Spanned};
use crate::world::World;

pub(super) const SHAPE: Shape =
    Shape { name: "include", arguments: &["path"], more: None, properties: &[], children: &[] };

/// Files in files, deeper than anybody writes them.
const MAX_DEPTH: usize = 16;

/// More files than any spec has; with the limit for each it bounds what is read.
const MAX_FILES: usize = 4096;

/// Reads the files of a spec, one in the other.
pub(super) struct Reader<'a> {
    world: &'a dyn World,
    /// Every file read so far.
    pub sources: Sources,
    /// What is missing in the nodes, so that findings in it follow from others.
    pub damaged: Vec<Span>,
    /// Whether a part could not be read.
    pub incomplete: bool,
    /// The files that could be included.
    pub includes: Vec<(Spanned<String>, PathBuf)>,
    /// Syntax errors, and files that cannot be included.
    pub findings: Diagnostics,
    /// The files that include each other now, outermost first, as they really are.
    open: Vec<PathBuf>,
    /// Where each file was included; the main file has no such place.
    seen: BTreeMap<PathBuf, Option<Span>>,
}

impl<'a> Reader<'a> {
    /// Reads a file and what it includes; the nodes of all, in the order in which they count.
    pub(super) fn read(main: &SourceFile, world: &'a dyn World) -> (Self, Vec<KdlNode>) {
        let real = world.canonical(&main.path).unwrap_or_else(|_| main.path.clone());
        let mut reader = Self {
            world,
            sources: Sources::from(main.clone()),
            damaged: Vec::new(),
            incomplete: false,
            includes: Vec::new(),
            findings: Diagnostics::default(),
            open: vec![real.clone()],
            seen: BTreeMap::from([(real, None)]),
        };
        let mut nodes = Vec::new();
        reader.add(main, 0, &mut nodes);
        (reader, nodes)
    }

    fn add(&mut self, file: &SourceFile, start: usize, nodes: &mut Vec<KdlNode>) {
        let (mut parsed, found) = parse(file);
        self.incomplete |= found.has_errors();
        self.findings.extend(found.behind(start));
        self.damaged.extend(parsed.damaged.iter().map(|span| span.behind(start)));
        for mut node in parsed.document.nodes_mut().drain(..) {
            if start > 0 {
                shift(&mut node, start);
            }
            if node.name().value() == SHAPE.name {
                self.include(&node, nodes);
            } else {
                nodes.push(node);
            }
        }
    }

    fn include(&mut self, node: &KdlNode, nodes: &mut Vec<KdlNode>) {
        let mut found = Diagnostics::default();
        let checked = Checked::new(node, &SHAPE, &mut found);
        let written = checked
            .argument(0, &mut found)
            .and_then(|entry| value::string(entry, Wanted::argument("include"), &mut found));
        let Some(written) = written else {
            self.incomplete = true;
            self.findings.extend(found);
            return;
        };
        self.findings.extend(found);
        let path = self.sources.beside(&written);
        let real = self.world.canonical(&path).unwrap_or_else(|_| path.clone());
        if let Some(finding) = self.refusal(&written, &real) {
            self.incomplete = true;
            self.findings.push(finding);
            return;
        }
        match open::read(self.world, &path) {
            Ok(file) => {
                self.seen.insert(real.clone(), Some(written.span));
                self.includes.push((written, path));
                let start = self.sources.add(file.clone());
                self.open.push(real);
                self.add(&file, start, nodes);
                self.open.pop();
            }
            Err(error) => {
                self.incomplete = true;
                self.findings.push(unreadable(&written, &path, &error, self.world));
            }
        }
    }

    /// Why a file is not read a second time, or not as deep as this.
    fn refusal(&self, written: &Spanned<String>, real: &Path) -> Option<Diagnostic> {
        let seen = shown(&written.value);
        if let Some(first) = self.open.iter().position(|open| open == real) {
            let way: Vec<_> = self.open.iter().skip(first + 1).filter_map(|file| file.file_name()?.to_str()).collect();
            let through = if way.is_empty() { String::new() } else { format!(" through {}", listed(way)) };
            return Some(
                Diagnostic::new(Code::IncludeCycle, format!("`{seen}` includes itself{through}"))
                    .at(written.span, "leads back to itself")
                    .help("remove this `include`, or move what both files need into a third one"),
            );
        }
        if let Some(first) = self.seen.get(real) {
            let finding = Diagnostic::new(Code::DuplicateInclude, format!("`{seen}` is included twice"))
                .at(written.span, "included again")
                .help("keep one of the two: the nodes of a file belong to the whole spec, wherever it is included");
            return Some(match first {
                Some(first) => finding.at(*first, "first included here"),
                None => finding,
            });
        }
        let (limit, what) = match (self.open.len() >= MAX_DEPTH, self.seen.len() >= MAX_FILES) {
            (true, _) => (MAX_DEPTH, "files in each other"),
            (_, true) => (MAX_FILES, "files"),
            _ => return None,
        };
        Some(
            Diagnostic::new(Code::SpecTooLarge, format!("the spec has more than {limit} {what}"))
                .at(written.span, "one too many")
                .help("put the nodes of several files into one"),
        )
    }
}

fn unreadable(written: &Spanned<String>, path: &Path, error: &OpenError, world: &dyn World) -> Diagnostic {
    let help = match error.advice() {
        Some(advice) => advice.to_owned(),
        None => what_is_there(path, world),
    };
    Diagnostic::new(Code::IncludeUnreadable, format!("cannot include `{}`: {error}", shown(&written.value)))
        .at(written.span, "cannot be read")
        .help(help)
}

/// What could be meant by a path at which there is no file.
fn what_is_there(path: &Path, world: &dyn World) -> String {
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let paths = path.parent().and_then(|folder| world.list(folder).ok()).unwrap_or_default();
    let specs: Vec<_> = paths.iter().filter_map(|path| name(path)).filter(|name| name.ends_with(".kdl")).collect();
    file_meant(&name(path).unwrap_or_default(), &specs)
        .unwrap_or_else(|| "write the path relative to the folder of this file, or from `/` on".to_owned())
}

/// Moves every span of a node behind this offset.
fn shift(node: &mut KdlNode, offset: usize) {
    let moved = |span: miette::SourceSpan| (span.offset() + offset, span.len());
    let shift_word = |word: &mut KdlIdentifier| word.set_span(moved(word.span()));
    node.set_span(moved(node.span()));
    shift_word(node.name_mut());
    node.ty_mut().as_mut().map(shift_word);
    for entry in node.entries_mut() {
        entry.set_span(moved(entry.span()));
        entry.name_mut().map(shift_word);
        entry.ty_mut().map(shift_word);
    }
    if let Some(block) = node.children_mut() {
        shift_block(block, offset);
    }
}

fn shift_block(block: &mut KdlDocument, offset: usize) {
    let span = block.span();
    block.set_span((span.offset() + offset, span.len()));
    for node in block.nodes_mut() {
        shift(node, offset);
    }
}
