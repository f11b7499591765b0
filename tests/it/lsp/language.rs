//! Help, completion and names, as an editor shows them.

use std::fs;

use serde_json::{Value, json};

use super::client::Editor;
use crate::support::{Folder, trees};

const SPEC: &str = r#"network "home" {
    subnet "192.168.1.0/24"
}
iso "arch" "isos/arch.iso"
iso "debian" "isos/debian.iso"
menu "main" timeout=30 {
    entry "arch" iso="arch" title="🖥 Arch"
    entry "more" menu="more"
}
menu "more" {
    entry "arch" iso="debian"
    
}
host "desk" {
    mac "52:54:00:aa:bb:cc"
    mode "pxe10"
}
"#;

struct Session {
    editor: Editor,
    folder: Folder,
    uri: String,
}

impl Session {
    fn new(capabilities: Value) -> Self {
        let folder = Folder::with_spec("").iso("arch.iso", "ARCH_202611", &trees::archiso());
        let folder = folder.iso("debian.iso", "DEBIAN", &trees::debian_live());
        let uri = format!("file://{}", folder.path("spec.kdl").display());
        let mut editor = Editor::new(folder.dir.path(), capabilities);
        editor.open(&uri, SPEC);
        Self { editor, folder, uri }
    }

    fn at(&mut self, method: &str, before: &str) -> Value {
        self.editor.request(method, Editor::at(&self.uri, SPEC, before))
    }

    /// The labels that are offered behind this beginning of the text.
    fn offered(&mut self, text: &str, before: &str) -> Vec<String> {
        self.editor.change(&self.uri, 2, text);
        let offers = self.editor.request("textDocument/completion", Editor::at(&self.uri, text, before));
        offers.as_array().unwrap().iter().map(|offer| offer["label"].as_str().unwrap().to_owned()).collect()
    }

    /// The places of an answer as `line:column text`.
    fn places(&self, locations: &Value) -> Vec<String> {
        let place = |location: &Value| {
            assert_eq!(location["uri"], self.uri);
            let (start, end) = (&location["range"]["start"], &location["range"]["end"]);
            assert_eq!(start["line"], end["line"]);
            let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
            let line: Vec<u16> = SPEC.lines().nth(number(&start["line"])).unwrap().encode_utf16().collect();
            let text = String::from_utf16(&line[number(&start["character"])..number(&end["character"])]).unwrap();
            format!("{}:{} {text}", start["line"], start["character"])
        };
        locations.as_array().unwrap().iter().map(place).collect()
    }
}

#[test]
fn hover_shows_the_page_of_a_node_and_what_a_name_stands_for() {
    let mut session = Session::new(json!({}));
    let text = |hover: Value| hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    assert!(text(session.at("textDocument/hover", "men")).starts_with("# `menu`\n"));
    assert!(text(session.at("textDocument/hover", "ent")).starts_with("## `entry`\n"));
    let timeout = text(session.at("textDocument/hover", "timeout"));
    assert!(timeout.contains("0 to 3600 seconds"), "{timeout}");
    // Where an ISO is named, the ISO is shown, and what was found in it once it has been looked at.
    let uri = session.uri.clone();
    session.editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    let found = (0..200).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let about = text(session.at("textDocument/hover", "menu \"main\" timeout=30 {\n    entry \"arch\" iso=\"ar"));
        assert!(about.contains("```kdl\niso \"arch\" \"isos/arch.iso\"\n```"), "{about}");
        about.contains("Holds Arch Linux (archiso)").then_some(())
    });
    assert!(found.is_some(), "what the ISO holds is never told");
    // The range is in units of UTF-16, and a place where nothing is has nothing to tell.
    let hover = session.at("textDocument/hover", "iso=\"arch\" ti");
    assert_eq!(hover["range"]["start"]["character"], "    entry \"arch\" iso=\"arch\" ".len());
    assert_eq!(session.at("textDocument/hover", "iso=\"debian\"\n  "), Value::Null);
    assert_eq!(session.editor.leave(), Some(0));
}

