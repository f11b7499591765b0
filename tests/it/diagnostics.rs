//! The pages of the manual about findings, each of which is a test.
//!
//! `tests/diagnostics/<code>.md` says what a finding is, why it matters and how to fix it, and shows specs in ```` ```kdl ````
//! blocks, each followed by a ```` ```text ```` block with all findings about it, as `netspec check` prints them without color
//! at 80 columns. A block without findings is followed by no ```` ```text ```` block: it is shown as the right way.
//!
//! Some findings need more than the text of a spec. Such a page opens with a line `needs: <name>`, where the name is one of
//! [`CHECKS`], and may show other files in a ```` ```files ```` block ([`Files`]) and the interfaces of a machine in an
//! ```` ```interfaces ```` block ([`interfaces`]) before the spec, and who holds its ports in a ```` ```ports ```` block.
//!
//! `NETSPEC_BLESS=1 cargo it diagnostics` writes the `text` blocks anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use netspec::cli::compile::{compile, compile_as};
use netspec::diag::render::{Style, full};
use netspec::diag::{Code, Diagnostics};
use netspec::facts::Use;
use netspec::lock::{self, Cache, Lock, LockMode, Quiet, Setting};
use netspec::resolve::{resolve, rules};
use netspec::serve::host::locate_among;
use netspec::serve::interface::Interface;
use netspec::serve::port_holder::{Holder, Protocol};
use netspec::serve::ports;
use netspec::source::{SourceFile, Sources};
use netspec::spec::{self, Loaded};

use netspec::world::World as _;

use crate::support::shown::{Files, interfaces};
use crate::support::trees;

const SPEC: &str = "spec.kdl";

/// What a page shows beside a spec.
#[derive(Default)]
struct Shown {
    files: Files,
    interfaces: Vec<Interface>,
    ports: Vec<(Protocol, u16, Option<Holder>)>,
}

type Check = fn(&SourceFile, &Shown) -> (Sources, Diagnostics);

/// What finds the findings of a page, by the name in its `needs:` line.
const CHECKS: &[(&str, Check)] = &[
    ("text", check_text),
    ("open", check_open),
    ("a large file", check_large),
    ("files", check_files),
    ("files, without iPXE", check_without_ipxe),
    ("files, --locked", check_with_locked),
    ("files and a lock of them", check_with_lock),
    ("files, with PXELINUX", check_with_pxelinux),
    ("interfaces", check_interfaces),
    ("ports", check_ports),
];

/// The text of the spec alone.
fn check_text(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let Loaded { sources, spec, mut findings, .. } = spec::load(source, &shown.files);
    findings.extend(rules::check(&spec));
    findings.sort();
    (sources, findings)
}

/// Opening the spec, where the folder holds the shown files and no others.
fn check_open(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    (source.clone().into(), open(&shown.files))
}

/// Opening the shown spec after it was written 100,000 times over.
fn check_large(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let files = shown.files.with(SPEC, source.text.repeat(100_000).as_bytes());
    (source.clone().into(), open(&files))
}

fn open(files: &Files) -> Diagnostics {
    let mut found = Diagnostics::default();
    if let Err(diagnostic) = spec::open(files, Path::new(SPEC)) {
        found.push(diagnostic);
    }
    found
}

/// Everything that `netspec check --no-host` says where the shown files are all that there is.
fn check_files(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let files = shown.files.with(SPEC, source.text.as_bytes());
    let compiled = compile(Path::new(SPEC), &files.with("/usr/lib/ipxe/snponly.efi", &trees::x64_program()));
    (compiled.sources, compiled.findings)
}

/// The same on a machine on which no iPXE for UEFI is installed.
fn check_without_ipxe(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let compiled = compile(Path::new(SPEC), &shown.files.with(SPEC, source.text.as_bytes()));
    (compiled.sources, compiled.findings)
}

const IPXE: &str = "/usr/lib/ipxe/snponly.efi";

/// What `netspec check --locked` says.
fn check_with_locked(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    compiled(source, &shown.files, LockMode::Locked)
}

/// What `netspec check` says beside a lock that was made before files changed.
fn check_with_lock(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let before = shown.files.when_locked().with(IPXE, trees::x64_program());
    // The spec was the same unless the page shows another one.
    let before = if before.open(Path::new(SPEC)).is_ok() { before } else { before.with(SPEC, source.text.as_bytes()) };
    let outcome = compile(Path::new(SPEC), &before).outcome.expect("a spec that can be locked");
    let (cache, folder) = (Cache::default(), Path::new(""));
    let section = lock::pin(&outcome.resolved, &outcome.gathered, folder, &before, &cache, &Quiet).unwrap();
    let lock = Lock { specs: [(SPEC.to_owned(), section)].into() };
    compiled(source, &shown.files.with(lock::FILE, lock.to_text().as_bytes()), LockMode::Use)
}

