//! Who this process is: root only until its ports are open.
//!
//! Started by another user with capabilities, as a service manager can do it, it keeps them.

use nix::unistd::{Gid, Uid, User, geteuid, setgroups, setresgid, setresuid};

/// The number of `nobody` on Linux, where no account has the name.
const NOBODY: u32 = 65534;

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
