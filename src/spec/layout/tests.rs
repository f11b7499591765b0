use std::path::Path;
use std::sync::Arc;

use kdl::{KdlDocument, KdlNode};
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::lex::{Aside, lex_all};
use super::*;

fn formatted(text: &str) -> String {
    match format(text) {
        Ok(formatted) => formatted,
        Err(found) => panic!("{text}\n{found:?}"),
    }
}

/// Every fault of the form at once.
#[test]
fn brings_a_file_into_form() {
    let messy = "\u{feff}\n\n\n// A  comment.  \r\nnetwork   \"home\"{subnet \"192.168.1.0/24\"   ;\n\n\n\n\
                 dhcp \"proxy\" // beside the router\n\n// own line\n}\niso arch \"a.iso\"; iso \"b\" #\"raw \\ \"#\n\
                 \t/- iso   \"gone\"   \"gone.iso\"\nmenu \"main\"   title = \"Home\" timeout=0x1E /-  default=#true {  // all\n\n\
                 entry \"a\" iso=\"a\"// one\n        separator // two\n\n\n}   // end\n\nserver { http 1_000;window 16 ; }\n\n\n";
    insta::assert_snapshot!(formatted(messy));
}

#[test]
fn keeps_every_comment_where_it_was() {
    let text = "/* a */ iso /* b */ \"arch\" /* c\n  d */ \"a.iso\" /* e */ { // f\n// g\n/* h */\narguments \\ // i\n\
                \"x\" \\\n/* j */ \"y\" // k\n  /- // l\n arguments \"z\"\n /* m */ arguments \"q\" // n\n} // o\n// p";
    insta::assert_snapshot!(formatted(text));
}

#[test]
fn leaves_the_inside_of_long_strings_alone() {
    let text = "iso \"a\" {\narguments \"\"\"\n    one\n      two\n    \"\"\" // c\narguments #\"\"\"\n  \\r\"x\"\n  \"\"\"#\n}\n";
    insta::assert_snapshot!(formatted(text));
}

#[test]
fn a_paragraph_has_one_column_of_comments() {
    let text = "a 1 // x\nbb 22 {\n  c // y\n  a-long-node-without-comment \"and with a value\"\n}\n// own\nd // z\n\ne // alone\n\
                iso \"arch\" \"a/path/that/is/as/long/as/paths/of/isos/are/in/real/folders.iso\" // far right\n";
    insta::assert_snapshot!(formatted(text));
}

#[test]
fn line_ends_of_all_kinds_become_one() {
    assert_eq!(formatted("a 1\r\nb 2\rc 3\u{2028}d 4\u{85}e 5"), "a 1\nb 2\nc 3\nd 4\ne 5\n");
    let string = "a \"\"\"\r\n  x\r\n  y\r\n  \"\"\"\r\n";
    assert_eq!(formatted(string), string.replace("\r\n", "\n"));
    assert_eq!(meaning(string), meaning(&string.replace("\r\n", "\n")));
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\u{feff}\r\n\r\n"), "");
    assert_eq!(formatted("// only a comment"), "// only a comment\n");
}

#[test]
fn what_is_not_kdl_is_refused_with_the_findings_of_check() {
    for broken in ["iso \"a\" a.iso/b\n", "a {", "a }", "a \"x", "/* open", &"a { ".repeat(100)] {
        let source = SourceFile { path: PathBuf::new(), text: Arc::from(broken) };
        assert_eq!(format(broken), Err(parse(&source).1), "{broken}");
    }
}

/// What the text means to KDL, without places and ways of writing.
fn meaning(text: &str) -> String {
    fn nodes(document: &KdlDocument, out: &mut String) {
        document.nodes().iter().for_each(|one| node(one, out));
    }
    fn node(node: &KdlNode, out: &mut String) {
        out.push_str(&format!("{:?} {:?}", node.ty().map(kdl::KdlIdentifier::value), node.name().value()));
        for entry in node.entries() {
            let ty = entry.ty().map(kdl::KdlIdentifier::value);
            out.push_str(&format!(" {ty:?} {:?}={:?}", entry.name().map(kdl::KdlIdentifier::value), entry.value()));
        }
        if let Some(block) = node.children() {
            out.push_str(" {");
            nodes(block, out);
            out.push('}');
        }
        out.push('\n');
    }
    let mut out = String::new();
    nodes(&KdlDocument::parse_v2(text).unwrap_or_else(|error| panic!("{error:?}\n{text}")), &mut out);
    out
}

