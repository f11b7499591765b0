//! The nodes of a text as far as its tokens tell, for an editor: also of a text that is being written.
//!
//! [`parse()`](super::parse()) is for texts that are to be served and takes faulty words out. Here they stay, because the cursor may
//! stand in one of them. What is switched off by `/-` is left out.

use super::lex::{Closing, Kind, Token, is_space, lex};
use super::parse::Faults;
use super::split::{self, outline};
use super::variables::placeholder;
use crate::source::{Span, Spanned};

/// The nodes of a text.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// The nodes at the top.
    pub nodes: Vec<TreeNode>,
}

/// A node and its block.
#[derive(Debug, Clone)]
pub struct TreeNode {
    /// Its name.
    pub name: Spanned<String>,
    /// Its arguments and properties, in order.
    pub entries: Vec<TreeEntry>,
    /// Its block: from `{` to `}`, or to the end of the text.
    pub block: Option<Span>,
    /// Whether the `}` is there.
    pub closed: bool,
    /// The nodes of its block.
    pub nodes: Vec<TreeNode>,
    /// All of it but its block.
    pub head: Span,
}

/// An argument or a property.
#[derive(Debug, Clone)]
pub struct TreeEntry {
    /// The name of a property.
    pub key: Option<Spanned<String>>,
    /// The value, without quotes in `value` and with them in `span`; `None` behind a lone `name=`.
    pub value: Option<Spanned<String>>,
    /// From the name to the value.
    pub span: Span,
}

/// What stands at a place of the text.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// The nodes whose blocks it is in, outermost first.
    pub around: Vec<&'a TreeNode>,
    /// The node whose head it is in or right behind.
    pub node: Option<&'a TreeNode>,
}

impl Tree {
    /// The nodes of this text. A text that nests too deep has none.
    pub fn new(text: &str) -> Self {
        let tokens = lex(text);
        let outline = outline(text, &tokens, &mut Faults::default());
        Self { nodes: nodes(text, &outline.nodes) }
    }

    /// What stands at this offset.
    pub fn place(&self, text: &str, offset: usize) -> Place<'_> {
        let mut around = Vec::new();
        let mut nodes = &self.nodes;
        while let Some(node) = nodes.iter().find(|node| node.holds(offset)) {
            around.push(node);
            nodes = &node.nodes;
        }
        let node = nodes.iter().rev().find(|node| node.head.start <= offset).filter(|node| {
            let blank = |rest: &str| rest.chars().all(is_space);
            let before_block = node.block.is_none_or(|block| offset <= block.start);
            before_block && (offset <= node.head.end || text.get(node.head.end..offset).is_some_and(blank))
        });
        Place { around, node }
    }
}

impl TreeNode {
    /// Whether this offset is in the block.
    fn holds(&self, offset: usize) -> bool {
        let end = if self.closed { 0 } else { 1 };
        self.block.is_some_and(|block| block.start < offset && offset < block.end + end)
    }

    /// All of it.
    pub fn span(&self) -> Span {
        Span::new(self.head.start, self.block.map_or(self.head.end, |block| block.end.max(self.head.end)))
    }

    /// The arguments, in order.
    pub fn arguments(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.entries.iter().filter(|entry| entry.key.is_none()).filter_map(|entry| entry.value.as_ref())
    }
}

/// The place of what stands between the quotes of a value that is written here.
pub fn inside_quotes(text: &str, span: Span) -> Span {
    let written = text.get(span.start..span.end).unwrap_or_default();
    let (open, close) = quotes(written);
    Span::new(span.start + open, (span.end - close).max(span.start + open))
}

/// The names of variables in a value that is written here: of `{isos}`, the word between the braces.
pub fn variables(text: &str, span: Span) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = span.start;
    while let Some(next) = text.get(at..span.end).and_then(|rest| rest.find('{')) {
        let brace = at + next;
        let rest = text.get(brace + 1..span.end).unwrap_or_default();
        at = brace + 1;
        if rest.starts_with('{') {
            at += 1;
        } else if let Some(name) = placeholder(rest).filter(|_| !text.get(..brace).unwrap_or_default().ends_with('$')) {
            found.push(Span::new(at, at + name.len()));
            at += name.len();
        }
    }
    found
}

/// How many bytes of a value are its opening and its closing quotes.
fn quotes(written: &str) -> (usize, usize) {
    let hashes = written.bytes().take_while(|&byte| byte == b'#').count();
    let Some(rest) = written.get(hashes..).filter(|rest| rest.starts_with('"')) else { return (0, 0) };
    let marks = if rest.starts_with("\"\"\"") && rest.len() > 3 { 3 } else { 1 };
    let close = format!("{}{}", &"\"\"\""[..marks], "#".repeat(hashes));
    let closed = rest.len() >= marks + close.len() && rest.ends_with(&close);
    (hashes + marks, if closed { close.len() } else { 0 })
}

fn nodes(text: &str, nodes: &[split::Node]) -> Vec<TreeNode> {
    nodes.iter().filter_map(|written| node(text, written)).collect()
}

fn node(text: &str, written: &split::Node) -> Option<TreeNode> {
    let mut tokens = Tokens { text, rest: &written.head };
    let name = tokens.next().filter(|token| token.kind != Kind::Slashdash)?;
    let is_word = matches!(name.kind, Kind::Word | Kind::Text(_));
    let name = tokens.spanned(name);
    let body = written.body.as_ref();
    Some(TreeNode {
        name: if is_word { name } else { Spanned::new(String::new(), name.span) },
        entries: tokens.entries(),
        block: body.map(|body| body.span),
        closed: body.is_some_and(|body| body.closed),
        nodes: body.map_or_else(Vec::new, |body| self::nodes(text, &body.nodes)),
        head: written.head_span(),
    })
}

