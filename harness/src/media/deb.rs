//! Debian packages: what is installed, what the archive offers, and the files of a package that is not installed.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{Context, MediaError};
use super::tool::{APT_CACHE, APT_GET, DPKG_DEB, DPKG_QUERY};

/// A package of one version, to be downloaded and unpacked but not installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
}

/// The versions of installed packages, one `name version` each, in the order asked.
pub(super) fn installed(names: &[&'static str]) -> Result<Vec<String>, MediaError> {
    names.iter().map(|name| Ok(format!("{name} {}", installed_version(name)?))).collect()
}

fn installed_version(name: &'static str) -> Result<String, MediaError> {
    let missing = || MediaError::Unavailable(format!("Debian's package `{name}` is not installed"));
    let said = match DPKG_QUERY.run(["--show", "--showformat=${db:Status-Status} ${Version}", name]) {
        Ok(said) => said,
        Err(MediaError::Failed { .. }) => return Err(missing()),
        Err(other) => return Err(other),
    };
    let said = String::from_utf8_lossy(&said);
    said.strip_prefix("installed ").map(str::to_owned).ok_or_else(missing)
}

impl Package {
    /// The version of `name` that the machine's apt sources offer.
    pub(super) fn offered(name: &str) -> Result<Package, MediaError> {
        let version = control_field(name, "Version")?;
        Ok(Package { name: name.to_owned(), version })
    }

    /// The newest kernel for PCs: what the package `linux-image-amd64` stands for today.
    pub(super) fn kernel() -> Result<Package, MediaError> {
        let depends = control_field("linux-image-amd64", "Depends")?;
        let name = depends.split([' ', ',']).next().unwrap_or_default();
        Package::offered(name)
    }

    /// The package's files, below a folder of the cache; downloaded and unpacked at the first call.
    pub(super) fn unpacked(&self, cache: &Path) -> Result<PathBuf, MediaError> {
        self.prepared(cache, |_| Ok(()))
    }

    /// The same, with `prepare` run on the files once, before any other build can see them.
    pub(super) fn prepared(
        &self,
        cache: &Path,
        prepare: impl FnOnce(&Path) -> Result<(), MediaError>,
    ) -> Result<PathBuf, MediaError> {
        let mut download = APT_GET.command()?;
        // apt's own download user may not write to a folder of ours.
        download.args(["-o", "APT::Sandbox::User=root"]);
        self.fetched(cache, download, prepare)
    }

    /// The same, with `download` as the call of `apt-get` that knows the package.
    pub(super) fn fetched(
        &self,
        cache: &Path,
        mut download: Command,
        prepare: impl FnOnce(&Path) -> Result<(), MediaError>,
    ) -> Result<PathBuf, MediaError> {
        // A version may hold `:` and `~`, both fine in a file name.
        let folder = cache.join("packages").join(format!("{}_{}", self.name, self.version));
        if folder.is_dir() {
            return Ok(folder);
        }
        let above = cache.join("packages");
        fs::create_dir_all(&above).context("create", &above)?;
        let work = tempfile::tempdir_in(&above).context("create a folder in", &above)?;
        download.current_dir(work.path()).args(["-q", "download", &format!("{}={}", self.name, self.version)]);
        APT_GET.finish(download)?;
        let files = work.path().join("files");
        DPKG_DEB.run([Path::new("-x"), &only_package_in(work.path())?, &files])?;
        prepare(&files)?;
        match fs::rename(&files, &folder) {
            // Another build was faster; its files are the same.
            Err(_) if folder.is_dir() => Ok(folder),
            result => result.context("create", &folder).map(|()| folder),
        }
    }
}

fn only_package_in(folder: &Path) -> Result<PathBuf, MediaError> {
    for entry in fs::read_dir(folder).context("read", folder)? {
        let path = entry.context("read", folder)?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            return Ok(path);
        }
    }
    Err(MediaError::Unavailable("apt-get downloaded no package".to_owned()))
}

/// One field of the newest control record of a package.
fn control_field(name: &str, field: &str) -> Result<String, MediaError> {
    let unknown = || MediaError::Unavailable(format!("apt knows no package `{name}`; run `apt-get update`"));
    let record = match APT_CACHE.run(["show", "--no-all-versions", name]) {
        Ok(record) => record,
        Err(MediaError::Failed { .. }) => return Err(unknown()),
        Err(other) => return Err(other),
    };
    field_of(&String::from_utf8_lossy(&record), field).ok_or_else(unknown)
}

/// The value of one field of a control record.
pub(super) fn field_of(record: &str, field: &str) -> Option<String> {
    record.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": ").map(|value| value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let record = "Package: a\nPre-Depends: x\nDepends: linux-image-6.1.0-1-amd64 (= 6.1.2-1)\n";
        assert_eq!(field_of(record, "Depends").as_deref(), Some("linux-image-6.1.0-1-amd64 (= 6.1.2-1)"));
        assert_eq!(field_of(record, "Version"), None);
    }

    #[test]
    fn an_unknown_package_is_a_reason_to_skip() {
        let error = installed(&["no-such-package-here"]).expect_err("it is not installed");
        assert!(matches!(error, MediaError::Unavailable(_)), "{error}");
    }
}
