//! The programs that the build runs, and the Debian packages they come from.
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::error::{Context, MediaError};

/// A program, and where to get it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tool {
    pub(super) program: &'static str,
    pub(super) package: &'static str,
}

pub(super) const APT_CACHE: Tool = Tool { program: "apt-cache", package: "apt" };
pub(super) const APT_GET: Tool = Tool { program: "apt-get", package: "apt" };
pub(super) const DEBUGFS: Tool = Tool { program: "debugfs", package: "e2fsprogs" };
pub(super) const DEPMOD: Tool = Tool { program: "depmod", package: "kmod" };
pub(super) const DPKG_DEB: Tool = Tool { program: "dpkg-deb", package: "dpkg" };
pub(super) const DPKG_QUERY: Tool = Tool { program: "dpkg-query", package: "dpkg" };
pub(super) const GZIP: Tool = Tool { program: "gzip", package: "gzip" };
pub(super) const LDD: Tool = Tool { program: "ldd", package: "libc-bin" };
pub(super) const LIVE_BUILD: Tool = Tool { program: "lb", package: "live-build" };
pub(super) const MCOPY: Tool = Tool { program: "mcopy", package: "mtools" };
pub(super) const MD5SUM: Tool = Tool { program: "md5sum", package: "coreutils" };
pub(super) const MFORMAT: Tool = Tool { program: "mformat", package: "mtools" };
pub(super) const MKE2FS: Tool = Tool { program: "mke2fs", package: "e2fsprogs" };
pub(super) const MKSQUASHFS: Tool = Tool { program: "mksquashfs", package: "squashfs-tools" };
pub(super) const MMD: Tool = Tool { program: "mmd", package: "mtools" };
pub(super) const OPENSSL: Tool = Tool { program: "openssl", package: "openssl" };
pub(super) const SHA512SUM: Tool = Tool { program: "sha512sum", package: "coreutils" };
pub(super) const UNSHARE: Tool = Tool { program: "unshare", package: "util-linux" };
pub(super) const XORRISO: Tool = Tool { program: "xorriso", package: "xorriso" };

impl Tool {
    /// Where the program is. The `sbin` folders count too, for `PATH` of an ordinary user often lacks them.
    pub(super) fn path(self) -> Result<PathBuf, MediaError> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
            .map(|folder| folder.join(self.program))
            .find(|file| file.is_file())
            .ok_or(MediaError::MissingProgram { program: self.program, package: self.package })
    }

    /// A call of the program whose output depends on neither language, time zone nor the caller's build date.
    pub(super) fn command(self) -> Result<Command, MediaError> {
        let mut command = Command::new(self.path()?);
        // mksquashfs refuses its own time options beside this variable, so only a call that wants it sets it.
        command.env("LC_ALL", "C").env("TZ", "UTC").env_remove("SOURCE_DATE_EPOCH");
        Ok(command)
    }

    /// Runs the program with `arguments` and gives what it wrote to its output.
    pub(super) fn run<S: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = S>) -> Result<Vec<u8>, MediaError> {
        let mut command = self.command()?;
        command.args(arguments);
        self.finish(command)
    }

    /// The same, in the folder `folder`.
    pub(super) fn run_in<S: AsRef<OsStr>>(
        self,
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Vec<u8>, MediaError> {
        let mut command = self.command()?;
        command.args(arguments).current_dir(folder);
        self.finish(command)
    }

    /// Runs a prepared call to its end; a failed one becomes an error with the end of what it said.
    pub(super) fn finish(self, mut command: Command) -> Result<Vec<u8>, MediaError> {
        let Output { status, stdout, stderr } = command.output().context("run", Path::new(self.program))?;
        if status.success() {
            return Ok(stdout);
        }
        let said = if stderr.trim_ascii().is_empty() { &stdout } else { &stderr };
        Err(MediaError::Failed { program: self.program, status: status.to_string(), said: last_lines(said) })
    }
}

/// The last five lines, for an error message.
fn last_lines(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_reported_with_its_package() {
        let tool = Tool { program: "no-such-program-here", package: "some-package" };
        let error = tool.run([""]).expect_err("it does not exist");
        assert_eq!(
            error.to_string(),
            "`no-such-program-here` is not installed; it is in Debian's package `some-package`"
        );
    }

    #[test]
    fn a_failed_program_is_reported_with_its_last_words() {
        let error = DPKG_DEB.run(["--info", "/nonexistent.deb"]).expect_err("there is no such package");
        assert!(error.to_string().contains("/nonexistent.deb"), "{error}");
    }
}
