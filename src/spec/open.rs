//! Spec file to text.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::MAX_SPEC_BYTES;
use crate::diag::{Code, Diagnostic};
use crate::source::SourceFile;
use crate::world::World;

/// Reads the spec at `path`.
///
/// # Errors
/// One finding without a place: the file is not there, is no regular file, is larger than [`MAX_SPEC_BYTES`], or is not UTF-8.
pub fn open(world: &dyn World, path: &Path) -> Result<SourceFile, Diagnostic> {
    let name = path.display();
    let unreadable = |why: String, help: &str| {
        Diagnostic::new(Code::SpecUnreadable, format!("cannot read `{name}`: {why}")).help(help)
    };
    let bytes = world.read(path, MAX_SPEC_BYTES as u64).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            unreadable("there is no such file".into(), "give the path of a spec, as in `netspec check lab.kdl`")
        }
        io::ErrorKind::IsADirectory => unreadable(
            "it is a directory".into(),
            "give the path of the spec file in it, as in `netspec check lab.kdl`",
        ),
        io::ErrorKind::PermissionDenied => {
            unreadable("permission denied".into(), "let the user that runs netspec read the file")
        }
        io::ErrorKind::FileTooLarge => {
            let size = world.open(path).map_or(0, |file| file.size());
            too_large(size)
        }
        _ => unreadable(error.to_string(), "see whether another program can read the file"),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1;
        unreadable(format!("line {line} is not UTF-8 text"), "save the file as UTF-8 in the editor")
    })?;
    Ok(SourceFile { path: path.to_path_buf(), text: Arc::from(text) })
}

pub(super) fn too_large(size: u64) -> Diagnostic {
    Diagnostic::new(Code::SpecTooLarge, format!("the spec has {size} bytes, more than the limit of {MAX_SPEC_BYTES}"))
        .help("see whether this is the right file: a spec with a hundred ISOs has about 10,000 bytes")
}
