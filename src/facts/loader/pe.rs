//! The headers of a UEFI program: for which processor it was built.

/// The machine type of a PE image (PE Format, "MS-DOS Stub" and "COFF File Header"); `None` for bytes that are no PE image.
pub(super) fn machine_type(bytes: &[u8]) -> Option<u16> {
    if !bytes.starts_with(b"MZ") {
        return None;
    }
    let offset = u32::from_le_bytes(bytes.get(0x3c..0x40)?.try_into().ok()?);
    let header = bytes.get(usize::try_from(offset).ok()?..)?;
    let machine = header.strip_prefix(b"PE\0\0")?.get(..2)?;
    Some(u16::from_le_bytes(machine.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(machine: [u8; 2]) -> Vec<u8> {
        let mut bytes = vec![0; 0x80];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x40;
        bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
        bytes[0x44..0x46].copy_from_slice(&machine);
        bytes
    }

    #[test]
    fn reads_the_processor_of_a_program() {
        assert_eq!(machine_type(&program([0x64, 0x86])), Some(0x8664));
        assert_eq!(machine_type(&program([0x64, 0xaa])), Some(0xaa64));
    }

    #[test]
    fn other_and_cut_files_have_none() {
        let whole = program([0x64, 0x86]);
        for len in 0..0x46 {
            assert_eq!(machine_type(&whole[..len]), None, "{len} bytes");
        }
        let mut far = whole.clone();
        far[0x3c..0x40].fill(0xff);
        assert_eq!(machine_type(&far), None);
        let mut other = whole;
        other[0] = b'L';
        assert_eq!(machine_type(&other), None);
    }
}
