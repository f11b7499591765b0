//! A writer of small ISO 9660 images in memory (ECMA-119), for tests that want many images or damaged ones quickly.
//!
//! It writes what netspec reads and no more: no path tables, no dates, plain names in small letters. Images as tools make
//! them come from [`super::build_iso`].

use std::collections::{BTreeMap, BTreeSet};

/// Size of a block in bytes.
pub(crate) const BLOCK: usize = 2048;
/// Blocks 0 to 15 are the system area, 16 and 17 the descriptors; the root directory follows.
const ROOT: usize = 18;

/// An image with these files: their paths, without a leading `/`, and their bytes.
pub(crate) fn image(volume_id: &str, files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut folders = BTreeSet::from([String::new()]);
    for path in files.keys() {
        folders.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
    }
    let block_of_folder: BTreeMap<_, _> = folders.iter().enumerate().map(|(n, folder)| (folder, ROOT + n)).collect();
    let mut next = ROOT + folders.len();
    let mut block_of_file = BTreeMap::new();
    for (path, bytes) in files {
        block_of_file.insert(path, next);
        next += bytes.len().div_ceil(BLOCK);
    }
    let mut image = vec![0; next * BLOCK];
    let mut put = |block: usize, bytes: &[u8]| image[block * BLOCK..][..bytes.len()].copy_from_slice(bytes);
    put(16, &primary_descriptor(volume_id, next));
    put(17, b"\xffCD001\x01");
    for (folder, block) in &block_of_folder {
        let parent = block_of_folder[&parent(folder).to_owned()];
        let mut records = [record(b"\0", *block, BLOCK, true), record(b"\x01", parent, BLOCK, true)].concat();
        for (child, block) in block_of_folder.iter().filter(|(child, _)| is_in(child, folder)) {
            records.extend(record(name(child).as_bytes(), *block, BLOCK, true));
        }
        for (child, bytes) in files.iter().filter(|(child, _)| is_in(child, folder)) {
            records.extend(record(format!("{};1", name(child)).as_bytes(), block_of_file[child], bytes.len(), false));
        }
        assert!(records.len() <= BLOCK, "the folder `{folder}` needs more than one block");
        put(*block, &records);
    }
    for (path, bytes) in files {
        put(block_of_file[path], bytes);
    }
    image
}

/// The first blocks of an image whose volume has `size` bytes, as a download that stopped early leaves them.
pub(crate) fn head_of_volume(volume_id: &str, size: usize) -> Vec<u8> {
    let mut image = image(volume_id, &BTreeMap::new());
    image[16 * BLOCK..17 * BLOCK].copy_from_slice(&primary_descriptor(volume_id, size / BLOCK));
    image
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn is_in(path: &str, folder: &str) -> bool {
    !path.is_empty() && parent(path) == folder
}

/// 8.4.
fn primary_descriptor(volume_id: &str, blocks: usize) -> Vec<u8> {
    let mut bytes = vec![0; BLOCK];
    bytes[..7].copy_from_slice(b"\x01CD001\x01");
    bytes[8..72].fill(b' ');
    bytes[40..40 + volume_id.len()].copy_from_slice(volume_id.as_bytes());
    bytes[80..88].copy_from_slice(&both(blocks));
    bytes[128..132].copy_from_slice(&[0x00, 0x08, 0x08, 0x00]);
    bytes[156..190].copy_from_slice(&record(b"\0", ROOT, BLOCK, true));
    bytes
}

/// 9.1.
fn record(id: &[u8], block: usize, len: usize, is_folder: bool) -> Vec<u8> {
    let mut bytes = [vec![0; 2], both(block), both(len), vec![0; 7]].concat();
    bytes.extend([if is_folder { 2 } else { 0 }, 0, 0, 1, 0, 0, 1, u8::try_from(id.len()).unwrap()]);
    bytes.extend(id);
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes[0] = u8::try_from(bytes.len()).expect("a record has at most 255 bytes");
    bytes
}

/// A number in both byte orders (7.3.3).
fn both(number: usize) -> Vec<u8> {
    let number = u32::try_from(number).unwrap();
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}
