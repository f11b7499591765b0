//! A real Debian Live ISO, made by live-build.
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

use super::cache::{self, Inputs};
use super::deb::{self, Package};
use super::error::{Context, MediaError};
use super::tool::{LIVE_BUILD, UNSHARE};

/// Changes when the builder makes something else of the same inputs.
const BUILDER: &str = "1";

/// What `lb config` is told, beside mirror and suite: small, one image, every driver of a PC, nothing left for later.
const OPTIONS: &str = "--architectures amd64 --linux-flavours amd64 --archive-areas main --debian-installer none \
    --binary-images iso-hybrid --bootloaders syslinux,grub-efi --chroot-squashfs-compression-type gzip \
    --apt-recommends false --apt-indices false --apt-source-archives false --security false --updates false \
    --firmware-chroot false --firmware-binary false --memtest none --win32-loader false --cache false \
    --zsync false";

const PACKAGES: &str = "live-boot\nlive-config\nlive-config-systemd\nsystemd-sysv\nuser-setup\nsudo\ncurl\n";

/// A live system of the suite that this machine's apt sources name, with a login on the first serial port.
///
/// Comes from the cache, or is made in about four minutes with 3 GB of disk. It is not reproducible; the cache goes by the
/// inputs. The log of the build stays beside the ISO.
///
/// # Errors
/// [`MediaError::Unavailable`] when the caller is not root, live-build is not installed or no mirror is known.
pub fn debian_live(cache: &Path, progress: &dyn Fn(&str)) -> Result<PathBuf, MediaError> {
    // live-build changes its root and mounts, which no user namespace lets it do in full.
    if !Uid::effective().is_root() {
        return Err(MediaError::Unavailable("live-build needs root".to_owned()));
    }
    let mirror = Mirror::of_this_machine()?;
    let digest = digest(&mirror)?;
    let name = format!("debian-live-{}-amd64.iso", mirror.suite);
    cache::keep(cache, &digest, &name, |work, made| {
        // debootstrap wants an absolute path.
        let work = fs::canonicalize(work).context("read", work)?;
        make(&work, made, &cache.join(&digest).join("build.log"), &mirror, progress)
    })
}

/// A digest of everything that decides what [`debian_live`] makes.
///
/// # Errors
/// [`MediaError::Unavailable`] when live-build is not installed or no mirror is known.
pub fn debian_live_digest() -> Result<String, MediaError> {
    digest(&Mirror::of_this_machine()?)
}

fn digest(mirror: &Mirror) -> Result<String, MediaError> {
    let mut inputs = Inputs::default();
    inputs.add("builder", BUILDER).add("options", OPTIONS).add("packages", PACKAGES);
    inputs.add("mirror", &mirror.address).add("suite", &mirror.suite);
    inputs.add("live-build", deb::installed(&["live-build"])?.concat());
    // Its version changes with each point release of the suite, as the packages inside the ISO do.
    inputs.add("release", Package::offered("base-files")?.version);
    Ok(inputs.digest())
}

