//! The El Torito boot catalog.

use super::builder::Image;
use super::{read, refuse};
use crate::image::iso9660::{BootEntry, IsoError, Media, Platform};

/// A boot record at block 17, and its catalog at block 19.
fn image(catalog: &[[u8; 32]]) -> Image {
    let mut image = Image::new(40);
    image.put(17, b"\0CD001\x01EL TORITO SPECIFICATION");
    image.patch(17 * 2048 + 0x47, &19_u32.to_le_bytes());
    image.put(18, b"\xffCD001\x01");
    image.data(19, &catalog.concat())
}

fn validation(platform: u8) -> [u8; 32] {
    let mut entry = [0; 32];
    entry[0] = 1;
    entry[1] = platform;
    entry[30..].copy_from_slice(&[0x55, 0xaa]);
    let sum = entry.chunks(2).fold(0_u16, |sum, w| sum.wrapping_add(u16::from_le_bytes([w[0], w[1]])));
    entry[28..30].copy_from_slice(&sum.wrapping_neg().to_le_bytes());
    entry
}

fn entry(indicator: u8, media: u8, sectors: u16, block: u32) -> [u8; 32] {
    let mut entry = [0; 32];
    entry[..2].copy_from_slice(&[indicator, media]);
    entry[6..8].copy_from_slice(&sectors.to_le_bytes());
    entry[8..12].copy_from_slice(&block.to_le_bytes());
    entry
}

fn header(id: u8, platform: u8, entries: u16) -> [u8; 32] {
    let mut entry = [0; 32];
    entry[..2].copy_from_slice(&[id, platform]);
    entry[2..4].copy_from_slice(&entries.to_le_bytes());
    entry
}

#[test]
fn reads_all_sections() {
    let mut extension = [0; 32];
    extension[..2].copy_from_slice(&[0x44, 0x20]);
    let mut last_extension = extension;
    last_extension[1] = 0;
    let iso = read(
        &image(&[
            validation(0),
            entry(0x88, 0, 4, 30),
            header(0x90, 0xef, 2),
            entry(0x88, 0x20, 1, 31),
            extension,
            last_extension,
            entry(0x00, 4, 0, 9_999_999),
            header(0x91, 0x77, 1),
            entry(0x88, 2, 1, 32),
            header(0x91, 0, 1),
        ])
        .0,
    )
    .unwrap();
    let entry = |platform, bootable, media, load_sectors, block: u64| BootEntry {
        platform,
        bootable,
        media,
        load_sectors,
        offset: block * 2048,
    };
    assert_eq!(
        iso.boot,
        [
            entry(Platform::Bios, true, Media::NoEmulation, 4, 30),
            entry(Platform::Efi, true, Media::NoEmulation, 1, 31),
            entry(Platform::Efi, false, Media::HardDisk, 0, 9_999_999),
            entry(Platform::Other(0x77), true, Media::Floppy1440, 1, 32),
        ]
    );
}

#[test]
fn an_image_for_efi_only_says_so_in_its_validation_entry() {
    let iso = read(&image(&[validation(0xef), entry(0x88, 0, 0, 30)]).0).unwrap();
    assert_eq!(iso.boot[0].platform, Platform::Efi);
    assert_eq!(iso.boot.len(), 1);
}

#[test]
fn an_image_without_boot_record_has_no_entries() {
    assert_eq!(read(&Image::new(40).0).unwrap().boot, []);
}

#[test]
fn a_damaged_catalog_is_refused_with_its_reason() {
    let mut wrong_sum = validation(0);
    wrong_sum[5] ^= 1;
    let mut behind_the_end = image(&[]);
    behind_the_end.patch(17 * 2048 + 0x47, &41_u32.to_le_bytes());
    let mut endless = image(&[]);
    endless.patch(17 * 2048 + 0x47, &39_u32.to_le_bytes());
    endless.put(39, &[validation(0), entry(0x88, 0, 1, 30), header(0x91, 0, 65_535)].concat());
    for (image, reason) in [
        (image(&[]), "validation entry is missing"),
        (image(&[wrong_sum, entry(0x88, 0, 1, 30)]), "checksum"),
        (image(&[validation(0), entry(0x12, 0, 1, 30)]), "neither bootable"),
        (image(&[validation(0), entry(0x88, 0, 1, 40)]), "a boot image lies behind the end"),
        (endless, "longer than the catalog"),
        (behind_the_end, "it lies behind the end"),
    ] {
        let error = refuse(&image.0);
        assert!(matches!(error, IsoError::BootCatalog { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error} / {reason}");
    }
}
