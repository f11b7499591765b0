use super::*;
use crate::facts::testing::program;
use crate::image::iso9660::Extent;

struct Disk(Vec<u8>);

impl ReadAt for Disk {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = self.0.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }
}

#[test]
fn a_part_of_a_file_is_read_across_its_extents() {
    let disk = Disk((0..100).collect());
    let extents: Vec<Extent> = [(10, 5), (50, 5)].map(|(offset, len)| Extent { offset, len }).to_vec();
    let file = FileEntry { size: 10, extents: extents.into() };
    let part = |offset, len| read(&disk, &file, offset, len).unwrap();
    assert_eq!(part(0, 10), [10, 11, 12, 13, 14, 50, 51, 52, 53, 54]);
    assert_eq!(part(3, 4), [13, 14, 50, 51]);
    assert_eq!(part(7, 100), [52, 53, 54]);
    assert_eq!(part(10, 1), [0_u8; 0]);
    assert_eq!(part(u64::MAX, 1), [0_u8; 0]);
}

/// A certificate with these names, as far as names are looked for in it.
fn certificate(names: &[&str]) -> Vec<u8> {
    let name =
        |name: &&str| [b"\x06\x03\x55\x04\x03\x0c", &[u8::try_from(name.len()).unwrap()][..], name.as_bytes()].concat();
    names.iter().flat_map(name).collect()
}

#[test]
fn shim_trusts_what_its_own_certificate_has_signed() {
    let shim = program(0x8664, &[(".vendor_cert", &certificate(&["Some CA"]))], &[]);
    let mods = grub::tests::mods("/EFI/some");
    let grub =
        |signers: &[&str], text: &[u8]| program(0x8664, &[("mods", &mods), (".data", text)], &[&certificate(signers)]);
    let good = chain(&shim, &grub(&["Some CA", "Some Signer"], b"other text"));
    assert_eq!((good.grub_is_trusted, good.grub_has_http, good.grub_folder.as_str()), (true, false, "/EFI/some"));
    assert!(good.accepts(&BTreeSet::from(["Some CA".to_owned(), "Kernel Signer".to_owned()])));
    assert!(!good.accepts(&BTreeSet::new()));
    let other = chain(&shim, &grub(&["Other CA"], b"%s HTTP/1.1\r\n"));
    assert_eq!((other.grub_is_trusted, other.grub_has_http), (false, true));
    let unsigned = chain(&Vec::new(), &Vec::new());
    assert!(!unsigned.grub_is_trusted && unsigned.trusted.is_empty());
}