#[test]
fn completion_offers_what_may_stand_there() {
    let mut session = Session::new(json!({}));
    let with = |line: &str| SPEC.replace("\n    \n", &format!("\n{line}\n"));
    let at_top = session.offered(&format!("ne\n{SPEC}"), "ne");
    assert!(at_top.contains(&"network".to_owned()) && !at_top.contains(&"entry".to_owned()), "{at_top:?}");
    assert_eq!(session.offered(&with("    "), "iso=\"debian\"\n    "), ["entry", "separator"]);
    let behind = session.offered(&with("    entry \"x\" "), "entry \"x\" ");
    assert_eq!(behind, ["title", "iso", "menu", "boot", "chain", "answers", "default"]);
    let behind = session.offered(&with("    entry \"x\" iso=\"arch\" t"), "entry \"x\" iso=\"arch\" t");
    assert_eq!(behind, ["title", "menu", "boot", "chain", "answers", "default"]);
    assert_eq!(session.offered(&with("    entry \"x\" iso="), "entry \"x\" iso="), ["arch", "debian"]);
    assert_eq!(session.offered(&with("    entry \"x\" menu=\"m"), "entry \"x\" menu=\"m"), ["main", "more"]);
    assert_eq!(session.offered(&with("    entry \"x\" default="), "\"x\" default="), ["#true", "#false"]);
    assert_eq!(
        session.offered(&with("    entry \"x\" { k }"), "entry \"x\" { k"),
        ["kernel", "initrd", "file", "arguments"]
    );
    assert_eq!(session.offered(&with("    // n"), "    // n"), Vec::<String>::new());
    let modes = session.offered(&SPEC.replace("mode \"pxe10\"", "mode "), "    mode ");
    assert_eq!(modes, ["binl", "pxe10", "both", "menu", "silent", "merged"]);
    let once = session.offered(&SPEC.replace("mode \"pxe10\"", "m"), "bb:cc\"\n    m");
    assert!(once.contains(&"mode".to_owned()) && !once.contains(&"mac".to_owned()), "{once:?}");
    let kinds = session.offered(&format!("{SPEC}loader \""), "loader \"");
    assert!(kinds.contains(&"ipxe-x64".to_owned()), "{kinds:?}");
    let interfaces = session.offered(&format!("{SPEC}network \"x\" {{ interface \""), "interface \"");
    assert!(interfaces.contains(&"lo".to_owned()), "{interfaces:?}");
    fs::create_dir(session.folder.path("isos/old")).unwrap();
    assert_eq!(session.offered(&format!("{SPEC}iso \"x\" \"iso"), "iso \"x\" \"iso"), ["isos/", "spec.kdl"]);
    let files = session.offered(&format!("{SPEC}iso \"x\" \"isos/"), "iso \"x\" \"isos/");
    assert_eq!(files, ["isos/arch.iso", "isos/debian.iso", "isos/old/"]);
    assert_eq!(session.editor.leave(), Some(0));
}

/// What is written takes the place of what is there, with quotes where they are wanted.
#[test]
fn what_is_offered_fits_into_the_text() {
    let snippets = json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } });
    for (capabilities, entry) in [(json!({}), "entry"), (snippets, "entry \"${1:name}\"")] {
        let mut session = Session::new(capabilities);
        let mut edit = |text: &str, before: &str, label: &str| {
            session.editor.change(&session.uri, 2, text);
            let offers = session.editor.request("textDocument/completion", Editor::at(&session.uri, text, before));
            let offer = offers.as_array().unwrap().iter().find(|offer| offer["label"] == label).unwrap().clone();
            let range = &offer["textEdit"]["range"];
            let width = range["end"]["character"].as_u64().unwrap() - range["start"]["character"].as_u64().unwrap();
            (offer["textEdit"]["newText"].as_str().unwrap().to_owned(), width)
        };
        assert_eq!(edit("menu \"m\" {\n    entr\n}\n", "ent", "entry"), (entry.to_owned(), 4));
        let menu = "menu \"m\" { }\nmenu \"n\" {\n    entry \"x\" menu=";
        assert_eq!(edit(menu, " menu=", "m"), ("\"m\"".to_owned(), 0));
        assert_eq!(edit(&format!("{menu}\"🖥\""), " menu=\"", "m"), ("m".to_owned(), 2));
        assert_eq!(edit(&format!("{menu}\"x"), " menu=\"x", "m"), ("m".to_owned(), 1));
        assert_eq!(session.editor.leave(), Some(0));
    }
}

