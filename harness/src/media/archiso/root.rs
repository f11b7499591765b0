//! The stand-in's root file system: busybox as init and shell, a login on the screen and on the serial line.
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::super::error::{Context, MediaError};
use super::super::tool::Tool;
use super::super::tree::Tree;
use super::closure::{self, Program};
use super::{Archiso, BUSYBOX, Layout, RC, UDHCPC};

/// Builds the tree in `root`.
pub(super) fn tree(root: PathBuf, archiso: &Archiso) -> Result<Tree, MediaError> {
    let tree = Tree::new(root)?;
    for folder in ["proc", "sys", "dev", "run", "tmp", "mnt", "root", "var", "usr/bin", "usr/lib", "usr/lib64", "etc"] {
        tree.folder(folder)?;
    }
    for (target, name) in [("usr/bin", "bin"), ("usr/bin", "sbin"), ("usr/lib", "lib"), ("usr/lib64", "lib64")] {
        tree.symlink(target, name)?;
    }
    tree.copy(Path::new(BUSYBOX), "usr/bin/busybox", "busybox-static")?;
    let list = Tool { program: "busybox", package: "busybox-static" }.run(["--list"])?;
    for applet in String::from_utf8_lossy(&list).lines().filter(|applet| *applet != "busybox") {
        tree.symlink("busybox", &format!("usr/bin/{applet}"))?;
    }
    for program in &Program::IN_ROOT {
        closure::copy(&tree, program)?;
    }
    let baud = match archiso.layout {
        Layout::Today => 115_200,
        Layout::Y2014 => 38_400,
    };
    tree.program("etc/rc", RC)?;
    tree.program("usr/share/udhcpc/default.script", UDHCPC)?;
    tree.write(
        "etc/inittab",
        format!(
            "::sysinit:/etc/rc\nttyS0::respawn:/sbin/getty -L {baud} ttyS0 vt220\ntty1::respawn:/sbin/getty 38400 tty1 linux\n\
             ::ctrlaltdel:/sbin/reboot\n::shutdown:/bin/umount -a -r\n"
        ),
    )?;
    for (name, text) in [
        ("etc/hostname", "archiso\n"),
        ("etc/hosts", "127.0.0.1 localhost archiso\n"),
        ("etc/issue", "Arch Linux \\r (\\l)\n\n"),
        ("etc/passwd", "root::0:0:root:/root:/bin/sh\n"),
        ("etc/group", "root:x:0:\n"),
        ("etc/os-release", "NAME=\"Arch Linux\"\nID=arch\nPRETTY_NAME=\"Arch Linux (netspec test medium)\"\n"),
        ("root/.profile", "export PATH=/usr/bin\nexport PS1='root@archiso \\w # '\n"),
        ("etc/profile", "umask 022\n"),
    ] {
        tree.write(name, text)?;
    }
    payload(&tree.place("usr/share/stand-in/payload")?, archiso.payload_mib)?;
    Ok(tree)
}

/// Fills a file with bytes that do not compress and are the same each time (xorshift64*, Vigna 2016).
fn payload(path: &Path, mebibytes: u32) -> Result<(), MediaError> {
    let mut out = BufWriter::new(File::create(path).context("create", path)?);
    let mut state: u64 = 0x6e65_7473_7065_6331;
    for _ in 0..u64::from(mebibytes) << 17 {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        out.write_all(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes()).context("write", path)?;
    }
    out.flush().context("write", path)
}
