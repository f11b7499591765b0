//! What the reader makes of images: made by hand for each rule, made by xorriso and genisoimage, and damaged at random.

mod boot;
mod builder;
mod errors;
mod lookup;
mod mutation;
mod names;
mod rock_ridge;
mod sections;
mod tools;
mod volume;

use super::{Extent, Iso, IsoError, Tree, read};
use crate::world::ReadAt;

/// The bytes of a file, through its extents.
fn bytes_of(image: &dyn ReadAt, tree: &Tree, path: &str) -> Vec<u8> {
    let file = tree.file(path).unwrap_or_else(|| panic!("no file `{path}`"));
    assert_eq!(file.extents.iter().map(|extent| extent.len).sum::<u64>(), file.size);
    let mut bytes = Vec::new();
    for Extent { offset, len } in file.extents.iter() {
        let start = bytes.len();
        bytes.resize(start + usize::try_from(*len).unwrap(), 0);
        image.read_exact_at(*offset, &mut bytes[start..]).unwrap();
    }
    bytes
}

/// The paths of an image, one after the other.
fn paths(iso: &Iso) -> Vec<String> {
    iso.tree.walk().map(|(path, _)| path).collect()
}

/// Reads an image that must be refused.
fn refuse(image: &dyn ReadAt) -> IsoError {
    read(image).expect_err("the image must be refused")
}
