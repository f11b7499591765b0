//! The volume descriptor set.

use super::builder::{Image, Record, descriptor};
use super::{read, refuse};
use crate::image::iso9660::{IsoError, Names};

#[test]
fn describes_the_volume() {
    let mut image = Image::new(40);
    let at = 16 * 2048;
    image.patch(at + 8, b"LINUX   ");
    image.patch(at + 40, b"ARCH_202611                     ");
    image.patch(at + 318, b"ARCH LINUX <HTTPS://ARCHLINUX.ORG>   ");
    image.patch(at + 446, b"PREPARED BY MKARCHISO");
    image.patch(at + 574, b"ARCH LINUX LIVE/RESCUE DVD\0\0");
    image.patch(at + 813, b"2026110112345600\x08");
    let volume = read(&image.0).unwrap().volume;
    assert_eq!(volume.system_id, "LINUX");
    assert_eq!(volume.volume_id, "ARCH_202611");
    assert_eq!(volume.publisher, "ARCH LINUX <HTTPS://ARCHLINUX.ORG>");
    assert_eq!(volume.preparer, "PREPARED BY MKARCHISO");
    assert_eq!(volume.application, "ARCH LINUX LIVE/RESCUE DVD");
    assert_eq!(volume.created.as_deref(), Some("2026-11-01T12:34:56+02:00"));
    assert_eq!((volume.blocks, volume.block_size, volume.size), (40, 2048, 81_920));
    assert!(!volume.udf);
}

#[test]
fn writes_dates_with_their_zone() {
    let created = |date: &[u8; 17]| {
        let mut image = Image::new(40);
        image.patch(16 * 2048 + 813, date);
        read(&image.0).unwrap().volume.created
    };
    assert_eq!(created(b"2026110100000000\0").as_deref(), Some("2026-11-01T00:00:00Z"));
    assert_eq!(created(b"2026110100000099\xec").as_deref(), Some("2026-11-01T00:00:00-05:00"));
    assert_eq!(created(b"2026110100000000\x17").as_deref(), Some("2026-11-01T00:00:00+05:45"));
    for unset in [b"0000000000000000\0", b"2026130100000000\0", b"                 ", b"2026110100000000\x7f"] {
        assert_eq!(created(unset), None, "{unset:?}");
    }
}

#[test]
fn a_longer_file_than_the_volume_is_fine() {
    let mut image = Image::new(40).0;
    image.resize(1_000_001, 7);
    assert_eq!(read(&image).unwrap().volume.size, 81_920);
}

#[test]
fn only_the_set_at_block_16_counts() {
    let mut image = Image::new(60).directory(20, &[Record::new("FIRST.;1", 0, 0)]);
    image.put(32, &descriptor(1, 60, 40));
    image.put(33, b"\xffCD001\x01");
    let image = image.directory(40, &[Record::new("SECOND.;1", 0, 0)]);
    assert_eq!(super::paths(&read(&image.0).unwrap()), ["first"]);
}

#[test]
fn a_missing_terminator_is_forgiven() {
    let mut image = Image::new(40);
    image.put(17, &[0; 8]);
    assert_eq!(read(&image.0).unwrap().names, Names::Plain);
}

#[test]
fn sees_a_udf_bridge() {
    let mut image = Image::new(40);
    image.put(18, b"\0BEA01\x01");
    image.put(19, b"\0NSR02\x01");
    assert!(read(&image.0).unwrap().volume.udf);
}

#[test]
fn guesses_what_another_file_is() {
    let message = |bytes: &[u8]| {
        let error = refuse(&bytes.to_vec());
        format!("{error}; {}", error.advice())
    };
    let long = |head: &[u8]| [head, &vec![0; 80_000 - head.len()][..]].concat();
    for (bytes, expected) in [
        (vec![], "the file is empty"),
        (b"CD".to_vec(), "too short for one"),
        (long(b"\x1f\x8b\x08"), "run `gunzip`"),
        (long(b"\xfd7zXZ\0"), "run `unxz`"),
        (long(b"\x28\xb5\x2f\xfd"), "run `unzstd`"),
        (long(b"BZh9"), "run `bunzip2`"),
        (long(b"PK\x03\x04"), "a ZIP archive"),
        (long(b"7z\xbc\xaf"), "a 7z archive"),
        (long(b"\0\xff\xff\xff\xff"), "2352-byte sectors"),
        (long(b" \n<!DOCTYPE html>"), "a web page"),
        (long(&[&[0; 510][..], b"\x55\xaa"].concat()), "a disk image"),
        (long(&[&[0; 32_768][..], b"\0BEA01\x01"].concat()), "a UDF image"),
        (long(b"hello"), "`CD001` is missing"),
    ] {
        let message = message(&bytes);
        assert!(message.starts_with("not an ISO 9660 image"), "{message}");
        assert!(message.contains(expected), "{message} / {expected}");
    }
}

#[test]
fn an_incomplete_download_is_still_recognized() {
    let whole = Image::new(40).0;
    for len in [81_919, 60_000, 36_864, 34_816, 32_774] {
        let error = refuse(&whole[..len].to_vec());
        assert!(matches!(error, IsoError::Truncated { size, .. } if size == len as u64), "{len}: {error}");
    }
    let message = refuse(&whole[..60_000].to_vec()).to_string();
    assert_eq!(message, "the file has 60,000 bytes but the volume needs 81,920");
}

#[test]
fn refuses_other_block_sizes_and_says_so() {
    let mut image = Image::new(40);
    image.patch(16 * 2048 + 128, &[0x00, 0x02, 0x02, 0x00]);
    let error = refuse(&image.0);
    assert!(matches!(error, IsoError::BlockSize { found: 512 }));
    assert!(error.advice().starts_with("rebuild it"), "{error}");
}

#[test]
fn both_halves_of_a_number_must_agree() {
    for (at, name) in [(80, "volume space size"), (128, "logical block size"), (158, "root directory record")] {
        let mut image = Image::new(40);
        let at = 16 * 2048 + at;
        image.0[at] ^= 1;
        assert!(matches!(refuse(&image.0), IsoError::Descriptor { field, offset: 32_768 } if field == name));
    }
}

#[test]
fn a_set_without_primary_descriptor_is_refused() {
    let mut image = Image::new(40);
    image.put(16, &[3]);
    assert!(matches!(refuse(&image.0), IsoError::NoPrimary));
}

#[test]
fn the_digest_covers_everything_in_the_index() {
    let digest = |image: &Image| read(&image.0).unwrap().volume.index_digest;
    let entry = |name: &str, block, len| Image::new(40).directory(20, &[Record::new(name, block, len)]);
    let base = entry("A.;1", 30, 10);
    assert_eq!(digest(&base), digest(&base.clone().data(30, b"other contents")));
    let mut label = base.clone();
    label.patch(16 * 2048 + 40, b"OTHER");
    for other in [entry("B.;1", 30, 10), entry("A.;1", 31, 10), entry("A.;1", 30, 11), label] {
        assert_ne!(digest(&base), digest(&other));
    }
}
