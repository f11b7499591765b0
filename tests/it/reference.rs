//! The pages of reference, `docs/reference/<node>.md`, and the description of the language that their tables are made from.
//!
//! A page has one table for each node of its block that is more than a word with values, between
//! `<!-- table: menu/entry -->` and `<!-- end of table -->`. `NETSPEC_BLESS=1 cargo it reference` writes the tables anew.
//! That the KDL blocks of the pages are valid specs is tested with those of all documents (`docs.rs`).

mod decoder;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use netspec::diag::Code;
use netspec::spec::language;
use netspec::spec::language::{Node, Part};

const END: &str = "<!-- end of table -->";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference")
}

/// The table of a node: its arguments, properties and children.
fn table(node: &Node) -> String {
    let mut table = "| | value | without it | what it does |\n|---|---|---|---|\n".to_owned();
    let mut row = |what: String, value: String, without: &str, doc: &str| {
        table.push_str(&format!("| {what} | {value} | {without} | {doc} |\n"));
    };
    for (position, part) in node.arguments.iter().enumerate() {
        let more = if node.more && position + 1 == node.arguments.len() { ", one or more" } else { "" };
        row(format!("_{}_{more}", part.name), part.value.describe(), "an error", part.doc);
    }
    for part in &node.properties {
        row(format!("`{}=`", part.name), part.value.describe(), part.without, part.doc);
    }
    for child in &node.children {
        let more = if child.once { "" } else { ", repeatable" };
        row(format!("`{}`{more}", child.name), values(child), child.without, child.doc);
    }
    table
}

/// What stands behind the name of a child.
fn values(node: &Node) -> String {
    if !node.is_plain() {
        return "see below".to_owned();
    }
    let describe = |part: &Part| part.value.describe();
    match node.arguments.as_slice() {
        [] => "nothing".to_owned(),
        [one] if node.more => format!("one or more: {}", describe(one)),
        many => many.iter().map(describe).collect::<Vec<_>>().join(", then "),
    }
}

/// The nodes that have a table on the page of a top-level node, with their places: `menu`, `menu/entry`.
fn with_table<'a>(path: &str, node: &'a Node, found: &mut Vec<(String, &'a Node)>) {
    found.push((path.to_owned(), node));
    for child in node.children.iter().filter(|child| !child.is_plain()) {
        with_table(&format!("{path}/{}", child.name), child, found);
    }
}

/// The page with its tables as they should be, and the places of the tables.
fn with_tables(page: &str, known: &[(String, &Node)]) -> (String, BTreeSet<String>) {
    let mut shown = BTreeSet::new();
    let mut blessed = String::new();
    let mut rest = page;
    while let Some((before, behind)) = rest.split_once("<!-- table: ") {
        let (path, behind) = behind.split_once(" -->\n").expect("`<!-- table: … -->` on a line of its own");
        let (_, behind) = behind.split_once(END).unwrap_or_else(|| panic!("the table of {path} has no `{END}`"));
        let node = known.iter().find(|(known, _)| known == path);
        let (_, node) = node.unwrap_or_else(|| panic!("there is no node `{path}` with a table on this page"));
        blessed.push_str(&format!("{before}<!-- table: {path} -->\n{}{END}", table(node)));
        shown.insert(path.to_owned());
        rest = behind;
    }
    (blessed + rest, shown)
}

