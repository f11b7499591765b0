//! ISOs made by mkarchiso, in the layouts of 2014 and of today.
//!
//! The mark of an archiso is `/<basedir>/<cpu>/airootfs.{sfs,erofs}`. Kernels are in `/<basedir>/boot/<cpu>/`. The BIOS menu
//! is a tree of SYSLINUX files that has moved three times; it is found by its files, not by the date of the ISO.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Inside, KernelEntry, MAX_ENTRIES, RecipeError};
use crate::image::syslinux::Config;

/// The facts of an archiso.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archiso {
    /// What it calls itself.
    pub title: String,
    /// The top folder: `arch`, `sysresccd`, `blackarch` …
    pub basedir: String,
    /// The root images, one for each CPU.
    pub root_images: Vec<String>,
    /// What the initramfs can check the root image with.
    pub verification: Verification,
    /// The kernels, for menus that netspec makes itself.
    pub entries: Vec<KernelEntry>,
    /// The ISO's own menu for network boot, where it brings one together with its loader.
    pub menu: Option<ArchisoMenu>,
}

/// The SYSLINUX tree of the ISO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchisoMenu {
    /// The folder of `lpxelinux.0` and of the modules: `boot/syslinux`, `syslinux` or `arch/boot/syslinux`.
    pub folder: String,
    /// The folder that names in the files are relative to; the same as `folder` today, `/<basedir>` in 2014.
    pub working_folder: String,
    /// The file that the loader has to read first, in `folder`: `syslinux.cfg`, in 2014 `archiso.cfg`.
    pub first: String,
    /// All configuration files of the folder: name and text.
    pub files: BTreeMap<String, String>,
    /// The names of the modules in the folder.
    pub modules: Vec<String>,
}

/// What lies beside the root image for the initramfs to check it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// A CMS signature: `cms_verify=y` works.
    Cms,
    /// A list of digests: `checksum=y` works.
    Checksum,
    /// Nothing; either word would end the boot in the initramfs.
    Nothing,
}

impl Verification {
    /// The word for the kernel command line.
    pub fn argument(self) -> Option<&'static str> {
        match self {
            Self::Cms => Some("cms_verify=y"),
            Self::Checksum => Some("checksum=y"),
            Self::Nothing => None,
        }
    }
}

pub(super) fn recognize(inside: &Inside<'_>) -> Result<Option<Archiso>, RecipeError> {
    let Some((basedir, root_images)) = root_images(inside) else { return Ok(None) };
    let mut entries = entries(inside, &basedir, &root_images);
    if entries.is_empty() {
        let what = format!("kernel with an initramfs beside it in `/{basedir}/boot/<cpu>/`");
        return Err(RecipeError::Incomplete { family: "archiso", what });
    }
    let menu = menu(inside, &basedir)?;
    let title = title(menu.as_ref(), &inside.iso.volume.publisher);
    for entry in &mut entries {
        entry.title = format!("{title} {}", entry.title);
    }
    let verification = verification(inside, &root_images);
    Ok(Some(Archiso { title, basedir, root_images, verification, entries, menu }))
}

fn root_images(inside: &Inside<'_>) -> Option<(String, Vec<String>)> {
    inside.names("").into_iter().filter(|name| is_word(name)).find_map(|basedir| {
        let images: Vec<_> = inside
            .names(&basedir)
            .into_iter()
            .filter(|cpu| is_word(cpu))
            .flat_map(|cpu| ["airootfs.sfs", "airootfs.erofs"].map(|name| format!("{basedir}/{cpu}/{name}")))
            .filter(|path| inside.has(path))
            .take(MAX_ENTRIES)
            .collect();
        (!images.is_empty()).then_some((basedir, images))
    })
}

/// Whether a folder can stand in a kernel command line, a TFTP name and a URL as it is. mkarchiso makes no others.
fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Checks every root image: one that lacks its signature would stop in the initramfs.
fn verification(inside: &Inside<'_>, root_images: &[String]) -> Verification {
    let folder_has = |image: &String, name: &str| {
        image.rsplit_once('/').is_some_and(|(folder, _)| inside.has(&format!("{folder}/{name}")))
    };
    if root_images.iter().all(|image| inside.has(&format!("{image}.cms.sig"))) {
        Verification::Cms
    } else if root_images.iter().all(|i| folder_has(i, "airootfs.sha512") || folder_has(i, "airootfs.md5")) {
        Verification::Checksum
    } else {
        Verification::Nothing
    }
}

