//! Firmware newer than this machine's, as data: a package of Debian's newest release, unpacked and not installed.
//!
//! apt runs with lists and sources of its own, so that the machine's packages stay as they are. Versions of the newest release
//! disappear when they are superseded; what was fetched once stays in the cache and is used again.
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::deb::{self, Package};
use super::error::{Context, MediaError};
use super::live::Mirror;
use super::tool::{APT_CACHE, APT_GET, Tool};

/// The release that always has the newest packages.
const NEWEST: &str = "sid";

/// The architecture of packages for all of them; apt is asked as if this machine were a PC.
pub const ALL: &str = "amd64";

/// With what Debian signs its archive, from the package of the same name.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The files of `package` for `architecture` in Debian's newest release, below a folder of `cache`.
///
/// # Errors
/// [`MediaError::Unavailable`] when apt cannot fetch it: there is no network, no Debian mirror is known, or Debian has no
/// such package.
pub fn newest(package: &str, architecture: &str, cache: &Path) -> Result<PathBuf, MediaError> {
    of_release(NEWEST, package, architecture, cache)
}

/// The same for the release that this machine runs, for a processor that it does not have.
///
/// # Errors
/// As [`newest`].
pub(super) fn foreign(package: &str, architecture: &str, cache: &Path) -> Result<PathBuf, MediaError> {
    of_release(&Mirror::of_this_machine()?.suite, package, architecture, cache)
}

fn of_release(suite: &str, package: &str, architecture: &str, cache: &Path) -> Result<PathBuf, MediaError> {
    let above = cache.join("newest").join(format!("{suite}-{architecture}"));
    fs::create_dir_all(&above).context("create", &above)?;
    let above = fs::canonicalize(&above).context("read", &above)?;
    // apt locks its lists, and fails where somebody else has the lock.
    let lock = above.join("lock");
    let held = File::create(&lock).context("create", &lock)?;
    held.lock().context("lock", &lock)?;
    if let Some(folder) = kept(&above.join("packages"), package)? {
        return Ok(folder);
    }
    let apt = Apt::new(above, suite, architecture)?;
    let why =
        |error: MediaError| MediaError::Unavailable(format!("{package} of Debian {suite} cannot be had: {error}"));
    apt.update().and_then(|()| apt.package(package)).map_err(why)
}

/// What an earlier call has unpacked.
fn kept(packages: &Path, package: &str) -> Result<Option<PathBuf>, MediaError> {
    if !packages.is_dir() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(packages).context("read", packages)? {
        let entry = entry.context("read", packages)?;
        if entry.file_name().to_string_lossy().split_once('_').is_some_and(|(name, _)| name == package) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found.pop())
}

/// apt with a folder of its own.
struct Apt {
    folder: PathBuf,
    architecture: String,
}

impl Apt {
    fn new(folder: PathBuf, suite: &str, architecture: &str) -> Result<Self, MediaError> {
        let mirror = Mirror::of_this_machine()?;
        for name in ["lists/partial", "cache/archives/partial"] {
            let path = folder.join(name);
            fs::create_dir_all(&path).context("create", &path)?;
        }
        let sources = folder.join("sources.list");
        let text = format!("deb [signed-by={KEYS}] {} {suite} main\n", mirror.address);
        fs::write(&sources, text).context("write", &sources)?;
        Ok(Self { folder, architecture: architecture.to_owned() })
    }

    /// A call of one of apt's programs that sees this folder alone.
    fn command(&self, tool: Tool) -> Result<Command, MediaError> {
        let mut command = tool.command()?;
        let folder = self.folder.display();
        for option in [
            format!("Dir::Etc::sourcelist={folder}/sources.list"),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            format!("Dir::State::lists={folder}/lists"),
            format!("Dir::Cache={folder}/cache"),
            "APT::Sandbox::User=root".to_owned(),
            format!("APT::Architecture={}", self.architecture),
            format!("APT::Architectures={}", self.architecture),
            "Acquire::Languages=none".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        Ok(command)
    }

    fn update(&self) -> Result<(), MediaError> {
        let mut update = self.command(APT_GET)?;
        update.args(["-q", "update", "--error-on=any"]);
        APT_GET.finish(update).map(drop)
    }

    /// Fetches and unpacks a package that the lists have.
    fn package(&self, name: &str) -> Result<PathBuf, MediaError> {
        let mut show = self.command(APT_CACHE)?;
        show.args(["show", "--no-all-versions", name]);
        let record = APT_CACHE.finish(show)?;
        let record = String::from_utf8_lossy(&record);
        let unknown = || MediaError::Unavailable(format!("apt knows no package `{name}`"));
        let version = deb::field_of(&record, "Version").ok_or_else(unknown)?;
        let depends = deb::field_of(&record, "Depends").unwrap_or_default();
        let Some(real) = stands_for(name, &depends) else {
            let package = Package { name: name.to_owned(), version };
            return package.fetched(&self.folder, self.command(APT_GET)?, |_| Ok(()));
        };
        let files = self.package(real)?;
        let link = self.folder.join("packages").join(format!("{name}_{version}"));
        symlink(&files, &link).context("create", &link)?;
        Ok(link)
    }
}

/// The kernel's package depends on the newest of several, each named after its release.
fn stands_for<'a>(name: &str, depends: &'a str) -> Option<&'a str> {
    let kernel = "linux-image-";
    let is_real = |word: &&str| word.starts_with(kernel) && word.strip_prefix(kernel).is_some_and(starts_with_digit);
    let is_meta = name.strip_prefix(kernel).is_some_and(|rest| !starts_with_digit(rest) || rest.starts_with("686"));
    depends.split([' ', ',']).find(is_real).filter(|_| is_meta)
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_stands_for_the_newest_kernel_is_told_from_a_kernel() {
        let depends = "linux-image-6.1.0-50-arm64 (= 6.1.176-1)";
        assert_eq!(stands_for("linux-image-arm64", depends), Some("linux-image-6.1.0-50-arm64"));
        let of_686 = "linux-image-6.1.0-50-686 (= 6.1.176-1)";
        assert_eq!(stands_for("linux-image-686", of_686), Some("linux-image-6.1.0-50-686"));
        assert_eq!(stands_for("linux-image-6.1.0-50-arm64", "kmod, linux-image-6.1.0-50-arm64-unsigned"), None);
        assert_eq!(stands_for("ipxe", "linux-image-6.1.0-50-arm64"), None);
    }

    #[test]
    fn what_was_fetched_once_is_found_by_the_whole_name() {
        let cache = tempfile::tempdir().expect("a folder");
        let packages = cache.path().join("newest/sid-amd64/packages");
        fs::create_dir_all(packages.join("ipxe-qemu_2.0.0+dfsg-5")).expect("a folder");
        assert_eq!(kept(&packages, "ipxe").expect("it reads"), None);
        let found = newest("ipxe-qemu", ALL, cache.path()).expect("it is there");
        assert!(found.ends_with("ipxe-qemu_2.0.0+dfsg-5"), "{}", found.display());
        assert_eq!(kept(&cache.path().join("none"), "ipxe").expect("no folder is no error"), None);
    }
}
