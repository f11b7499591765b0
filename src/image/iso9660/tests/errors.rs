//! Directories that are damaged or hostile.

use super::builder::{BLOCK, Image, ROOT, Record, Sparse, both};
use super::{paths, read, refuse};
use crate::image::iso9660::IsoError;
use crate::image::iso9660::walk::{MAX_BYTES, MAX_DEPTH, MAX_RECORDS};

fn directory(name: &str, block: u32) -> Record {
    Record::new(name, block, BLOCK as u32).directory()
}

#[test]
fn a_loop_is_named() {
    let image = Image::new(40).directory(ROOT, &[directory("A", 21)]).directory(21, &[directory("B", ROOT)]);
    assert_eq!(refuse(&image.0).to_string(), "`/a/b` is its own ancestor: a directory loop");
}

#[test]
fn directories_may_not_share_bytes() {
    let twice = Image::new(40).directory(ROOT, &[directory("A", 21), directory("B", 21)]).directory(21, &[]);
    let long = Record::new("A", 21, 3 * 2048).directory();
    let within = Image::new(40).directory(ROOT, &[long, directory("B", 22)]).directory(21, &[]).directory(22, &[]);
    for image in [twice, within] {
        assert!(matches!(refuse(&image.0), IsoError::Overlap { path } if path == "/b"));
    }
}

#[test]
fn too_many_levels_are_refused() {
    let deep = |levels: u32| {
        let mut image = Image::new(levels + 30);
        for level in 0..levels {
            image = image.directory(ROOT + level, &[directory("D", ROOT + level + 1)]);
        }
        image.directory(ROOT + levels, &[])
    };
    let limit = u32::try_from(MAX_DEPTH).unwrap();
    assert_eq!(paths(&read(&deep(limit).0).unwrap()).len(), MAX_DEPTH);
    assert!(matches!(refuse(&deep(limit + 1).0), IsoError::TooDeep { limit: MAX_DEPTH, .. }));
}

#[test]
fn too_many_records_are_refused() {
    let block: Vec<u8> = std::iter::repeat_n(Record::new("A", 0, 0).flag(0x04).bytes(), 60).flatten().collect();
    assert!(block.len() <= BLOCK);
    let blocks = MAX_RECORDS / 60 + 2;
    let mut image = Image::new(ROOT + blocks);
    for at in 1..blocks {
        image.put(ROOT + at, &block);
    }
    let len = both(blocks * BLOCK as u32);
    image.patch(16 * BLOCK + 156 + 10, &len);
    assert!(matches!(refuse(&image.0), IsoError::TooManyEntries { limit: MAX_RECORDS }));
}

#[test]
fn too_many_bytes_are_refused_before_they_are_read() {
    let mut head = Image::new(30);
    head.patch(16 * BLOCK + 156 + 10, &both(u32::try_from(MAX_BYTES).unwrap() + 2048));
    let image = Sparse { size: 1 << 40, parts: vec![(0, head.0)] };
    assert!(matches!(refuse(&image), IsoError::TooManyBytes { limit: MAX_BYTES }));
}

#[test]
fn zeros_are_no_directory() {
    let mut zeros = Image::new(40).directory(ROOT, &[directory("A", 21)]);
    zeros.put(21, &[0; BLOCK]);
    let other = Image::new(40).directory(ROOT, &[directory("A", 21)]).data(21, &Record::new("X", 0, 0).bytes());
    for image in [zeros, other] {
        let error = refuse(&image.0);
        assert!(matches!(&error, IsoError::NotADirectory { path, offset: 43_008 } if path == "/a"), "{error}");
    }
}

#[test]
fn directories_behind_the_end_are_named() {
    let error = refuse(&Image::new(40).directory(ROOT, &[directory("A", 40)]).0);
    assert!(matches!(&error, IsoError::OutsideFile { path, size: 81_920, .. } if path == "/a"), "{error}");
    let error = refuse(&Image::new(40).directory(ROOT, &[directory("A", u32::MAX)]).0);
    assert!(matches!(&error, IsoError::OutsideFile { .. }), "{error}");
}

#[test]
fn an_empty_directory_extent_is_an_empty_directory() {
    let entries = [Record::new("A", 0, 0).directory(), Record::new("B", 0, 0).directory()];
    let iso = read(&Image::new(40).directory(ROOT, &entries).0).unwrap();
    assert!(iso.tree.is_dir("a") && iso.tree.is_dir("b"));
}

#[test]
fn records_that_contradict_themselves_are_refused() {
    let at = ROOT as usize * BLOCK + 68;
    let patched = |offset: usize, bytes: &[u8]| {
        let mut image = Image::new(40).directory(ROOT, &[Record::new("A.;1", 30, 5)]);
        image.patch(at + offset, bytes);
        image
    };
    for (image, what) in [
        (patched(0, &[20]), "shorter than its fields"),
        (patched(0, &[33]), "shorter than its name"),
        (patched(32, &[0]), "without name"),
        (patched(32, &[200]), "with a name longer than itself"),
        (patched(2, &[31]), "with two different blocks"),
        (patched(10, &[6]), "with two different sizes"),
        (patched(1, &[[255].as_slice(), &both(u32::MAX)].concat()), "with attributes behind the last block"),
    ] {
        let error = refuse(&image.0);
        assert!(matches!(&error, IsoError::Record { path, offset } if path == "/" && *offset == at as u64), "{what}");
    }
    let mut crossing = Image::new(40);
    crossing.patch(16 * BLOCK + 156 + 10, &both(2 * 2048));
    let bytes = Record::new("A".repeat(180), 0, 0).bytes().repeat(10);
    crossing.patch(ROOT as usize * BLOCK + 68, &bytes[..BLOCK - 68]);
    crossing.put(21, &bytes[BLOCK - 68..]);
    let error = refuse(&crossing.0);
    assert!(matches!(&error, IsoError::Record { .. }), "{error}");
}

#[test]
fn a_disk_error_says_where() {
    struct Failing(Vec<u8>);
    impl crate::world::ReadAt for Failing {
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
            if offset == 40_960 { Err(std::io::Error::other("bad sector")) } else { self.0.read_at(offset, buf) }
        }
        fn size(&self) -> u64 {
            self.0.len() as u64
        }
    }
    let error = refuse(&Failing(Image::new(40).0));
    assert_eq!(error.to_string(), "cannot read the image at byte 40960: bad sector");
}
