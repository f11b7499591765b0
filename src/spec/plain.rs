//! Builds the KDL document of a plain text out of the tokens that are there already.
//!
//! The crate `kdl` (6.7.1) reads some 2.6 MB of text a second: a spec with 10,000 machines would take it 0.3 s. Nearly every spec is
//! made of words, strings in quotes, whole numbers and blocks. Of such a text the document is built here, as `kdl` would read it; at
//! anything else, this gives up and `kdl` reads the text.

use kdl::{KdlDocument, KdlEntry, KdlEntryFormat, KdlIdentifier, KdlNode, KdlValue};

use super::lex::{Closing, Kind, Token};
use super::literal::{is_forbidden, is_identifier};
use crate::source::Span;

/// Reads a text without faults; `None` where it is not plain. Blocks nest no deeper than [`outline`](super::split::outline) lets
/// them.
pub(super) fn read(text: &str, tokens: &[Token]) -> Option<KdlDocument> {
    // Characters that KDL wants escaped may stand in comments and strings, too.
    let is_odd = |c: char| c == '\u{7f}' || (!matches!(c, '\\' | '/' | '[' | ']' | '"' | '#') && is_forbidden(c));
    if text.contains(is_odd) {
        return None;
    }
    let mut reader = Reader { text, tokens, at: 0, nodes: Vec::new(), entries: Vec::new() };
    let nodes = reader.nodes()?;
    (reader.at == tokens.len()).then(|| document(nodes, Span::new(0, text.len())))
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    /// The nodes of the blocks that are open, the innermost last. A finished block takes its own, in a list of just their number: in
    /// a list that grows, most of the memory of a document of small nodes would be room for more.
    nodes: Vec<KdlNode>,
    /// The entries of the node that is read.
    entries: Vec<KdlEntry>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn written(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Whether something stands between the token before and this one; blanks and comments alone can.
    fn is_apart(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        match (before, self.peek()) {
            (Some(before), Some(token)) => before.span.end < token.span.start,
            _ => true,
        }
    }

    /// Up to the end of a block or of the text.
    fn nodes(&mut self) -> Option<Vec<KdlNode>> {
        let start = self.nodes.len();
        loop {
            let token = self.peek().filter(|token| token.kind != Kind::Close);
            let Some(token) = token else { return Some(self.nodes.drain(start..).collect()) };
            match token.kind {
                // `;` ends a node, and there is none.
                Kind::End if self.written(token.span) != ";" => self.at += 1,
                Kind::Word | Kind::Text(_) => {
                    let node = self.node()?;
                    self.nodes.push(node);
                    self.at += usize::from(self.peek().is_some_and(|next| next.kind == Kind::End));
                }
                _ => return None,
            }
        }
    }

    fn node(&mut self) -> Option<KdlNode> {
        let mut node = KdlNode::new(self.identifier()?);
        let start = node.name().span().offset();
        let mut end = start + node.name().span().len();
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::End | Kind::Close => break,
                Kind::Word | Kind::Text(_) if self.is_apart() => {
                    let entry = self.entry()?;
                    end = entry.span().offset() + entry.span().len();
                    self.entries.push(entry);
                }
                Kind::Open if self.is_apart() => {
                    self.at += 1;
                    *node.entries_mut() = self.entries.drain(..).collect();
                    let nodes = self.nodes()?;
                    let close = self.peek().filter(|token| token.kind == Kind::Close)?;
                    self.at += 1;
                    end = close.span.end;
                    node.set_children(document(nodes, Span::new(token.span.end, close.span.start)));
                    // A node ends with its block.
                    let is_end = self.peek().is_none_or(|next| matches!(next.kind, Kind::End | Kind::Close));
                    is_end.then_some(())?;
                    break;
                }
                _ => return None,
            }
        }
        if node.children().is_none() {
            *node.entries_mut() = self.entries.drain(..).collect();
        }
        node.set_span((start, end - start));
        Some(node)
    }

    /// A value, or a name, `=` and a value.
    fn entry(&mut self) -> Option<KdlEntry> {
        let first = self.peek()?;
        let is_property = self.tokens.get(self.at + 1).is_some_and(|next| next.kind == Kind::Equals);
        let name = if is_property {
            let name = self.identifier()?;
            (!self.is_apart()).then_some(())?;
            self.at += 1;
            (!self.is_apart()).then_some(())?;
            Some(name)
        } else {
            None
        };
        let token = self.peek()?;
        self.at += 1;
        let written = self.written(token.span);
        let mut entry = KdlEntry::new(value(token, written)?);
        entry.set_name(name);
        entry.set_format(KdlEntryFormat { value_repr: written.to_owned(), ..KdlEntryFormat::default() });
        entry.set_span((first.span.start, token.span.end - first.span.start));
        Some(entry)
    }

    fn identifier(&mut self) -> Option<KdlIdentifier> {
        let token = self.peek()?;
        self.at += 1;
        let written = self.written(token.span);
        let mut identifier = KdlIdentifier::from(string(token, written)?);
        identifier.set_repr(written);
        identifier.set_span((token.span.start, token.span.end - token.span.start));
        Some(identifier)
    }
}

