//! Files in several sections, and files without any.

use super::builder::{BLOCK, Image, ROOT, Record, Sparse};
use super::{bytes_of, read, refuse};
use crate::image::iso9660::{Extent, IsoError};

const MORE: u8 = 0x80;

#[test]
fn sections_are_put_together_in_order() {
    let entries = [
        Record::new("A.;1", 35, 2048).flag(MORE),
        Record::new("A.;1", 30, 2048).flag(MORE),
        Record::new("A.;1", 31, 7),
        Record::new("B.;1", 31, 7),
    ];
    let image = Image::new(40).directory(ROOT, &entries).data(35, &[1; BLOCK]).data(30, &[2; BLOCK]).data(31, &[3; 7]);
    let iso = read(&image.0).unwrap();
    let file = iso.tree.file("a").unwrap();
    let extents = [Extent { offset: 35 * 2048, len: 2048 }, Extent { offset: 30 * 2048, len: 2055 }];
    assert_eq!((file.size, &*file.extents), (4103, &extents[..]));
    assert_eq!(bytes_of(&image.0, &iso.tree, "a"), [&[1; BLOCK][..], &[2; BLOCK], &[3; 7]].concat());
    // The bytes of B adjoin those of A; they are not merged.
    assert_eq!(*iso.tree.file("b").unwrap().extents, [Extent { offset: 31 * 2048, len: 7 }]);
}

#[test]
fn a_file_over_4_gib_is_one_range() {
    const SECTION: u32 = 0xffff_f800;
    let size = 5 << 30;
    let rest = u32::try_from(size - u64::from(SECTION)).unwrap();
    let entries = [Record::new("BIG.;1", 30, SECTION).flag(MORE), Record::new("BIG.;1", 30 + SECTION / 2048, rest)];
    let head = Image::new(30).directory(ROOT, &entries).0;
    let total = 30 * 2048 + size;
    let image = Sparse { size: total, parts: vec![(0, head), (total - 3, b"end".to_vec())] };
    let file = read(&image).unwrap().tree.file("/big").unwrap();
    assert_eq!((file.size, &*file.extents), (size, &[Extent { offset: 30 * 2048, len: size }][..]));
}

#[test]
fn empty_files_have_no_extents_wherever_they_claim_to_be() {
    let iso = read(&Image::new(40).directory(ROOT, &[Record::new("E.;1", u32::MAX, 0)]).0).unwrap();
    let file = iso.tree.file("e").unwrap();
    assert_eq!((file.size, file.extents.len()), (0, 0));
}

#[test]
fn extended_attributes_are_not_part_of_the_file() {
    let mut image = Image::new(40).directory(ROOT, &[Record::new("A.;1", 30, 5)]);
    image.0[ROOT as usize * BLOCK + 68 + 1] = 2;
    let file = read(&image.0).unwrap().tree.file("a").unwrap();
    assert_eq!(*file.extents, [Extent { offset: 32 * 2048, len: 5 }]);
}

#[test]
fn a_missing_section_is_refused() {
    for entries in [
        vec![Record::new("A.;1", 30, 2048).flag(MORE)],
        vec![Record::new("A.;1", 30, 2048).flag(MORE), Record::new("B.;1", 31, 1)],
        vec![Record::new("A.;1", 30, 2048).flag(MORE), Record::new("A.;1", 31, 2048).directory()],
    ] {
        let error = refuse(&Image::new(40).directory(ROOT, &entries).0);
        assert!(matches!(&error, IsoError::Unfinished { path } if path == "/a"), "{error}");
    }
}

#[test]
fn interleaved_files_are_refused_by_name() {
    let error = refuse(&Image::new(40).directory(ROOT, &[Record::new("A.;1", 30, 9).interleaved()]).0);
    assert!(matches!(&error, IsoError::Interleaved { path } if path == "/a"), "{error}");
}

#[test]
fn a_file_behind_the_end_is_refused_by_name() {
    let sub = Record::new("SUB", 22, 2048).directory();
    let image = Image::new(40).directory(ROOT, &[sub]).directory(22, &[Record::new("A.;1", 39, 2049)]);
    assert_eq!(refuse(&image.0).to_string(), "`/sub/a` reaches to byte 81921, but the image ends at byte 81920");
}
