//! A file with new contents, whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

/// Puts a new text in the place of a file that is there. Its owner, its mode and the links that lead to it stay; at no time is
/// there a half-written file under its name.
///
/// # Errors
/// What the operating system says; the file is unchanged then.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    // Whoever may not write the file may not put another in its place, though its folder would allow that.
    let old = File::options().write(true).open(&path)?.metadata()?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let new = path.with_file_name(name);
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = fill(&mut file, text, &old).and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        // Of two failures the first one is told.
        let _ = fs::remove_file(&new);
    }
    written
}

fn fill(file: &mut File, text: &str, old: &fs::Metadata) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        fchown(&*file, Some(old.uid()), Some(old.gid()))?;
    }
    // Behind the owner, whose change takes bits away.
    file.set_permissions(old.permissions())?;
    file.sync_all()
}
