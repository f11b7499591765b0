//! Programs made of a few bytes.

/// A PE32+ image with sections, whose names may be long, and signatures, as [`super::pe`] reads them.
pub(super) fn program(machine: u16, sections: &[(&str, &[u8])], signatures: &[&[u8]]) -> Vec<u8> {
    const HEADER: usize = 0x40;
    const OPTIONAL: usize = 112 + 16 * 8;
    let mut bytes = vec![0; HEADER + 24 + OPTIONAL + 40 * sections.len()];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x40;
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(HEADER, b"PE\0\0");
    put(HEADER + 4, &machine.to_le_bytes());
    put(HEADER + 6, &u16::try_from(sections.len()).unwrap().to_le_bytes());
    put(HEADER + 20, &u16::try_from(OPTIONAL).unwrap().to_le_bytes());
    put(HEADER + 24, &0x20b_u16.to_le_bytes());
    put(HEADER + 24 + 108, &16_u32.to_le_bytes());
    let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let mut strings = vec![0; 4];
    for (at, (name, content)) in sections.iter().enumerate() {
        let header = HEADER + 24 + OPTIONAL + 40 * at;
        let offset = bytes.len();
        let stored = if name.len() > 8 { format!("/{}", strings.len()) } else { (*name).to_owned() };
        strings.extend([name.as_bytes(), b"\0"].concat());
        bytes[header..header + stored.len()].copy_from_slice(stored.as_bytes());
        bytes[header + 16..header + 20].copy_from_slice(&number(content.len()));
        bytes[header + 20..header + 24].copy_from_slice(&number(offset));
        bytes.extend(*content);
    }
    let symbols = number(bytes.len());
    bytes[HEADER + 12..HEADER + 16].copy_from_slice(&symbols);
    bytes.extend(strings);
    if !signatures.is_empty() {
        let offset = bytes.len();
        for signature in signatures {
            bytes.extend(number(8 + signature.len()));
            bytes.extend([0x00, 0x02, 0x02, 0x00]);
            bytes.extend(*signature);
            bytes.resize(offset + (bytes.len() - offset).next_multiple_of(8), 0);
        }
        let directory = HEADER + 24 + 112 + 4 * 8;
        let size = bytes.len() - offset;
        bytes[directory..directory + 4].copy_from_slice(&number(offset));
        bytes[directory + 4..directory + 8].copy_from_slice(&number(size));
    }
    bytes
}

/// A PKCS #7 signature by the first of these certificates: subject, issuer and serial number of each. One without a subject
/// is not part of it.
pub(super) fn signature(certificates: &[(&str, &str, u8)]) -> Vec<u8> {
    let name = |text: &str| {
        let attribute = der(0x30, &[der(0x06, &[&[0x55, 0x04, 0x03]]), der(0x0c, &[text.as_bytes()])]);
        der(0x30, &[der(0x31, &[attribute])])
    };
    let empty = || der(0x30, &[] as &[&[u8]]);
    let issuer_and_serial = |issuer: &str, serial: u8| [name(issuer), der(0x02, &[[serial]])];
    let certificate = |(subject, issuer, serial): &(&str, &str, u8)| {
        let version = der(0xa0, &[der(0x02, &[[2]])]);
        let to_be_signed = [version, der(0x02, &[[*serial]]), empty(), name(issuer), empty(), name(subject), empty()];
        der(0x30, &[der(0x30, &to_be_signed), empty(), der(0x03, &[b"bits"])])
    };
    let known: Vec<_> = certificates.iter().filter(|(subject, ..)| !subject.is_empty()).map(certificate).collect();
    let (_, issuer, serial) = certificates[0];
    let info = der(0x30, &[der(0x02, &[[1]]), der(0x30, &issuer_and_serial(issuer, serial)), empty()]);
    let algorithms = der(0x31, &[] as &[&[u8]]);
    let signed_data = [der(0x02, &[[1]]), algorithms, empty(), der(0xa0, &known), der(0x31, &[info])];
    der(0x30, &[der(0x06, &[b"signed"]), der(0xa0, &[der(0x30, &signed_data)])])
}

fn der(tag: u8, parts: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let content: Vec<u8> = parts.iter().flat_map(|part| part.as_ref().to_vec()).collect();
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    [vec![tag, 0x82, len[0], len[1]], content].concat()
}
