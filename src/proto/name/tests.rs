use proptest::prelude::*;

use super::*;

fn tftp(raw: &[u8]) -> Result<String, NameError> {
    from_tftp(raw)
}

#[test]
fn tf_40_one_file_has_one_name() {
    for raw in ["a/b", "/a/b", "//a//b", "./a/./b", "\\a\\b", ".\\a/b", "/./a\\\\b"] {
        assert_eq!(tftp(raw.as_bytes()).as_deref(), Ok("a/b"), "{raw}");
        assert_eq!(from_http(raw.as_bytes()).as_deref(), Ok("a/b"), "{raw}");
    }
}

#[test]
fn tf_41_g48_hostile_names_are_refused() {
    use NameError::*;
    for (raw, error) in [
        (&b"../etc/passwd"[..], Parent),
        (b"a/../../b", Parent),
        (b"..\\..\\b", Parent),
        (b"a/..", Parent),
        (b"a/.. /b", Parent),
        (b"a\0b", Control),
        (b"a\nb", Control),
        (b"a\x7f/b", Control),
        (b"C:\\x", Drive),
        (b"/c:x", Drive),
        (b"", NotAFile),
        (b"/", NotAFile),
        (b"a/", NotAFile),
        (b"a/.", NotAFile),
    ] {
        assert_eq!(tftp(raw), Err(error), "{raw:?}");
    }
    // These are names like any other: TFTP has no escapes, and dots are only special alone.
    for raw in ["%2e%2e/a", "..a/b", "a...", ".hidden", "a/x:y"] {
        assert_eq!(tftp(raw.as_bytes()).as_deref(), Ok(raw));
    }
}

#[test]
fn bi_05_garbage_behind_a_tftp_name_is_dropped() {
    assert_eq!(tftp(b"ipxe.efi\xff").as_deref(), Ok("ipxe.efi"));
    assert_eq!(tftp(b"ipxe.efi\xff\x01\r\n").as_deref(), Ok("ipxe.efi"));
    assert_eq!(tftp(b"\xff\xff"), Err(NameError::NotAFile));
}

#[test]
fn ht_14_percent_is_decoded_once_and_plus_is_a_plus() {
    for (raw, name) in [
        (&b"/a+b"[..], "a+b"),
        (b"/a%2Bb", "a+b"),
        (b"/a%20b", "a b"),
        (b"/a b", "a b"),
        (b"/%c3%a9", "\u{e9}"),
        ("/\u{e9}".as_bytes(), "\u{e9}"),
        (b"/a%2520b", "a%20b"),
        (b"/a?b=/../c", "a"),
        (b"/a#b", "a"),
        (b"/a%3Fb", "a?b"),
        (b"/a%5cb", "a\\b"),
    ] {
        assert_eq!(from_http(raw).as_deref(), Ok(name), "{raw:?}");
    }
}

#[test]
fn g65_hostile_http_names_are_refused() {
    use NameError::*;
    for (raw, error) in [
        (&b"/%2e%2e/a"[..], Parent),
        (b"/a/%2E./b", Parent),
        (b"/a%00", Control),
        (b"/a%0d%0aX: y", Control),
        (b"/a%2fb", EscapedSlash),
        (b"/a%", Escape),
        (b"/a%4", Escape),
        (b"/a%zz", Escape),
        (b"/%+1", Escape),
        (b"/%43:/x", Drive),
        (b"/?a", NotAFile),
    ] {
        assert_eq!(from_http(raw), Err(error), "{raw:?}");
    }
}

proptest! {
    /// Whatever comes in: no panic, and what comes out is canonical and stays as it is when it comes in again.
    #[test]
    fn se_08_names_are_canonical(raw in prop::collection::vec(prop_oneof![Just(b'/'), Just(b'.'), Just(b'%'), any::<u8>()], 0..60)) {
        for name in [from_tftp(&raw), from_http(&raw)].into_iter().flatten() {
            prop_assert!(!name.is_empty());
            prop_assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")));
            prop_assert!(!name.bytes().any(|b| b.is_ascii_control()));
            if !name.contains('\\') {
                prop_assert_eq!(from_tftp(name.as_bytes()), Ok(name.clone()));
            }
        }
    }
}
