//! Stand-ins for the ISO of Arch Linux, in the layout of today and in that of September 2014.
//!
//! No package archive has the real ISO. These have its header, its names, its graph of menu files and an initramfs that makes
//! the same requests in the same order with the same messages; inside run Debian's kernel and busybox. Two builds from the
//! same packages are the same byte for byte. Not imitated: the NBD and NFS hooks (their labels exist), gpg signatures,
//! 32-bit code (the i686 entries start the 64-bit kernel), signed EFI loaders.
mod closure;
mod image;
mod initramfs;
mod menu;
mod root;

use std::fs;
use std::path::{Path, PathBuf};

use super::cache::{self, Inputs};
use super::deb::{self, Package};
use super::error::{Context, MediaError};
use super::png;
use super::tool::{MD5SUM, OPENSSL, SHA512SUM};
use super::tree::Tree;
use closure::Program;
pub(super) use image::initramfs as pack_initramfs;

/// The builder itself is an input: a changed step makes a new ISO without a version to remember.
const BUILDER: &[&str] = &[
    include_str!("mod.rs"),
    include_str!("closure.rs"),
    include_str!("image.rs"),
    include_str!("initramfs.rs"),
    include_str!("menu.rs"),
    include_str!("root.rs"),
    include_str!("../cpio.rs"),
    include_str!("../png.rs"),
    include_str!("../tree.rs"),
];

const INIT: &str = include_str!("guest/init");
const RC: &str = include_str!("guest/rc");
const UDHCPC: &str = include_str!("guest/udhcpc.script");
const CERTIFICATE: &str = include_str!("codesign.crt");
/// Not a secret: it signs test media only, and being fixed keeps them reproducible. RSA, for ECDSA signatures are random.
const KEY: &[u8] = include_bytes!("codesign.key");

const BUSYBOX: &str = "/bin/busybox";
const MODULES: &str = "/usr/lib/syslinux/modules/bios";

/// Packages of this machine whose files or whose output are in the ISO.
const PACKAGES: &[&str] = &[
    "busybox-static",
    "curl",
    "e2fsprogs",
    "gzip",
    "isolinux",
    "klibc-utils",
    "kmod",
    "mtools",
    "openssl",
    "pxelinux",
    "squashfs-tools",
    "syslinux-common",
    "xorriso",
];

/// How the files of an ISO are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layout {
    /// archiso v88 of March 2026.
    Today,
    /// archiso v19 of September 2014, both processors on one ISO.
    Y2014,
}

/// What stands in the header and in the names of one ISO.
struct Edition {
    file: &'static str,
    date: &'static str,
    volume: &'static str,
    uuid: &'static str,
    publisher: &'static str,
    application: &'static str,
    /// Seconds since 1970 that every file has.
    time: i64,
}

const TODAY: Edition = Edition {
    file: "archlinux-2026.11.01-x86_64.iso",
    date: "2026.11.01",
    volume: "ARCH_202611",
    uuid: "2026-11-01-00-00-00-00",
    publisher: "Arch Linux <https://archlinux.org>",
    application: "Arch Linux Live/Rescue DVD",
    time: 1_793_491_200,
};

const OF_2014: Edition = Edition {
    file: "archlinux-2014.09.03-dual.iso",
    date: "2014.09.03",
    volume: "ARCH_201409",
    uuid: "2014-09-03-00-00-00-00",
    publisher: "Arch Linux <http://www.archlinux.org>",
    application: "Arch Linux Live/Rescue CD",
    time: 1_409_702_400,
};

impl Layout {
    fn edition(self) -> &'static Edition {
        match self {
            Layout::Today => &TODAY,
            Layout::Y2014 => &OF_2014,
        }
    }

    /// The folder of the BIOS loader and its menus.
    fn syslinux(self) -> &'static str {
        match self {
            Layout::Today => "boot/syslinux",
            Layout::Y2014 => "arch/boot/syslinux",
        }
    }

    /// Processor, kernel and initramfs.
    fn systems(self) -> &'static [[&'static str; 3]] {
        match self {
            Layout::Today => &[["x86_64", "vmlinuz-linux", "initramfs-linux.img"]],
            Layout::Y2014 => &[["x86_64", "vmlinuz", "archiso.img"], ["i686", "vmlinuz", "archiso.img"]],
        }
    }
}

