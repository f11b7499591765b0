//! What is built into a GRUB.

/// A GRUB has some 100 modules.
const MAX_OBJECTS: usize = 1024;
/// The longest folder that is looked at, in bytes.
const MAX_FOLDER: usize = 64;

/// The folder that was built into a GRUB: the object of type 3 in its section `mods` (GRUB's `include/grub/kernel.h`).
///
/// `read` gives the bytes of the section from an offset on, fewer where it ends. Of the modules, which are megabytes, only the
/// headers are read.
pub(super) fn folder(read: &dyn Fn(u64, usize) -> Option<Vec<u8>>) -> Option<String> {
    const PREFIX: u32 = 3;
    let head = read(0, 12)?;
    head.strip_prefix(b"mimg")?;
    // Behind the mark and four bytes of padding: where the first object is, from the mark on.
    let mut at = u64::from(le_u32(&head, 8)?);
    for _ in 0..MAX_OBJECTS {
        let object = read(at, 8)?;
        let (kind, len) = (le_u32(&object, 0)?, u64::from(le_u32(&object, 4)?));
        let body = len.checked_sub(8)?;
        if kind == PREFIX {
            let bytes = read(at + 8, usize::try_from(body).ok()?.min(MAX_FOLDER + 1))?;
            let text = bytes.split(|byte| *byte == 0).next()?;
            return std::str::from_utf8(text).ok().filter(|text| is_folder(text)).map(str::to_owned);
        }
        at += len;
    }
    None
}

/// Whether a text is a folder of the tree, as every distribution has one.
fn is_folder(text: &str) -> bool {
    let is_name = |name: &str| {
        name != "."
            && name != ".."
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    text.len() <= MAX_FOLDER && text.starts_with('/') && text.split('/').all(is_name)
}

fn le_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
pub(super) mod tests {
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

    fn folder(mods: &[u8]) -> Option<String> {
        super::folder(&|at, len| {
            let rest = mods.get(usize::try_from(at).ok()?..)?;
            Some(rest[..rest.len().min(len)].to_vec())
        })
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
