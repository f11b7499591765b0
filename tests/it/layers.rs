//! The order of modules: each may use those above it, never one below (`src/lib.rs` has the map).

use std::fs;
use std::path::{Path, PathBuf};

/// From the one that uses nothing to the one that may use all.
const ORDER: &[&str] = &[
    "source", "net", "diag", "world", "spec", "resolve", "answers", "image", "facts", "fetch", "lock", "proto", "plan",
    "serve", "build", "export", "explain", "lsp", "cli",
];

/// The modules that decide without I/O, clock, environment or addresses.
const PURE: &[&str] = &["spec", "resolve", "answers", "plan", "proto"];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The top-level module that a file belongs to: `plan` for `src/plan/menu.rs`.
fn module_of(path: &Path) -> String {
    let first = path.strip_prefix(source()).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn uses(text: &str) -> Vec<String> {
    let code = text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn modules_use_only_those_above_them() {
    let rank = |module: &str| ORDER.iter().position(|known| *known == module);
    let mut wrong = Vec::new();
    for path in rust_files(&source()) {
        let module = module_of(&path);
        let Some(own) = rank(&module) else { continue };
        // Tests may look at a module from above.
        if path.ends_with("tests.rs") {
            continue;
        }
        for used in uses(&fs::read_to_string(&path).unwrap()) {
            if rank(&used).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let lib = fs::read_to_string(source().join("lib.rs")).unwrap();
    let declared: Vec<_> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut sorted: Vec<_> = ORDER.to_vec();
    sorted.sort_unstable();
    let mut found = declared.clone();
    found.sort_unstable();
    assert_eq!(found, sorted);
}

#[test]
fn pure_modules_deny_what_the_clippy_lists_forbid() {
    for module in PURE {
        let text = fs::read_to_string(source().join(module).join("mod.rs")).unwrap();
        let denies = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";
        assert!(text.contains(denies), "src/{module}/mod.rs must open with {denies}");
    }
}

#[test]
fn only_cli_prints_or_exits() {
    for path in rust_files(&source()) {
        let text = fs::read_to_string(&path).unwrap();
        if module_of(&path) != "cli" {
            for word in ["println!", "print!(", "process::exit"] {
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                assert!(!code.into_iter().any(|line| line.contains(word)), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn the_harness_does_not_know_netspec() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("harness");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(!manifest.lines().any(|line| line.starts_with("netspec ") || line.starts_with("netspec=")), "{manifest}");
    for path in rust_files(&root.join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("use netspec::"), "{}", path.display());
    }
}

#[test]
fn files_stay_readable_in_one_sitting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "harness/src", "tests"].map(|folder| root.join(folder));
    for path in folders.iter().flat_map(|folder| rust_files(folder)) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 800, "{} has {lines} lines; split it where its seams are", path.display());
    }
}
