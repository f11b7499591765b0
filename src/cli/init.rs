//! `netspec init`: a first spec, from the ISOs in a folder and the networks of this machine.

mod draft;
mod look;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::look::Found;
use super::args::{FindingFormat, InitArgs};
use super::{compile, report};
use crate::serve::interface::interfaces;
use crate::world::OsWorld;

/// The name of a spec where none is said.
const FILE: &str = "netspec.kdl";
/// Standard output on the command line.
const STDOUT: &str = "-";

pub(super) fn run(args: &InitArgs) -> ExitCode {
    match init(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            report::write(std::io::stderr(), &format!("netspec: {reason}\n"));
            ExitCode::FAILURE
        }
    }
}

fn init(args: &InitArgs) -> Result<(), String> {
    let path = args.output.clone().unwrap_or_else(|| args.folder.strip_prefix(".").unwrap_or(&args.folder).join(FILE));
    let is_stdout = path == Path::new(STDOUT);
    // Before minutes of looking; whether it is there at the end counts.
    if !is_stdout && path.symlink_metadata().is_ok() {
        return Err(is_there(&path));
    }
    // Paths in the spec start at its folder; what is printed is for the current one.
    let base = if is_stdout { PathBuf::new() } else { path.parent().map(Path::to_owned).unwrap_or_default() };
    let interfaces =
        interfaces().map_err(|error| format!("the interfaces of this machine cannot be listed: {error}"))?;
    let found = look::look(&args.folder, &base, &interfaces, &OsWorld)
        .map_err(|error| format!("cannot look into `{}`: {error}", args.folder.display()))?;
    let name = if is_stdout { PathBuf::from(FILE) } else { path.clone() };
    let text = draft::draft(&found, &name.display().to_string());
    if is_stdout {
        report::write(io::stdout(), &text);
        report::write(io::stderr(), &told(&found));
        return Ok(());
    }
    write_new(&path, &text)?;
    let shown = path.display();
    report::write(io::stdout(), &format!("{shown} is written, from what is here:\n{}", told(&found)));
    let compiled = compile::compile(&path, &OsWorld);
    let stderr = io::stderr();
    let findings = report::findings(&compiled, FindingFormat::Full, report::style(&stderr));
    if compiled.findings.has_errors() {
        report::write(io::stdout(), "Before it can be served:\n");
    }
    report::write(stderr, &findings);
    let next = format!("Next: read it, then\n  netspec check {shown}\n  sudo netspec serve {shown}\n");
    report::write(io::stdout(), &next);
    Ok(())
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, text: &str) -> Result<(), String> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => is_there(path),
        _ => format!("cannot write `{}`: {error}", path.display()),
    })
}

fn is_there(path: &Path) -> String {
    let path = path.display();
    format!(
        "`{path}` is there already and stays as it is\n  help: name another file with `-o`, or see what `init -o -` prints"
    )
}

/// What was found, for the terminal.
fn told(found: &Found) -> String {
    let mut text = String::new();
    let mut table = |label: &str, lines: Vec<String>| {
        for (at, line) in lines.iter().enumerate() {
            text.push_str(&format!("  {:10}{line}\n", if at == 0 { label } else { "" }));
        }
    };
    let mut networks: Vec<_> =
        found.networks.iter().map(|network| format!("{} on {}", network.subnet, network.interface)).collect();
    if networks.is_empty() {
        networks.push("no private IPv4 network that is up; the spec has an example".to_owned());
    }
    table("networks", networks);
    let mut isos: Vec<_> = found.isos.iter().map(|iso| format!("{}: {}", iso.shown, iso.what)).collect();
    if isos.is_empty() {
        isos.push(format!("none in {} that netspec can boot by itself; the spec says how to add one", found.folder));
    }
    isos.extend(found.left_out.iter().map(|left| format!("{}: left out, {}", left.shown, left.why)));
    table("ISOs", isos);
    let mut loaders = vec![if found.loaders.is_empty() { "none".to_owned() } else { found.loaders.join(", ") }];
    loaders.extend(found.missing.iter().map(|missing| format!("no {missing}")));
    table("loaders", loaders);
    text
}
