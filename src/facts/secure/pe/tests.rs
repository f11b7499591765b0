use super::*;

/// A PE32+ program with these sections, whose names may be long, and with these certificates behind them.
pub(in super::super) fn program(sections: &[(&str, &[u8])], certificates: &[u8]) -> Vec<u8> {
    const OPTIONAL: usize = 240;
    let mut headers = b"MZ".to_vec();
    headers.resize(0x40, 0);
    headers[0x3c] = 0x40;
    headers.extend(b"PE\0\0\x64\x86");
    headers.extend(u16::try_from(sections.len()).unwrap().to_le_bytes());
    headers.extend([0; 12]);
    headers.extend(u16::try_from(OPTIONAL).unwrap().to_le_bytes());
    headers.extend([0; 2]);
    let optional = headers.len();
    headers.extend([0; OPTIONAL]);
    headers[optional..optional + 2].copy_from_slice(&[0x0b, 0x02]);
    headers[optional + 108] = 16;
    let (mut bodies, mut strings) = (Vec::new(), vec![0; 4]);
    for (name, body) in sections {
        let mut header = [0; 40];
        let stored = if name.len() > 8 { format!("/{}", strings.len()) } else { (*name).to_owned() };
        header[..stored.len()].copy_from_slice(stored.as_bytes());
        strings.extend([name.as_bytes(), b"\0"].concat());
        header[16..20].copy_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
        header[20..24].copy_from_slice(&u32::try_from(HEADERS + bodies.len()).unwrap().to_le_bytes());
        headers.extend(header);
        bodies.extend(*body);
    }
    headers.resize(HEADERS, 0);
    let mut file = [headers, bodies].concat();
    let symbols = u32::try_from(file.len()).unwrap().to_le_bytes();
    file[0x4c..0x50].copy_from_slice(&symbols);
    file.extend(strings);
    if !certificates.is_empty() {
        let (offset, len) = (u32::try_from(file.len()).unwrap(), u32::try_from(certificates.len()).unwrap());
        let entry = optional + 112 + 4 * 8;
        file[entry..entry + 4].copy_from_slice(&offset.to_le_bytes());
        file[entry + 4..entry + 8].copy_from_slice(&len.to_le_bytes());
        file.extend(certificates);
    }
    file
}

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
fn sections_are_found_by_short_and_long_names() {
    let file = program(&[("mods", b"one"), (".vendor_cert", b"two"), ("12345678", b"eight")], b"");
    assert_eq!(section(&file, "mods"), Some(&b"one"[..]));
    assert_eq!(section(&file, ".vendor_cert"), Some(&b"two"[..]));
    assert_eq!(section(&file, "12345678"), Some(&b"eight"[..]));
    assert_eq!(section(&file, "mod"), None);
}

#[test]
fn the_certificates_of_a_signed_program_are_found_by_its_headers() {
    let file = program(&[(".text", b"code")], b"signature");
    let place = certificates(&file[..HEADERS]).unwrap();
    assert_eq!(place.of(&file), Some(&b"signature"[..]));
    assert_eq!(certificates(&program(&[(".text", b"code")], b"")), None);
    assert_eq!(certificates(b"MZ, and then text"), None);
}

#[test]
fn the_folder_of_a_grub_is_read_if_it_can_be_one() {
    assert_eq!(grub_prefix(&mods("/grub")).as_deref(), Some("/grub"));
    assert_eq!(grub_prefix(&mods("/EFI/fedora")).as_deref(), Some("/EFI/fedora"));
    for other in ["", "grub", "(memdisk)/boot", "/a/../../b", "/a b"] {
        assert_eq!(grub_prefix(&mods(other)), None, "{other}");
    }
}

#[test]
fn a_cut_or_damaged_file_is_no_program_and_no_panic() {
    let file = program(&[("mods", &mods("/grub")), (".vendor_cert", b"two")], b"signature");
    let whole = mods("/grub");
    for len in 0..file.len() {
        let cut = &file[..len];
        let _ = (section(cut, ".vendor_cert"), certificates(cut).and_then(|place| place.of(cut)));
    }
    for len in 0..whole.len() {
        let _ = grub_prefix(&whole[..len]);
    }
    for at in 0..HEADERS.min(512) {
        let mut damaged = file.clone();
        damaged[at] = 0xff;
        let _ = (section(&damaged, "mods").map(grub_prefix), certificates(&damaged));
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] = 0xff;
        let _ = grub_prefix(&damaged);
    }
}