struct Tokens<'a> {
    text: &'a str,
    rest: &'a [Token],
}

impl Tokens<'_> {
    /// The next token behind type annotations, which the language does not have.
    fn next(&mut self) -> Option<Token> {
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            if first.kind != Kind::TypeOpen {
                return Some(*first);
            }
            let close = rest.iter().position(|token| token.kind == Kind::TypeClose)?;
            self.rest = rest.get(close + 1..)?;
        }
    }

    fn spanned(&self, token: Token) -> Spanned<String> {
        let inside = match token.kind {
            Kind::Text(Closing::Closed | Closing::Unclosed | Closing::OneLine) => inside_quotes(self.text, token.span),
            _ => token.span,
        };
        Spanned::new(self.text.get(inside.start..inside.end).unwrap_or_default().to_owned(), token.span)
    }

    fn entries(&mut self) -> Vec<TreeEntry> {
        let mut entries = Vec::new();
        while let Some(token) = self.next() {
            match token.kind {
                Kind::Slashdash => {
                    self.entry();
                }
                Kind::Word | Kind::Text(_) => entries.push(self.entry_of(token)),
                _ => {}
            }
        }
        entries
    }

    fn entry(&mut self) -> Option<TreeEntry> {
        let token = self.next()?;
        Some(self.entry_of(token))
    }

    fn entry_of(&mut self, token: Token) -> TreeEntry {
        let first = self.spanned(token);
        let Some((equals, rest)) = self.rest.split_first().filter(|(next, _)| next.kind == Kind::Equals) else {
            return TreeEntry { key: None, span: first.span, value: Some(first) };
        };
        self.rest = rest;
        let begins_value = |token: &&Token| matches!(token.kind, Kind::Word | Kind::Text(_) | Kind::TypeOpen);
        // `a= b=1`: the next word is a property of its own.
        let is_key = rest.get(1).is_some_and(|next| next.kind == Kind::Equals);
        let value = rest.first().filter(begins_value).filter(|_| !is_key).and_then(|_| self.next());
        let value = value.map(|token| self.spanned(token));
        let end = value.as_ref().map_or(equals.span.end, |value| value.span.end);
        TreeEntry { span: Span::new(first.span.start, end), key: Some(first), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "menu \"main\" timeout=30 {\n    entry \"a\" iso=\n    /-entry \"b\"\n    \n}\niso \"x\" /-\"y\" \"z\" // note\n";

    fn at(before: &str) -> usize {
        TEXT.find(before).unwrap() + before.len()
    }

    #[test]
    fn nodes_have_their_parts() {
        let tree = Tree::new(TEXT);
        let [menu, iso] = tree.nodes.as_slice() else { panic!("{tree:?}") };
        assert_eq!((menu.name.value.as_str(), menu.nodes.len()), ("menu", 1));
        assert_eq!(menu.entries[1].key.as_ref().unwrap().value, "timeout");
        assert_eq!(menu.entries[1].value.as_ref().unwrap().value, "30");
        assert!(menu.nodes[0].entries[1].value.is_none());
        assert_eq!(iso.arguments().map(|value| value.value.as_str()).collect::<Vec<_>>(), ["x", "z"]);
        assert_eq!(&TEXT[menu.span().start..menu.span().end], &TEXT[..TEXT.find("}").unwrap() + 1]);
    }

    #[test]
    fn a_place_is_in_blocks_and_in_a_node() {
        let tree = Tree::new(TEXT);
        let place = |before: &str| {
            let place = tree.place(TEXT, at(before));
            let names: Vec<_> = place.around.iter().map(|node| node.name.value.clone()).collect();
            (names.join("/"), place.node.map(|node| node.name.value.clone()).unwrap_or_default())
        };
        assert_eq!(place("me"), (String::new(), "menu".to_owned()));
        assert_eq!(place("timeout=30 "), (String::new(), "menu".to_owned()));
        assert_eq!(place("timeout=30 {"), ("menu".to_owned(), String::new()));
        assert_eq!(place("iso="), ("menu".to_owned(), "entry".to_owned()));
        assert_eq!(place("\"b\"\n   "), ("menu".to_owned(), String::new()));
        assert_eq!(place("}"), (String::new(), String::new()));
        assert_eq!(place("\"z\" "), (String::new(), "iso".to_owned()));
        assert_eq!(place("// n"), (String::new(), String::new()));
    }

    #[test]
    fn quotes_are_taken_off() {
        for (written, inside) in
            [("\"a\"", "a"), ("a", "a"), ("\"a", "a"), ("\"", ""), ("\"\"", ""), ("#\"a\"#", "a"), ("##\"a\"#", "a\"#")]
        {
            let span = inside_quotes(written, Span::new(0, written.len()));
            assert_eq!(&written[span.start..span.end], inside, "{written}");
        }
    }

    #[test]
    fn variables_are_found_in_values() {
        let text = "a \"{isos}/{{x}}/{y-1}$'{a,b}'${net0}{\"";
        let found = variables(text, Span::new(2, text.len()));
        assert_eq!(found.iter().map(|span| &text[span.start..span.end]).collect::<Vec<_>>(), ["isos", "y-1"]);
    }

    #[test]
    fn any_text_has_a_tree() {
        for text in
            ["", "{", "}", "= =", "(", "a=(u8)", "\"", "a \"", "/-", "a /-", "{{{{", "a=b=c", "\"\"\"", "#\"\"\"#"]
        {
            let tree = Tree::new(text);
            for offset in 0..=text.len() + 1 {
                tree.place(text, offset);
            }
        }
    }
}
