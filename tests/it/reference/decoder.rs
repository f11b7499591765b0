//! The decoder takes what the description of the language says that it takes, and nothing else.

use std::sync::Arc;

use netspec::diag::{Code, Diagnostics};
use netspec::source::SourceFile;
use netspec::spec::language::{Node, Value};
use netspec::spec::{self, language};
use netspec::world::MemWorld;

/// Values that are right in this place.
fn right(value: Value) -> Vec<String> {
    let quoted = |texts: &[&str]| texts.iter().map(|text| format!("\"{text}\"")).collect();
    match value {
        Value::Boolean => vec!["#true".to_owned(), "#false".to_owned()],
        Value::Word(words) => quoted(&words()),
        Value::Number { from, to, .. } => vec![from.to_string(), to.to_string()],
        Value::Time { from, to } => [from, to].iter().map(|time| format!("\"{}ms\"", time.as_millis())).collect(),
        Value::Name => quoted(&["name", "debian-12", "a.b_c"]),
        Value::Reference(_) => quoted(&["name"]),
        Value::Memory => quoted(&["2GiB", "512 MiB", "1.5GB"]),
        Value::Address => quoted(&["192.168.1.5"]),
        Value::Subnet => quoted(&["192.168.1.0/24", "10.0.0.0/8"]),
        Value::Range => quoted(&["192.168.1.100-192.168.1.199"]),
        Value::Mac => quoted(&["52:54:00:aa:bb:cc"]),
        Value::MacPrefix => quoted(&["b8", "b8:27:eb", "52:54:00:aa:bb:cc"]),
        Value::Uuid => quoted(&["4c4c4544-0031-3510-8051-b7c04f463332"]),
        Value::Interface => quoted(&["eth0", "enp3s0.5"]),
        Value::Digest => vec![format!("\"{}\"", "0a".repeat(32))],
        Value::Path | Value::PathOrUrl => quoted(&["isos/arch.iso", "/srv/isos/arch.iso"]),
        Value::Url => quoted(&["https://boot.example.org/menu.ipxe"]),
        Value::Text => quoted(&["text"]),
        Value::Variable => quoted(&["disk", "disk_1"]),
        Value::VariableValue => ["\"text\"", "\"\"", "7", "#true"].map(str::to_owned).to_vec(),
    }
}

/// Values that are wrong in this place.
fn wrong(value: Value) -> Vec<String> {
    let mut wrong: Vec<String> = match value {
        Value::Number { from, to, .. } => {
            vec![
                (i64::from(from) - 1).to_string(),
                (i64::from(to) + 1).to_string(),
                "1.5".to_owned(),
                "\"x\"".to_owned(),
            ]
        }
        Value::Time { to, .. } => vec![format!("\"{}ms\"", to.as_millis() + 1), "5".to_owned(), "\"x\"".to_owned()],
        Value::Memory => vec!["\"2\"".to_owned(), "\"1KiB\"".to_owned(), "\"65TiB\"".to_owned(), "2".to_owned()],
        Value::Boolean => vec!["\"true\"".to_owned(), "1".to_owned()],
        Value::Name => vec!["\"A B\"".to_owned(), "\"\"".to_owned()],
        Value::Word(_) => vec!["\"no-such-word\"".to_owned()],
        Value::Text | Value::Path | Value::PathOrUrl | Value::Reference(_) => vec!["\"\"".to_owned(), "7".to_owned()],
        Value::Variable => vec!["\"A B\"".to_owned(), "\"a-b\"".to_owned(), "\"host\"".to_owned()],
        Value::VariableValue => vec!["1.5".to_owned()],
        Value::Interface => vec!["\"an-interface-of-more-bytes\"".to_owned()],
        _ => vec!["\"neither\"".to_owned(), "7".to_owned()],
    };
    wrong.push("#null".to_owned());
    wrong
}

/// The first right value, in most places. Only a DHCP server takes a block, and only a URL of an ISO a digest.
fn usual(path: &str, value: Value) -> String {
    match (path, value) {
        ("network/dhcp", _) => "\"server\"".to_owned(),
        ("iso", Value::PathOrUrl) => "\"https://example.org/debian.iso\"".to_owned(),
        _ => right(value).swap_remove(0),
    }
}

/// A node and those around it, outermost first.
type Place<'a> = &'a [(String, &'a Node)];

/// A spec with this line in the blocks of these nodes.
fn around(place: Place<'_>, line: &str) -> String {
    let open = |(path, node): &(String, &Node)| format!("{}{} {{\n", node.name, arguments(path, node));
    let before: String = place.iter().map(open).collect();
    format!("{before}{line}\n{}", "}\n".repeat(place.len()))
}

fn arguments(path: &str, node: &Node) -> String {
    node.arguments.iter().map(|part| format!(" {}", usual(path, part.value))).collect()
}

/// Calls `check` with the place of each node, itself last.
fn every_node(check: &mut dyn FnMut(Place<'_>)) {
    fn walk<'a>(place: &mut Vec<(String, &'a Node)>, node: &'a Node, check: &mut dyn FnMut(Place<'_>)) {
        for child in &node.children {
            let path = match place.last() {
                Some((above, _)) => format!("{above}/{}", child.name),
                None => child.name.to_owned(),
            };
            place.push((path, child));
            check(place);
            walk(place, child, check);
            place.pop();
        }
    }
    walk(&mut Vec::new(), &language(), check);
}

