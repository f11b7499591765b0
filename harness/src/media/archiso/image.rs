//! Makes file system images that are the same for the same content: squashfs, ext4, FAT and ISO 9660.
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::error::{Context, MediaError};
use super::super::tool::{DEBUGFS, GZIP, MCOPY, MFORMAT, MKE2FS, MKSQUASHFS, MMD, XORRISO};
use super::super::{cpio, tree::Tree};
use super::{Edition, Layout};

/// Every random identifier in an image.
const UUID: &str = "6e657473-7065-4063-8064-657465726d69";

/// A squashfs with gzip, which a software-emulated guest unpacks much faster than archiso's xz.
pub(super) fn squashfs(tree: &Tree, into: &Path, time: i64) -> Result<(), MediaError> {
    let mut command = MKSQUASHFS.command()?;
    let time = time.to_string();
    command.arg(tree.root()).arg(into).args(["-noappend", "-no-progress", "-no-xattrs", "-all-root", "-comp", "gzip"]);
    command.args(["-mkfs-time", &time, "-all-time", &time]);
    MKSQUASHFS.finish(command).map(drop)
}

/// An ext4 file system that holds `tree`, with a fifth of its space free.
pub(super) fn ext4(tree: &Tree, into: &Path, label: &str, time: i64) -> Result<(), MediaError> {
    let names = tree.names()?;
    let mut bytes = 0;
    for name in &names {
        let path = tree.root().join(name);
        bytes += fs::symlink_metadata(&path).context("read", &path)?.len() + 4096;
    }
    let kibibytes = (bytes * 5 / 4 / 1024 + 4096).to_string();
    let mut command = MKE2FS.command()?;
    command.env("E2FSPROGS_FAKE_TIME", time.to_string());
    command.args(["-q", "-t", "ext4", "-L", label, "-U", UUID, "-m", "0", "-O", "^has_journal,^resize_inode"]);
    command.args(["-E", &format!("hash_seed={UUID},root_owner=0:0,lazy_itable_init=0")]);
    command.arg("-d").arg(tree.root()).arg(into).arg(&kibibytes);
    MKE2FS.finish(command)?;

    // mke2fs takes over each file's owner, its change time, which cannot be set on the source, and its access time, which
    // reading the tree has just changed.
    let mut script = String::new();
    let now = format!("@{time}");
    let fields = [("atime", &*now), ("ctime", &now), ("crtime", &now), ("uid", "0"), ("gid", "0")];
    for name in [Path::new("/"), Path::new("/lost+found")].into_iter().chain(names.iter().map(PathBuf::as_path)) {
        for (field, value) in &fields {
            // Writing to a String cannot fail.
            let _ = writeln!(script, "set_inode_field \"/{}\" {field} {value}", name.display());
        }
    }
    let commands = into.with_extension("debugfs");
    fs::write(&commands, script).context("write", &commands)?;
    let mut command = DEBUGFS.command()?;
    command.env("E2FSPROGS_FAKE_TIME", time.to_string());
    command.arg("-w").arg("-f").arg(&commands).arg(into);
    DEBUGFS.finish(command)?;
    fs::remove_file(&commands).context("remove", &commands)
}

/// A gzipped cpio archive: an initramfs. `into` gets the extension that gzip takes off again.
pub(in super::super) fn initramfs(tree: &Tree, into: &Path) -> Result<(), MediaError> {
    cpio::archive(tree, into)?;
    let packed = into.with_extension("packed");
    let mut command = GZIP.command()?;
    command.args(["--no-name", "--suffix", ".packed"]).arg(into);
    GZIP.finish(command)?;
    let named = PathBuf::from(format!("{}.packed", into.display()));
    fs::rename(&named, &packed).context("create", &packed)?;
    fs::rename(&packed, into).context("create", into)
}

/// A FAT file system with `tree` in it, as the EFI system partition.
pub(super) fn fat(tree: &Tree, into: &Path, time: i64) -> Result<(), MediaError> {
    let names = tree.names()?;
    let mut bytes = 0;
    for name in &names {
        let path = tree.root().join(name);
        bytes += fs::metadata(&path).context("read", &path)?.len() + 4096;
    }
    let mebibytes = bytes.div_ceil(1 << 20) + 4;
    let with_time = |tool: super::super::tool::Tool| -> Result<_, MediaError> {
        let mut command = tool.command()?;
        command.env("SOURCE_DATE_EPOCH", time.to_string()).arg("-i").arg(into);
        Ok(command)
    };
    let mut command = with_time(MFORMAT)?;
    command.args([
        "-C",
        "-h",
        "64",
        "-s",
        "32",
        "-T",
        &(mebibytes * 2048).to_string(),
        "-N",
        "6e657473",
        "-v",
        "ARCHISO_EFI",
        "::",
    ]);
    MFORMAT.finish(command)?;
    for name in &names {
        let path = tree.root().join(name);
        let inside = format!("::/{}", name.display());
        if path.is_dir() {
            let mut command = with_time(MMD)?;
            command.arg(inside);
            MMD.finish(command)?;
        } else {
            let mut command = with_time(MCOPY)?;
            command.arg("-m").arg(&path).arg(inside);
            MCOPY.finish(command)?;
        }
    }
    Ok(())
}

/// The ISO itself, with the header and the boot records of the layout.
pub(super) fn iso(tree: &Tree, esp: &Path, into: &Path, layout: Layout, edition: &Edition) -> Result<(), MediaError> {
    let mut command = XORRISO.command()?;
    // Sets the volume's dates and identifiers and the times of all files.
    command.env("SOURCE_DATE_EPOCH", edition.time.to_string());
    command.args([
        "-no_rc",
        "-as",
        "mkisofs",
        "-quiet",
        "-iso-level",
        "3",
        "-full-iso9660-filenames",
        "-rational-rock",
    ]);
    command.args(["-volid", edition.volume, "-appid", edition.application, "-publisher", edition.publisher]);
    command.args(["-preparer", "prepared by mkarchiso"]);
    let no_emulation = ["-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"];
    match layout {
        Layout::Today => {
            command.args(["-joliet", "-joliet-long", "-partition_offset", "16"]);
            command.args([
                "-eltorito-boot",
                "boot/syslinux/isolinux.bin",
                "-eltorito-catalog",
                "boot/syslinux/boot.cat",
            ]);
            command.args(no_emulation).arg("-isohybrid-mbr").arg(tree.root().join("boot/syslinux/isohdpfx.bin"));
            command.args(["--mbr-force-bootable", "-append_partition", "2", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"]);
            command.arg(esp).args(["-appended_part_as_gpt", "-eltorito-alt-boot", "-e"]);
            command.args(["--interval:appended_partition_2:all::", "-no-emul-boot"]);
        }
        Layout::Y2014 => {
            command.args(["-eltorito-boot", "isolinux/isolinux.bin", "-eltorito-catalog", "isolinux/boot.cat"]);
            command.args(no_emulation).arg("-isohybrid-mbr").arg(tree.root().join("isolinux/isohdpfx.bin"));
            command.args(["-eltorito-alt-boot", "-e", "EFI/archiso/efiboot.img", "-no-emul-boot"]);
            command.arg("-isohybrid-gpt-basdat");
        }
    }
    command.arg("-output").arg(into).arg(tree.root());
    XORRISO.finish(command).map(drop)
}
