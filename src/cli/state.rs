//! Where the server keeps what outlives it.

use std::path::{Path, PathBuf};

/// The folder: as said, as a service manager says it (the first of several), or the usual one.
pub(super) fn folder(said: Option<&Path>) -> PathBuf {
    let by_manager = || std::env::split_paths(&std::env::var_os("STATE_DIRECTORY")?).next();
    let said = said.map(Path::to_owned).or_else(by_manager).filter(|path| !path.as_os_str().is_empty());
    said.unwrap_or_else(|| PathBuf::from("/var/lib/netspec"))
}
