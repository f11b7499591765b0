//! What the headers of a UEFI program say: whether it carries a signature, which is what a firmware with Secure Boot looks for
//! first, and which processor it is for. Kernels are such programs, too.

/// The place of the certificate table among the data directories (PE Format, "Optional Header Data Directories").
const CERTIFICATES: usize = 4;
/// What has to be read of a program to know.
pub(super) const HEAD: u64 = 4096;

fn u16_at(head: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*head.get(at..)?.first_chunk()?))
}

fn u32_at(head: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*head.get(at..)?.first_chunk()?))
}

/// Where the PE header begins; `None` where the bytes do not begin as a PE program does.
fn pe(head: &[u8]) -> Option<usize> {
    let pe = usize::try_from(u32_at(head, 0x3c).filter(|_| head.starts_with(b"MZ"))?).ok()?;
    head.get(pe..)?.starts_with(b"PE\0\0").then_some(pe)
}

/// The processor that a program is for, as the kinds of firmware spell it; `None` where it does not say, or says another one.
pub(super) fn cpu(head: &[u8]) -> Option<&'static str> {
    // PE Format, "Machine Types".
    Some(match u16_at(head, pe(head)? + 4)? {
        0x14c => "ia32",
        0x8664 => "x64",
        0x1c0 | 0x1c2 | 0x1c4 => "arm32",
        0xaa64 => "arm64",
        0x5032 => "riscv32",
        0x5064 => "riscv64",
        0x6232 => "loong32",
        0x6264 => "loong64",
        _ => return None,
    })
}

/// Whether the headers name a certificate table; `None` where the bytes do not begin as a PE program does.
pub(super) fn is_signed(head: &[u8]) -> Option<bool> {
    let optional = pe(head)?.checked_add(24)?;
    // PE32 has 96 bytes before the directories, PE32+ has 112.
    let (count, directories) = match u16_at(head, optional) {
        Some(0x10b) => (92, 96),
        Some(0x20b) => (108, 112),
        _ => return Some(false),
    };
    let has_table = u32_at(head, optional + count).is_some_and(|n| usize::try_from(n).is_ok_and(|n| n > CERTIFICATES));
    let size = u32_at(head, optional + directories + 8 * CERTIFICATES + 4);
    Some(has_table && size.is_some_and(|size| size > 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn program(magic: u16, size: u32) -> Vec<u8> {
        let mut bytes = vec![0; 0x200];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x40;
        bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
        bytes[0x58..0x5a].copy_from_slice(&magic.to_le_bytes());
        let (count, directories) = if magic == 0x20b { (108, 112) } else { (92, 96) };
        bytes[0x58 + count] = 16;
        bytes[0x58 + directories + 36..][..4].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    #[test]
    fn sees_the_certificate_table_of_both_formats() {
        for magic in [0x10b, 0x20b] {
            assert_eq!(is_signed(&program(magic, 0)), Some(false));
            assert_eq!(is_signed(&program(magic, 9)), Some(true));
        }
        assert_eq!(is_signed(b"#!ipxe"), None);
        assert_eq!(cpu(&program(0x20b, 0)), None);
        let mut arm = program(0x20b, 0);
        arm[0x44..0x46].copy_from_slice(&[0x64, 0xaa]);
        assert_eq!(cpu(&arm), Some("arm64"));
        assert_eq!(is_signed(&program(0x20b, 9)[..0x60]), Some(false), "the directories are cut off");
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<u32>()) {
            let mut bytes = [b"MZ".to_vec(), bytes].concat();
            if bytes.len() > 0x40 {
                bytes[0x3c..0x40].copy_from_slice(&at.to_le_bytes());
            }
            let _ = (is_signed(&bytes), cpu(&bytes));
        }
    }
}
