//! The specs that come with netspec, each checked whole beside the files that it names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netspec::cli::compile::compile;
use netspec::diag::render::short;
use netspec::world::MemWorld;

use crate::support::{File, iso9660, signed, trees};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn image(volume_id: &str, tree: Vec<File>) -> Vec<u8> {
    let files: BTreeMap<_, _> = tree.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    iso9660::image(volume_id, &files)
}

/// A machine with iPXE and PXELINUX, and beside the specs the ISOs and loaders that they name.
fn machine() -> MemWorld {
    let by_hand = |kernel, initrd| vec![(kernel, "kernel".to_owned()), (initrd, "initrd".to_owned())];
    let mut world = MemWorld::default()
        .with("specs/isos/archlinux-x86_64.iso", image("ARCH_202611", trees::archiso()))
        .with("specs/isos/debian-live-amd64.iso", image("Debian", trees::debian_live()))
        .with(
            "specs/isos/debian-12-netinst-amd64.iso",
            image("netinst", by_hand("install.amd/vmlinuz", "install.amd/initrd.gz")),
        )
        .with("specs/isos/ubuntu-24.04-desktop-amd64.iso", image("Ubuntu", by_hand("casper/vmlinuz", "casper/initrd")))
        .with("specs/boot/shimx64.efi.signed", signed::shim("Debian Secure Boot CA"))
        .with("specs/boot/grubnetx64.efi.signed", signed::grub("Debian Secure Boot CA", true))
        .with("specs/tools/memtest86+x64.efi", trees::x64_program())
        .with("/usr/lib/ipxe/snponly.efi", trees::x64_program())
        .with("/usr/lib/ipxe/ipxe.lkrn", "iPXE")
        .with("/usr/lib/PXELINUX/lpxelinux.0", "loader");
    for module in ["ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32", "reboot.c32"] {
        world = world.with(format!("/usr/lib/syslinux/modules/bios/{module}"), "module");
    }
    files(&root().join("specs"))
        .iter()
        .fold(world, |world, path| world.with(path.strip_prefix(root()).unwrap(), fs::read(path).unwrap()))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn every_spec_that_comes_with_netspec_passes_check() {
    let world = machine();
    let mut checked = 0;
    for path in files(&root().join("specs")).iter().filter(|path| path.extension().is_some_and(|e| e == "kdl")) {
        let compiled = compile(path.strip_prefix(root()).unwrap(), &world);
        assert!(!compiled.findings.has_errors(), "{}", short(&compiled.sources, &compiled.findings));
        assert!(compiled.outcome.is_some(), "{}", path.display());
        checked += 1;
    }
    assert!(checked >= 10);
}

/// `make gallery` writes it anew.
#[test]
fn the_page_of_the_gallery_has_the_specs_as_they_are() {
    let page = fs::read_to_string(root().join("docs/gallery.md")).unwrap();
    let shown: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("`specs/")?.strip_suffix("`:")).collect();
    assert!(shown.len() >= 7, "{shown:?}");
    for name in shown {
        let spec = fs::read_to_string(root().join("specs").join(name)).unwrap();
        assert!(page.contains(&format!("`specs/{name}`:\n\n```kdl\n{spec}```\n")), "{name} is another one by now");
    }
}
