//! ISOs for live-boot: Debian Live and its relatives.
//!
//! The mark is `/live/filesystem.squashfs`. Kernels, titles and words come from the ISO's own isolinux menu; what that menu
//! does not say is made up from `/live/vmlinuz*`.

use serde::Serialize;

use super::{Inside, KernelEntry, MAX_ENTRIES, RecipeError};
use crate::image::syslinux::{self, Config, Label};

/// The facts of a live-boot ISO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveBoot {
    /// The first line of `/.disk/info`, else the volume identifier.
    pub title: String,
    /// The squashfs that `fetch=` loads.
    pub root_image: String,
    /// Its size in bytes; the client holds it in RAM.
    pub root_image_size: u64,
    /// The kernels in the order of the ISO's menu.
    pub entries: Vec<KernelEntry>,
}

const ROOT_IMAGE: &str = "live/filesystem.squashfs";

pub(super) fn recognize(inside: &Inside<'_>) -> Result<Option<LiveBoot>, RecipeError> {
    if !inside.has(ROOT_IMAGE) {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for (folder, config) in menu_files(inside) {
        for label in Config::parse(&inside.text(&config)?).labels() {
            if entries.len() < MAX_ENTRIES
                && let Some(entry) = entry(inside, folder, label)
                && !entries.contains(&entry)
            {
                entries.push(entry);
            }
        }
    }
    if entries.is_empty() {
        entries = kernels(inside);
    }
    if entries.is_empty() {
        let what = "kernel with an initrd in `/live/`".to_owned();
        return Err(RecipeError::Incomplete { family: "live-boot", what });
    }
    let info = if inside.has(".disk/info") { inside.text(".disk/info")? } else { String::new() };
    let titles = [info.lines().next().unwrap_or_default().trim(), inside.iso.volume.volume_id.trim(), "Live system"];
    let title = titles.into_iter().find(|title| !title.is_empty()).unwrap_or_default().to_owned();
    Ok(Some(LiveBoot { title, root_image: ROOT_IMAGE.into(), root_image_size: inside.size(ROOT_IMAGE), entries }))
}

/// The folders that isolinux looks into, and the menu files in them.
fn menu_files(inside: &Inside<'_>) -> Vec<(&'static str, String)> {
    ["isolinux", "syslinux", "boot/isolinux", "boot/syslinux"]
        .into_iter()
        .flat_map(|folder| inside.names(folder).into_iter().map(move |name| (folder, format!("{folder}/{name}"))))
        .filter(|(_, path)| path.ends_with(".cfg") && inside.has(path))
        .collect()
}

/// A menu label that starts this live system, without the words that say where the root image is.
fn entry(inside: &Inside<'_>, folder: &str, label: Label) -> Option<KernelEntry> {
    let in_iso = |path: &str| {
        // isolinux takes names without a slash in front from its own folder.
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
        inside.iso.tree.resolve(&path).filter(|path| inside.has(path))
    };
    let kernel = in_iso(label.kernel.as_deref()?)?;
    let initrds: Vec<_> = label.initrds.iter().filter_map(|path| in_iso(path)).collect();
    let words = syslinux::words(&label.append);
    if initrds.is_empty() || !words.iter().any(|word| word == "boot=live") {
        return None;
    }
    const ELSEWHERE: &[&str] =
        &["findiso=", "fromiso=", "iso-scan/", "fetch=", "httpfs=", "ftpfs=", "netboot=", "nfsroot="];
    let arguments = words.into_iter().filter(|word| !ELSEWHERE.iter().any(|start| word.starts_with(start))).collect();
    Some(KernelEntry { title: label.title, kernel, initrds, arguments })
}

/// The kernels of `/live`, each with the initrd of its own version.
fn kernels(inside: &Inside<'_>) -> Vec<KernelEntry> {
    let file = |name: &str| inside.iso.tree.resolve(&format!("live/{name}")).filter(|path| inside.has(path));
    let mut entries: Vec<KernelEntry> = Vec::new();
    for name in inside.names("live").iter().filter(|name| name.starts_with("vmlinuz")).take(MAX_ENTRIES) {
        let version = name.strip_prefix("vmlinuz").unwrap_or_default();
        // `vmlinuz-6.1.0-13-amd64` has its `initrd.img-6.1.0-13-amd64`; two kernels were `vmlinuz1` with `initrd1.img` once.
        let own = [format!("initrd.img{version}"), format!("initrd{version}"), format!("initrd{version}.img")];
        let any = ["initrd.img".to_owned(), "initrd".to_owned()];
        let initrd = own.iter().chain(&any).find_map(|name| file(name));
        let (Some(kernel), Some(initrd)) = (file(name), initrd) else { continue };
        // `vmlinuz` is often a link to the one with its version.
        if entries.iter().all(|known| known.kernel != kernel) {
            let title =
                format!("Live system ({})", kernel.rsplit('/').next().unwrap_or(name).replacen("vmlinuz-", "", 1));
            let arguments = vec!["boot=live".to_owned(), "components".to_owned()];
            entries.push(KernelEntry { title, kernel, initrds: vec![initrd], arguments });
        }
    }
    entries
}
