//! A session from its beginning to its end, with what goes wrong on the way.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::Editor;
use crate::support::{Folder, trees};

/// The title has characters outside of the basic plane, which are two units of UTF-16 each.
const BROKEN: &str = r#"network "home" {
    subnet "192.168.1.0/24"
}
iso "arch" "isos/arch.iso"
menu "main" {
    entry "arch" title="🖥🖥 é" iso="arhc"
}
"#;

fn folder() -> Folder {
    Folder::with_spec("").iso("arch.iso", "ARCH_202611", &trees::archiso())
}

fn uri(folder: &Folder, name: &str) -> String {
    format!("file://{}", folder.path(name).display())
}

#[test]
fn a_broken_spec_is_opened_and_mended() {
    let folder = folder();
    let uri = uri(&folder, "spec.kdl");
    let mut editor = Editor::new(folder.dir.path(), json!({}));
    editor.open(&uri, BROKEN);
    let found = editor.shows(&uri, &["unknown-iso"]);
    let start = "    entry \"arch\" title=\"🖥🖥 é\" iso=".encode_utf16().count();
    assert_eq!(found[0]["range"]["start"], json!({ "line": 5, "character": start }));
    assert_eq!(found[0]["range"]["end"], json!({ "line": 5, "character": start + 6 }));
    assert_eq!(found[0]["severity"], 1);
    assert_eq!(found[0]["source"], "netspec");
    let message = "entry `arch` names an unknown ISO `arhc`\nhelp: did you mean `arch`?";
    assert_eq!(found[0]["message"], message);

    // The two letters between the quotes, as they stand behind four units for two characters.
    let range = json!({
        "start": { "line": 5, "character": start + 3 },
        "end": { "line": 5, "character": start + 5 },
    });
    editor.notify(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 2 },
            "contentChanges": [{ "range": range, "text": "ch" }],
        }),
    );
    editor.shows(&uri, &[]);
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn columns_are_bytes_where_the_editor_wants_them() {
    let folder = folder();
    let uri = uri(&folder, "spec.kdl");
    let mut editor = Editor::new(folder.dir.path(), json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } }));
    editor.open(&uri, BROKEN);
    let found = editor.shows(&uri, &["unknown-iso"]);
    let start = "    entry \"arch\" title=\"🖥🖥 é\" iso=".len();
    assert_eq!(found[0]["range"]["start"]["character"], start);
    assert_eq!(editor.leave(), Some(0));
}

/// What the text names is looked at as well, and what is found there moves with the text.
#[test]
fn an_iso_that_is_not_there_is_told_until_it_is() {
    let folder = folder();
    let uri = uri(&folder, "spec.kdl");
    let text = BROKEN.replace("arhc", "arch").replace("isos/arch.iso", "isos/ach.iso");
    let mut editor = Editor::new(folder.dir.path(), json!({}));
    editor.open(&uri, &text);
    assert_eq!(editor.shows(&uri, &["iso-not-found"])[0]["range"]["start"]["line"], 3);
    editor.change(&uri, 2, &format!("// one line more\n\n{text}"));
    editor.wait(|message| {
        let found = &message["params"]["diagnostics"][0];
        (found["code"] == "netspec::iso-not-found" && found["range"]["start"]["line"] == 5).then_some(())
    });
    fs::rename(folder.path("isos/arch.iso"), folder.path("isos/ach.iso")).unwrap();
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    editor.shows(&uri, &[]);
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn a_buffer_without_a_file_is_a_spec() {
    let folder = folder();
    let mut editor = Editor::new(folder.dir.path(), json!({}));
    editor.open("untitled:Untitled-1", BROKEN);
    editor.shows("untitled:Untitled-1", &["unknown-iso"]);
    editor.change("untitled:Untitled-1", 2, &BROKEN.replace("arhc", "arch"));
    editor.shows("untitled:Untitled-1", &[]);
    assert_eq!(editor.leave(), Some(0));
}

/// A file that a spec includes is checked as a part of that spec, and findings are shown in the file that they are in.
#[test]
fn findings_are_shown_in_their_own_file() {
    let folder = folder();
    let (main, hosts) = (uri(&folder, "spec.kdl"), uri(&folder, "hosts.kdl"));
    let text = BROKEN.replace("arhc", "arch") + "include \"hosts.kdl\"\n";
    let host = "host \"desk\" {\n    mac \"52:54:00:aa:bb:cc\"\n    mode \"pxe10\"\n    delay \"11s\"\n}\n";
    fs::write(folder.path("spec.kdl"), &text).unwrap();
    fs::write(folder.path("hosts.kdl"), host).unwrap();
    let mut editor = Editor::new(folder.dir.path(), json!({}));
    // Not one finding about a spec that lacks networks and ISOs.
    editor.open(&hosts, host);
    editor.shows(&hosts, &["value-out-of-range"]);
    let host = host.replace("11s", "1s");
    editor.change(&hosts, 2, &host);
    editor.shows(&hosts, &[]);
    // A second host with the same address: the finding stands in one file and tells of the other.
    let double = text.clone() + &host.replace("desk", "door");
    editor.open(&main, &double);
    let found = editor.shows(&main, &["duplicate-mac"]);
    assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], *hosts);
    assert_eq!(found[0]["relatedInformation"][0]["location"]["range"]["start"], json!({ "line": 1, "character": 8 }));
    // Closed without being saved, the file counts as it is on the disk.
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": main } }));
    editor.shows(&main, &[]);
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": hosts } }));
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn messages_out_of_order_are_refused_and_bad_ones_do_no_harm() {
    let folder = folder();
    let uri = uri(&folder, "spec.kdl");
    let mut editor = Editor::silent(folder.dir.path());
    let code = |answer: Value| answer["error"]["code"].as_i64();
    assert_eq!(code(editor.ask("textDocument/hover", json!({}))), Some(-32002));
    editor.request("initialize", json!({}));
    assert_eq!(code(editor.ask("initialize", json!({}))), Some(-32600));
    assert_eq!(code(editor.ask("textDocument/hover", json!({ "position": 7 }))), Some(-32602));
    assert_eq!(code(editor.ask("textDocument/nothing", json!({}))), Some(-32601));
    editor.send("{ this is no JSON");
    editor.wait(|message| (message["error"]["code"] == -32700 && message["id"].is_null()).then_some(()));
    editor.send("[1, 2]");
    editor.wait(|message| (message["error"]["code"] == -32600 && message["id"].is_null()).then_some(()));
    editor.send_bytes(b"Content-Length: 4000000000000\r\n");
    editor.send_bytes(b"Content-Length: none\r\nContent-Length: 2\r\n\r\n{}");
    editor.notify("textDocument/didOpen", json!({ "textDocument": 5 }));
    editor.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri }, "contentChanges": [{ "text": "" }] }),
    );
    let range = json!({ "start": { "line": 9, "character": 9 }, "end": { "line": 0, "character": 99 } });
    editor.open(&uri, BROKEN);
    editor.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "range": range, "text": "//" }] }),
    );
    editor.shows(&uri, &["unknown-iso"]);
    assert_eq!(editor.request("shutdown", Value::Null), Value::Null);
    assert_eq!(code(editor.ask("textDocument/hover", json!({}))), Some(-32600));
    editor.notify("exit", Value::Null);
    assert_eq!(editor.vanish(), Some(0));
}

