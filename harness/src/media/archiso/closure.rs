//! Programs of this machine together with the shared libraries they load.
use std::fs;
use std::path::{Path, PathBuf};

use super::super::error::{Context, MediaError};
use super::super::tool::LDD;
use super::super::tree::Tree;

/// A program to copy: from where, to where, from which package.
pub(super) struct Program {
    from: &'static str,
    to: &'static str,
    package: &'static str,
}

const CURL: Program = Program { from: "/usr/bin/curl", to: "usr/bin/curl", package: "curl" };
const OPENSSL: Program = Program { from: "/usr/bin/openssl", to: "usr/bin/openssl", package: "openssl" };
const IPCONFIG: Program =
    Program { from: "/usr/lib/klibc/bin/ipconfig", to: "usr/bin/ipconfig", package: "klibc-utils" };

impl Program {
    pub(super) const IN_INITRAMFS: [Program; 3] = [CURL, OPENSSL, IPCONFIG];
    pub(super) const IN_ROOT: [Program; 1] = [CURL];
}

/// Copies a program and its libraries.
pub(super) fn copy(tree: &Tree, program: &Program) -> Result<(), MediaError> {
    tree.copy(Path::new(program.from), program.to, program.package)?;
    let to = tree.place(program.to)?;
    fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o755)).context("write", &to)?;
    for library in libraries(program)? {
        // One place for what `/lib` and `/usr/lib` both lead to.
        let name = library.strip_prefix("/usr").unwrap_or(&library);
        tree.copy(&library, &format!("usr/{}", name.display().to_string().trim_start_matches('/')), program.package)?;
    }
    Ok(())
}

/// Every file that [`copy`] takes for these programs, for the digest of inputs.
pub(super) fn files(programs: &[Program]) -> Result<Vec<PathBuf>, MediaError> {
    let mut files = Vec::new();
    for program in programs {
        let path = PathBuf::from(program.from);
        if !path.is_file() {
            return Err(MediaError::MissingFile { path, package: program.package.to_owned() });
        }
        files.push(path);
        files.extend(libraries(program)?);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn libraries(program: &Program) -> Result<Vec<PathBuf>, MediaError> {
    if program.package == "klibc-utils" {
        return klibc();
    }
    Ok(named_by_ldd(&String::from_utf8_lossy(&LDD.run([program.from])?)))
}

/// klibc programs have one shared file, which is also their interpreter; its name has a hash in it.
fn klibc() -> Result<Vec<PathBuf>, MediaError> {
    let folder = Path::new("/lib");
    for entry in fs::read_dir(folder).context("read", folder)? {
        let name = entry.context("read", folder)?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("klibc-") && name.ends_with(".so") {
            return Ok(vec![folder.join(&*name)]);
        }
    }
    Err(MediaError::MissingFile { path: folder.join("klibc-*.so"), package: "libklibc".to_owned() })
}

/// The absolute paths in ldd's output: `name => path (address)`, or `path (address)` for the interpreter.
fn named_by_ldd(output: &str) -> Vec<PathBuf> {
    output
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
        .map(PathBuf::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ldd_names_libraries_and_the_interpreter_but_not_the_vdso() {
        let output = "\tlinux-vdso.so.1 (0x1)\n\tlibz.so.1 => /lib/x/libz.so.1 (0x2)\n\t/lib64/ld-linux.so.2 (0x3)\n";
        assert_eq!(named_by_ldd(output), ["/lib/x/libz.so.1", "/lib64/ld-linux.so.2"].map(PathBuf::from));
    }
}
