//! Spec file to text.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::MAX_SPEC_BYTES;
use crate::diag::{Code, Diagnostic};
use crate::source::SourceFile;
use crate::world::World;

/// Why a file of a spec is not there as text.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("there is no such file")]
    NotFound,
    #[error("it is a directory")]
    IsDirectory,
    #[error("permission denied")]
    PermissionDenied,
    #[error("it has {0} bytes, more than the limit of {MAX_SPEC_BYTES}")]
    TooLarge(u64),
    #[error("line {line} is not UTF-8 text")]
    NotUtf8 { line: usize },
    #[error("{0}")]
    Other(io::Error),
}

impl OpenError {
    /// What to do about it, where the path is not at fault.
    pub(super) fn advice(&self) -> Option<&'static str> {
        match self {
            Self::NotFound | Self::IsDirectory => None,
            Self::PermissionDenied => Some("let the user that runs netspec read the file"),
            Self::TooLarge(_) => Some(TOO_LARGE),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8 in the editor"),
            Self::Other(_) => Some("see whether another program can read the file"),
        }
    }
}

const TOO_LARGE: &str = "see whether this is the right file: a spec with a hundred ISOs has about 10,000 bytes";

/// Reads the spec at `path`.
///
/// # Errors
/// One finding without a place: the file is not there, is no regular file, is larger than [`MAX_SPEC_BYTES`], or is not UTF-8.
pub fn open(world: &dyn World, path: &Path) -> Result<SourceFile, Diagnostic> {
    read(world, path).map_err(|error| {
        if let OpenError::TooLarge(size) = error {
            return too_large(size);
        }
        let help = error.advice().unwrap_or(match error {
            OpenError::IsDirectory => "give the path of the spec file in it, as in `netspec check lab.kdl`",
            _ => "give the path of a spec, as in `netspec check lab.kdl`",
        });
        Diagnostic::new(Code::SpecUnreadable, format!("cannot read `{}`: {error}", path.display())).help(help)
    })
}

/// Reads a file of a spec.
pub(super) fn read(world: &dyn World, path: &Path) -> Result<SourceFile, OpenError> {
    let bytes = world.read(path, MAX_SPEC_BYTES as u64).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => OpenError::NotFound,
        io::ErrorKind::IsADirectory => OpenError::IsDirectory,
        io::ErrorKind::PermissionDenied => OpenError::PermissionDenied,
        io::ErrorKind::FileTooLarge => OpenError::TooLarge(world.open(path).map_or(0, |file| file.size())),
        _ => OpenError::Other(error),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        OpenError::NotUtf8 { line: error.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1 }
    })?;
    Ok(SourceFile { path: path.to_path_buf(), text: Arc::from(text) })
}

pub(super) fn too_large(size: u64) -> Diagnostic {
    Diagnostic::new(Code::SpecTooLarge, format!("the spec has {size} bytes, more than the limit of {MAX_SPEC_BYTES}"))
        .help(TOO_LARGE)
}
