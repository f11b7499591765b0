//! ISOs for live-boot: Debian Live and its relatives.
//!
//! The mark is `/live/filesystem.squashfs`. Kernels, titles and words come from the ISO's own isolinux menu; what that menu
//! does not say is made up from `/live/vmlinuz*`.

use serde::Serialize;

use super::{Inside, KernelEntry, RecipeError};
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
    for config in menu_files(inside) {
        for label in Config::parse(&inside.text(&config)?).labels() {
            if let Some(entry) = entry(inside, label)
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
    let title = match inside.has(".disk/info") {
        true => inside.text(".disk/info")?.lines().next().unwrap_or_default().trim().to_owned(),
        false => inside.iso.volume.volume_id.clone(),
    };
    Ok(Some(LiveBoot { title, root_image: ROOT_IMAGE.into(), root_image_size: inside.size(ROOT_IMAGE), entries }))
}

fn menu_files(inside: &Inside<'_>) -> Vec<String> {
    ["isolinux", "syslinux", "boot/isolinux", "boot/syslinux"]
        .into_iter()
        .flat_map(|folder| inside.names(folder).into_iter().map(move |name| format!("{folder}/{name}")))
        .filter(|path| path.ends_with(".cfg") && inside.has(path))
        .collect()
}

/// A menu label that starts this live system, without the words that say where the root image is.
fn entry(inside: &Inside<'_>, label: Label) -> Option<KernelEntry> {
    let in_iso = |path: &str| inside.iso.tree.resolve(path).filter(|path| inside.has(path));
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

fn kernels(inside: &Inside<'_>) -> Vec<KernelEntry> {
    let names = inside.names("live");
    let kernels = names.iter().filter(|name| name.starts_with("vmlinuz"));
    kernels
        .filter_map(|kernel| {
            let suffix = kernel.strip_prefix("vmlinuz").unwrap_or_default();
            let candidates =
                [format!("initrd.img{suffix}"), format!("initrd{suffix}"), "initrd.img".into(), "initrd".into()];
            let initrd = candidates.iter().find(|name| inside.has(&format!("live/{name}")))?;
            Some(KernelEntry {
                title: format!("Live system ({})", kernel.replacen("vmlinuz-", "", 1)),
                kernel: inside.iso.tree.resolve(&format!("live/{kernel}"))?,
                initrds: vec![inside.iso.tree.resolve(&format!("live/{initrd}"))?],
                arguments: vec!["boot=live".into(), "components".into()],
            })
        })
        .collect()
}
