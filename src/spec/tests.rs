use std::sync::Arc;

use kdl::KdlDocument;
use proptest::prelude::*;

use super::lex::lex;
use super::*;
use crate::diag::render::{Style, full, json, short};
use crate::diag::{Code, Diagnostics};
use crate::source::SourceFile;
use crate::world::MemWorld;

fn source(text: &str) -> SourceFile {
    SourceFile { path: "spec.kdl".into(), text: Arc::from(text) }
}

/// A spec of one file.
fn read(text: &str) -> Loaded {
    load(&source(text), &MemWorld::default())
}

fn found(text: &str) -> Diagnostics {
    read(text).findings
}

/// What is marked first in the text, for each finding, in order.
fn marked(text: &str) -> Vec<(Code, &str)> {
    let found = found(text);
    found.iter().map(|d| (d.code, d.labels.first().map_or("", |l| &text[l.span.start..l.span.end]))).collect()
}

const GOOD: &str = r##"
// A comment.
network "home" { subnet "192.168.1.0/24"; interface "enp3s0"; dhcp "proxy" }
network "lab" {
    interface lab0
}
iso "arch" "isos/archlinux-x86_64.iso"
iso "debian" #"isos/debian-live.iso"# {
    arguments "console=ttyS0,115200" \
        quiet
    arguments "é"
}
/- iso "gone" 1.2.3.4
menu "main" title="Home netboot" timeout=30 {
    entry "arch" iso="arch" title="Arch Linux" default=#true
    separator
    /* nested /* comment */ */
    entry "tools" menu="tools"
}
menu "tools" { entry "disk" boot="local-disk" title = "Boot from the local disk"; }
server { http 0x1F90; window 1_6; tftp { without tsize blksize mac=b8-27-EB; without timeout; block-size 1024; wrap 1; single-port } }
loader "pxelinux" "lpxelinux.0" modules="modules/bios"
"##;

#[test]
fn reads_all_of_the_language() {
    // A switched-off node must still be KDL.
    let text = &GOOD.replace("1.2.3.4", "\"1.2.3.4\"");
    let Loaded { spec, findings: found, .. } = read(text);
    assert_eq!(found, Diagnostics::default());
    assert!(!spec.incomplete);
    let names: Vec<_> = spec.isos.iter().map(|iso| iso.name.value.as_str()).collect();
    assert_eq!(names, ["arch", "debian"]);
    let words: Vec<_> = spec.isos[1].arguments.iter().map(|word| word.value.as_str()).collect();
    assert_eq!(words, ["console=ttyS0,115200", "quiet", "é"]);
    assert_eq!(spec.networks[0].subnet.as_ref().unwrap().value.to_string(), "192.168.1.0/24");
    assert_eq!(spec.networks[1].interface.as_ref().unwrap().value, "lab0");
    assert_eq!(spec.menus[0].timeout.as_ref().unwrap().value, 30);
    assert_eq!(spec.menus[0].items.len(), 3);
    assert_eq!(spec.menus[0].entries().count(), 2);
    let server = spec.server.unwrap();
    assert_eq!(server.http.unwrap().value, 8080);
    assert_eq!(server.window.unwrap().value, 16);
    let tftp = server.tftp.unwrap();
    assert_eq!((tftp.block_size.unwrap().value, tftp.wrap.unwrap().value), (1024, 1));
    assert!(tftp.single_port.is_some());
    let without: Vec<_> =
        tftp.without.iter().map(|it| (it.options.len(), it.mac.as_ref().map(|mac| mac.value.to_string()))).collect();
    assert_eq!(without, [(2, Some("b8:27:eb".to_owned())), (1, None)]);
    assert_eq!(spec.loaders[0].modules.as_ref().unwrap().value, "modules/bios");
}