fn compiled(source: &SourceFile, files: &Files, mode: LockMode) -> (Sources, Diagnostics) {
    let files = files.with(SPEC, source.text.as_bytes()).with(IPXE, &trees::x64_program());
    let setting = Setting { lock: Some(mode), what_for: Use::Planning, cache: &Cache::default(), progress: &Quiet };
    let compiled = compile_as(Path::new(SPEC), &files, &setting);
    (compiled.sources, compiled.findings)
}

/// The same on a machine that has iPXE for UEFI and PXELINUX.
fn check_with_pxelinux(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let mut files =
        shown.files.with(SPEC, source.text.as_bytes()).with("/usr/lib/ipxe/snponly.efi", &trees::x64_program());
    files = files.with("/usr/lib/PXELINUX/lpxelinux.0", b"loader");
    for module in ["ldlinux", "libcom32", "libutil", "menu", "reboot"] {
        files = files.with(&format!("/usr/lib/syslinux/modules/bios/{module}.c32"), b"module");
    }
    let compiled = compile(Path::new(SPEC), &files);
    (compiled.sources, compiled.findings)
}

/// The networks on a machine with the shown interfaces.
fn check_interfaces(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let Loaded { sources, spec, mut findings, .. } = spec::load(source, &shown.files);
    let (resolved, later) = resolve(&spec, &sources);
    findings.extend(later);
    findings.extend(locate_among(&resolved.networks, &shown.interfaces).1);
    findings.sort();
    (sources, findings)
}

/// The ports of a machine with the shown interfaces, on which other programs hold the shown ports.
fn check_ports(source: &SourceFile, shown: &Shown) -> (Sources, Diagnostics) {
    let Loaded { sources, spec, mut findings, .. } = spec::load(source, &shown.files);
    let (resolved, later) = resolve(&spec, &sources);
    findings.extend(later);
    let located = locate_among(&resolved.networks, &shown.interfaces).0;
    let in_use = |protocol: Protocol, _, port: u16| {
        let held = shown.ports.iter().find(|(transport, number, _)| *transport == protocol && *number == port)?;
        Some(held.2.iter().cloned().collect())
    };
    findings.extend(ports::findings(&resolved.networks, &located, Some(resolved.server.http_port), &in_use));
    (sources, findings)
}

/// Lines such as `UDP 69 dnsmasq 812`; without name and process, a program that cannot be seen.
fn held_ports(block: &str) -> Vec<(Protocol, u16, Option<Holder>)> {
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let protocol = if words[0] == "UDP" { Protocol::Udp } else { Protocol::Tcp };
        let holder = words.get(2).map(|name| Holder { pid: words[3].parse().unwrap(), name: (*name).to_owned() });
        (protocol, words[1].parse().unwrap(), holder)
    };
    block.lines().map(line).collect()
}

#[test]
fn every_page_shows_what_is_printed() {
    let mut wrong = Vec::new();
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let blessed = with_findings(&page, &code_of(&path));
        if blessed != page && std::env::var_os("NETSPEC_BLESS").is_some() {
            fs::write(&path, &blessed).unwrap();
        } else if blessed != page {
            wrong.push(format!("{}:\n{}", path.display(), first_difference(&page, &blessed)));
        }
    }
    assert!(wrong.is_empty(), "{}\n(NETSPEC_BLESS=1 writes them anew)", wrong.join("\n"));
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = pages().iter().map(|path| code_of(path)).collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    assert_eq!(pages, codes);
}

/// `src/diag/pages.rs`, from which `netspec explain-code` has its texts.
#[test]
fn every_page_is_in_the_program() {
    let names = pages().into_iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let rows: String =
        names.map(|name| format!("    (\"{name}\", include_str!(\"../../tests/diagnostics/{name}.md\")),\n")).collect();
    let table = format!(
        "//! The text of each page; `NETSPEC_BLESS=1 cargo it diagnostics` writes this file.\n\n\
         /// By the names of codes, sorted.\npub(super) const PAGES: &[(&str, &str)] = &[\n{rows}];\n"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diag/pages.rs");
    if std::env::var_os("NETSPEC_BLESS").is_some() && fs::read_to_string(&path).unwrap() != table {
        fs::write(&path, table).unwrap();
    } else {
        assert!(fs::read_to_string(&path).unwrap() == table, "NETSPEC_BLESS=1 writes {} anew", path.display());
    }
}

/// Each finding has a place, except those about what is not there, and says what to do.
#[test]
fn every_finding_says_what_to_do() {
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for (source, found) in examples(&page) {
            for diagnostic in &found {
                let spec = &source.main().text;
                assert!(diagnostic.help.as_ref().is_some_and(|help| !help.is_empty()), "{diagnostic:?} in {spec}");
                assert!(!diagnostic.message.ends_with('.') && !diagnostic.labels.iter().any(|l| l.text.is_empty()));
                let first = diagnostic.message.chars().next().unwrap();
                assert!(!first.is_uppercase() || diagnostic.message.starts_with("ISO "), "{}", diagnostic.message);
                let placeless = [
                    Code::NoNetwork,
                    Code::NothingToBoot,
                    Code::SpecUnreadable,
                    Code::SpecTooLarge,
                    Code::LockMissing,
                    Code::LockUnreadable,
                    Code::LockVersion,
                ];
                // Where a rule or an ISO asks for the loader, that is its place; what only a lock has is nowhere in the spec.
                if ![Code::UefiLoaderMissing, Code::LockStale].contains(&diagnostic.code) {
                    let placeless = placeless.contains(&diagnostic.code);
                    assert_eq!(diagnostic.labels.is_empty(), placeless, "{diagnostic:?}");
                }
            }
        }
    }
}

