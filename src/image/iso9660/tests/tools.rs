//! Images made by xorriso and genisoimage, compared with the files that went in and with what xorriso finds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::{bytes_of, read};
use crate::image::iso9660::{Extent, Iso, Kind, Media, Names, Platform};
use crate::world::{OsWorld, ReadAt, World};

/// Runs a tool in a directory and returns what it prints.
fn run(directory: &Path, tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).current_dir(directory).env("LC_ALL", "C.UTF-8").output();
    let output = output.unwrap_or_else(|error| {
        panic!("this test builds images with `{tool}`, which cannot be run ({error}); `make test` installs it")
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?} failed: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A temporary directory with a directory `in` of files, in which images are built.
struct Bench {
    directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("in")).unwrap();
        Self { directory }
    }

    fn input(&self) -> PathBuf {
        self.directory.path().join("in")
    }

    fn file(&self, path: &str, bytes: &[u8]) {
        let path = self.input().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn image(&self, tool: &str, arguments: &[&str]) -> Image {
        run(self.directory.path(), tool, &[arguments, &["-o", "out.iso", "in"]].concat());
        Image::open(self.directory.path().join("out.iso"))
    }

    /// A tree with all that Rock Ridge has: depth, long names, a link of that many bytes or so, hard links, odd names.
    fn fill(&self, link: usize) {
        self.file("isolinux/isolinux.bin", &[0x90; 4096]);
        self.file("boot/grub/efi.img", &vec![7; 70_000]);
        self.file("empty", b"");
        for n in 0..300_usize {
            self.file(&format!("many/file {n:03}.txt"), &vec![u8::try_from(n % 251).unwrap(); n * 17]);
        }
        for depth in 1..=12 {
            let directory: String = (1..=depth).map(|level| format!("level{level}/")).collect();
            self.file(&format!("{directory}here.txt"), directory.as_bytes());
        }
        self.file(&format!("names/{}", "n".repeat(200)), b"long name");
        self.file("names/Ünï cödé 'quoted'", b"unicode");
        self.file("names/a.b.c;1", b"semicolon");
        let input = self.input();
        fs::hard_link(input.join("many/file 007.txt"), input.join("names/hard")).unwrap();
        let target = format!("./{}many/file 008.txt", "level1/level2/../../".repeat(link / 20));
        symlink(target, input.join("long-link")).unwrap();
        symlink("../many/file 009.txt", input.join("names/short-link")).unwrap();
        symlink("/boot/grub", input.join("absolute")).unwrap();
        symlink("x".repeat(240), input.join("dangling")).unwrap();
    }
}

/// An image file.
struct Image {
    path: PathBuf,
    file: Arc<dyn ReadAt>,
    iso: Iso,
}

impl Image {
    fn open(path: PathBuf) -> Self {
        let file = OsWorld.open(&path).unwrap();
        let iso = read(&*file).unwrap();
        Self { path, file, iso }
    }

