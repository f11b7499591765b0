//! Who this process is: root only until its ports are open.
//!
//! Started by another user with capabilities, as a service manager can do it, it keeps them.

use nix::unistd::{Gid, Uid, User, geteuid, setgroups, setresgid, setresuid};

/// The number of `nobody` on Linux, where no account has the name.
const NOBODY: u32 = 65534;

/// The user and group that [`leave_root`] will become, to which the files go that are written while serving; `None` where this
/// process is not root and stays who it is.
pub fn successor() -> Option<(Uid, Gid)> {
    let nobody = || User::from_name("nobody").ok().flatten();
    let ids = || nobody().map_or((Uid::from_raw(NOBODY), Gid::from_raw(NOBODY)), |user| (user.uid, user.gid));
    geteuid().is_root().then(ids)
}

/// Becomes `nobody` for good, if this process is root (SE-02). All files and sockets have to be open.
///
/// The group first: without root it cannot be changed any more. Both calls change all threads, and leaving root clears all
/// capabilities (`capabilities(7)`).
///
/// # Errors
/// Why the process stays root, as in a container that has no other users.
pub fn leave_root() -> nix::Result<()> {
    let Some((uid, gid)) = successor() else { return Ok(()) };
    setgroups(&[])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)
}