#[test]
fn every_page_lists_what_its_node_takes() {
    let language = language();
    let mut wrong = Vec::new();
    for node in &language.children {
        let path = folder().join(format!("{}.md", node.name));
        let Ok(page) = fs::read_to_string(&path) else {
            wrong.push(format!("`{}` has no page {}", node.name, path.display()));
            continue;
        };
        let mut known = Vec::new();
        with_table(node.name, node, &mut known);
        let (blessed, shown) = with_tables(&page, &known);
        for (place, _) in known.iter().filter(|(place, _)| !shown.contains(place)) {
            wrong.push(format!("{}: no table of `{place}`; write `<!-- table: {place} -->\n{END}`", path.display()));
        }
        if blessed != page && std::env::var_os("NETSPEC_BLESS").is_some() {
            fs::write(&path, blessed).unwrap();
        } else if blessed != page {
            wrong.push(format!("{}: NETSPEC_BLESS=1 writes its tables anew", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The index has a row for each page, in the order of the language.
#[test]
fn the_index_lists_every_page() {
    let path = folder().join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut rows = "| node | what it is | without it |\n|---|---|---|\n".to_owned();
    let language = language();
    for node in &language.children {
        let once = if node.once { ", once" } else { "" };
        rows.push_str(&format!("| [`{0}`]({0}.md){once} | {1} | {2} |\n", node.name, node.doc, node.without));
    }
    let (before, rest) = page.split_once("<!-- nodes -->\n").expect("`<!-- nodes -->`");
    let (_, after) = rest.split_once(END).unwrap();
    let blessed = format!("{before}<!-- nodes -->\n{rows}{END}{after}");
    if std::env::var_os("NETSPEC_BLESS").is_some() {
        fs::write(&path, blessed).unwrap();
    } else {
        assert!(blessed == page, "NETSPEC_BLESS=1 writes {} anew", path.display());
    }
    let pages: BTreeSet<String> =
        fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let nodes: BTreeSet<String> = language.children.iter().map(|node| format!("{}.md", node.name)).collect();
    assert_eq!(pages, &nodes | &BTreeSet::from(["README.md".to_owned()]));
}

/// Each page says what its node is, shows an example, and says what a PC sees and what may be found wrong.
#[test]
fn every_page_has_its_parts() {
    for node in &language().children {
        let page = fs::read_to_string(folder().join(format!("{}.md", node.name))).unwrap();
        assert!(page.starts_with(&format!("# `{}`\n\n", node.name)), "{}", node.name);
        for part in ["\n```kdl\n", "\n## Left out\n", "\n## What a PC sees\n", "\n## Findings\n"] {
            assert!(page.contains(part), "the page of `{}` lacks {part:?}", node.name);
        }
    }
}

/// Every finding that a page speaks of is one, and every link leads to a file or to another site.
#[test]
fn every_link_leads_somewhere() {
    for file in fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let page = fs::read_to_string(&path).unwrap();
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if file.starts_with("https://") {
                continue;
            }
            assert!(folder().join(file).exists(), "{}: {link}", path.display());
            if let Some(code) = file.strip_prefix("../../tests/diagnostics/") {
                let code = format!("netspec::{}", code.trim_end_matches(".md"));
                assert!(Code::ALL.iter().any(|known| known.as_str() == code), "{}: {code}", path.display());
            }
        }
    }
}

/// Whatever can be said is said in a sentence.
#[test]
fn everything_is_described() {
    fn check(path: &str, node: &Node, wrong: &mut Vec<String>) {
        let top = path.is_empty();
        let mut want = |what: String, text: &str| {
            if text.is_empty() {
                wrong.push(format!("src/spec/language/nodes.rs lacks {what}"));
            }
        };
        want(format!("a description of `{path}`"), node.doc);
        want(format!("what holds without `{path}`"), if top { "-" } else { node.without });
        for part in node.arguments.iter().filter(|_| !node.is_plain()) {
            want(format!("a description of the argument {} of `{path}`", part.name), part.doc);
        }
        for part in &node.properties {
            want(format!("a description of `{}=` of `{path}`", part.name), part.doc);
            want(format!("what holds without `{}=` of `{path}`", part.name), part.without);
        }
        for child in &node.children {
            let path = if top { child.name.to_owned() } else { format!("{path}/{}", child.name) };
            check(&path, child, wrong);
        }
    }
    let mut wrong = Vec::new();
    check("", &language(), &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