#[test]
fn the_span_of_a_value_is_the_value_alone() {
    let text = "iso \"é\" \"x\"\nmenu \"main\" title = #\"raw\"# timeout=0x1E {\n    entry \"é\" default=#true iso=\"é\" // \n}\n";
    let spec = read(text).spec;
    let at = |span: crate::source::Span| &text[span.start..span.end];
    let menu = &spec.menus[0];
    assert_eq!(at(menu.title.as_ref().unwrap().span), "#\"raw\"#");
    assert_eq!(at(menu.timeout.as_ref().unwrap().span), "0x1E");
    assert_eq!(at(menu.span), "menu");
    let entry = menu.entries().next().unwrap();
    assert_eq!(at(entry.name.span), "\"é\"");
    assert_eq!(at(entry.default.as_ref().unwrap().span), "#true");
    let Some(menu::Target::Iso(iso)) = &entry.target else { panic!("{entry:?}") };
    assert_eq!(at(iso.span), "\"é\"");
}

#[test]
fn says_all_syntax_errors_at_once_and_nothing_that_follows_from_them() {
    let text = "network \"home\" {\n    subnet 192.168.1.0/24\n    interface 52:54:00:12:34:56\n}\niso \"a\" path/to/a.iso\n\
                iso \"b\" \"b.iso\n}\nmenu \"main\" title= timeout=x1.5 {\n    entry \"a\" iso=\"a\" default=true\n\
                \u{20}   entry \"b\" iso= boot=\n    entry \"c\" iso=r\"c\" \"d\"\"e\"\n}\nservr {\n    http 80\n";
    assert_eq!(
        marked(text),
        [
            (Code::UnquotedValue, "192.168.1.0/24"),
            (Code::UnquotedValue, "52:54:00:12:34:56"),
            (Code::UnquotedValue, "path/to/a.iso"),
            (Code::UnclosedString, "\"b.iso"),
            (Code::UnmatchedBrace, "}"),
            (Code::MissingValue, "title="),
            (Code::BareKeyword, "true"),
            (Code::MissingValue, "iso="),
            (Code::MissingValue, "boot="),
            (Code::KdlVersion, "r\"c\""),
            (Code::Syntax, "\"e\""),
            (Code::UnknownNode, "servr"),
            (Code::UnclosedBlock, "{"),
        ]
    );
}

/// Nodes that are well written are still checked beside those that are not.
#[test]
fn a_syntax_error_does_not_hide_the_errors_of_other_nodes() {
    assert_eq!(
        marked("iso \"a\" a.iso/b\niso \"B\" \"b.iso\"\nserver { http 0 }\n"),
        [(Code::UnquotedValue, "a.iso/b"), (Code::InvalidName, "\"B\""), (Code::ValueOutOfRange, "0")]
    );
}

/// What only the crate `kdl` knows to be wrong is found node by node, with its words.
#[test]
fn faults_that_only_kdl_knows_are_found_in_their_nodes() {
    let badly_indented = "\"\"\"\n      a\n   b\n    \"\"\"";
    let text = format!(
        "menu \"main\" {{\n    entry {badly_indented} boot=\"local-disk\"\n    entry \"b\" bot=\"local-disk\"\n}}\niso {badly_indented}\n"
    );
    let codes: Vec<Code> = marked(&text).iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [Code::Syntax, Code::UnknownProperty, Code::Syntax], "{:?}", marked(&text));
}

#[test]
fn fifty_errors_are_all_reported_once() {
    let kinds =
        ["iso \"a{}\" 1.2.3.{}", "iso \"b{}\" x=true", "iso \"c{}\" x=", "iso \"d{}\" \"open{}", "iso \"E{}\" \"e\""];
    let text: String = (0..50).map(|i| kinds[i % 5].replace("{}", &i.to_string()) + "\n").collect();
    let found = marked(&text);
    assert_eq!(found.len(), 50, "{found:?}");
    let lines: std::collections::BTreeSet<_> =
        read(&text).findings.iter().map(|d| text[..d.labels[0].span.start].lines().count()).collect();
    assert_eq!(lines.len(), 50);
}

