//! UEFI programs with names in them: of the certificates that shim has, and of those that signed GRUB and kernels.

/// Where the sections begin.
const HEADERS: usize = 1024;

/// shim of a distribution, with the certificate of its authority inside.
pub(crate) fn shim(authority: &str) -> Vec<u8> {
    program(&[(b"/4", b"\0\0\0\0.vendor_cert\0", &certificate(authority))], b"")
}

/// GRUB, signed by an authority, which looks for its menu in `/grub`.
pub(crate) fn grub(authority: &str, has_http: bool) -> Vec<u8> {
    let mods = b"mimg\0\0\0\0\x18\0\0\0\0\0\0\0\x28\0\0\0\0\0\0\0\x03\0\0\0\x10\0\0\0/grub\0\0\0";
    let code: &[u8] = if has_http { b"GET \0 HTTP/1.1\r\nHost: " } else { b"RRQ" };
    program(&[(b"mods", b"", mods), (b".text", b"", code)], &certificate(authority))
}

/// A kernel, signed by an authority.
pub(crate) fn kernel(authority: &str) -> Vec<u8> {
    program(&[(b".text", b"", b"kernel")], &certificate(authority))
}

/// As much of a certificate as has a name: `commonName` and a UTF8String (RFC 5280 appendix A).
fn certificate(authority: &str) -> Vec<u8> {
    let len = u8::try_from(authority.len()).unwrap();
    [b"\x06\x03\x55\x04\x03\x0c", &[len][..], authority.as_bytes()].concat()
}

/// A PE32+ program for x86-64: sections with the name in the header, the string table behind that name, and the bytes.
fn program(sections: &[(&[u8], &[u8], &[u8])], certificates: &[u8]) -> Vec<u8> {
    const OPTIONAL: usize = 0x58;
    let mut file = vec![0; HEADERS];
    file[..2].copy_from_slice(b"MZ");
    file[0x3c] = 0x40;
    file[0x40..0x46].copy_from_slice(b"PE\0\0\x64\x86");
    file[0x46] = u8::try_from(sections.len()).unwrap();
    file[0x54] = 240;
    file[OPTIONAL..OPTIONAL + 2].copy_from_slice(&[0x0b, 0x02]);
    file[OPTIONAL + 108] = 16;
    let mut strings: Vec<u8> = Vec::new();
    for (at, (name, long, body)) in sections.iter().enumerate() {
        let header = OPTIONAL + 240 + at * 40;
        file[header..header + name.len()].copy_from_slice(name);
        let place = [body.len(), file.len()].map(|number| u32::try_from(number).unwrap().to_le_bytes()).concat();
        file[header + 16..header + 24].copy_from_slice(&place);
        strings.extend(*long);
        file.extend(*body);
    }
    let symbols = u32::try_from(file.len()).unwrap().to_le_bytes();
    file[0x4c..0x50].copy_from_slice(&symbols);
    file.extend(strings);
    if !certificates.is_empty() {
        // Of revision 2.0 and type PKCS #7 (PE Format, "The Attribute Certificate Table").
        let len = u32::try_from(8 + certificates.len()).unwrap();
        let place = [u32::try_from(file.len()).unwrap(), len].map(u32::to_le_bytes).concat();
        file[OPTIONAL + 144..OPTIONAL + 152].copy_from_slice(&place);
        file.extend([&len.to_le_bytes()[..], &[0x00, 0x02, 0x02, 0x00], certificates].concat());
    }
    file
}