/// One stand-in ISO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archiso {
    /// How its files are arranged.
    pub layout: Layout,
    /// Bytes that do not compress in the root image, in MiB, to give the image a size worth measuring.
    pub payload_mib: u32,
    /// Whether the root image has its signature beside it (today's layout only). A self-built ISO has none, and then
    /// a boot with `cms_verify=y` ends in an interactive shell.
    pub signed: bool,
}

impl Archiso {
    /// The usual stand-in: signed, with a root image of about 30 MB.
    pub fn new(layout: Layout) -> Archiso {
        Archiso { layout, payload_mib: 20, signed: true }
    }

    /// A digest of everything that decides the content: builder, options, our files, versions of packages.
    ///
    /// # Errors
    /// When a package is not installed, or apt does not know its kernel.
    pub fn inputs_digest(&self) -> Result<String, MediaError> {
        Ok(self.inputs()?.0.digest())
    }

    /// The ISO, from the cache or made now; about half a minute and 500 MB of disk in the second case.
    ///
    /// `progress` is told each step.
    ///
    /// # Errors
    /// When a program or package is missing (with its name), or a step fails.
    pub fn build(&self, cache: &Path, progress: &dyn Fn(&str)) -> Result<PathBuf, MediaError> {
        let (inputs, packages) = self.inputs()?;
        cache::keep(cache, &inputs.digest(), self.layout.edition().file, |work, made| {
            self.make(cache, work, made, &packages, progress)
        })
    }

    fn inputs(&self) -> Result<(Inputs, Packages), MediaError> {
        let mut inputs = Inputs::default();
        inputs.add("builder", BUILDER.concat()).add("options", format!("{self:?}"));
        for (name, content) in [("init", INIT), ("rc", RC), ("udhcpc", UDHCPC), ("certificate", CERTIFICATE)] {
            inputs.add(name, content);
        }
        inputs.add("key", KEY);
        let packages = Packages::offered()?;
        for package in packages.all() {
            inputs.add(&package.name, &package.version);
        }
        for line in deb::installed(PACKAGES)? {
            inputs.add("installed", line);
        }
        for file in closure::files(&Program::IN_INITRAMFS)? {
            inputs.add_file(&file)?;
        }
        Ok((inputs, packages))
    }

    fn menus(&self) -> menu::Files {
        let edition = self.layout.edition();
        menu::files(self.layout, &menu::Names { uuid: edition.uuid, volume: edition.volume })
    }

    fn make(
        &self,
        cache: &Path,
        work: &Path,
        made: &Path,
        packages: &Packages,
        progress: &dyn Fn(&str),
    ) -> Result<(), MediaError> {
        let edition = self.layout.edition();
        progress("downloading Debian's kernel");
        let release = packages.kernel.name.trim_start_matches("linux-image-");
        let kernel = packages.kernel.prepared(cache, |files| initramfs::index_modules(files, release))?;
        let tree = Tree::new(work.join("iso"))?;

        progress("building the initramfs");
        let initramfs = initramfs::tree(work.join("initramfs"), &kernel, release)?;
        for [cpu, linux, initrd] in self.layout.systems() {
            initramfs::stand_in(&initramfs, self.layout, cpu)?;
            initramfs.settle(edition.time)?;
            let folder = format!("arch/boot/{cpu}");
            image::initramfs(&initramfs, &tree.place(&format!("{folder}/{initrd}"))?)?;
            let vmlinuz = kernel.join(format!("boot/vmlinuz-{release}"));
            tree.copy(&vmlinuz, &format!("{folder}/{linux}"), &packages.kernel.name)?;
        }

        progress("building the root image");
        self.root_image(work, &tree, edition)?;

        progress("adding loaders and menus");
        self.loaders(cache, &tree, packages, &kernel.join("lib/modules").join(release).join("modules.alias"))?;
        let list: String = packages.all().map(|package| format!("{} {}\n", package.name, package.version)).collect();
        for [cpu, ..] in self.layout.systems() {
            tree.write(&format!("arch/pkglist.{cpu}.txt"), &list)?;
        }
        let esp = self.esp(work, &tree, edition)?;

        progress("writing the ISO");
        tree.settle(edition.time)?;
        image::iso(&tree, &esp, made, self.layout, edition)
    }