#[test]
fn names_are_found_and_renamed() {
    let mut session = Session::new(json!({}));
    let definition = session.at("textDocument/definition", "entry \"arch\" iso=\"ar");
    assert_eq!(session.places(&definition), ["3:5 arch"]);
    let definition = session.at("textDocument/definition", "menu=\"mo");
    assert_eq!(session.places(&definition), ["9:6 more"]);
    assert_eq!(session.at("textDocument/definition", "subnet \"192"), json!([]));

    let mut params = Editor::at(&session.uri, SPEC, "iso \"ar");
    params["context"] = json!({ "includeDeclaration": true });
    let all = session.editor.request("textDocument/references", params.clone());
    assert_eq!(session.places(&all), ["3:5 arch", "6:22 arch"]);
    params["context"] = json!({ "includeDeclaration": false });
    let uses = session.editor.request("textDocument/references", params.clone());
    assert_eq!(session.places(&uses), ["6:22 arch"]);

    let prepared = session.at("textDocument/prepareRename", "iso \"ar");
    assert_eq!(prepared["placeholder"], "arch");
    params["newName"] = json!("arch-2026");
    let edits = session.editor.request("textDocument/rename", params.clone());
    let uri = session.uri.clone();
    let edits = edits["changes"][&uri].as_array().unwrap().clone();
    assert_eq!(edits.len(), 2);
    assert!(edits.iter().all(|edit| edit["newText"] == "arch-2026"));
    for (taken, why) in [("debian", "another node has this name"), ("Arch Linux", "a name is made of")] {
        params["newName"] = json!(taken);
        let answer = session.editor.ask("textDocument/rename", params.clone());
        assert!(answer["error"]["message"].as_str().unwrap().starts_with(why), "{answer}");
    }
    assert_eq!(session.editor.leave(), Some(0));
}

#[test]
fn the_outline_has_every_node() {
    let mut session = Session::new(json!({}));
    let uri = session.uri.clone();
    let symbols = session.editor.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    let names = |symbols: &Value| {
        let name = |symbol: &Value| symbol["name"].as_str().unwrap().to_owned();
        symbols.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&symbols), ["network home", "iso arch", "iso debian", "menu main", "menu more", "host desk"]);
    assert_eq!(names(&symbols[3]["children"]), ["entry arch", "entry more"]);
    assert_eq!(symbols[3]["range"]["end"], json!({ "line": 8, "character": 1 }));
    assert_eq!(session.editor.leave(), Some(0));
}

/// An `include` leads to its file, and names of the one file are known in the other.
#[test]
fn names_lead_from_file_to_file() {
    let mut session = Session::new(json!({}));
    let more = "include \"isos.kdl\"\nmenu \"z\" { entry \"a\" iso=\"void\" ; entry \"b\" menu=\"z\" }\n";
    let isos = "let \"dir\" \"isos\"\niso \"void\" \"{dir}/void.iso\"\n";
    fs::write(session.folder.path("isos.kdl"), isos).unwrap();
    let main = format!("file://{}", session.folder.path("more.kdl").display());
    let other = format!("file://{}", session.folder.path("isos.kdl").display());
    session.editor.open(&main, more);
    session.editor.shows(&other, &["iso-not-found"]);
    let definition = session.editor.request("textDocument/definition", Editor::at(&main, more, "iso=\"vo"));
    assert_eq!((&definition[0]["uri"], &definition[0]["range"]["start"]["line"]), (&json!(other), &json!(1)));
    let definition = session.editor.request("textDocument/definition", Editor::at(&main, more, "include \"is"));
    assert_eq!(definition[0]["uri"], json!(other));
    session.editor.open(&other, isos);
    let mut params = Editor::at(&other, isos, "{di");
    params["newName"] = json!("folder");
    let edits = session.editor.request("textDocument/rename", params);
    let texts: Vec<_> = edits["changes"][&other].as_array().unwrap().iter().map(|e| e["newText"].clone()).collect();
    assert_eq!(texts, ["folder", "folder"]);
    assert_eq!(session.editor.leave(), Some(0));
}

