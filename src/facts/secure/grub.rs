//! What is built into a GRUB.

/// The folder that was built into a GRUB: the object of type 3 in its section `mods` (GRUB's `include/grub/kernel.h`).
pub(super) fn folder(mods: &[u8]) -> Option<String> {
    const PREFIX: u32 = 3;
    let mods = mods.strip_prefix(b"mimg")?;
    // Behind the mark and four bytes of padding: where the first object is, and how long all are, both from the mark on.
    let first = usize::try_from(le_u32(mods, 4)?).ok()?.checked_sub(4)?;
    let mut rest = mods.get(first..)?;
    loop {
        let (kind, len) = (le_u32(rest, 0)?, usize::try_from(le_u32(rest, 4)?).ok()?);
        let body = rest.get(8..len)?;
        if kind == PREFIX {
            let text = body.split(|byte| *byte == 0).next()?;
            return std::str::from_utf8(text).ok().filter(|text| is_folder(text)).map(str::to_owned);
        }
        rest = rest.get(len..)?;
    }
}

/// Whether a text is a folder of the tree, as every distribution has one.
fn is_folder(text: &str) -> bool {
    let is_name = |name: &str| {
        name != "."
            && name != ".."
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    text.len() <= 64 && text.starts_with('/') && text.split('/').all(is_name)
}

fn le_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The modules of a GRUB: one of another type, then the folder.
    pub(in super::super) fn mods(prefix: &str) -> Vec<u8> {
        let object = |kind: u32, body: &[u8]| {
            let len = u32::try_from(8 + body.len()).unwrap();
            [&kind.to_le_bytes()[..], &len.to_le_bytes(), body].concat()
        };
        let objects = [object(0, b"module"), object(3, format!("{prefix}\0\0").as_bytes())].concat();
        let size = u64::try_from(24 + objects.len()).unwrap();
        [b"mimg\0\0\0\0", &24_u64.to_le_bytes()[..], &size.to_le_bytes(), &objects].concat()
    }

    #[test]
    fn the_folder_of_a_grub_is_read_if_it_can_be_one() {
        assert_eq!(folder(&mods("/grub")).as_deref(), Some("/grub"));
        assert_eq!(folder(&mods("/EFI/fedora")).as_deref(), Some("/EFI/fedora"));
        for other in ["", "grub", "(memdisk)/boot", "/a/../../b", "/a b"] {
            assert_eq!(folder(&mods(other)), None, "{other}");
        }
    }

    #[test]
    fn cut_or_damaged_modules_are_no_panic() {
        let whole = mods("/grub");
        for len in 0..whole.len() {
            let _ = folder(&whole[..len]);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] = 0xff;
            let _ = folder(&damaged);
        }
    }
}