fn decoded(text: &str) -> Diagnostics {
    spec::load(&SourceFile { path: "spec.kdl".into(), text: Arc::from(text) }, &MemWorld::default()).findings
}

/// The codes of the findings that begin in the last piece of the text that reads like this.
fn codes_at(text: &str, piece: &str) -> Vec<Code> {
    let start = text.rfind(piece).unwrap();
    let found = decoded(text);
    let here = |span: &netspec::source::Span| (start..start + piece.len()).contains(&span.start);
    found.iter().filter(|one| one.labels.first().is_some_and(|label| here(&label.span))).map(|one| one.code).collect()
}

/// Findings about the form of a value.
const FORM: &[Code] = &[
    Code::PlaceholderId,
    Code::InvalidValue,
    Code::ValueOutOfRange,
    Code::InvalidName,
    Code::InvalidSubnet,
    Code::InvalidRange,
    Code::UrlInvalid,
    Code::InvalidOrigin,
    Code::NotYetSupported,
];

#[test]
fn values_are_taken_as_described_and_others_are_not() {
    every_node(&mut |place| {
        let ((path, node), above) = place.split_last().unwrap();
        let mut places: Vec<(Value, String)> = Vec::new();
        for (position, part) in node.arguments.iter().enumerate() {
            let others = node.arguments.iter().enumerate();
            let values = others.map(|(other, known)| match other == position {
                true => " VALUE".to_owned(),
                false => format!(" {}", usual(path, known.value)),
            });
            places.push((part.value, format!("{}{}", node.name, values.collect::<String>())));
        }
        for part in &node.properties {
            places.push((part.value, format!("{}{} {}=VALUE", node.name, arguments(path, node), part.name)));
        }
        for (value, line) in places {
            for good in right(value) {
                let text = around(above, &line.replace("VALUE", &good));
                let codes = codes_at(&text, &good);
                assert!(!codes.iter().any(|code| FORM.contains(code)), "{path}: {codes:?} about {good} in\n{text}");
            }
            for bad in wrong(value) {
                let text = around(above, &line.replace("VALUE", &bad));
                let codes = codes_at(&text, &bad);
                assert!(codes.iter().any(|code| FORM.contains(code)), "{path}: nothing about {bad} in\n{text}");
            }
        }
    });
}

#[test]
fn properties_and_children_are_taken_as_described_and_others_are_not() {
    every_node(&mut |place| {
        let ((path, node), above) = place.split_last().unwrap();
        let has = |text: &str, code: Code| decoded(text).iter().any(|one| one.code == code);
        let alone = format!("{}{}", node.name, arguments(path, node));
        let known = |code: Code, line: &str| !has(&around(above, line), code);

        for part in &node.properties {
            let line = format!("{alone} {}={}", part.name, usual(path, part.value));
            assert!(known(Code::UnknownProperty, &line), "{path}: {line}");
        }
        let line = format!("{alone} no-such-property=1");
        assert!(!known(Code::UnknownProperty, &line), "{path}: {line}");

        for child in &node.children {
            let inner = format!("{}{}", child.name, arguments(&format!("{path}/{}", child.name), child));
            let line = format!("{alone} {{\n{inner}\n}}");
            assert!(known(Code::UnknownNode, &line) && known(Code::UnexpectedChildren, &line), "{path}: {line}");
            let twice = format!("{alone} {{\n{inner}\n{inner}\n}}");
            assert_eq!(!known(Code::DuplicateNode, &twice), child.once, "{path}: {twice}");
        }
        let line = format!("{alone} {{\nno-such-node\n}}");
        let code = if node.children.is_empty() { Code::UnexpectedChildren } else { Code::UnknownNode };
        assert!(!known(code, &line), "{path}: {line}");

        assert!(known(Code::UnexpectedArgument, &alone), "{path}: {alone}");
        if let Some((_, needed)) = node.arguments.split_last() {
            let values = needed.iter().map(|part| format!(" {}", usual(path, part.value)));
            let line = format!("{}{}", node.name, values.collect::<String>());
            let text = around(above, &line);
            assert!(codes_at(&text, &line).contains(&Code::Missing), "{path}: nothing is missing in\n{text}");
        }
        let last = node.arguments.last().map_or("\"more\"".to_owned(), |part| usual(path, part.value));
        let one_more = format!("{alone} {last}");
        assert_eq!(known(Code::UnexpectedArgument, &one_more), node.more, "{path}: {one_more}");
    });
}
