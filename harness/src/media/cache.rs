//! Keeps finished ISOs by the digest of what they were made from.
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use super::error::{Context, MediaError};

/// Gathers everything that decides the content of an ISO.
///
/// Each input has a name and is hashed with its length, so that two inputs cannot run into each other.
#[derive(Default)]
pub(super) struct Inputs(Sha256);

impl Inputs {
    pub(super) fn add(&mut self, name: &str, content: impl AsRef<[u8]>) -> &mut Inputs {
        for part in [name.as_bytes(), content.as_ref()] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds a file of this machine by name, size and time, which is enough for one that a package installed.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<&mut Inputs, MediaError> {
        let about = fs::metadata(path).context("read", path)?;
        let time = about.modified().context("read the time of", path)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(self.add(&path.display().to_string(), format!("{} {}", about.len(), time.as_secs())))
    }

    /// The digest in hexadecimal, shortened to 32 digits.
    pub(super) fn digest(&self) -> String {
        let mut digest = hexadecimal(&self.0.clone().finalize());
        digest.truncate(32);
        digest
    }
}

/// Gives `<cache>/<digest>/<name>`, made by `build` if it is not there.
///
/// `build` gets an empty work folder and writes the file to the path it is told. The finished file gets its name only when
/// it is whole, with `<name>.sha256` beside it. Two processes that want the same file make it once.
pub(super) fn keep(
    cache: &Path,
    digest: &str,
    name: &str,
    build: impl FnOnce(&Path, &Path) -> Result<(), MediaError>,
) -> Result<PathBuf, MediaError> {
    let folder = cache.join(digest);
    let finished = folder.join(name);
    let stamp = folder.join(format!("{name}.sha256"));
    fs::create_dir_all(&folder).context("create", &folder)?;
    let lock = folder.join("lock");
    let held = File::create(&lock).context("create", &lock)?;
    held.lock().context("lock", &lock)?;
    if finished.is_file() && stamp.is_file() {
        return Ok(finished);
    }
    remove_leftovers(&folder)?;
    let work = tempfile::Builder::new().prefix(WORK).tempdir_in(&folder).context("create a folder in", &folder)?;
    let made = work.path().join(name);
    build(work.path(), &made)?;
    let sum = sha256_of(&made)?;
    fs::write(&stamp, format!("{sum}  {name}\n")).context("write", &stamp)?;
    fs::rename(&made, &finished).context("create", &finished)?;
    Ok(finished)
}

/// How the name of a work folder starts.
const WORK: &str = "work-";

/// Removes work folders of builds that were killed; the caller holds the lock, so none of them is in use.
fn remove_leftovers(folder: &Path) -> Result<(), MediaError> {
    for entry in fs::read_dir(folder).context("read", folder)? {
        let entry = entry.context("read", folder)?;
        if entry.file_name().to_string_lossy().starts_with(WORK) {
            fs::remove_dir_all(entry.path()).context("remove", &entry.path())?;
        }
    }
    Ok(())
}

/// The SHA-256 of a file, in hexadecimal.
pub(super) fn sha256_of(path: &Path) -> Result<String, MediaError> {
    let mut file = File::open(path).context("read", path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hexadecimal(&hash.finalize())),
            Ok(length) => hash.update(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("read", path),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_input_changes_the_digest_and_so_does_a_moved_boundary() {
        let digest = |name: &str, content: &str| Inputs::default().add(name, content).digest();
        assert_eq!(digest("a", "b"), digest("a", "b"));
        assert_ne!(digest("a", "b"), digest("a", "c"));
        assert_ne!(digest("ab", "c"), digest("a", "bc"));
    }

    #[test]
    fn a_finished_file_is_not_built_again_and_a_failed_one_leaves_nothing() {
        let cache = tempfile::tempdir().expect("a folder");
        let fail = |_: &Path, made: &Path| {
            fs::write(made, "half").expect("a file");
            Err(MediaError::Unavailable("no".to_owned()))
        };
        fs::create_dir_all(cache.path().join("0/work-killed/deep")).expect("a folder");
        keep(cache.path(), "0", "x.iso", fail).expect_err("the build fails");
        assert!(!cache.path().join("0/x.iso").exists());
        let write = |_: &Path, made: &Path| fs::write(made, "abc").context("write", made);
        let path = keep(cache.path(), "0", "x.iso", write).expect("the build works");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "abc");
        assert_eq!(
            fs::read_to_string(cache.path().join("0/x.iso.sha256")).expect("the stamp"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  x.iso\n"
        );
        keep(cache.path(), "0", "x.iso", fail).expect("it is there");
        let names = fs::read_dir(cache.path().join("0")).expect("the folder").count();
        assert_eq!(names, 3, "the file, its stamp and the lock, no work folder");
    }
}