/// kdl 6.7.1 overflows the stack on the first and takes exponential time on the others (kdl-rs issue 177).
#[test]
fn hostile_nesting_is_refused_before_kdl_sees_it() {
    for piece in ["a {", "a /-{", "/- a {", "a /- b /- {", "{"] {
        let found = found(&piece.repeat(50_000));
        assert!(found.iter().any(|d| d.code == Code::NestingTooDeep), "{piece}: {:?}", found.iter().next());
    }
}

/// What the guard lets through is read quickly, also where every block is nested as deep as it may be.
#[test]
fn what_the_guard_lets_through_is_quick() {
    for piece in ["a {", "a b=1 {", "a (t)b {", "(t)a {", "a /-b {", "a /-b=1 /-c {"] {
        for tail in ["", "b=", "\"\\q\""] {
            let text = format!("{}{tail}{}", piece.repeat(split::MAX_DEPTH), "}".repeat(split::MAX_DEPTH));
            parse(&source(&text));
        }
        for piece in ["a /-{", "/- a {", "a /- {} {"] {
            let text = format!("{}{}", piece.repeat(4), "}".repeat(4));
            parse(&source(&text));
        }
    }
}

#[test]
fn a_file_of_one_mebibyte_is_read_and_a_larger_one_refused() {
    let line = "// a comment of some length\n";
    let fits = line.repeat(MAX_SPEC_BYTES / line.len());
    assert!(found(&fits).is_empty());
    let larger = found(&line.repeat(MAX_SPEC_BYTES / line.len() + 1));
    assert_eq!(larger.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::SpecTooLarge]);
}

/// A file full of faults costs neither much time nor much memory, nor the stack of this thread, as it did in kdl 6.7.1.
#[test]
fn any_number_of_errors_is_counted_and_a_thousand_kept() {
    for line in [
        "}\n",
        "a=\n",
        "x\n",
        "iso 1.2.3.4\n",
        "a )\n",
        "{}\n",
        "/- ",
        "a=/- ",
        "/-(t)a=",
        "menu \"m\" { entry \"e\" iso=\"x\" }\n",
    ] {
        let text = line.repeat(1200);
        let Loaded { spec, findings: found, .. } = read(&text);
        let mut found = found;
        found.extend(crate::resolve::rules::check(&spec));
        assert!(found.errors() >= 1199, "{line:?}: {}", found.errors());
        assert!(found.is_full());
        assert_eq!(found.iter().count(), 1000);
    }
}

fn well_placed(text: &str, found: &Diagnostics) {
    for label in found.iter().flat_map(|diagnostic| &diagnostic.labels) {
        let span = label.span;
        assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}: {found:?}");
    }
}