/// The comments, sorted. `/* */` as they are, the others without what joins lines around them.
fn comments(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let of = |(aside, span): (Aside, crate::source::Span)| {
        let written = &text[span.start..span.end];
        match aside {
            Aside::BlockComment => Some(written.to_owned()),
            _ => written.find("//").map(|at| written[at..].trim_end().to_owned()),
        }
    };
    let mut comments: Vec<_> = lex_all(&text).1.into_iter().filter_map(of).collect();
    comments.sort();
    comments
}

/// Whether the text is KDL; if so, that its form is right.
fn check(text: &str) -> bool {
    let Ok(once) = format(text) else { return false };
    assert_eq!(meaning(text), meaning(&once), "\n{text}\n---\n{once}");
    assert_eq!(comments(text), comments(&once), "\n{text}\n---\n{once}");
    assert_eq!(once, formatted(&once), "\n{text}\n---\n{once}");
    assert!(!once.contains("\n\n\n") || text.contains("\"\"\"") || text.contains("/*"), "{once}");
    true
}

/// The specs that come with netspec, and one with everything that KDL has.
fn gallery() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    #[expect(clippy::disallowed_methods, reason = "a test reads the specs that come with netspec")]
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let specs = paths.filter(|path| path.extension().is_some_and(|extension| extension == "kdl"));
    #[expect(clippy::disallowed_methods, reason = "a test reads the specs that come with netspec")]
    let files = specs.map(|path| std::fs::read_to_string(path).unwrap());
    let strange = "(t)a (u)1 (v)\"x\" k=(w)#null { b; c { d } ; e /-f=1 \\ // j\n  g } // t\n\n/- h { i \"\"\"\n  x\n  \"\"\" }\n\
                   j /-{ k } { l }\n#\"n\"# /* o */ p = #\"q\"# /*r*/\ns \\\n\\\n  t";
    files.chain([strange.to_owned()]).collect()
}

#[test]
fn the_gallery_keeps_its_meaning() {
    for text in gallery() {
        assert!(check(&text), "{text}\n{:?}", format(&text));
    }
    // Found by chance: two comments that both could stand behind the node.
    assert!(check("a \\ // c\n; \\ // d\n"));
}

/// What is put into specs in places of chance.
const SPLINTERS: &[&str] = &[
    " ",
    "\n",
    "\r\n",
    "\n\n\n",
    "\t",
    ";",
    "; ",
    "// c\n",
    " // c\n",
    "/* c */",
    " /* c\n d */ ",
    "\\\n",
    " \\ // c\n",
    " \\\n\n",
    "/-",
    "/- ",
    "/-\n",
    "/- // c\n",
    "/- /* c */\n",
    "{",
    "}",
    " {",
    "}\n",
    " { a; b }\n",
    " {\n a\n}\n",
    "\"\"\"\n x\n \"\"\"",
    "#\"r\"#",
    " \"s\"",
    " 0xFF",
    " k=1",
    " k = 1",
    "=",
    "(t)",
    "(",
    ")",
    "\u{2028}",
    "\u{85}",
    "\r",
    "\u{feff}",
    "\\",
    "\u{a0}",
    "é",
    "\"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn mutated_specs_keep_their_meaning_and_comments(
        which: Index,
        edits in prop::collection::vec((any::<Index>(), any::<Index>(), 0_usize..4), 1..6),
    ) {
        let gallery = gallery();
        let mut text = which.get(&gallery).clone();
        for (place, splinter, cut) in edits {
            let mut at = place.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let mut end = (at + cut).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            let splinter: &str = splinter.get::<&str>(SPLINTERS);
            text.replace_range(at..end, splinter);
        }
        check(&text);
    }

    #[test]
    fn splinters_alone_keep_their_meaning(splinters in prop::collection::vec(prop::sample::select(SPLINTERS), 0..14)) {
        check(&format!("a{}", splinters.concat()));
        check(&splinters.concat());
    }
}
