//! `netspec lsp`: what an editor starts.

use std::io::{self, BufReader};
use std::path::Path;
use std::process::ExitCode;

use super::args::LspArgs;
use super::compile::{self, Compiled};
use crate::lsp::{Deep, End, serve};
use crate::serve::host;
use crate::world::World;

pub(super) fn run(args: &LspArgs) -> ExitCode {
    let check = if args.no_host { check_files } else { check_all };
    match serve(BufReader::new(io::stdin()), &mut io::stdout().lock(), check) {
        Ok(End::Orderly) => ExitCode::SUCCESS,
        Ok(End::Sudden) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("netspec: cannot talk to the editor: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What `netspec check` finds.
fn check_all(path: &Path, world: &dyn World) -> Deep {
    let mut compiled = compile::compile(path, world);
    compiled.findings.extend(host::check(&compiled.networks));
    deep(compiled)
}

/// What `netspec check --no-host` finds.
fn check_files(path: &Path, world: &dyn World) -> Deep {
    deep(compile::compile(path, world))
}

fn deep(compiled: Compiled) -> Deep {
    let images = compiled.outcome.iter().flat_map(|outcome| &outcome.gathered.facts.images);
    let found = images.map(|(iso, facts)| (iso.to_string(), facts.describe())).collect();
    Deep { sources: compiled.sources, findings: compiled.findings, found }
}