fn document(nodes: Vec<KdlNode>, span: Span) -> KdlDocument {
    let mut document = KdlDocument::new();
    *document.nodes_mut() = nodes;
    document.set_span((span.start, span.end - span.start));
    document
}

/// The text of a word or of a string in one pair of quotes without escapes.
fn string(token: Token, written: &str) -> Option<&str> {
    match token.kind {
        Kind::Word => is_identifier(written).then_some(written),
        Kind::Text(Closing::Closed) => {
            let inside = written.strip_prefix('"')?.strip_suffix('"')?;
            (!inside.contains(['"', '\\'])).then_some(inside)
        }
        _ => None,
    }
}

fn value(token: Token, written: &str) -> Option<KdlValue> {
    if let Some(text) = string(token, written) {
        return Some(KdlValue::String(text.to_owned()));
    }
    match written {
        "#true" => Some(KdlValue::Bool(true)),
        "#false" => Some(KdlValue::Bool(false)),
        _ => {
            let is_plain =
                !written.is_empty() && written.len() < 19 && written.bytes().all(|byte| byte.is_ascii_digit());
            is_plain.then(|| written.parse().ok().map(KdlValue::Integer)).flatten()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lex::lex;
    use super::super::value::{key_span, name_span, value_span};
    use super::*;

    /// All that decoding looks at.
    fn told(document: &KdlDocument) -> String {
        let nodes = document.nodes().iter().map(|node| {
            let entries = node.entries().iter().map(|entry| {
                let name = entry.name().map(|name| (name.value().to_owned(), key_span(name)));
                let written = entry.format().map(|format| format.value_repr.clone());
                format!("{name:?} {:?} {:?} {written:?} {:?}", entry.value(), value_span(entry), entry.ty())
            });
            let entries: Vec<_> = entries.collect();
            let children = node.children().map(told);
            format!("{} {:?} {:?} {entries:?} {children:?}", node.name().value(), name_span(node), node.ty())
        });
        nodes.collect::<Vec<_>>().join("\n")
    }

    fn compare(text: &str) -> bool {
        let plain = read(text, &lex(text));
        if let Some(plain) = &plain {
            let kdl = KdlDocument::parse_v2(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
            assert_eq!(told(plain), told(&kdl), "{text:?}");
        }
        plain.is_some()
    }

    #[test]
    fn what_a_spec_is_made_of_is_plain() {
        for text in [
            "",
            "\n// nothing\n",
            "network \"home\" { subnet \"192.168.1.0/24\"; dhcp \"server\" { lease \"2h\" } }\n",
            "iso \"é\" \"a b.iso\" /* why */ {\n    arguments \"x=y\" \\\n        \"z\"\n}\n",
            "menu main title=\"A {b}\" timeout=30 flag=#true other=#false { separator; entry \"a\" iso=b }",
            "server{ }".replace('{', " {").as_str(),
        ] {
            assert!(compare(text), "{text:?}");
        }
    }

    #[test]
    fn the_rest_is_left_to_kdl() {
        for text in [
            "a \"x\\n\"",
            "a #\"raw\"#",
            "a \"\"\"\nx\n\"\"\"",
            "/- a",
            "a /-b",
            "(t)a",
            "a (t)1",
            "a 0x1f",
            "a 1.5",
            "a #null",
            "a -1",
            "a { } b",
            "a { } { }",
            "a \"x\"\"y\"",
            "a x= 1",
            "a{ }",
            "a \"x\"{ }",
            "a \"\u{7f}\"",
            "// \u{200e}\na",
            "a }",
            "a {",
            "a true",
            "a =1",
            "a b=",
            "{ }",
            "a 1_000",
            "a \"unclosed",
        ] {
            assert!(!compare(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn is_what_kdl_reads(pieces in prop::collection::vec(
            prop_oneof![
                Just("a"), Just("host"), Just(" "), Just(" "), Just(" "), Just("\n"), Just(";"), Just("{ "), Just(" }"), Just("="), Just("b=2"),
                Just("\"x y\""), Just("\"\""), Just("12"), Just("007"), Just("#true"), Just("// c\n"), Just("/* c */"), Just("\\\n"), Just("é"),
                Just("-"), Just("#"), Just("\"x\\\"\""), Just("(t)"), Just("/-"), Just("\t"), Just("\r\n"), Just("true"), Just("a=\"b\""),
            ], 0..24)) {
            compare(&pieces.concat());
        }
    }
}
