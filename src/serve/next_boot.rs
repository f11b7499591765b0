//! What a machine boots next time, and only then: one file for each host in the state folder.
//!
//! ```text
//! /var/lib/netspec/next/desk      main/debian
//! ```
//!
//! `netspec boot-next` writes such a file, and a server that runs looks for it whenever the host asks where it begins. **When it is
//! spent:** the file is taken away before the first answer that has the entry in it, so that nothing can make a machine boot it
//! twice, not even a server that is killed. Boot loaders ask more than once, though: over HTTP and again over TFTP, or once for
//! iPXE and once for PXELINUX behind it. So the same machine gets the same answer again until it asks by DHCP how to boot, which
//! begins its next boot, and for a minute at most.
//!
//! A machine that is switched off in the moment of the answer has spent it, which `netspec serve` tells.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::{Gid, Uid, geteuid};
use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, renameat, unlinkat};

use super::privilege;
use crate::net::MacAddr;
use crate::resolve::Start;

/// The folder in the state folder. It belongs to who serves.
const FOLDER: &str = "next";
/// The largest file that is read: two names of 32 bytes, with room to spare.
const LARGEST: u64 = 256;
/// How long a boot loader may ask again within one boot.
const SAME_BOOT: Duration = Duration::from_secs(60);
/// The beginning of the name that a file has while it is written. No host is called so.
const UNFINISHED: &str = ".new-";

/// The open folder.
#[derive(Debug)]
pub struct NextBoots {
    folder: File,
    /// What hosts were told, until their next boot.
    told: Mutex<BTreeMap<String, Told>>,
}

#[derive(Debug)]
struct Told {
    start: Start,
    mac: Option<MacAddr>,
    at: Instant,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the next boots in `{}` cannot be {what}: {source}", .path.display())]
pub struct NextBootError {
    /// The folder or file.
    path: PathBuf,
    /// What was tried.
    what: &'static str,
    /// What the operating system said.
    source: io::Error,
}

/// What there is for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Nothing.
    Nothing,
    /// This entry, now and not again.
    Boots(Start),
    /// Something that cannot be taken, and why; it stays.
    Unusable(String),
}

impl NextBoots {
    /// Opens the folder, and makes it where it is not there.
    ///
    /// Called as root, it hands the folder to the owner of the state folder, or to the user that `serve::privilege` becomes.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn open(state: &Path) -> Result<Self, NextBootError> {
        let path = state.join(FOLDER);
        let failed = |what: &'static str| {
            let path = path.clone();
            move |source: io::Error| NextBootError { path, what, source }
        };
        DirBuilder::new().recursive(true).mode(0o755).create(state).map_err(failed("kept there"))?;
        match DirBuilder::new().mode(0o755).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed("kept there")(error)),
            _ => {}
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| failed("opened")(error.into()))?;
        let folder = File::from(folder);
        if let Some((uid, gid)) = owner(state) {
            privilege::hand_over(&folder, uid, gid).map_err(failed("handed over"))?;
        }
        Ok(Self { folder, told: Mutex::default() })
    }

    /// Notes that a host boots an entry next time, in place of what was noted before. It is on the disk when this returns.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn set(&self, host: &str, menu: &str, entry: &str) -> io::Result<()> {
        let unfinished = format!("{UNFINISHED}{host}-{}", std::process::id());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
        let mut file = File::from(openat(&self.folder, &unfinished, flags, mode)?);
        let written = writeln!(file, "{menu}/{entry}").and_then(|()| file.sync_all());
        let moved = written.and_then(|()| Ok(renameat(&self.folder, &unfinished, &self.folder, host)?));
        if moved.is_err() {
            // What is left is no host's, and the first error is the one that matters.
            let _ = unlinkat(&self.folder, &unfinished, AtFlags::empty());
        }
        moved?;
        self.folder.sync_all()
    }

    /// Takes back what was noted for a host; whether there was something.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn clear(&self, host: &str) -> io::Result<bool> {
        match unlinkat(&self.folder, host, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What is noted: hosts with their entries, in the order of the names.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn pending(&self) -> io::Result<Vec<(String, String)>> {
        let mut pending = Vec::new();
        for file in Dir::read_from(&self.folder)? {
            let file = file?;
            if let Ok(host) = file.file_name().to_str()
                && !host.starts_with('.')
                && let Some(entry) = self.read(host)?
            {
                pending.push((host.to_owned(), entry));
            }
        }
        pending.sort();
        Ok(pending)
    }

    /// What a host begins with now, if something is noted for it. `is_there` says whether an entry is one of the spec.
    pub fn take(&self, host: &str, mac: Option<MacAddr>, is_there: impl Fn(&Start) -> bool) -> Taken {
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = match self.read(host) {
            Ok(noted) => noted,
            Err(error) => return Taken::Unusable(format!("it cannot be read: {error}")),
        };
        let Some(noted) = noted else {
            return match told.get(host) {
                Some(before) if before.mac == mac && now.duration_since(before.at) < SAME_BOOT => {
                    Taken::Boots(before.start.clone())
                }
                _ => Taken::Nothing,
            };
        };
        let start = noted.split_once('/').map(|(menu, entry)| Start::Entry(menu.to_owned(), entry.to_owned()));
        let Some(start) = start.filter(|start| is_there(start)) else {
            return Taken::Unusable(format!("this spec has no entry `{noted}`"));
        };
        match self.clear(host) {
            Ok(true) => {
                told.insert(host.to_owned(), Told { start: start.clone(), mac, at: now });
                Taken::Boots(start)
            }
            // Another server was quicker.
            Ok(false) => Taken::Nothing,
            Err(error) => Taken::Unusable(format!("it could not be taken away and would never end: {error}")),
        }
    }

    /// A machine has asked by DHCP how to boot, so its next boot has begun.
    pub fn asked(&self, mac: MacAddr) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, told| told.mac != Some(mac));
    }

    /// The text of a host's file, without its end.
    fn read(&self, host: &str) -> io::Result<Option<String>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, host, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text)?;
        Ok(Some(text.trim_end().to_owned()))
    }
}

