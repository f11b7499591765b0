//! A small system for any processor, to be booted by a kernel line of one's own: Debian's kernel, and busybox as its
//! initramfs, on an ISO of no distribution's layout.
use std::fs;
use std::path::{Path, PathBuf};

use super::archiso::pack_initramfs;
use super::cache::{self, Inputs};
use super::error::MediaError;
use super::newest::{foreign, newest};
use super::tool::XORRISO;
use super::tree::Tree;
use crate::firmware::Cpu;

/// The builder itself is an input.
const BUILDER: &str = include_str!("small.rs");
const INIT: &str = include_str!("small/init");

/// Where the kernel is on the ISO.
pub const KERNEL: &str = "/boot/vmlinuz";
/// Where the initramfs is on the ISO.
pub const INITRD: &str = "/boot/initrd";

/// Every file has this time, in seconds since 1970.
const TIME: i64 = 1_793_491_200;

/// The packages of Debian for a processor: its name there, the kernel's name, and whether the release of this machine has it.
fn debian(cpu: Cpu) -> (&'static str, &'static str, bool) {
    match cpu {
        Cpu::X64 => ("amd64", "linux-image-amd64", true),
        Cpu::Ia32 => ("i386", "linux-image-686", true),
        Cpu::Arm64 => ("arm64", "linux-image-arm64", true),
        Cpu::RiscV64 => ("riscv64", "linux-image-riscv64", false),
    }
}

/// The ISO for this processor, from the cache or made now.
///
/// # Errors
/// [`MediaError::Unavailable`] when Debian's packages for the processor cannot be had here.
pub fn small(cpu: Cpu, cache: &Path, progress: &dyn Fn(&str)) -> Result<PathBuf, MediaError> {
    let (architecture, image, is_here) = debian(cpu);
    let fetch = |package: &str| match is_here {
        true => foreign(package, architecture, cache),
        false => newest(package, architecture, cache),
    };
    let (kernel, busybox) = (fetch(image)?, fetch("busybox-static")?);
    let kernel = one_kernel(&kernel.join("boot"))?;
    // Debian has moved it from /bin to /usr/bin.
    let busybox =
        ["bin/busybox", "usr/bin/busybox"].map(|name| busybox.join(name)).into_iter().find(|path| path.is_file());
    let busybox = busybox.ok_or_else(|| MediaError::Unavailable("busybox-static has no busybox".to_owned()))?;
    let mut inputs = Inputs::default();
    inputs.add("builder", BUILDER).add("init", INIT);
    inputs.add_file(&kernel)?.add_file(&busybox)?;
    cache::keep(cache, &inputs.digest(), &format!("small-{architecture}.iso"), |work, made| {
        progress(&format!("packing a small system for {architecture}"));
        make(work, made, &kernel, &busybox)
    })
}

fn make(work: &Path, made: &Path, kernel: &Path, busybox: &Path) -> Result<(), MediaError> {
    let root = Tree::new(work.join("initramfs"))?;
    for folder in ["proc", "sys", "dev", "root"] {
        root.folder(folder)?;
    }
    root.program("init", INIT)?;
    root.copy(busybox, "bin/busybox", "busybox-static")?;
    for name in ["sh", "cat", "uname", "test", "printf", "dmesg", "grep"] {
        root.symlink("busybox", &format!("bin/{name}"))?;
    }
    root.write("etc/passwd", "root::0:0:root:/root:/bin/sh\n")?;
    root.settle(TIME)?;
    let disc = Tree::new(work.join("disc"))?;
    disc.copy(kernel, KERNEL, "linux-image")?;
    pack_initramfs(&root, &disc.place(INITRD)?)?;
    disc.settle(TIME)?;
    let mut command = XORRISO.command()?;
    command.env("SOURCE_DATE_EPOCH", TIME.to_string());
    command.args([
        "-no_rc",
        "-as",
        "mkisofs",
        "-quiet",
        "-iso-level",
        "3",
        "-rational-rock",
        "-joliet",
        "-volid",
        "SMALL",
    ]);
    command.arg("-output").arg(made).arg(disc.root());
    XORRISO.finish(command).map(drop)
}

/// The only kernel in the package: `vmlinuz-<release>`, or `vmlinux-<release>` where Debian does not compress it.
fn one_kernel(boot: &Path) -> Result<PathBuf, MediaError> {
    // Some releases put it into a further package.
    let entries = fs::read_dir(boot).map(|entries| entries.filter_map(|entry| entry.ok())).into_iter().flatten();
    let mut kernels = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("vmlinu"));
    let none = || MediaError::Unavailable(format!("there is no kernel in {}", boot.display()));
    kernels.next().map(|entry| entry.path()).ok_or_else(none)
}