    /// The root image with its sums, for each processor.
    fn root_image(&self, work: &Path, tree: &Tree, edition: &Edition) -> Result<(), MediaError> {
        let root = root::tree(work.join("root"), self)?;
        root.settle(edition.time)?;
        let image = tree.place("arch/x86_64/airootfs.sfs")?;
        let folder = tree.root().join("arch/x86_64");
        match self.layout {
            Layout::Today => {
                image::squashfs(&root, &image, edition.time)?;
                let sum = SHA512SUM.run_in(&folder, ["airootfs.sfs"])?;
                tree.write("arch/x86_64/airootfs.sha512", sum)?;
                if self.signed {
                    sign(work, &image, &folder.join("airootfs.sfs.cms.sig"))?;
                }
            }
            Layout::Y2014 => {
                let outer = Tree::new(work.join("outer"))?;
                image::ext4(&root, &outer.place("airootfs.img")?, "AIROOTFS", edition.time)?;
                outer.settle(edition.time)?;
                image::squashfs(&outer, &image, edition.time)?;
                let sum = MD5SUM.run_in(&folder, ["airootfs.sfs"])?;
                for name in ["airootfs.sfs", "airootfs.md5"] {
                    if name == "airootfs.md5" {
                        tree.write("arch/x86_64/airootfs.md5", &sum)?;
                    }
                    tree.hard_link(&format!("arch/x86_64/{name}"), &format!("arch/i686/{name}"))?;
                }
            }
        }
        Ok(())
    }

