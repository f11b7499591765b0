//! The names in certificates and signatures.

use std::collections::BTreeSet;

/// The object identifier 2.5.4.3, `commonName` (RFC 5280 appendix A), in DER with its tag and length.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
/// PrintableString, UTF8String, TeletexString and IA5String: the types of text that such a name can have.
const STRINGS: [u8; 4] = [0x13, 0x0c, 0x14, 0x16];

/// Every common name in DER, of issuers and of subjects alike.
///
/// A signature names the issuer of the signer's certificate, and most bring that certificate too; so what a certificate
/// authority has signed, directly or through one certificate more, has its name.
pub(super) fn common_names(der: &[u8]) -> BTreeSet<String> {
    let starts = der.windows(COMMON_NAME.len()).enumerate().filter(|(_, window)| *window == COMMON_NAME);
    starts.filter_map(|(at, _)| text(der.get(at + COMMON_NAME.len()..)?)).collect()
}

/// A text of less than 128 bytes, which is all that a name may have (RFC 5280: `ub-common-name` is 64).
fn text(der: &[u8]) -> Option<String> {
    let [tag, len, rest @ ..] = der else { return None };
    let bytes = rest.get(..usize::from(*len))?;
    let is_text = STRINGS.contains(tag) && *len < 0x80;
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_text)?;
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_names_of_every_type_of_text() {
        let der =
            b"\x30\x11\x06\x03\x55\x04\x03\x13\x03One..\x06\x03\x55\x04\x03\x0c\x04Zwei\x06\x03\x55\x04\x0a\x13\x03Org";
        assert_eq!(common_names(der), BTreeSet::from(["One".to_owned(), "Zwei".to_owned()]));
    }

    #[test]
    fn broken_names_are_none() {
        for der in [&b"\x06\x03\x55\x04\x03"[..], b"\x06\x03\x55\x04\x03\x13", b"\x06\x03\x55\x04\x03\x13\x05Debi"] {
            assert_eq!(common_names(der), BTreeSet::new());
        }
        for der in [
            &b"\x06\x03\x55\x04\x03\x13\x00"[..],
            b"\x06\x03\x55\x04\x03\x13\x02\xff\xff",
            b"\x06\x03\x55\x04\x03\x13\x02a\n",
        ] {
            assert_eq!(common_names(der), BTreeSet::new());
        }
    }
}