fn make(work: &Path, made: &Path, log: &Path, mirror: &Mirror, progress: &dyn Fn(&str)) -> Result<(), MediaError> {
    progress("configuring live-build");
    let folder = work.join("live");
    fs::create_dir_all(&folder).context("create", &folder)?;
    let mut config = LIVE_BUILD.command()?;
    config.current_dir(&folder).arg("config").args(OPTIONS.split_whitespace()).args(["--distribution", &mirror.suite]);
    for part in ["bootstrap", "chroot", "binary"] {
        config.args([format!("--mirror-{part}"), mirror.address.clone()]);
    }
    LIVE_BUILD.finish(config)?;
    let list = folder.join("config/package-lists/harness.list.chroot");
    fs::write(&list, PACKAGES).context("write", &list)?;
    let wants = folder.join("config/includes.chroot/etc/systemd/system/getty.target.wants");
    fs::create_dir_all(&wants).context("create", &wants)?;
    // systemd starts a login on a serial line only if the kernel has its console there.
    let serial = wants.join("serial-getty@ttyS0.service");
    symlink("/lib/systemd/system/serial-getty@.service", &serial).context("create", &serial)?;

    progress("running live-build, which takes about four minutes");
    let output = File::create(log).context("create", log)?;
    let errors = output.try_clone().context("write", log)?;
    // In a mount namespace of its own, whatever live-build leaves mounted after a failure ends with it, so that the work
    // folder can be removed without reaching into this machine's /dev.
    let mut build = UNSHARE.command()?;
    build.args(["--mount", "--propagation", "private"]).arg(LIVE_BUILD.path()?).arg("build");
    let status = build.current_dir(&folder).stdin(std::process::Stdio::null()).stdout(output).stderr(errors).status();
    let status = status.context("run", Path::new("lb"))?;
    let iso = folder.join("live-image-amd64.hybrid.iso");
    if !status.success() || !iso.is_file() {
        let said = format!("its log is {}", log.display());
        return Err(MediaError::Failed { program: "lb build", status: status.to_string(), said });
    }
    fs::rename(&iso, made).context("create", made)
}

/// Where packages come from: an address and the suite in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mirror {
    pub(super) address: String,
    pub(super) suite: String,
}

impl Mirror {
    /// The first archive in apt's sources that has the suite this machine runs.
    pub(super) fn of_this_machine() -> Result<Mirror, MediaError> {
        let release = fs::read_to_string("/etc/os-release").context("read", Path::new("/etc/os-release"))?;
        let suite = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or_default();
        let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
        if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
            files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        }
        files.sort();
        for file in files {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let address = match file.extension().and_then(|extension| extension.to_str()) {
                Some("sources") => from_stanzas(&text, suite),
                Some("list") => from_lines(&text, suite),
                _ => None,
            };
            if let Some(address) = address {
                return Ok(Mirror { address, suite: suite.to_owned() });
            }
        }
        Err(MediaError::Unavailable(format!("apt's sources name no archive with the suite `{suite}`")))
    }
}

/// The `.sources` form (deb822): stanzas of `Key: value` lines.
fn from_stanzas(text: &str, suite: &str) -> Option<String> {
    let text: String = text.lines().filter(|line| !line.starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    text.split("\n\n").find_map(|stanza| {
        let words = |key: &str| -> Vec<&str> {
            let value = stanza.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            value.unwrap_or_default().split_whitespace().collect()
        };
        let fits = words("Types").contains(&"deb") && words("Suites").contains(&suite);
        fits.then(|| words("URIs").first().map(|address| (*address).to_owned())).flatten()
    })
}

/// The `.list` form: `deb [options] address suite component...`, one archive per line.
fn from_lines(text: &str, suite: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim().strip_prefix("deb ")?.trim_start();
        let line = line.strip_prefix('[').map_or(Some(line), |rest| rest.split_once(']').map(|(_, after)| after))?;
        let mut words = line.split_whitespace();
        let address = words.next()?;
        (words.next()? == suite).then(|| address.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_found_in_both_forms_of_apt_sources() {
        let stanzas = "# a comment\nTypes: deb-src\nURIs: http://a/x\nSuites: stable\n\n\
                       Types: deb\nURIs: http://b/x\nSuites: stable-updates stable\nComponents: main\n";
        assert_eq!(from_stanzas(stanzas, "stable").as_deref(), Some("http://b/x"));
        assert_eq!(from_stanzas(stanzas, "other"), None);
        let lines = "#deb http://a/x stable main\ndeb [arch=amd64 signed-by=/k] http://b/x stable main\n";
        assert_eq!(from_lines(lines, "stable").as_deref(), Some("http://b/x"));
        assert_eq!(from_lines(lines, "stable-updates"), None);
    }
}
