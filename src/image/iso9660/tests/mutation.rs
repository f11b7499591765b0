//! Damage at random, with a fixed seed: whatever the bytes, reading ends soon, without a panic, and a tree that is
//! accepted names only bytes that exist.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::builder::{BLOCK, Image, ROOT, Record, both, ce, descriptor, field, nm, px, sl};
use super::{paths, read};
use crate::world::ReadAt;

/// How many damaged images each test reads, unless `NETSPEC_FUZZ_CASES` says another number.
const ROUNDS: u32 = 3_000;
/// How much may be read of an image of 80 KiB: directories can overlap files and continuation areas, not each other.
const MAX_READ: u64 = 2 << 20;
/// How often may be read: a few times per directory and continuation area. Parsing is linear in what is read, so both
/// limits bound the time, and unlike a clock they give the same answer on a busy machine.
const MAX_READS: u64 = 1000;

/// A file that counts the reads and the bytes read of it.
struct Counting {
    bytes: Vec<u8>,
    reads: AtomicU64,
    read: AtomicU64,
}

impl ReadAt for Counting {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read_at(offset, buf)?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// Numbers that look random (xorshift64, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// Damages one to four places of `image` at a time, among the bytes that mean something.
fn survives(image: &Image, seed: u64) {
    let rounds = std::env::var("NETSPEC_FUZZ_CASES").map_or(ROUNDS, |cases| cases.parse().expect("a number of cases"));
    let places: Vec<usize> = (16 * BLOCK..image.0.len()).filter(|at| image.0[*at] != 0).collect();
    let mut random = Random(seed);
    let mut counting = Counting { bytes: image.0.clone(), reads: AtomicU64::new(0), read: AtomicU64::new(0) };
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..rounds {
        let damage: Vec<(usize, u8)> = (0..1 + random.below(4))
            .map(|_| {
                // Neighbors matter as well: the zero bytes of a number, the gap behind a name.
                let near = places[random.below(places.len())] + random.below(9);
                let at = near.saturating_sub(4).clamp(16 * BLOCK, image.0.len() - 1);
                let byte = match random.below(4) {
                    0 => u8::try_from(random.below(256)).unwrap(),
                    1 => image.0[at] ^ (1 << random.below(8)),
                    2 => [0x00, 0x01, 0x7f, 0x80, 0xff][random.below(5)],
                    _ => image.0[places[random.below(places.len())]],
                };
                (at, byte)
            })
            .collect();
        for (at, byte) in &damage {
            counting.bytes[*at] = *byte;
        }
        // The halves of a number rarely change together by chance.
        let both_at = damage[0].0.min(image.0.len() - 8) & !1;
        if random.below(2) == 0 {
            let number = u32::try_from(random.below(64)).unwrap();
            counting.bytes[both_at..both_at + 8].copy_from_slice(&both(number));
        }
        counting.reads.store(0, Ordering::Relaxed);
        counting.read.store(0, Ordering::Relaxed);
        match read(&counting) {
            Ok(iso) => {
                accepted += 1;
                for path in paths(&iso) {
                    for extent in iso.tree.file(&path).iter().flat_map(|file| file.extents.iter()) {
                        assert!(extent.len > 0 && extent.offset + extent.len <= counting.size(), "{damage:?}");
                    }
                }
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 9000, "round {round}: {error}");
            }
        }
        assert!(counting.reads.load(Ordering::Relaxed) < MAX_READS, "round {round} read too often: {damage:?}");
        assert!(counting.read.load(Ordering::Relaxed) < MAX_READ, "round {round} read too much: {damage:?}");
        for at in damage.iter().map(|(at, _)| *at).chain(both_at..both_at + 8) {
            counting.bytes[at] = image.0[at];
        }
    }
    // Otherwise the damage would be too gentle or too crude to prove anything.
    assert!(accepted > rounds / 50 && refused > rounds / 50, "{accepted} accepted, {refused} refused");
}

#[test]
fn damaged_rock_ridge_images_never_panic() {
    let target = [sl(1, &[(8, ""), (1, "sub")]), sl(0, &[(0, "dir"), (4, ""), (0, "file")])].concat();
    let moved = field(b"RE", b"");
    let image = Image::new(40)
        .rock_ridge_root(
            0,
            &[
                Record::new("A.;1", 30, 2048).flag(0x80).with(nm(0, "sections")).with(px(0o100_644)),
                Record::new("A.;1", 33, 100),
                Record::new("B.;1", 31, 10).with(nm(1, "long ")).with(nm(0, "name")),
                Record::new("L.;1", 0, 0).with(nm(0, "link")).with(px(0o120_777)).with(ce(28, 16, target.len())),
                Record::new("S", 21, 2048).directory().with(nm(0, "sub")).with(px(0o040_755)),
                Record::new("C.;1", 0, 0).with(nm(0, "deep")).with(field(b"CL", &both(22))),
            ],
        )
        .directory(21, &[Record::new("D", 22, 2048).directory().with(nm(0, "deep")).with(moved)])
        .directory(22, &[Record::new("E.;1", 0, 0).with(nm(0, "empty"))])
        .data(28, &[&[0; 16][..], &target].concat());
    assert_eq!(read(&image.0).unwrap().tree.len(), 6);
    survives(&image, 0x006e_6574_7370_6563);
}

#[test]
fn damaged_joliet_and_boot_catalogs_never_panic() {
    let ucs2 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let mut image = Image::new(40);
    image.put(17, b"\0CD001\x01EL TORITO SPECIFICATION");
    image.patch(17 * BLOCK + 0x47, &19_u32.to_le_bytes());
    let mut supplementary = descriptor(2, 40, 22);
    supplementary[88..91].copy_from_slice(b"%/E");
    image.put(18, &supplementary);
    // The catalog takes the block of the terminator, which is not needed.
    let mut catalog = [0; 128];
    catalog[0] = 1;
    catalog[28..32].copy_from_slice(&[0xaa, 0x55, 0x55, 0xaa]);
    catalog[32] = 0x88;
    catalog[38] = 4;
    catalog[40] = 30;
    catalog[64..68].copy_from_slice(&[0x91, 0xef, 1, 0]);
    catalog[96..98].copy_from_slice(&[0x88, 0x20]);
    catalog[104] = 31;
    image.put(19, &catalog);
    let image = image
        .directory(ROOT, &[Record::new("A.;1", 30, 10)])
        .directory(22, &[Record::new(ucs2("Ä sub"), 23, 2048).directory(), Record::new(ucs2("b.;1"), 30, 10)])
        .directory(23, &[Record::new(ucs2("c"), 33, 7), Record::new(ucs2("d"), 34, 0)]);
    let iso = read(&image.0).unwrap();
    assert_eq!((iso.boot.len(), iso.tree.len()), (2, 4));
    survives(&image, 0x0069_736f_3936_3630);
}
