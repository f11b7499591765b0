//! What several tests need: small ISOs with true file trees, and the netspec command.

pub(crate) mod counting;
pub(crate) mod iso9660;
pub(crate) mod net;
pub(crate) mod shown;
pub(crate) mod signed;
pub(crate) mod trees;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::{fs, io};

use netspec::cli::compile::compile;
use netspec::lock::{self, Cache, Lock, Quiet};
use netspec::world::{OsWorld, ReadAt, World};

/// A file of an ISO: its path and its text.
pub(crate) type File = (&'static str, String);

/// Builds an ISO of some files with xorriso; the names as Rock Ridge, the dates fixed. A text `-> x` makes a link to `x`.
pub(crate) fn build_iso(path: &Path, volume_id: &str, files: &[File]) {
    let tree = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = tree.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        match text.strip_prefix("-> ") {
            Some(target) => std::os::unix::fs::symlink(target, &file).unwrap(),
            None => fs::write(&file, text).unwrap(),
        }
    }
    let output = Command::new("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-iso-level", "3", "-rational-rock", "-joliet", "-volid", volume_id])
        .args(["--modification-date=2026110100000000", "--set_all_file_dates", "2026110100000000"])
        .args(["-publisher", "ARCH LINUX <HTTPS://ARCHLINUX.ORG>", "-o"])
        .args([path, tree.path()])
        .output()
        .expect("xorriso is needed; `make setup` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with `spec.kdl` and an `isos` folder in it.
pub(crate) struct Folder {
    pub(crate) dir: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn with_spec(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("isos")).unwrap();
        fs::write(dir.path().join("spec.kdl"), text).unwrap();
        Self { dir }
    }

    pub(crate) fn iso(self, name: &str, volume_id: &str, files: &[File]) -> Self {
        build_iso(&self.dir.path().join("isos").join(name), volume_id, files);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs `netspec` in the folder, with nothing of the test's environment.
    pub(crate) fn netspec(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_netspec"))
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("NETSPEC_CACHE", ".cache")
            .output()
            .unwrap()
    }

    /// What `netspec plan spec.kdl` prints on a machine that has no file but those of the folder.
    pub(crate) fn plan(&self) -> String {
        let compiled = compile(Path::new("spec.kdl"), &Alone(self.dir.path()));
        compiled.outcome.unwrap_or_else(|| panic!("{:?}", compiled.findings)).plan.to_json()
    }

    /// The lock that `netspec lock spec.kdl` writes on a machine that has no file but those of the folder.
    pub(crate) fn lock(&self) -> Lock {
        let world = Alone(self.dir.path());
        let spec = Path::new("spec.kdl");
        let outcome = compile(spec, &world).outcome.expect("a spec that can be locked");
        let (cache, folder) = (Cache::default(), Path::new(""));
        let section = lock::pin(&outcome.resolved, &outcome.gathered, folder, &world, &cache, &Quiet).unwrap();
        Lock { specs: [("spec.kdl".to_owned(), section)].into() }
    }

    /// The standard output of a run that must succeed.
    pub(crate) fn netspec_ok(&self, args: &[&str]) -> String {
        let output = self.netspec(args);
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files of one folder, which is the current one.
struct Alone<'a>(&'a Path);

impl Alone<'_> {
    fn inside(&self, path: &Path) -> io::Result<PathBuf> {
        if path.is_absolute() { Err(io::ErrorKind::NotFound.into()) } else { Ok(self.0.join(path)) }
    }
}

impl World for Alone<'_> {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        OsWorld.open(&self.inside(path)?)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let paths = OsWorld.list(&self.inside(path)?)?;
        Ok(paths.iter().map(|path| path.strip_prefix(self.0).unwrap().to_owned()).collect())
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        OsWorld.canonical(&self.inside(path)?)
    }
}
