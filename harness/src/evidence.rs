//! What a case leaves behind for the person who has to find out why it failed.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Context, Result};

/// The folder of one case: `<root>/<run>/<case>`.
#[derive(Debug, Clone)]
pub struct Evidence {
    folder: PathBuf,
}

impl Evidence {
    /// Makes the folder.
    pub fn new(run: &Path, case: &str) -> Result<Self> {
        let folder = run.join(case);
        std::fs::create_dir_all(&folder).context(folder.display())?;
        // Servers are started in other folders, so what they get must not be relative.
        let folder = folder.canonicalize().context(folder.display())?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything that came over the serial line, byte for byte.
    pub fn console(&self) -> PathBuf {
        self.folder.join("console.log")
    }

    /// The last screen of the serial terminal, as text.
    pub fn screen(&self) -> PathBuf {
        self.folder.join("screen.txt")
    }

    /// The last picture on the PC's own screen.
    pub fn picture(&self) -> PathBuf {
        self.folder.join("screen.ppm")
    }

    /// What the server under test said.
    pub fn server(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// What the router's DHCP server said.
    pub fn router(&self) -> PathBuf {
        self.folder.join("router.log")
    }

    /// What QEMU said.
    pub fn qemu(&self) -> PathBuf {
        self.folder.join("qemu.log")
    }

    /// What the PC's firmware said on its debug port.
    pub fn firmware(&self) -> PathBuf {
        self.folder.join("firmware.log")
    }

    /// What the cable's process said.
    pub fn wire(&self) -> PathBuf {
        self.folder.join("wire.log")
    }

    /// All frames of the PC's cable.
    pub fn pcap(&self) -> PathBuf {
        self.folder.join("net.pcap")
    }

    /// A further file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// A new folder for a run below `root`, named by the second in which it started.
pub fn new_run(root: &Path) -> Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let run = root.join(format!("{now}-{}", std::process::id()));
    std::fs::create_dir_all(&run).context(run.display())?;
    Ok(run)
}
