//! Plain and Joliet names.

use super::builder::{Image, ROOT, Record, descriptor};
use super::{paths, read, refuse};
use crate::image::iso9660::{IsoError, Names};

fn ucs2(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// An image with a Joliet tree at block 21 of that level.
fn joliet(level: u8, entries: &[Record]) -> Image {
    let mut image = Image::new(40).directory(ROOT, &[Record::new("PLAIN.;1", 0, 0)]);
    let mut supplementary = descriptor(2, 40, 21);
    supplementary[88..91].copy_from_slice(&[b'%', b'/', level]);
    image.put(17, &supplementary);
    image.put(18, b"\xffCD001\x01");
    image.directory(21, entries)
}

#[test]
fn plain_names_lose_version_and_dot_and_case() {
    let image = Image::new(40).directory(
        ROOT,
        &[
            Record::new("AUTORUN.INF;1", 30, 5),
            Record::new("KERNEL.;1", 30, 5),
            Record::new("NOVERSN", 30, 5),
            Record::new("SUB", 22, 2048).directory(),
        ],
    );
    let iso = read(&image.directory(22, &[Record::new("DEEP.TXT;12", 30, 3)]).0).unwrap();
    assert_eq!(iso.names, Names::Plain);
    assert_eq!(paths(&iso), ["autorun.inf", "kernel", "noversn", "sub", "sub/deep.txt"]);
    assert_eq!(iso.tree.file("/SUB/Deep.TXT").unwrap().size, 3);
}

#[test]
fn the_newest_version_counts() {
    let entries = [Record::new("A.TXT;2", 30, 2), Record::new("A.TXT;1", 30, 1)];
    let iso = read(&Image::new(40).directory(ROOT, &entries).0).unwrap();
    assert_eq!(paths(&iso), ["a.txt"]);
    assert_eq!(iso.tree.file("a.txt").unwrap().size, 2);
}

#[test]
fn joliet_of_each_level_gives_names_in_unicode() {
    for level in [b'@', b'C', b'E'] {
        let entries = [Record::new(ucs2("Déjà vu €.txt;1"), 30, 5), Record::new(ucs2("README.;1"), 30, 6)];
        let iso = read(&joliet(level, &entries).0).unwrap();
        assert_eq!(iso.names, Names::Joliet);
        assert_eq!(paths(&iso), ["Déjà vu €.txt", "README"]);
    }
}

#[test]
fn a_supplementary_descriptor_of_another_script_is_ignored() {
    let iso = read(&joliet(b'B', &[]).0).unwrap();
    assert_eq!((iso.names, paths(&iso)), (Names::Plain, vec!["plain".to_owned()]));
}

#[test]
fn half_a_character_becomes_a_replacement_character() {
    let iso = read(&joliet(b'E', &[Record::new([0, b'a', 0xd8, 0x00, b'x'], 30, 5)]).0).unwrap();
    assert_eq!(paths(&iso), ["a\u{fffd}"]);
}

#[test]
fn rock_ridge_is_preferred_to_joliet() {
    let image = joliet(b'E', &[Record::new(ucs2("joliet"), 30, 5)]);
    let image = image.rock_ridge_root(0, &[Record::new("R.;1", 30, 5).with(super::builder::nm(0, "Rock"))]);
    let iso = read(&image.0).unwrap();
    assert_eq!((iso.names, paths(&iso)), (Names::RockRidge, vec!["Rock".to_owned()]));
}

#[test]
fn hidden_files_are_shown_and_associated_ones_are_not() {
    let entries = [
        Record::new("HIDDEN.;1", 30, 5).flag(0x01),
        Record::new("MAC.;1", 30, 9).flag(0x04),
        Record::new("MAC.;1", 31, 7),
    ];
    let iso = read(&Image::new(40).directory(ROOT, &entries).0).unwrap();
    assert_eq!(paths(&iso), ["hidden", "mac"]);
    assert_eq!(iso.tree.file("mac").unwrap().size, 7);
}

#[test]
fn names_that_no_file_can_have_are_refused() {
    for name in ["..", ".", "a/b", "/", "a\0b", "\0\0"] {
        let error = refuse(&joliet(b'E', &[Record::new(ucs2(name), 30, 5)]).0);
        assert!(matches!(error, IsoError::Name { .. }), "{name:?}: {error}");
    }
    let error = refuse(&Image::new(40).directory(ROOT, &[Record::new("A/B\x07;1", 30, 5)]).0);
    assert_eq!(error.to_string(), "a file in `/` is named `a/b\\u{7}`, which is no file name");
}