    /// Checks that every file, directory and link below `directory` is in the image with the same bytes.
    fn holds(&self, directory: &Path) {
        let mut open = vec![directory.to_owned()];
        let mut seen = 0;
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
                let path = entry.strip_prefix(directory).unwrap().to_str().unwrap();
                let kind = entry.symlink_metadata().unwrap().file_type();
                seen += 1;
                if kind.is_symlink() {
                    self.has_link(path, &entry, directory);
                } else if kind.is_dir() {
                    assert!(self.iso.tree.is_dir(path), "{path}");
                    open.push(entry);
                } else {
                    assert!(bytes_of(&*self.file, &self.iso.tree, path) == fs::read(&entry).unwrap(), "{path} differs");
                }
            }
        }
        let extra = self.iso.tree.walk().filter(|(path, _)| !directory.join(path).exists()).map(|(path, _)| path);
        let extra: Vec<_> = extra.filter(|path| directory.join(path).symlink_metadata().is_err()).collect();
        assert!(extra.iter().all(|path| ["rr_moved", "boot.cat"].iter().any(|name| path.ends_with(name))), "{extra:?}");
        assert_eq!(self.iso.tree.len(), seen + extra.len());
    }

    /// Checks that a link leads to the file that it leads to outside.
    fn has_link(&self, path: &str, link: &Path, root: &Path) {
        assert!(self.iso.tree.walk().any(|entry| entry == (path.to_owned(), Kind::Link)), "{path}");
        let target = fs::read_link(link).unwrap();
        let outside = match target.strip_prefix("/") {
            Ok(inside) => root.join(inside),
            Err(_) => link.parent().unwrap().join(target),
        };
        let outside = outside.canonicalize().ok();
        let expected = outside.map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        assert_eq!(self.iso.tree.resolve(path), expected, "{path}");
    }

    /// Checks all paths and all file extents against xorriso's own reading of the image.
    fn agrees_with_xorriso(&self) {
        let directory = self.path.parent().unwrap();
        let image = self.path.to_str().unwrap();
        let xorriso = |arguments: &[&str]| {
            run(directory, "xorriso", &[&["-report_about", "WARNING", "-indev", image][..], arguments].concat())
        };
        let unquote = |text: &str| {
            let inside = text.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            inside.unwrap_or_else(|| panic!("not quoted: {text}")).replace("'\"'\"'", "'")
        };
        let found = xorriso(&["-find", "/"]);
        let found: BTreeSet<String> = found
            .lines()
            .map(|line| unquote(line).trim_start_matches('/').to_owned())
            .filter(|p| !p.is_empty())
            .collect();
        let ours: BTreeSet<String> = self.iso.tree.walk().map(|(path, _)| path).collect();
        assert_eq!(ours, found);

        // File data lba:  section , first block , blocks , size of the whole file , 'path'
        let report = xorriso(&["-find", "/", "-exec", "report_lba"]);
        let mut theirs: BTreeMap<String, (u64, Vec<Extent>)> = BTreeMap::new();
        for line in report.lines().filter_map(|line| line.strip_prefix("File data lba:")) {
            let fields: Vec<&str> = line.splitn(5, ',').collect();
            let [_section, block, blocks, size, path] = fields[..] else { panic!("{line}") };
            let number = |text: &str| text.trim().parse::<u64>().unwrap();
            let (size, extents) = theirs.entry(unquote(path)).or_insert((number(size), Vec::new()));
            let known: u64 = extents.iter().map(|extent| extent.len).sum();
            let len = (number(blocks) * 2048).min(*size - known);
            let offset = number(block) * 2048;
            match extents.last_mut() {
                Some(last) if last.offset + last.len == offset => last.len += len,
                _ if len > 0 => extents.push(Extent { offset, len }),
                _ => {}
            }
        }
        // xorriso knows the boot catalog as its own creation and reports no data for it.
        let files = self.iso.tree.walk().filter(|(path, kind)| *kind == Kind::File && !path.ends_with("boot.cat"));
        let ours: BTreeMap<_, _> = files
            .map(|(path, _)| {
                let file = self.iso.tree.file(&path).unwrap();
                (format!("/{path}"), (file.size, file.extents.to_vec()))
            })
            .collect();
        assert!(!ours.is_empty());
        assert_eq!(ours, theirs);
    }
}

