//! What this process may do: as many files as it serves clients, and nothing that only root can once its ports are open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid, User, geteuid, setgroups, setresgid, setresuid};

/// Descriptors for the most connections and transfers that one network is served with, several times over.
const FILES: u64 = 8192;
/// The number of `nobody` on Linux, where no account has the name.
const NOBODY: u32 = 65534;

/// Raises the limit of open files towards what the servers' own limits need; service managers start with 1024 (SE-05).
///
/// Where that is forbidden, clients beyond the limit are refused one by one, so it is no error.
pub fn raise_file_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < FILES.min(hard)
    {
        // See above.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, FILES.min(hard), hard);
    }
}

/// Becomes `nobody` for good, if this process is root (SE-02). All files and sockets have to be open.
///
/// The group first: without root it cannot be changed any more. Both calls change all threads, and leaving root clears all
/// capabilities (`capabilities(7)`).
///
/// # Errors
/// Why the process stays root, as in a container that has no other users.
pub fn leave_root() -> nix::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let nobody = User::from_name("nobody").ok().flatten();
    let (uid, gid) = nobody.map_or((Uid::from_raw(NOBODY), Gid::from_raw(NOBODY)), |user| (user.uid, user.gid));
    setgroups(&[])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)
}
