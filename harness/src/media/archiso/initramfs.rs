//! The stand-in's initramfs: Debian's busybox, curl, openssl and ipconfig, the drivers of a PC, and our own `init`.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::error::{Context, MediaError};
use super::super::tool::DEPMOD;
use super::super::tree::Tree;
use super::closure::{self, Program};
use super::{BUSYBOX, CERTIFICATE, INIT, Layout};

/// Loaded at once; everything else is loaded when the machine has the device.
const ALWAYS: &[&str] =
    &["loop", "squashfs", "overlay", "isofs", "erofs", "crc32c_generic", "ext4", "sr_mod", "sd_mod", "virtio_rng"];

/// Wired network cards, disks and keyboards of virtual and common real machines.
const DRIVERS: &[&str] = &[
    "virtio_pci",
    "virtio_net",
    "virtio_blk",
    "virtio_scsi",
    "e1000",
    "e1000e",
    "igb",
    "8139cp",
    "8139too",
    "pcnet32",
    "ne2k-pci",
    "vmxnet3",
    "r8169",
    "realtek",
    "tg3",
    "ata_piix",
    "ata_generic",
    "ahci",
    "nvme",
    "xhci_pci",
    "ehci_pci",
    "ohci_pci",
    "uhci_hcd",
    "usb_storage",
    "uas",
    "usbhid",
    "hid_generic",
];

/// The part of the initramfs that is the same for every processor.
pub(super) fn tree(root: PathBuf, kernel: &Path, release: &str) -> Result<Tree, MediaError> {
    let tree = Tree::new(root)?;
    for folder in ["proc", "sys", "dev", "run", "tmp", "new_root", "usr/bin", "usr/lib", "usr/lib64", "etc"] {
        tree.folder(folder)?;
    }
    for (target, name) in [("usr/bin", "bin"), ("usr/bin", "sbin"), ("usr/lib", "lib"), ("usr/lib64", "lib64")] {
        tree.symlink(target, name)?;
    }
    tree.symlink("../run", "usr/run")?;
    tree.program("init", INIT)?;
    tree.copy(Path::new(BUSYBOX), "usr/bin/busybox", "busybox-static")?;
    tree.symlink("busybox", "usr/bin/sh")?;
    // The kernel runs this one itself, as /sbin/modprobe, when a file system or an algorithm is missing.
    tree.symlink("busybox", "usr/bin/modprobe")?;
    for program in &Program::IN_INITRAMFS {
        closure::copy(&tree, program)?;
    }
    tree.write("codesign.crt", CERTIFICATE)?;
    tree.write("etc/modules", ALWAYS.join("\n") + "\n")?;
    tree.write("etc/passwd", "root::0:0:root:/:/bin/sh\n")?;
    tree.write("etc/hosts", "127.0.0.1 localhost\n")?;
    modules(&tree, kernel, release)?;
    Ok(tree)
}

/// Adds what differs between processors and layouts.
pub(super) fn stand_in(tree: &Tree, layout: Layout, cpu: &str) -> Result<(), MediaError> {
    let (name, baud) = match layout {
        Layout::Today => ("today", 115_200),
        Layout::Y2014 => ("2014", 38_400),
    };
    tree.write("etc/stand-in", format!("layout={name}\ncpu={cpu}\nbaud={baud}\n"))
}

/// Indexes all modules of an unpacked kernel package, which Debian does when it is installed.
pub(super) fn index_modules(kernel: &Path, release: &str) -> Result<(), MediaError> {
    DEPMOD.run([Path::new("-b"), kernel, Path::new(release)]).map(drop)
}

/// Copies the wanted modules and all that they need, and indexes them.
fn modules(tree: &Tree, kernel: &Path, release: &str) -> Result<(), MediaError> {
    let source = kernel.join("lib/modules").join(release);
    let index = source.join("modules.dep");
    let dependencies = fs::read_to_string(&index).context("read", &index)?;
    let target = format!("usr/lib/modules/{release}");
    for file in wanted(&dependencies, ALWAYS.iter().chain(DRIVERS).copied())? {
        tree.copy(&source.join(&file), &format!("{target}/{file}"), "linux-image-amd64")?;
    }
    for file in ["modules.builtin", "modules.order"] {
        tree.copy(&source.join(file), &format!("{target}/{file}"), "linux-image-amd64")?;
    }
    index_modules(&tree.root().join("usr"), release)?;
    // busybox reads the text indexes only.
    let folder = tree.root().join(&target);
    for entry in fs::read_dir(&folder).context("read", &folder)? {
        let path = entry.context("read", &folder)?.path();
        if path.extension().is_some_and(|extension| extension == "bin") {
            fs::remove_file(&path).context("remove", &path)?;
        }
    }
    Ok(())
}

/// The files of the modules `names` and of all that they depend on, from the text of `modules.dep`. A name that the
/// kernel does not have as a module is built in.
fn wanted<'a>(dependencies: &str, names: impl Iterator<Item = &'a str>) -> Result<BTreeSet<String>, MediaError> {
    let names: BTreeSet<String> = names.map(|name| name.replace('-', "_")).collect();
    let mut files = BTreeSet::new();
    for line in dependencies.lines() {
        let Some((file, needed)) = line.split_once(':') else {
            return Err(MediaError::Unavailable(format!("depmod wrote a line that is not understood: `{line}`")));
        };
        let base = file.rsplit('/').next().unwrap_or_default();
        let name = base.split(".ko").next().unwrap_or_default().replace('-', "_");
        if names.contains(&name) {
            // depmod lists dependencies of dependencies as well.
            files.extend(needed.split_whitespace().chain([file]).map(str::to_owned));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_brings_what_it_needs_and_dashes_do_not_matter() {
        let index = "kernel/a/ne2k-pci.ko: kernel/a/8390.ko\nkernel/a/8390.ko:\nkernel/b/other.ko: kernel/b/x.ko\n";
        let files = wanted(index, ["ne2k_pci"].into_iter()).expect("the index is well formed");
        assert_eq!(files.into_iter().collect::<Vec<_>>(), ["kernel/a/8390.ko", "kernel/a/ne2k-pci.ko"]);
    }
}
