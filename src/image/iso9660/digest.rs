//! A digest of everything in the index of an image.

use sha2::{Digest, Sha256};

use super::Tree;
use super::tree::What;

/// SHA-256 over the volume descriptors and the tree; what it covers is said at [`super::Volume::index_digest`].
///
/// The form is part of lock files: each text is preceded by its length, each number has eight bytes, little-endian.
pub(super) fn index(descriptors: &[u8], tree: &Tree) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut line = Vec::new();
    hash.update(descriptors);
    for index in tree.walk_nodes() {
        let Some(node) = tree.node(index) else { continue };
        line.clear();
        let mut number = |n: u64, bytes: &[u8]| {
            line.extend_from_slice(&n.to_le_bytes());
            line.extend_from_slice(bytes);
        };
        let path = tree.path(index);
        number(path.len() as u64, path.as_bytes());
        match node.what {
            What::Directory { .. } | What::Unread { .. } => number(0, &[]),
            What::File { first, count } => {
                let extents = tree.extents(first, count);
                number(1, &[]);
                number(extents.iter().map(|extent| extent.len).sum(), &[]);
                number(extents.len() as u64, &[]);
                for extent in extents {
                    number(extent.offset, &extent.len.to_le_bytes());
                }
            }
            What::Link(target) => {
                let target = tree.text(target);
                number(2, &[]);
                number(target.len() as u64, target.as_bytes());
            }
            What::Other => number(3, &[]),
        }
        hash.update(&line);
    }
    hash.finalize().into()
}
