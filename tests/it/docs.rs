//! What the documents say is so: specs in them are valid, findings in them are printed like that, commands in them exist.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use netspec::diag::Diagnostics;
use netspec::diag::render::short;
use netspec::resolve::resolve;
use netspec::source::{SourceFile, Sources};
use netspec::spec::{self, Loaded};
use netspec::world::{MemWorld, OsWorld};

use crate::support::{Folder, iso9660, text, trees};

/// Two tests may write README.md anew.
static README: Mutex<()> = Mutex::new(());

/// The language of a block that shows a spec with errors.
const WRONG: &str = "kdl must-fail";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder that have this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A block of a document: its language, its text and the line that it begins in.
struct Block {
    language: String,
    text: String,
    line: usize,
}

/// The blocks of a Markdown text, or of the doc comments of a Rust file.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in (1..).zip(document.lines()) {
        let line = line.trim_start();
        let line = line.strip_prefix("//!").or(line.strip_prefix("///")).unwrap_or(line);
        let fence = line.trim_start().strip_prefix("```");
        open = match (open, fence) {
            (None, Some(language)) => {
                Some(Block { language: language.trim().into(), text: String::new(), line: number })
            }
            (Some(block), Some(_)) => {
                blocks.push(block);
                None
            }
            (Some(block), None) => Some(Block { text: format!("{}{line}\n", block.text), ..block }),
            (None, None) => None,
        };
    }
    blocks
}

/// What is wrong with a spec apart from its files. `others` holds the files that it may include.
fn findings(text: &str, others: &MemWorld) -> (Sources, Diagnostics) {
    let source = SourceFile { path: "spec.kdl".into(), text: Arc::from(text) };
    let Loaded { sources, spec, mut findings, .. } = spec::load(&source, others);
    findings.extend(resolve(&spec, &sources).1);
    (sources, findings)
}

#[test]
fn specs_in_documents_are_valid_or_said_not_to_be() {
    let manual = files(&root().join("docs"), "md");
    let documents = [root().join("README.md")].into_iter().chain(manual).chain(files(&root().join("src"), "rs"));
    let mut specs = 0;
    for path in documents {
        let blocks = blocks(&fs::read_to_string(&path).unwrap());
        // A block of the language `kdl hosts.kdl` is a file that the other specs of the document may include.
        let others = blocks.iter().filter_map(|block| Some((block.language.strip_prefix("kdl ")?, &block.text)));
        let others = others.fold(MemWorld::default(), |world, (name, text)| world.with(name, text.as_str()));
        for block in blocks {
            let place = format!("{}:{}", path.display(), block.line);
            let (source, found) = findings(&block.text, &others);
            match block.language.as_str() {
                "kdl" => assert!(found.is_empty(), "{place}:\n{}", short(&source, &found)),
                WRONG => assert!(found.has_errors(), "{place} has no error"),
                _ => continue,
            }
            specs += 1;
        }
    }
    assert!(specs >= 2, "README.md shows a right spec and a wrong one");
}

#[test]
fn the_specs_that_come_with_netspec_are_valid() {
    let specs = files(&root().join("specs"), "kdl");
    assert!(specs.len() >= 3);
    for path in specs {
        let source = SourceFile { path: path.clone(), text: fs::read_to_string(&path).unwrap().into() };
        let Loaded { sources, spec, mut findings, .. } = spec::load(&source, &OsWorld);
        findings.extend(resolve(&spec, &sources).1);
        assert!(findings.is_empty(), "{}:\n{}", path.display(), short(&sources, &findings));
    }
}

/// `NETSPEC_BLESS=1` brings them into form.
#[test]
fn the_specs_that_come_with_netspec_and_those_in_documents_are_in_form() {
    let _guard = README.lock();
    let documents = [root().join("README.md")].into_iter().chain(files(&root().join("docs"), "md"));
    let formed = documents.map(|path| (in_form(&fs::read_to_string(&path).unwrap()), path));
    let specs = files(&root().join("specs"), "kdl").into_iter();
    let specs = specs.map(|path| (spec::layout::format(&fs::read_to_string(&path).unwrap()).unwrap(), path));
    let mut wrong = Vec::new();
    for (formed, path) in formed.chain(specs) {
        if fs::read_to_string(&path).unwrap() == formed {
            continue;
        }
        if std::env::var_os("NETSPEC_BLESS").is_some() {
            fs::write(&path, &formed).unwrap();
        } else {
            wrong.push(path);
        }
    }
    assert!(wrong.is_empty(), "NETSPEC_BLESS=1 brings these into the form of `netspec fmt`: {wrong:?}");
}

/// A document with its specs in form, but for those that are no KDL.
fn in_form(document: &str) -> String {
    let mut formed = String::new();
    let mut rest = document;
    while let Some((before, behind)) = rest.split_once("```kdl") {
        let (language, behind) = behind.split_once('\n').unwrap();
        let (block, behind) = behind.split_once("```\n").unwrap();
        let block = spec::layout::format(block).unwrap_or_else(|_| block.to_owned());
        formed.push_str(&format!("{before}```kdl{language}\n{block}```\n"));
        rest = behind;
    }
    formed + rest
}

/// The block behind the wrong spec of README.md is what `netspec check` prints about it, where one of its ISOs is whole and
/// of the other one only a part was downloaded. `NETSPEC_BLESS=1` writes it anew.
#[test]
fn the_findings_in_the_readme_are_those_of_its_spec() {
    let _guard = README.lock();
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(&format!("```{WRONG}\n")).expect("a wrong spec");
    let (spec, rest) = rest.split_once("```\n").unwrap();
    let (between, rest) = rest.split_once("```console\n").expect("the findings about it");
    let (_, after) = rest.split_once("```\n").unwrap();

    let folder = Folder::with_spec("").iso("debian-live-amd64.iso", "DEBIAN", &trees::debian_live());
    fs::write(folder.path("lab.kdl"), spec).unwrap();
    let arch = folder.path("isos/archlinux-x86_64.iso");
    fs::write(&arch, iso9660::head_of_volume("ARCH_202611", 1_303_511_040)).unwrap();
    fs::File::options().write(true).open(&arch).unwrap().set_len(734_003_200).unwrap();
    // Where the networks are is another matter on each machine.
    let output = folder.netspec(&["check", "lab.kdl", "--no-host"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = format!("$ netspec check lab.kdl\n{}", text(&output.stdout));
    let right = format!("{before}```{WRONG}\n{spec}```\n{between}```console\n{printed}```\n{after}");
    if std::env::var_os("NETSPEC_BLESS").is_some() {
        fs::write(&path, right).unwrap();
    } else {
        assert!(readme == right, "NETSPEC_BLESS=1 writes README.md anew with:\n{printed}");
    }
}

#[test]
fn every_target_that_the_readme_names_is_in_the_makefile() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    // In running text as `make X`, in blocks as `$ make X`.
    let commands = readme.split(['`', '\n']).filter_map(|part| part.trim_start_matches("$ ").strip_prefix("make "));
    let targets: Vec<&str> = commands.filter_map(|rest| rest.split_whitespace().next()).collect();
    assert!(targets.contains(&"demo"), "{targets:?}");
    for target in targets {
        assert!(makefile.lines().any(|line| line.starts_with(&format!("{target}:"))), "no `make {target}`");
    }
}