/// Who shall have the folder, where this process is root and may give it away.
fn owner(state: &Path) -> Option<(Uid, Gid)> {
    if !geteuid().is_root() {
        return None;
    }
    let of_state = std::fs::metadata(state).ok().filter(|metadata| metadata.uid() != 0);
    let of_state = of_state.map(|metadata| (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid())));
    of_state.or_else(privilege::successor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(last: u8) -> Option<MacAddr> {
        Some(MacAddr([0x52, 0x54, 0, 0, 0, last]))
    }

    fn debian() -> Start {
        Start::Entry("main".into(), "debian".into())
    }

    #[test]
    fn a_noted_entry_is_taken_once_and_stays_taken_when_the_server_starts_anew() {
        let state = tempfile::tempdir().unwrap();
        let boots = NextBoots::open(state.path()).unwrap();
        assert_eq!(boots.take("desk", mac(1), |_| true), Taken::Nothing);
        NextBoots::open(state.path()).unwrap().set("desk", "main", "debian").unwrap();
        assert_eq!(boots.pending().unwrap(), [("desk".to_owned(), "main/debian".to_owned())]);
        assert_eq!(boots.take("other", mac(2), |_| true), Taken::Nothing);
        assert_eq!(boots.take("desk", mac(1), |_| true), Taken::Boots(debian()));
        assert_eq!(boots.pending().unwrap(), []);
        let again = NextBoots::open(state.path()).unwrap();
        assert_eq!(again.take("desk", mac(1), |_| true), Taken::Nothing);
    }

    #[test]
    fn a_boot_loader_that_asks_again_gets_it_again_until_the_next_boot_begins() {
        let state = tempfile::tempdir().unwrap();
        let boots = NextBoots::open(state.path()).unwrap();
        boots.set("desk", "main", "debian").unwrap();
        assert_eq!(boots.take("desk", mac(1), |_| true), Taken::Boots(debian()));
        assert_eq!(boots.take("desk", mac(1), |_| true), Taken::Boots(debian()), "the same boot");
        assert_eq!(boots.take("desk", mac(2), |_| true), Taken::Nothing, "another card");
        boots.asked(MacAddr([0x52, 0x54, 0, 0, 0, 9]));
        assert_eq!(boots.take("desk", mac(1), |_| true), Taken::Boots(debian()), "another machine has asked");
        boots.asked(MacAddr([0x52, 0x54, 0, 0, 0, 1]));
        assert_eq!(boots.take("desk", mac(1), |_| true), Taken::Nothing, "its next boot");
    }

    #[test]
    fn the_last_one_noted_counts_and_can_be_taken_back() {
        let state = tempfile::tempdir().unwrap();
        let boots = NextBoots::open(state.path()).unwrap();
        boots.set("desk", "main", "arch").unwrap();
        boots.set("desk", "main", "debian").unwrap();
        assert_eq!(boots.pending().unwrap(), [("desk".to_owned(), "main/debian".to_owned())]);
        assert!(boots.clear("desk").unwrap());
        assert!(!boots.clear("desk").unwrap());
        assert_eq!(boots.take("desk", mac(1), |_| true), Taken::Nothing);
    }

    #[test]
    fn what_cannot_be_taken_stays_and_says_why() {
        let state = tempfile::tempdir().unwrap();
        let boots = NextBoots::open(state.path()).unwrap();
        boots.set("desk", "main", "gone").unwrap();
        let taken = boots.take("desk", mac(1), |start| *start == debian());
        assert_eq!(taken, Taken::Unusable("this spec has no entry `main/gone`".into()));
        assert_eq!(boots.pending().unwrap().len(), 1);
        std::fs::create_dir(state.path().join("next/folder")).unwrap();
        assert!(matches!(boots.take("folder", mac(1), |_| true), Taken::Unusable(_)));
        std::os::unix::fs::symlink("/etc/hostname", state.path().join("next/link")).unwrap();
        assert!(matches!(boots.take("link", mac(1), |_| true), Taken::Unusable(_)), "a link is not followed");
    }
}
