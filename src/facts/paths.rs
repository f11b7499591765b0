//! Whether the files that entries name are in their ISOs.

use std::collections::BTreeMap;

use super::LocalImage;
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::image::iso9660::{Kind, Tree};
use crate::resolve::{ResolvedSpec, path_in};
use crate::source::Spanned;

/// More file names than this are not listed in a help.
const MAX_LISTED: usize = 6;

/// One finding for each path that is not in its ISO. ISOs that could not be read have findings of their own.
pub(super) fn check(spec: &ResolvedSpec, images: &BTreeMap<String, LocalImage>) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for target in spec.kernel_targets() {
        let Some(image) = images.get(&target.iso) else { continue };
        for path in std::iter::once(&target.kernel).chain(&target.initrds) {
            if image.iso.tree.file(&path.value).is_none() {
                findings.push(missing(&target.iso, path, &image.iso.tree));
            }
        }
    }
    for line in spec.command_lines.iter().filter(|line| line.kernel.is_some()) {
        let Some(image) = images.get(&line.iso) else { continue };
        for word in &line.words {
            let Some(path) = path_in(&word.value) else { continue };
            if image.iso.tree.file(path).is_none() && !image.iso.tree.is_dir(path) {
                findings.push(missing(&line.iso, &Spanned::new(path.to_owned(), word.span), &image.iso.tree));
            }
        }
    }
    findings
}

fn missing(iso: &str, path: &Spanned<String>, tree: &Tree) -> Diagnostic {
    let seen = shown(&path.value);
    let (message, label, help) = if tree.is_dir(&path.value) {
        let message = format!("`/{seen}` in ISO `{iso}` is a folder, not a file");
        (message, "a folder", contents(path.value.trim_end_matches('/'), tree))
    } else {
        (format!("ISO `{iso}` has no file `/{seen}`"), "not in the ISO", nearby(&path.value, tree))
    };
    Diagnostic::new(Code::PathNotInIso, message).at(path.span, label).help(help)
}

/// The same name in another folder, else a similar name in the same folder, else what there is.
fn nearby(path: &str, tree: &Tree) -> String {
    let (mut folder, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
    let mut files = tree.walk().filter(|(_, kind)| matches!(kind, Kind::File | Kind::Link)).map(|(path, _)| path);
    if let Some(same) = files.find(|file| file.rsplit('/').next() == Some(name)) {
        return format!("did you mean `/{}`?", shown(&same));
    }
    // The nearest folder that there is; the root is always there.
    while !folder.is_empty() && !tree.is_dir(folder) {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
    match nearest(name, tree.children(folder).map(|(name, _)| name)) {
        Some(near) => format!("did you mean `{}{}`?", place(folder), shown(near)),
        None => contents(folder, tree),
    }
}

fn contents(folder: &str, tree: &Tree) -> String {
    let names: Vec<&str> = tree.children(folder).map(|(name, _)| name).collect();
    let some = listed(names.iter().take(MAX_LISTED).map(|name| shown(name)));
    match names.len() {
        0 => format!("the folder `{}` of the ISO is empty", place(folder)),
        1..=MAX_LISTED => format!("`{}` has {some}", place(folder)),
        n => format!("`{}` has {some} and {} more", place(folder), n - MAX_LISTED),
    }
}

/// A folder as it is shown, with a slash at both ends.
fn place(folder: &str) -> String {
    if folder.is_empty() { "/".to_owned() } else { format!("/{}/", shown(folder)) }
}
