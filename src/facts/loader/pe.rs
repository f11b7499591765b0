//! The parts of a UEFI program that tell about it: its processor, its sections, its signatures.
//!
//! By the PE Format: "MS-DOS Stub", "COFF File Header", "Optional Header", "Section Table", "The Attribute Certificate Table".

/// The certificate table is the fifth of the data directories.
const CERTIFICATES: usize = 4;
/// A section header has 40 bytes.
const SECTION_HEADER: usize = 40;
/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`
const PKCS_SIGNED_DATA: u16 = 2;

/// A PE image.
#[derive(Clone, Copy)]
pub(super) struct Pe<'a> {
    bytes: &'a [u8],
    /// From the machine type on.
    header: &'a [u8],
}

impl<'a> Pe<'a> {
    /// `None` for bytes that are no PE image.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(b"MZ") {
            return None;
        }
        let offset = usize::try_from(u32_at(bytes, 0x3c)?).ok()?;
        let header = bytes.get(offset..)?.strip_prefix(b"PE\0\0")?;
        u16_at(header, 0)?;
        Some(Self { bytes, header })
    }

    /// For which processor it was built.
    pub(super) fn machine_type(self) -> u16 {
        u16_at(self.header, 0).unwrap_or(0)
    }

    /// The bytes of the first section of this name.
    pub(super) fn section(self, name: &str) -> Option<&'a [u8]> {
        let count = usize::from(u16_at(self.header, 2)?);
        let table = self.header.get(20 + usize::from(u16_at(self.header, 16)?)..)?;
        let section = table.chunks_exact(SECTION_HEADER).take(count).find(|section| {
            let own = section[..8].split(|byte| *byte == 0).next();
            own == Some(name.as_bytes())
        })?;
        let size = usize::try_from(u32_at(section, 16)?).ok()?;
        let offset = usize::try_from(u32_at(section, 20)?).ok()?;
        self.bytes.get(offset..offset.checked_add(size)?)
    }

    /// Its signatures, each as PKCS #7 SignedData in DER. `None` where the table is damaged.
    pub(super) fn signatures(self) -> Option<Vec<&'a [u8]>> {
        let optional = self.header.get(20..)?;
        // PE32 has 96 bytes before the directories, PE32+ has 112.
        let directories = match u16_at(optional, 0) {
            Some(0x10b) => 96,
            Some(0x20b) => 112,
            _ => return Some(Vec::new()),
        };
        let count = usize::try_from(u32_at(optional, directories - 4)?).ok()?;
        if count <= CERTIFICATES {
            return Some(Vec::new());
        }
        let offset = usize::try_from(u32_at(optional, directories + 8 * CERTIFICATES)?).ok()?;
        let size = usize::try_from(u32_at(optional, directories + 8 * CERTIFICATES + 4)?).ok()?;
        let mut table = self.bytes.get(offset..offset.checked_add(size)?)?;
        let mut found = Vec::new();
        while !table.is_empty() {
            let len = usize::try_from(u32_at(table, 0)?).ok()?;
            let signature = table.get(8..len)?;
            if u16_at(table, 6)? == PKCS_SIGNED_DATA {
                found.push(signature);
            }
            // Entries begin at multiples of eight bytes.
            table = table.get(len.checked_next_multiple_of(8)?..).unwrap_or_default();
        }
        Some(found)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::loader::testing::program;

    #[test]
    fn reads_the_parts_of_a_program() {
        let bytes = program(0xaa64, &[(".sbat", b"sbat,1"), (".text", b"code")], &[b"first sig", b"second"]);
        let pe = Pe::new(&bytes).unwrap();
        assert_eq!(pe.machine_type(), 0xaa64);
        assert_eq!((pe.section(".sbat"), pe.section(".text")), (Some(&b"sbat,1"[..]), Some(&b"code"[..])));
        assert_eq!(pe.section(".sba"), None);
        assert_eq!(pe.signatures().unwrap(), [&b"first sig"[..], b"second"]);
        let unsigned = program(0x8664, &[], &[]);
        assert!(Pe::new(&unsigned).unwrap().signatures().unwrap().is_empty());
    }

    /// A cut file is a shorter program, or none, and never more than it was.
    #[test]
    fn a_cut_program_is_none_or_says_less() {
        let whole = program(0x8664, &[(".sbat", b"sbat,1")], &[b"signature"]);
        for len in 0..whole.len() {
            let Some(pe) = Pe::new(&whole[..len]) else { continue };
            assert_eq!(pe.machine_type(), 0x8664);
            assert!(pe.section(".sbat").is_none_or(|section| section == b"sbat,1"));
            assert!(pe.signatures().is_none_or(|found| found.is_empty()), "{len} of {} bytes", whole.len());
        }
        assert!(Pe::new(b"#!ipxe").is_none());
    }

    proptest! {
        #[test]
        fn survives_any_change(at in 0usize..0x200, bytes in prop::collection::vec(any::<u8>(), 1..9)) {
            let mut program = program(0x8664, &[(".sbat", b"sbat,1")], &[b"signature"]);
            let at = at.min(program.len() - bytes.len());
            program[at..at + bytes.len()].copy_from_slice(&bytes);
            if let Some(pe) = Pe::new(&program) {
                let _ = (pe.machine_type(), pe.section(".sbat"), pe.signatures());
            }
        }
    }
}