#[test]
fn xorriso_rock_ridge_joliet_and_boot_catalog() {
    let bench = Bench::new();
    bench.fill(800);
    let image = bench.image(
        "xorriso",
        &[
            &[
                "-as",
                "mkisofs",
                "-quiet",
                "-V",
                "ARCH_202611",
                "-J",
                "-R",
                "-iso-level",
                "3",
                "-partition_offset",
                "16",
            ][..],
            &["-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4"],
            &["-eltorito-alt-boot", "-e", "boot/grub/efi.img", "-no-emul-boot"],
            &["-publisher", "Arch Linux <https://archlinux.org>"],
        ]
        .concat(),
    );
    assert_eq!(image.iso.names, Names::RockRidge);
    assert_eq!(image.iso.volume.volume_id, "ARCH_202611");
    assert_eq!(image.iso.volume.publisher.to_ascii_uppercase(), "ARCH LINUX <HTTPS://ARCHLINUX.ORG>");
    assert!(image.iso.volume.created.as_ref().is_some_and(|date| date.starts_with("20")), "{:?}", image.iso.volume);
    image.holds(&bench.input());
    image.agrees_with_xorriso();

    let offset = |path| image.iso.tree.file(path).unwrap().extents[0].offset;
    let [bios, efi] = image.iso.boot[..] else { panic!("{:?}", image.iso.boot) };
    assert_eq!((bios.platform, bios.bootable, bios.media), (Platform::Bios, true, Media::NoEmulation));
    assert_eq!((bios.load_sectors, bios.offset), (4, offset("isolinux/isolinux.bin")));
    assert_eq!((efi.platform, efi.bootable, efi.offset), (Platform::Efi, true, offset("boot/grub/efi.img")));
}

#[test]
fn genisoimage_relocates_deep_directories() {
    let bench = Bench::new();
    // genisoimage itself cuts links that need a third SL field.
    bench.fill(250);
    let image = bench.image(
        "genisoimage",
        &["-quiet", "-R", "-J", "-joliet-long", "-b", "isolinux/isolinux.bin", "-c", "boot.cat", "-no-emul-boot"],
    );
    assert_eq!(image.iso.names, Names::RockRidge);
    assert!(image.iso.tree.is_dir("rr_moved"), "nothing was relocated");
    image.holds(&bench.input());
    image.agrees_with_xorriso();
    assert_eq!(image.iso.boot.len(), 1);
}

#[test]
fn joliet_only() {
    let bench = Bench::new();
    bench.file("Some Directory/Ünï cödé.tar.gz", b"unicode");
    bench.file("Some Directory/no extension", b"none");
    bench.file("MixedCase.TXT", &[3; 5000]);
    let image = bench.image("genisoimage", &["-quiet", "-J", "-input-charset", "utf-8"]);
    assert_eq!(image.iso.names, Names::Joliet);
    image.holds(&bench.input());
}

#[test]
fn a_udf_bridge_is_seen() {
    let bench = Bench::new();
    bench.file("README.TXT", b"This disc contains a UDF file system");
    assert!(bench.image("genisoimage", &["-quiet", "-udf"]).iso.volume.udf);
    assert!(!bench.image("genisoimage", &["-quiet"]).iso.volume.udf);
}

#[test]
fn plain_names_of_level_1() {
    let bench = Bench::new();
    bench.file("boot/vmlinuz", &[1; 9000]);
    bench.file("boot/initrd.img", &[2; 100]);
    bench.file("readme.txt", b"");
    let image = bench.image("genisoimage", &["-quiet", "-iso-level", "1"]);
    assert_eq!(image.iso.names, Names::Plain);
    image.holds(&bench.input());
    assert_eq!(image.iso.tree.file("/BOOT/INITRD.IMG").unwrap().size, 100);
}

#[test]
fn a_directory_of_many_blocks() {
    let bench = Bench::new();
    for n in 0..2000 {
        bench.file(&format!("many/a file with a long name, number {n:04}"), format!("{n}").as_bytes());
    }
    let image = bench.image("xorriso", &["-as", "mkisofs", "-quiet", "-R"]);
    image.holds(&bench.input());
    image.agrees_with_xorriso();
}

#[test]
fn the_ipxe_image_of_debian() {
    let path = PathBuf::from("/usr/lib/ipxe/ipxe.iso");
    assert!(path.exists(), "this test reads {}, of the package `ipxe`; `make test` installs it", path.display());
    let image = Image::open(path);
    image.agrees_with_xorriso();
    assert!(image.iso.boot.iter().any(|entry| entry.platform == Platform::Bios && entry.bootable));
    assert!(image.iso.tree.file("ipxe.krn").or_else(|| image.iso.tree.file("ipxe.lkrn")).is_some());
}
