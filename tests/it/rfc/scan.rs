//! Finds the tests of the tree and the IDs that they claim.

use std::fs;
use std::path::Path;

use super::requirements::Id;

/// A test, or a case of the harness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    /// The file, from the root of the tree.
    pub(super) file: String,
    pub(super) name: String,
    pub(super) ids: Vec<Id>,
}

/// All tests below `root` that name an ID.
pub(super) fn tests(root: &Path) -> Vec<Test> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "harness/src", "harness/tests"] {
        visit(&root.join(folder), &mut |path| {
            let file = path.strip_prefix(root).unwrap().to_str().unwrap();
            let text = fs::read_to_string(path).unwrap();
            found.extend(in_text(file, &text));
            if file.starts_with("harness/src/") {
                found.extend(cases(file, &text));
            }
        });
    }
    found.retain(|test| !test.ids.is_empty());
    found.sort_by(|a, b| (&a.file, &a.name).cmp(&(&b.file, &b.name)));
    found
}

fn visit(folder: &Path, with: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, with);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            with(&path);
        }
    }
}

/// The tests of a file that are run: functions with `#[test]` or `#[tokio::test]` that are not ignored.
fn in_text(file: &str, text: &str) -> Vec<Test> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_head = |line: &&&str| line.starts_with("///") || line.starts_with("#[");
    let mut found = Vec::new();
    for at in (0..lines.len()).filter(|at| lines[*at] == "#[test]" || lines[*at].starts_with("#[tokio::test")) {
        let begin = at - lines[..at].iter().rev().take_while(is_head).count();
        let end = at + lines[at..].iter().take_while(is_head).count();
        let head = &lines[begin..end];
        let Some(name) = lines.get(end).and_then(|line| name_of_function(line)) else { continue };
        if head.iter().any(|line| line.starts_with("#[ignore")) {
            continue;
        }
        let docs: Vec<&str> = head.iter().filter_map(|line| line.strip_prefix("///")).collect();
        let mut ids = in_name(name);
        ids.extend(in_prose(&docs.join(" ")));
        ids.sort();
        ids.dedup();
        found.push(Test { file: file.to_owned(), name: name.to_owned(), ids });
    }
    found
}

fn name_of_function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// The cases of the harness, which boot something: `name: "…"`, then lines up to `run`.
fn cases(file: &str, text: &str) -> Vec<Test> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = line.strip_prefix("name: \"").and_then(|rest| rest.strip_suffix("\",")) else { continue };
        let about = lines[at..].iter().take_while(|line| !line.starts_with("run")).copied().collect::<Vec<_>>();
        if about.iter().any(|line| line.starts_with("proves:")) {
            let ids = in_prose(&about.join(" "));
            found.push(Test { file: file.to_owned(), name: name.to_owned(), ids });
        }
    }
    found
}

/// The IDs that a name begins with: `TF-02` and `G47` of `tf_02_g47_text_of_10_lines`.
fn in_name(name: &str) -> Vec<Id> {
    let upper = name.to_ascii_uppercase();
    let mut words = upper.split('_');
    let mut ids = Vec::new();
    while let Some(word) = words.next() {
        let id = Id::parse(word).or_else(|| Id::parse(&format!("{word}-{}", words.next()?)));
        let Some(id) = id else { break };
        ids.push(id);
    }
    ids
}

/// The IDs of a text, and all those between the ends of `DH-50 to DH-52`.
fn in_prose(text: &str) -> Vec<Id> {
    let mut ids = Vec::new();
    let mut before: Option<(Id, bool)> = None;
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        match Id::parse(bare) {
            Some(id) => {
                if let Some((first, true)) = &before
                    && first.area() == id.area()
                {
                    let between = first.number() + 1..id.number();
                    ids.extend(between.filter_map(|number| Id::parse(&format!("{}{number:02}", id.area()))));
                }
                ids.push(id.clone());
                before = Some((id, false));
            }
            None => before = before.filter(|(_, to)| bare == "to" && !to).map(|(id, _)| (id, true)),
        }
    }
    ids
}

fn ids(found: &[Id]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn ids_are_read_from_names_and_from_prose() {
    assert_eq!(ids(&in_name("tf_02_g47_netascii_of_10_files")), "TF-02 G47");
    assert_eq!(ids(&in_name("v6_01_ht_05_ht_19")), "V6-01 HT-05 HT-19");
    assert_eq!(ids(&in_name("sends_512_bytes_to_10")), "");
    assert_eq!(
        ids(&in_prose("UE-03, DH-50 to DH-53, G01 (AR-01): it boots.")),
        "UE-03 DH-50 DH-51 DH-52 DH-53 G01 AR-01"
    );
    assert_eq!(ids(&in_prose("DH-50 goes to DH-53; RFC 2131, UTF-8, IPv6")), "DH-50 DH-53");
}

#[test]
fn a_test_has_the_ids_of_its_own_comment() {
    let text = "/// TF-01\nfn helper() {}\n\n/// DH-20,\n/// DH-21\n#[test]\nfn first() {}\n\n#[tokio::test]\nasync fn g12_second() {}\n\n\
                /// DH-30\n#[test]\n#[ignore = \"slow\"]\nfn third() {}\n\n#[test]\n/// DH-31\nfn fourth() {}\n";
    let found: Vec<_> = in_text("x.rs", text).iter().map(|test| format!("{} {}", test.name, ids(&test.ids))).collect();
    assert_eq!(found, ["first DH-20 DH-21", "g12_second G12", "fourth DH-31"]);
}

#[test]
fn a_case_has_the_ids_of_what_it_proves() {
    let text = "Case {\n    name: \"boots\",\n    // G01\n    proves: \"it boots (UE-03)\",\n    run: x,\n},\nname: \"other\",\nrun: DH-01";
    let found = cases("x.rs", text);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), ids(&found[0].ids)), ("boots", "G01 UE-03".to_owned()));
}