#[test]
fn an_editor_that_vanishes_leaves_no_server_behind() {
    let folder = folder();
    assert_eq!(Editor::new(folder.dir.path(), json!({})).vanish(), Some(1));
    let mut editor = Editor::new(folder.dir.path(), json!({}));
    editor.notify("exit", Value::Null);
    assert_eq!(editor.vanish(), Some(1), "without `shutdown`, `exit` is a failure");
}

/// A request that was canceled before its turn has an answer all the same, as JSON-RPC wants it.
#[test]
fn every_request_is_answered_also_one_that_is_canceled() {
    let folder = folder();
    let uri = uri(&folder, "spec.kdl");
    let mut editor = Editor::new(folder.dir.path(), json!({}));
    editor.open(&uri, BROKEN);
    let params = Editor::at(&uri, BROKEN, "iso \"");
    for id in 100..120 {
        editor
            .send(&json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": params }).to_string());
        editor.notify("$/cancelRequest", json!({ "id": id }));
    }
    for id in 100..120 {
        let answer = editor.wait(|message| (message["id"] == id).then(|| message.clone()));
        assert!(answer["error"]["code"] == -32800 || answer.get("result").is_some(), "{answer}");
    }
    assert_eq!(editor.leave(), Some(0));
}

/// The largest spec that is read: what is typed is answered while it is being checked, and only its last text is.
#[test]
#[expect(clippy::print_stdout, reason = "it is a measurement as well")]
fn a_large_spec_does_not_block_the_editor() {
    let folder = folder();
    let uri = uri(&folder, "spec.kdl");
    let host = |n: usize| {
        format!(
            "host \"h{n}\" {{\n    mac \"52:54:00:{:02x}:{:02x}:{:02x}\"\n    mode \"silent\"\n}}\n",
            n >> 16,
            n >> 8 & 255,
            n & 255
        )
    };
    let mut text = BROKEN.to_owned();
    let mut count = 0;
    while text.len() < (1 << 20) - 200 {
        text.push_str(&host(count));
        count += 1;
    }
    let mut editor = Editor::new(folder.dir.path(), json!({}));
    editor.open(&uri, &text);
    let mut slowest = Duration::ZERO;
    for version in 2..12 {
        let at = json!({ "line": 0, "character": 0 });
        editor.notify(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": uri, "version": version },
                "contentChanges": [{ "range": { "start": at, "end": at }, "text": " " }],
            }),
        );
        let begun = Instant::now();
        let at = Editor::at(&uri, &format!("{}{text}", " ".repeat(version as usize - 1)), "mode \"");
        let offers = editor.request("textDocument/completion", at);
        slowest = slowest.max(begun.elapsed());
        assert!(offers.as_array().unwrap().iter().any(|offer| offer["label"] == "merged"), "{offers}");
    }
    println!("{} bytes, {count} hosts: slowest completion after {slowest:?}", text.len());
    let begun = Instant::now();
    let codes = editor.wait(|message| {
        let found = (message["params"]["version"] == 11).then(|| message["params"]["diagnostics"].clone())?;
        Some(found)
    });
    println!("findings of the last text {:?} later", begun.elapsed());
    assert!(codes.as_array().unwrap().iter().any(|one| one["code"] == "netspec::unknown-iso"), "{codes}");
    // Unoptimized, and perhaps beside builds that take every core; it is a part of a second else.
    assert!(slowest < Duration::from_secs(30), "{slowest:?}");
    assert_eq!(editor.leave(), Some(0));
}