/// Pieces that make up likely and unlikely specs.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "network",
        "iso",
        "menu",
        "entry",
        "server",
        "http",
        "subnet",
        "separator",
        "loader",
        "arguments",
        "tftp",
        "without",
        "single-port",
        "dhcp",
        "dhcp \"server\" {",
        "range \"192.168.1.9-192.168.1.20\";",
        "lease \"1h\";",
        "dns",
        "\"home\"",
        "\"a\"",
        "\"é\"",
        "\"192.168.1.0/24\"",
        "192.168.1.0/24",
        "title=",
        "iso=",
        "menu=",
        "boot=",
        "timeout=",
        "default=",
        "#true",
        "true",
        "30",
        "0x1F",
        "1.5",
        "-1",
        "{",
        "}",
        "{\n",
        "}\n",
        "\n",
        "\r\n",
        ";",
        " ",
        "  ",
        "=",
        "(",
        ")",
        "(u8)",
        "/-",
        "//",
        "/*",
        "*/",
        "\\",
        "\\\n",
        "\"",
        "\"\"\"",
        "\"\"\"\n",
        "#\"",
        "\"#",
        "#",
        "r\"",
        "\u{feff}",
        "\0",
        "\u{85}",
        "\u{2028}",
        "é",
        "🦀",
        ".",
        "-",
        "+",
        "\t",
        "52:54:00:12:34:56",
        "\\q",
        "\u{200e}",
    ];
    prop_oneof![
        9 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

/// Text that is often valid KDL 2.
fn plausible() -> impl Strategy<Value = String> {
    let word = prop::sample::select(
        &[
            "a",
            "\"b\"",
            "#\"c\"#",
            "\"\"\"\n  d\n  \"\"\"",
            "é-1",
            "-",
            ".x",
            "\"\"",
            "\"q\\\"\\\n  r\"",
            "##\"\"#\"##",
        ][..],
    );
    let value = prop::sample::select(
        &[
            "a",
            "\"b\"",
            "#\"c\"#",
            "1",
            "-1.5e+3",
            "0xF_f",
            "0b1_0",
            "0o7",
            "#true",
            "#null",
            "#-inf",
            "(t)1",
            "( t )\"x\"",
            "1_000",
        ][..],
    );
    let gap = prop::sample::select(&[" ", "  ", " /* c /* d */ */ ", " \\\n ", " \\ // c\n ", "\u{a0}"][..]);
    let end = prop::sample::select(&["\n", ";", "\r\n", " // c\n", "\n\n", "\u{2028}"][..]);
    let slash = prop::sample::select(&["", "", "", "/-", "/- ", "/-\n"][..]);
    let equals = prop::sample::select(&["=", " = ", "= "][..]);
    let entry = (gap.clone(), slash.clone(), prop::option::of((word.clone(), equals)), value).prop_map(
        |(gap, slash, key, value)| {
            let key = key.map_or_else(String::new, |(key, equals)| format!("{key}{equals}"));
            format!("{gap}{slash}{key}{value}")
        },
    );
    let node = (slash, word, prop::collection::vec(entry, 0..4))
        .prop_map(|(slash, name, entries)| format!("{slash}{name}{}", entries.concat()));
    let leaf = (node.clone(), end.clone()).prop_map(|(node, end)| node + end);
    leaf.prop_recursive(3, 24, 4, move |inner| {
        (node.clone(), gap.clone(), prop::collection::vec(inner, 0..4), end.clone())
            .prop_map(|(node, gap, body, end)| format!("{node}{gap}{{\n{}}}{end}", body.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 1 << 20, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_an_answer_with_every_span_inside(text in text()) {
        let source = source(&text);
        let Loaded { sources, spec, findings: mut found, .. } = read(&text);
        found.extend(crate::resolve::rules::check(&spec));
        well_placed(&text, &found);
        for width in [20, 60, 80] {
            full(&sources, &found, Style { width, unicode: true, color: false });
        }
        short(&sources, &found);
        json(&sources, &found);
        let refused = KdlDocument::parse_v2(&text).is_err();
        let (_, syntax) = parse(&source);
        prop_assert_eq!(refused, syntax.has_errors(), "{:?}", syntax);
    }

    #[test]
    fn tokens_are_in_order_and_on_character_boundaries(text in text()) {
        let mut end = 0;
        for token in lex(&text) {
            prop_assert!(token.span.start >= end && token.span.end > token.span.start);
            prop_assert!(text.get(token.span.start..token.span.end).is_some());
            end = token.span.end;
        }
        prop_assert!(end <= text.len());
    }

    /// Our look at the words agrees with `kdl`: where the whole is well written, we find no fault in it, so that beside a real
    /// fault no invented one is reported.
    #[test]
    fn what_kdl_reads_has_no_fault_for_us(text in plausible()) {
        prop_assume!(KdlDocument::parse_v2(&text).is_ok());
        let broken = format!("{text}\nbroken \"x\" y=\n");
        let (parsed, found) = parse(&source(&broken));
        let codes: Vec<Code> = found.iter().map(|d| d.code).collect();
        prop_assert_eq!(codes, [Code::MissingValue], "{:?}", found);
        prop_assert_eq!(parsed.document.nodes().last().map(|node| node.name().value()), Some("broken"));
    }
}