    /// Boot loaders of BIOS and UEFI, menus and the small files beside them.
    fn loaders(&self, cache: &Path, tree: &Tree, packages: &Packages, aliases: &Path) -> Result<(), MediaError> {
        let edition = self.layout.edition();
        let folder = self.layout.syslinux();
        for (name, text) in self.menus() {
            tree.write(&name, text)?;
        }
        tree.write(&format!("{folder}/splash.png"), png::splash())?;
        tree.copy(Path::new("/usr/lib/PXELINUX/lpxelinux.0"), &format!("{folder}/lpxelinux.0"), "pxelinux")?;
        tree.copy(Path::new("/usr/lib/syslinux/memdisk"), &format!("{folder}/memdisk"), "syslinux-common")?;
        for entry in fs::read_dir(MODULES).context("read", Path::new(MODULES))? {
            let path = entry.context("read", Path::new(MODULES))?.path();
            if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".c32")) {
                tree.copy(&path, &format!("{folder}/{name}"), "syslinux-common")?;
            }
        }
        gzipped(tree, aliases, &format!("{folder}/hdt/modalias.gz"))?;
        let ids = packages.pci_ids.unpacked(cache)?.join("usr/share/misc/pci.ids");
        gzipped(tree, &ids, &format!("{folder}/hdt/pciids.gz"))?;

        let isolinux = match self.layout {
            Layout::Today => folder,
            Layout::Y2014 => "isolinux",
        };
        for name in ["isolinux.bin", "isohdpfx.bin"] {
            let from = Path::new("/usr/lib/ISOLINUX").join(name);
            tree.copy(&from, &format!("{isolinux}/{name}"), "isolinux")?;
        }
        let memtest = packages.memtest.unpacked(cache)?.join("boot");
        let efi = packages.systemd_boot.unpacked(cache)?.join("usr/lib/systemd/boot/efi/systemd-bootx64.efi");
        match self.layout {
            Layout::Today => {
                for (from, to) in [("memtest86+x64.bin", "memtest"), ("memtest86+x64.efi", "memtest.efi")] {
                    tree.copy(&memtest.join(from), &format!("boot/memtest86+/{to}"), "memtest86+")?;
                }
                tree.copy(&efi, "EFI/BOOT/BOOTX64.EFI", "systemd-boot-efi")?;
                tree.write(&format!("boot/{}.uuid", edition.uuid), "")?;
                tree.write("arch/version", format!("{}\n", edition.date))?;
                let environment = grub_environment(edition);
                tree.write("arch/grubenv", &environment)?;
                tree.write("boot/grub/grubenv", &environment)
            }
            Layout::Y2014 => {
                tree.copy(&Path::new(MODULES).join("ldlinux.c32"), "isolinux/ldlinux.c32", "syslinux-common")?;
                tree.copy(&memtest.join("memtest86+x64.bin"), "arch/boot/memtest", "memtest86+")?;
                tree.copy(&efi, "EFI/boot/bootx64.efi", "systemd-boot-efi")
            }
        }
    }

    /// The EFI system partition: the loader, its entries, and what they start, for it reads no ISO 9660.
    fn esp(&self, work: &Path, tree: &Tree, edition: &Edition) -> Result<PathBuf, MediaError> {
        let files = Tree::new(work.join("esp"))?;
        let wanted = ["EFI/", "loader/", "arch/boot/x86_64/", "boot/memtest86+/"];
        for name in tree.names()? {
            let text = name.display().to_string();
            if wanted.iter().any(|start| text.starts_with(start)) && tree.root().join(&name).is_file() {
                files.copy(&tree.root().join(&name), &text, "systemd-boot-efi")?;
            }
        }
        files.settle(edition.time)?;
        let esp = match self.layout {
            Layout::Today => work.join("esp.img"),
            Layout::Y2014 => tree.place("EFI/archiso/efiboot.img")?,
        };
        image::fat(&files, &esp, edition.time)?;
        Ok(esp)
    }
}

/// Packages that are unpacked, not installed.
struct Packages {
    kernel: Package,
    memtest: Package,
    pci_ids: Package,
    systemd_boot: Package,
}

impl Packages {
    fn offered() -> Result<Packages, MediaError> {
        Ok(Packages {
            kernel: Package::kernel()?,
            memtest: Package::offered("memtest86+")?,
            pci_ids: Package::offered("pci.ids")?,
            systemd_boot: Package::offered("systemd-boot-efi")?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Package> {
        [&self.kernel, &self.memtest, &self.pci_ids, &self.systemd_boot].into_iter()
    }
}

/// A detached CMS signature in DER without signed attributes, hence without a time.
fn sign(work: &Path, image: &Path, into: &Path) -> Result<(), MediaError> {
    let [key, certificate] = ["codesign.key", "codesign.crt"].map(|name| work.join(name));
    fs::write(&key, KEY).context("write", &key)?;
    fs::write(&certificate, CERTIFICATE).context("write", &certificate)?;
    let mut command = OPENSSL.command()?;
    command.args(["cms", "-sign", "-binary", "-noattr", "-md", "sha512", "-outform", "DER", "-keyform", "DER"]);
    command.arg("-inkey").arg(&key).arg("-signer").arg(&certificate).arg("-in").arg(image).arg("-out").arg(into);
    OPENSSL.finish(command).map(drop)
}

/// GRUB's environment block: exactly 1024 bytes, filled with `#`.
fn grub_environment(edition: &Edition) -> Vec<u8> {
    let mut block = format!("# GRUB Environment Block\nNAME=archlinux\nVERSION={}\n", edition.date).into_bytes();
    block.resize(1024, b'#');
    block
}

fn gzipped(tree: &Tree, from: &Path, name: &str) -> Result<(), MediaError> {
    let content = super::tool::GZIP.run([Path::new("--no-name"), Path::new("--stdout"), from])?;
    tree.write(name, content)
}