/// In a narrow window only what must not be broken is wider: a line of the spec with what is marked in it, the place of a
/// finding, and a word that is too long by itself.
#[test]
fn findings_are_readable_in_narrow_windows() {
    for path in pages() {
        for (source, found) in examples(&fs::read_to_string(&path).unwrap()) {
            for width in [60, 40] {
                let drawn = full(&source, &found, Style { width, unicode: true, color: false });
                for line in drawn.lines().filter(|line| !is_of_source(line)) {
                    let longest_word = line.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
                    assert!(line.chars().count() <= width.max(longest_word + 8), "{width}: {line}");
                }
            }
        }
    }
}

/// Whether it is a line of the spec, a mark below one, or the name of the file above.
fn is_of_source(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(|c: char| c.is_ascii_digit() || c == '·') || line.starts_with("╭─[")
}

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut pages: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

fn code_of(path: &Path) -> String {
    format!("netspec::{}", path.file_stem().unwrap().to_str().unwrap())
}

fn draw(source: &Sources, found: &Diagnostics) -> String {
    let mut drawn = full(source, found, Style { width: 80, unicode: true, color: false });
    while drawn.ends_with("\n\n") {
        drawn.pop();
    }
    drawn
}

/// The specs of a page and the findings about each.
fn examples(page: &str) -> Vec<(Sources, Diagnostics)> {
    let needs = page.lines().next().and_then(|line| line.strip_prefix("needs: ")).unwrap_or("text");
    let check = CHECKS.iter().find(|(name, _)| *name == needs).unwrap_or_else(|| panic!("no check named `{needs}`")).1;
    let mut shown = Shown::default();
    let mut examples = Vec::new();
    for (language, content) in blocks(page) {
        match language {
            "files" => shown.files = Files::read(content),
            "interfaces" => shown.interfaces = interfaces(content),
            "ports" => shown.ports = held_ports(content),
            "kdl" => {
                let source = SourceFile { path: SPEC.into(), text: Arc::from(content) };
                examples.push(check(&source, &shown));
            }
            "text" => {}
            other => panic!("a page has blocks of `kdl`, `text`, `files`, `interfaces` and `ports`, not `{other}`"),
        }
    }
    examples
}

/// The page with its `text` blocks as they should be.
fn with_findings(page: &str, code: &str) -> String {
    let mut shown_code = false;
    let mut examples = examples(page).into_iter();
    let mut blessed = String::new();
    let mut lines = page.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        if line.trim_end() == "```text" {
            // Old findings go, and the empty line before them.
            for old in lines.by_ref() {
                if old.trim_end() == "```" {
                    break;
                }
            }
            blessed.truncate(blessed.trim_end_matches('\n').len() + 1);
            continue;
        }
        blessed.push_str(line);
        if line.trim_end() != "```kdl" {
            continue;
        }
        for line in lines.by_ref() {
            blessed.push_str(line);
            if line.trim_end() == "```" {
                break;
            }
        }
        let (source, found) = examples.next().unwrap();
        if !found.is_empty() {
            shown_code |= found.iter().any(|diagnostic| diagnostic.code.as_str() == code);
            blessed.push_str(&format!("\n```text\n{}```\n", draw(&source, &found)));
        }
    }
    assert!(shown_code, "the page of {code} has no example of it");
    blessed
}

fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, block)) = rest.split_once("\n```") {
        let (language, content) = block.split_once('\n').unwrap();
        // An empty block closes at once.
        let (content, behind) = match content.strip_prefix("```") {
            Some(behind) => ("", behind),
            None => {
                let end = content.find("\n```").expect("every block is closed");
                (&content[..=end], &content[end + 4..])
            }
        };
        blocks.push((language, content));
        rest = behind;
    }
    blocks
}

fn first_difference(page: &str, blessed: &str) -> String {
    let line = page.lines().zip(blessed.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| page.lines().count().min(blessed.lines().count()));
    let show = |text: &str| text.lines().skip(line).take(6).collect::<Vec<_>>().join("\n");
    format!("line {}, page:\n{}\nprinted:\n{}", line + 1, show(page), show(blessed))
}