/// The files that may lie beside a root image for the initramfs to check it with.
pub(super) fn checked_with(image: &str) -> Vec<String> {
    let folder = image.rsplit_once('/').map_or("", |(folder, _)| folder);
    let digests = ["airootfs.sha512", "airootfs.md5"].map(|name| format!("{folder}/{name}"));
    [format!("{image}.cms.sig"), format!("{image}.sig")].into_iter().chain(digests).collect()
}

fn entries(inside: &Inside<'_>, basedir: &str, root_images: &[String]) -> Vec<KernelEntry> {
    let cpus = root_images.iter().filter_map(|image| image.split('/').nth(1));
    let mut entries = Vec::new();
    for cpu in cpus {
        let folder = format!("{basedir}/boot/{cpu}");
        let names = inside.names(&folder);
        for kernel in names.iter().filter(|name| name.starts_with("vmlinuz")).take(MAX_ENTRIES) {
            // `vmlinuz-linux-lts` has its `initramfs-linux-lts.img`; the kernel of 2014 is plain `vmlinuz`.
            let package = kernel.strip_prefix("vmlinuz").unwrap_or_default();
            let candidates = [format!("initramfs{package}.img"), "archiso.img".into(), format!("{basedir}.img")];
            let Some(initrd) = candidates.iter().find(|name| names.contains(name)) else { continue };
            let microcode = ["intel_ucode.img", "amd_ucode.img", "intel-ucode.img", "amd-ucode.img"];
            let microcode =
                microcode.iter().map(|name| format!("{basedir}/boot/{name}")).filter(|path| inside.has(path));
            entries.push(KernelEntry {
                // What tells it from the other kernels; the name of the system is put in front when that is known.
                title: match package.trim_start_matches('-') {
                    "" | "linux" => format!("({cpu})"),
                    package => format!("({package}, {cpu})"),
                },
                kernel: format!("{folder}/{kernel}"),
                initrds: microcode.chain([format!("{folder}/{initrd}")]).collect(),
                arguments: vec![format!("archisobasedir={basedir}")],
            });
        }
    }
    entries
}

fn menu(inside: &Inside<'_>, basedir: &str) -> Result<Option<ArchisoMenu>, RecipeError> {
    let folders = ["boot/syslinux".to_owned(), "syslinux".to_owned(), format!("{basedir}/boot/syslinux")];
    let Some(folder) = folders.into_iter().find(|folder| inside.has(&format!("{folder}/lpxelinux.0"))) else {
        return Ok(None);
    };
    // In 2014 `syslinux.cfg` only led to `archiso.cfg`, by a path that suits a disk and not a network.
    let Some(first) = ["archiso.cfg", "syslinux.cfg"].into_iter().find(|name| inside.has(&format!("{folder}/{name}")))
    else {
        return Ok(None);
    };
    let mut files = BTreeMap::new();
    for name in inside.names(&folder).into_iter().filter(|name| name.ends_with(".cfg")) {
        let text = inside.text(&format!("{folder}/{name}"))?;
        files.insert(name, text);
    }
    let modules = inside.names(&folder).into_iter().filter(|name| name.ends_with(".c32")).collect();
    let working_folder = working_folder(inside, &folder, basedir, files.get(first).map_or("", String::as_str));
    Ok(Some(ArchisoMenu { folder, working_folder, first: first.to_owned(), files, modules }))
}

/// The folder below which the first module that the menu names is found.
fn working_folder(inside: &Inside<'_>, folder: &str, basedir: &str, first: &str) -> String {
    let config = Config::parse(first);
    let module = config.lines.iter().find(|line| line.keyword == "COM32").map(|line| line.argument.as_str());
    let found = module.and_then(|module| {
        [folder, basedir].into_iter().find(|base| !module.starts_with('/') && inside.has(&format!("{base}/{module}")))
    });
    found.unwrap_or(folder).to_owned()
}

/// The menu's own title, else the publisher without its address.
fn title(menu: Option<&ArchisoMenu>, publisher: &str) -> String {
    let from_menu = menu.into_iter().flat_map(|menu| menu.files.values()).find_map(|text| {
        Config::parse(text).lines.into_iter().find(|line| line.keyword == "MENU TITLE").map(|line| line.argument)
    });
    let publisher = publisher.split('<').next().unwrap_or_default().trim();
    match from_menu {
        Some(title) if !title.is_empty() => title,
        _ if !publisher.is_empty() => publisher.to_owned(),
        _ => "archiso".to_owned(),
    }
}