/// What a finding says to write is one action away; a finding that leaves a choice has none.
#[test]
fn findings_are_mended_by_an_action() {
    let mut session = Session::new(json!({}));
    let uri = session.uri.clone();
    let cases = [
        ("192.168.1.0/24", "192.168.1.7/24", "invalid-subnet", Some("\"192.168.1.0/24\"")),
        ("title=\"🖥", "titel=\"🖥", "unknown-property", Some("title")),
        ("iso=\"debian\"", "iso=\"debain\"", "unknown-iso", Some("debian")),
        ("mode \"pxe10\"", "mode \"pxe11\"", "invalid-value", Some("pxe10")),
        ("mode \"pxe10\"", "mode pxe11", "invalid-value", Some("\"pxe10\"")),
        ("timeout=30", "timeout=30 default=true", "bare-keyword", Some("#true")),
        ("    \n}", "    sepparator\n}", "unknown-node", Some("separator")),
        ("timeout=30", "timeout=9999", "value-out-of-range", None),
    ];
    for (version, (right, wrong, code, mended)) in (2..).zip(cases) {
        let text = SPEC.replacen(right, wrong, 1);
        session.editor.change(&uri, version, &text);
        let range = session.editor.wait(|message| {
            let found = message["params"]["diagnostics"].as_array()?.clone();
            let this = found.iter().find(|one| one["code"] == format!("netspec::{code}"))?;
            (message["params"]["version"] == version).then(|| this["range"].clone())
        });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
        let actions = session.editor.request("textDocument/codeAction", params);
        let texts: Vec<_> = actions.as_array().unwrap().iter().map(|one| &one["edit"]["changes"][&uri][0]).collect();
        match mended {
            Some(text) => assert_eq!(texts[0]["newText"], text, "{wrong}: {actions}"),
            None => assert!(texts.is_empty(), "{wrong}: {actions}"),
        }
    }
    assert_eq!(session.editor.leave(), Some(0));
}

/// Over a finding, the manual about it comes first.
#[test]
fn hover_over_a_finding_shows_its_page() {
    let mut session = Session::new(json!({}));
    let uri = session.uri.clone();
    let text = SPEC.replace("iso=\"debian\"", "iso=\"debain\"");
    session.editor.change(&uri, 2, &text);
    session.editor.shows(&uri, &["timeout-without-default", "unknown-iso"]);
    let hover = session.editor.request("textDocument/hover", Editor::at(&uri, &text, "iso=\"deb"));
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert!(shown.starts_with("**unknown-iso**: An unknown ISO"), "{shown}");
    assert!(
        shown.contains("How to fix it") && !shown.contains("## Examples") && shown.contains("the name of an `iso`")
    );
    assert_eq!(session.editor.leave(), Some(0));
}

/// Formatting is that of `netspec fmt`, in one edit that leaves what is right alone.
#[test]
fn a_spec_is_brought_into_form() {
    let mut session = Session::new(json!({}));
    let uri = session.uri.clone();
    let form = |session: &mut Session, version: i64, text: &str| {
        session.editor.change(&uri, version, text);
        let options = json!({ "tabSize": 4, "insertSpaces": true });
        let params = json!({ "textDocument": { "uri": uri }, "options": options });
        session.editor.request("textDocument/formatting", params)
    };
    let right = "iso \"a\" \"a.iso\"\nmenu \"🖥\" {\n    entry \"a\" iso=\"a\"   // é\n}\nserver\n";
    assert_eq!(form(&mut session, 2, right), json!([]));
    let edits = form(&mut session, 3, &right.replace("    entry \"a\" iso=\"a\"", " entry   \"a\" iso = \"a\""));
    let (start, end) = (json!({ "line": 2, "character": 0 }), json!({ "line": 3, "character": 0 }));
    let expected =
        json!([{ "range": { "start": start, "end": end }, "newText": "    entry \"a\" iso=\"a\"   // é\n" }]);
    assert_eq!(edits, expected);
    let (start, end) = (json!({ "line": 0, "character": 0 }), json!({ "line": 0, "character": 6 }));
    let expected = json!([{ "range": { "start": start, "end": end }, "newText": "server\n" }]);
    assert_eq!(form(&mut session, 4, "server"), expected);
    assert_eq!(form(&mut session, 5, "server {"), Value::Null, "what is no KDL stays as it is");
    assert_eq!(session.editor.leave(), Some(0));
}
