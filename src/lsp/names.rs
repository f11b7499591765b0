//! The names of a spec: where each is given, and where it is used.
//!
//! What is a name and what refers to one is said by the description of the language ([`Value::Name`], [`Value::Reference`]).

use std::path::PathBuf;
use std::sync::Arc;

use super::text::Text;
use crate::source::{Span, Spanned};
use crate::spec::language::{Node, Value};
use crate::spec::tree::{Tree, TreeNode, inside_quotes, variables};

/// A file of a spec as it is now.
pub(super) struct File {
    pub path: PathBuf,
    pub text: Arc<Text>,
    pub tree: Arc<Tree>,
}

/// A name where it is written.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// The kind of node that it is the name of; several where a reference may mean any of them.
    pub kinds: Vec<&'static str>,
    pub value: String,
    /// The name of the node around it, in which alone it is unique.
    pub scope: Option<String>,
    /// Where it is written, with its quotes.
    pub span: Span,
    /// The same without them.
    pub inside: Span,
    /// Whether it is a value that has no quotes.
    pub is_bare: bool,
    pub is_definition: bool,
    /// Which of the files it is in.
    pub file: usize,
    /// All of the node that it stands in.
    pub node: Span,
}

impl Name {
    /// Whether both are the name of one thing.
    pub(super) fn means(&self, other: &Name) -> bool {
        let kind = self.kinds.iter().any(|kind| other.kinds.contains(kind));
        let scopes = self.scope.as_ref().zip(other.scope.as_ref());
        kind && self.value == other.value && scopes.is_none_or(|(one, other)| one == other)
    }
}

/// Every name in these files.
pub(super) fn names(files: &[File], language: &Node) -> Vec<Name> {
    let mut names = Vec::new();
    for (position, file) in files.iter().enumerate() {
        let mut finder = Finder { text: &file.text.text, file: position, names: &mut names };
        finder.nodes(&file.tree.nodes, Some(language), None);
    }
    names
}

struct Finder<'a> {
    text: &'a str,
    file: usize,
    names: &'a mut Vec<Name>,
}

impl Finder<'_> {
    fn nodes(&mut self, nodes: &[TreeNode], parent: Option<&Node>, scope: Option<&str>) {
        for node in nodes {
            let known = parent.and_then(|parent| parent.child(&node.name.value));
            let mut position = 0;
            for entry in &node.entries {
                let part = match &entry.key {
                    Some(key) => known.and_then(|known| known.property(&key.value)),
                    None => {
                        position += 1;
                        known.and_then(|known| known.argument(position - 1))
                    }
                };
                let Some(value) = &entry.value else { continue };
                if let Some((known, part)) = known.zip(part) {
                    self.value(value, known.name, part.value, node, scope);
                }
                self.variables(value.span, node);
            }
            let name = node.arguments().next().map(|name| name.value.as_str());
            self.nodes(&node.nodes, known, name);
        }
    }

    fn value(&mut self, value: &Spanned<String>, node: &'static str, kind: Value, at: &TreeNode, scope: Option<&str>) {
        let mut inside = inside_quotes(self.text, value.span);
        let is_bare = inside == value.span;
        let (kinds, word, scope, is_definition) = match kind {
            Value::Name => (vec![node], value.value.as_str(), scope, true),
            // `main/disk` is an entry with its menu before it.
            Value::Reference(kinds) => match value.value.split_once('/') {
                Some((scope, word)) => {
                    let menu = Span::new(inside.start, inside.start + scope.len());
                    self.part(vec!["menu"], menu, at);
                    inside.start = menu.end + 1;
                    (kinds.to_vec(), word, Some(scope), false)
                }
                None => (kinds.to_vec(), value.value.as_str(), None, false),
            },
            _ => return,
        };
        self.names.push(Name {
            kinds,
            value: word.to_owned(),
            scope: scope.map(str::to_owned),
            span: value.span,
            inside,
            is_bare,
            is_definition,
            file: self.file,
            node: at.span(),
        });
    }

    fn variables(&mut self, value: Span, at: &TreeNode) {
        for span in variables(self.text, value) {
            self.part(vec!["let"], span, at);
        }
    }

    /// A name that is used in a part of a value.
    fn part(&mut self, kinds: Vec<&'static str>, span: Span, at: &TreeNode) {
        self.names.push(Name {
            kinds,
            value: self.text.get(span.start..span.end).unwrap_or_default().to_owned(),
            scope: None,
            span,
            inside: span,
            is_bare: false,
            is_definition: false,
            file: self.file,
            node: at.span(),
        });
    }
}

/// The name at this place of a file.
pub(super) fn at(names: &[Name], file: usize, offset: usize) -> Option<&Name> {
    let here = names.iter().filter(|name| name.file == file && name.span.start <= offset && offset <= name.span.end);
    here.min_by_key(|name| name.span.end - name.span.start)
}

#[cfg(test)]
mod tests {
    use super::super::text::Units;
    use super::*;
    use crate::spec::language;

    const MAIN: &str = "let \"dir\" \"/srv\"\niso \"a\" \"{dir}/a.iso\"\nmenu \"m\" {\n    entry \"a\" iso=\"a\"\n    entry \"b\" menu=\"n\"\n}\n";
    const MORE: &str = "menu n {\n    entry \"a\" iso=a\n}\niso \"b\" \"{dir}/{{dir}\"\nhost \"h\" { boot \"m/a\"; }\n";

    fn all() -> Vec<Name> {
        let file = |path: &str, text: &str| File {
            path: path.into(),
            text: Arc::new(Text::new(Arc::from(text), Units::Utf16)),
            tree: Arc::new(Tree::new(text)),
        };
        names(&[file("main.kdl", MAIN), file("more.kdl", MORE)], &language())
    }

    /// How often the name at this place is given and used: with itself, in both files.
    fn count(file: usize, before: &str) -> (usize, usize) {
        let names = all();
        let text = [MAIN, MORE][file];
        let name = at(&names, file, text.find(before).unwrap() + before.len()).unwrap();
        let same: Vec<_> = names.iter().filter(|other| other.means(name)).collect();
        let given = same.iter().filter(|name| name.is_definition).count();
        (given, same.len() - given)
    }

    #[test]
    fn a_name_is_found_in_every_file() {
        assert_eq!(count(0, "iso \""), (1, 2), "the ISO `a`, not the entries of that name");
        assert_eq!(count(1, "iso="), (1, 2), "the same, from a reference");
        assert_eq!(count(0, "menu=\""), (1, 1), "a name without quotes");
        assert_eq!(count(0, "let \""), (1, 2), "a variable in two texts");
        assert_eq!(count(1, "\"{di"), (1, 2));
        assert_eq!(count(0, "entry \""), (1, 1), "an entry is one of its menu");
        assert_eq!(count(1, "boot \"m/a"), (1, 1), "with its menu before it");
        assert_eq!(count(1, "boot \""), (1, 1), "the menu itself");
    }

    #[test]
    fn what_has_no_name_is_none() {
        let names = all();
        for before in ["me", "iso \"a\" \"{dir}/"] {
            assert!(at(&names, 0, MAIN.find(before).unwrap() + before.len()).is_none(), "{before}");
        }
    }
}
