//! `netspec fmt`: specs in the one form that `spec::layout` describes.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use similar::{Algorithm, TextDiff};

use super::args::FmtArgs;
use super::{replace, report};
use crate::diag::{Diagnostic, Diagnostics, render};
use crate::source::SourceFile;
use crate::spec::{self, layout};
use crate::world::{MemWorld, OsWorld};

/// Standard input on the command line.
const STDIN: &str = "-";
/// A text is compared for this long at most; what is not found by then, is shown as one large change.
const COMPARE: Duration = Duration::from_secs(1);

pub(super) fn run(args: &FmtArgs) -> ExitCode {
    if args.specs.len() > 1 && args.specs.iter().any(|spec| spec == Path::new(STDIN)) {
        report::write(std::io::stderr(), "netspec: `-` is standard input and stands alone\n");
        return ExitCode::from(2);
    }
    let mut failed = false;
    for path in &args.specs {
        failed |= !one(path, args.check);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Says whether all is well with this file.
fn one(path: &Path, check: bool) -> bool {
    let is_stdin = path == Path::new(STDIN);
    let opened = if is_stdin { open_stdin() } else { spec::open(&OsWorld, path) };
    let source = match opened {
        Ok(source) => source,
        Err(finding) => {
            let mut found = Diagnostics::default();
            found.push(finding);
            return refused(&SourceFile { path: path.to_owned(), text: "".into() }, &found);
        }
    };
    let text = match layout::format(&source.text) {
        Ok(text) => text,
        Err(found) => return refused(&source, &found),
    };
    let is_right = text == *source.text;
    let name = source.name();
    if check {
        report::write(std::io::stdout(), &difference(&name, &source.text, &text));
        return is_right;
    }
    if is_stdin {
        report::write(std::io::stdout(), &text);
    } else if !is_right {
        if let Err(error) = replace::replace(path, &text) {
            report::write(std::io::stderr(), &format!("netspec: cannot write `{name}`: {error}\n"));
            return false;
        }
        report::write(std::io::stdout(), &format!("{name}: brought into form\n"));
    }
    true
}

/// Shows why a file is left as it is.
fn refused(source: &SourceFile, found: &Diagnostics) -> bool {
    let stderr = std::io::stderr();
    let text = render::full(&source.clone().into(), found, report::style(&stderr));
    report::write(stderr, &text);
    false
}

fn open_stdin() -> Result<SourceFile, Diagnostic> {
    let name = "<stdin>";
    let mut bytes = Vec::new();
    // One byte more than allowed, to be told that it is too large. What cannot be read ends the text.
    let limit = spec::MAX_SPEC_BYTES as u64 + 1;
    let _ = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
    spec::open(&MemWorld::default().with(name, bytes), Path::new(name))
}

/// What would change, as `diff -u` writes it; nothing where nothing would.
fn difference(name: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(COMPARE).diff_lines(old, new);
    diff.unified_diff().header(name, name).to_string()
}
