//! What netspec is told in the cases.

use std::path::Path;

/// One ISO that boots without a menu of ours.
pub(super) fn one(name: &str, iso: &Path) -> String {
    image(name, iso)
}

/// A menu of several ISOs.
pub(super) fn menu(images: &[(&str, &Path)]) -> String {
    images.iter().map(|(name, iso)| image(name, iso)).collect()
}

fn image(name: &str, iso: &Path) -> String {
    format!("image {name:?} iso={:?}\n", iso.display().to_string())
}
