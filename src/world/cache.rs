//! Where files of other servers are kept once they were fetched.
//!
//! | what | where |
//! |---|---|
//! | `$NETSPEC_CACHE` | there |
//! | `$CACHE_DIRECTORY`, as systemd sets it | in the first of its folders |
//! | root | `/var/cache/netspec` |
//! | anybody else | `$XDG_CACHE_HOME/netspec`, or `~/.cache/netspec` |

use std::env;
use std::path::PathBuf;

/// The cache of root, from which others may read.
pub(super) const OF_ROOT: &str = "/var/cache/netspec";

/// The folder for what can be had again.
pub fn cache_folder() -> PathBuf {
    let said = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let by_manager = || env::split_paths(&said("CACHE_DIRECTORY")?).next();
    if let Some(folder) = said("NETSPEC_CACHE").map(PathBuf::from).or_else(by_manager) {
        return folder;
    }
    if nix::unistd::geteuid().is_root() {
        return OF_ROOT.into();
    }
    let home = || Some(PathBuf::from(said("HOME")?).join(".cache"));
    let cache = said("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).or_else(home);
    cache.map_or_else(|| OF_ROOT.into(), |cache| cache.join("netspec"))
}

/// The name of a fetched file in a cache folder.
pub(super) fn name_of(sha256: &[u8; 32]) -> String {
    let mut name = "files/".to_owned();
    for byte in sha256 {
        name.push_str(&format!("{byte:02x}"));
    }
    name
}
