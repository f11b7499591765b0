//! A plain picture for a boot menu, as a PNG file (RFC 2083).

/// A picture of 640 x 480 pixels in one color, with a lighter line across.
pub(super) fn splash() -> Vec<u8> {
    const WIDTH: u32 = 640;
    const HEIGHT: u32 = 480;
    let mut pixels = Vec::new();
    for row in 0..HEIGHT {
        // Each row starts with its filter type, 0 for none; then one bit per pixel.
        pixels.push(0);
        let bits = if row == HEIGHT / 8 { 0xff } else { 0x00 };
        pixels.extend(std::iter::repeat_n(bits, WIDTH as usize / 8));
    }
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    // Bit depth 1, color type 3 (palette), then compression, filter and interlace methods.
    header.extend([1, 3, 0, 0, 0]);

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"PLTE", &[0x10, 0x18, 0x28, 0x17, 0x93, 0xd1]);
    chunk(&mut file, b"IDAT", &stored(&pixels));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    file.extend((content.len() as u32).to_be_bytes());
    let body = [kind, content].concat();
    file.extend(&body);
    file.extend(crc32(&body).to_be_bytes());
}

/// A zlib stream (RFC 1950) of stored, that is uncompressed, blocks (RFC 1951 section 3.2.4).
fn stored(content: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = content.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in content {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_have_the_published_values() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(stored(b"Wikipedia").last_chunk(), Some(&0x11e6_0398_u32.to_be_bytes()));
    }

    #[test]
    fn the_splash_is_framed_as_a_png() {
        let file = splash();
        assert!(file.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
        assert!(file.ends_with(b"IEND\xae\x42\x60\x82"));
    }
}
