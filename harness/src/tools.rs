//! The programs that the laboratory is built from, and whether they are here.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::error::{Context, Error, Result};

/// Each program with the Debian package that has it.
const PROGRAMS: [(&str, &str); 4] = [
    ("ip", "iproute2"),
    ("ethtool", "ethtool"),
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("busybox", "busybox-static"),
];

/// Those that only the stack made by hand needs.
const SEED_PROGRAMS: [(&str, &str); 3] =
    [("dnsmasq", "dnsmasq-base"), ("nginx", "nginx-light"), ("xorriso", "xorriso")];

/// Fails with the names of all packages that are missing.
pub fn check(with_seed: bool) -> Result<()> {
    let seed = if with_seed { SEED_PROGRAMS.as_slice() } else { &[] };
    let missing: Vec<&str> =
        PROGRAMS.iter().chain(seed).filter(|(program, _)| !exists(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("these Debian packages are missing: {}", missing.join(" "))))
}

/// Whether a program is in the search path.
pub fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The version of one of QEMU's programs, major and minor.
pub fn qemu_version(program: &str) -> Result<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().context(program)?;
    let said = String::from_utf8_lossy(&output.stdout);
    version_in(&said).ok_or_else(|| Error::new(format!("{program} tells no version: {said}")))
}

/// The version in `QEMU emulator version 7.2.22 (Debian ...)`.
fn version_in(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_once(" version ")?.1.split(|letter: char| !letter.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Writes an executable script.
pub fn write_script(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).context(path.display())?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).context(path.display())
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn the_version_is_read_from_what_qemu_says() {
        assert_eq!(version_in("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright (c)"), Some((7, 2)));
        assert_eq!(version_in("QEMU emulator version 10.0.3"), Some((10, 0)));
        assert_eq!(version_in("no such thing"), None);
    }
}
