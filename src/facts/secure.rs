//! What Secure Boot asks of files: who signed them, and whom shim trusts.
//!
//! Signatures are not verified here; the client does that. Their names are enough to say beforehand what it will refuse: shim
//! accepts what a certificate inside it has signed, and distributions keep one such certificate for GRUB and kernels alike.

mod grub;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use super::pe::{HEADERS, Pe};
use super::{LoaderFiles, LocalImage};
use crate::image::iso9660::FileEntry;
use crate::image::recipe::Recipe;
use crate::resolve::ResolvedSpec;
use crate::spec::loader::{LoaderKind, Machine};
use crate::world::{ReadAt, World};

/// Everything that Secure Boot needs to know about files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecureFacts {
    /// shim together with the GRUB that it starts, by the processor, where both were found.
    pub chains: BTreeMap<Machine, Chain>,
    /// Who signed the kernels, by the name of the ISO and the path in it. A kernel without a signature has no names.
    pub kernels: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// shim and GRUB, as they are on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The names of the certificates inside shim.
    pub trusted: BTreeSet<String>,
    /// Whether GRUB is signed by one of them.
    pub grub_is_trusted: bool,
    /// Whether GRUB can load over HTTP. Debian's can since release 13.
    pub grub_has_http: bool,
    /// The folder in which GRUB looks for its menu: `/grub` in Debian's.
    pub grub_folder: String,
}

impl Chain {
    /// Whether shim accepts a kernel with these signers.
    pub fn accepts(&self, signers: &BTreeSet<String>) -> bool {
        !self.trusted.is_disjoint(signers)
    }
}

/// The kinds of loaders that make a chain.
pub const CHAINS: [(Machine, LoaderKind, LoaderKind); 2] = [
    (Machine::X64, LoaderKind::ShimX64, LoaderKind::GrubX64),
    (Machine::Arm64, LoaderKind::ShimArm64, LoaderKind::GrubArm64),
];

/// The largest GRUB of today has 4.2 MiB.
const MAX_LOADER: u64 = 16 * 1024 * 1024;

/// Looks into shim and GRUB, and where both are, into the kernels of the ISOs.
pub(super) fn gather(
    spec: &ResolvedSpec,
    loaders: &BTreeMap<LoaderKind, LoaderFiles>,
    loader_paths: &BTreeMap<String, PathBuf>,
    images: &BTreeMap<String, LocalImage>,
    recipes: &BTreeMap<&str, &Recipe>,
    world: &dyn World,
) -> SecureFacts {
    // A file that could be read a moment ago and cannot be now is one that is not there.
    let bytes = |kind: LoaderKind| {
        let name = loaders.get(&kind)?.files.keys().next()?;
        world.read(loader_paths.get(name)?, MAX_LOADER).ok()
    };
    let chains: BTreeMap<_, _> = CHAINS
        .into_iter()
        .filter_map(|(machine, shim, grub)| Some((machine, chain(&bytes(shim)?, &bytes(grub)?))))
        .collect();
    let mut kernels: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
    if !chains.is_empty() {
        for (iso, path) in kernel_paths(spec, recipes) {
            let Some(image) = images.get(&iso) else { continue };
            let signers = image.iso.tree.file(&path).and_then(|file| signers_in(image, &file, world).ok());
            kernels.entry(iso).or_default().insert(path, signers.unwrap_or_default());
        }
    }
    SecureFacts { chains, kernels }
}

fn chain(shim: &[u8], grub: &[u8]) -> Chain {
    let section = |file, name| Pe::new(file).and_then(|program| program.section(name));
    let trusted = section(shim, ".vendor_cert").map(names::common_names).unwrap_or_default();
    let signatures = Pe::new(grub).and_then(Pe::signatures).unwrap_or_default();
    let signers: BTreeSet<_> = signatures.into_iter().flat_map(names::common_names).collect();
    Chain {
        grub_is_trusted: !trusted.is_disjoint(&signers),
        trusted,
        // What it writes into a request, or what it tells a server over the firmware's own HTTP.
        grub_has_http: [&b" HTTP/1.1\r\n"[..], b"UefiHttpBoot/1.0"].iter().any(|needle| contains(grub, needle)),
        grub_folder: section(grub, "mods").and_then(grub::folder).unwrap_or_else(|| "/grub".to_owned()),
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// The kernels that a menu can start.
fn kernel_paths(spec: &ResolvedSpec, recipes: &BTreeMap<&str, &Recipe>) -> BTreeSet<(String, String)> {
    let by_hand = spec.kernel_targets().map(|target| (target.iso.clone(), target.kernel.value.clone()));
    let own = recipes
        .iter()
        .flat_map(|(iso, recipe)| recipe.entries().iter().map(move |entry| ((*iso).to_owned(), entry.kernel.clone())));
    by_hand.chain(own).collect()
}

/// The names in the signatures of a kernel; nothing for one that is unsigned or no UEFI program.
fn signers_in(image: &LocalImage, file: &FileEntry, world: &dyn World) -> io::Result<BTreeSet<String>> {
    let disk = world.open(&image.path)?;
    let head = read(&*disk, file, 0, HEADERS)?;
    let place = Pe::new(&head).and_then(|program| program.certificates().ok().flatten());
    let Some(place) = place else { return Ok(BTreeSet::new()) };
    Ok(names::common_names(&read(&*disk, file, place.offset, place.len)?))
}

/// Reads a part of a file of an ISO, shorter where the file ends.
fn read(disk: &dyn ReadAt, file: &FileEntry, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut skip, mut left) = (offset, len as u64);
    for extent in file.extents.iter() {
        let take = extent.len.saturating_sub(skip).min(left);
        if take > 0 {
            let start = bytes.len();
            bytes.resize(start + usize::try_from(take).map_err(|_| io::ErrorKind::FileTooLarge)?, 0);
            disk.read_exact_at(extent.offset + skip, &mut bytes[start..])?;
        }
        skip = skip.saturating_sub(extent.len);
        left -= take;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
