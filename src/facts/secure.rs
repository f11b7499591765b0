//! What Secure Boot asks of files: who signed them, and whom shim trusts.
//!
//! Signatures are not verified here; the client does that. Their names are enough to say beforehand what it will refuse: shim
//! accepts what a certificate inside it has signed, and distributions keep one such certificate for GRUB and kernels alike.

mod grub;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use super::pe::{HEADERS, Pe, Place, signatures_in};
use super::{ImageFacts, Known, LoaderFiles, scan};
use crate::image::iso9660::{FileEntry, Iso};
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

/// The vendor certificate of a shim has some kilobytes.
const MAX_SECTION: usize = 1024 * 1024;

/// Looks into shim and GRUB. Who signed the kernels of the ISOs only matters where both are.
pub(super) fn gather(
    loaders: &BTreeMap<LoaderKind, LoaderFiles>,
    loader_paths: &BTreeMap<String, PathBuf>,
    images: &BTreeMap<String, ImageFacts>,
    known: &dyn Known,
    world: &dyn World,
) -> SecureFacts {
    let chain = |(machine, shim, grub): (Machine, LoaderKind, LoaderKind)| {
        let (shim, shim_pin) = loaders.get(&shim)?.files.iter().next()?;
        let (grub, grub_pin) = loaders.get(&grub)?.files.iter().next()?;
        if let Some(chain) = known.chain(machine, shim_pin, grub_pin) {
            return Some((machine, chain));
        }
        // A file that could be read a moment ago and cannot be now is one that is not there.
        let open = |name| world.open(loader_paths.get(name)?).ok();
        Some((machine, chain(&*open(shim)?, &*open(grub)?)))
    };
    let chains: BTreeMap<_, _> = CHAINS.into_iter().filter_map(chain).collect();
    let kernels = match chains.is_empty() {
        true => BTreeMap::new(),
        false => images.iter().map(|(iso, facts)| (iso.clone(), facts.signers.clone())).collect(),
    };
    SecureFacts { chains, kernels }
}

fn chain(shim: &dyn ReadAt, grub: &dyn ReadAt) -> Chain {
    let vendor = section(shim, ".vendor_cert").and_then(|place| bytes_of(shim, place));
    let trusted = vendor.as_deref().map(names::common_names).unwrap_or_default();
    let signers: BTreeSet<_> = certificates(grub)
        .and_then(|table| Some(signatures_in(&table)?.into_iter().flat_map(names::common_names).collect()))
        .unwrap_or_default();
    Chain {
        grub_is_trusted: !trusted.is_disjoint(&signers),
        trusted,
        // What it writes into a request, or what it tells a server over the firmware's own HTTP.
        grub_has_http: scan::has_any(grub, [b" HTTP/1.1\r\n", b"UefiHttpBoot/1.0"]).unwrap_or(false),
        grub_folder: section(grub, "mods").and_then(|mods| folder(grub, mods)).unwrap_or_else(|| "/grub".to_owned()),
    }
}

/// The headers of a program.
fn head(file: &dyn ReadAt) -> Option<Vec<u8>> {
    bytes_of(file, Place { offset: 0, len: usize::try_from(file.size()).map_or(HEADERS, |size| size.min(HEADERS)) })
}

fn section(file: &dyn ReadAt, name: &str) -> Option<Place> {
    Pe::new(&head(file)?)?.section_place(name, &|place| bytes_of(file, place))
}

fn certificates(file: &dyn ReadAt) -> Option<Vec<u8>> {
    bytes_of(file, Pe::new(&head(file)?)?.certificates().ok()??)
}

fn bytes_of(file: &dyn ReadAt, place: Place) -> Option<Vec<u8>> {
    if place.len > MAX_SECTION || place.offset.checked_add(place.len as u64)? > file.size() {
        return None;
    }
    let mut bytes = vec![0; place.len];
    file.read_exact_at(place.offset, &mut bytes).ok().map(|()| bytes)
}

/// The folder that is built into a GRUB with this section of modules.
fn folder(file: &dyn ReadAt, mods: Place) -> Option<String> {
    grub::folder(&|at, len| {
        let rest = (mods.len as u64).checked_sub(at)?;
        let len = usize::try_from(rest).map_or(len, |rest| rest.min(len));
        bytes_of(file, Place { offset: mods.offset.checked_add(at)?, len })
    })
}

/// The names in the signatures of kernels, by their paths; no names for one that is unsigned or no UEFI program.
pub(super) fn signers<'a>(
    iso: &Iso,
    image: &dyn ReadAt,
    kernels: impl Iterator<Item = &'a str>,
) -> BTreeMap<String, BTreeSet<String>> {
    let signers = |path: &str| iso.tree.file(path).and_then(|file| signers_in(&file, image).ok()).unwrap_or_default();
    kernels.map(|path| (path.to_owned(), signers(path))).collect()
}

fn signers_in(file: &FileEntry, image: &dyn ReadAt) -> io::Result<BTreeSet<String>> {
    let head = read(image, file, 0, HEADERS)?;
    let place = Pe::new(&head).and_then(|program| program.certificates().ok().flatten());
    let Some(place) = place else { return Ok(BTreeSet::new()) };
    Ok(names::common_names(&read(image, file, place.offset, place.len)?))
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
