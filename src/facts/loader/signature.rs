//! Who signed a UEFI program: names out of PKCS #7 SignedData (RFC 2315 section 9.1), whose certificates are X.509 (RFC 5280).
//!
//! Names are read, and nothing is verified: firmware does that, with keys of its own.

use serde::Serialize;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OBJECT_ID: u8 = 0x06;
/// `[0]`, constructed: the content of a ContentInfo, the certificates of a SignedData, the version of a certificate.
const CONTEXT_0: u8 = 0xa0;
const SET: u8 = 0x31;
/// 2.5.4.3, commonName (RFC 5280 appendix A.1).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `BMPString`: UTF-16 in network order.
const BMP_STRING: u8 = 0x1e;

/// A certificate that signed a program, by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// The common name of its subject.
    pub subject: String,
    /// The common name of who issued it.
    pub issuer: String,
}

/// The signers of one signature; `None` where it cannot be read.
pub(super) fn signers(signature: &[u8]) -> Option<Vec<Signer>> {
    let mut content_info = Der(Der(signature).expect(SEQUENCE)?);
    content_info.expect(OBJECT_ID)?;
    let mut signed_data = Der(Der(content_info.expect(CONTEXT_0)?).expect(SEQUENCE)?);
    signed_data.expect(INTEGER)?;
    signed_data.expect(SET)?;
    signed_data.expect(SEQUENCE)?;
    let mut certificates = Vec::new();
    let mut infos = None;
    for (tag, content) in signed_data {
        match tag {
            CONTEXT_0 => certificates = Der(content).filter_map(|(_, content)| Certificate::read(content)).collect(),
            SET => infos = Some(content),
            _ => {}
        }
    }
    let infos = Der(infos?).map(|(_, content)| {
        let mut info = Der(content);
        info.expect(INTEGER)?;
        let mut of_certificate = Der(info.expect(SEQUENCE)?);
        let (issuer, serial) = (of_certificate.expect(SEQUENCE)?, of_certificate.expect(INTEGER)?);
        let subject = certificates.iter().find(|known| (known.issuer, known.serial) == (issuer, serial));
        Some(Signer {
            subject: subject.and_then(|certificate| common_name(certificate.subject)).unwrap_or_default(),
            issuer: common_name(issuer).unwrap_or_default(),
        })
    });
    infos.collect()
}

/// What tells a certificate from others, and whose it is.
struct Certificate<'a> {
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
}

impl<'a> Certificate<'a> {
    fn read(content: &'a [u8]) -> Option<Self> {
        let mut to_be_signed = Der(Der(content).expect(SEQUENCE)?);
        let serial = match to_be_signed.next()? {
            (CONTEXT_0, _) => to_be_signed.expect(INTEGER)?,
            (INTEGER, serial) => serial,
            _ => return None,
        };
        to_be_signed.expect(SEQUENCE)?;
        let issuer = to_be_signed.expect(SEQUENCE)?;
        to_be_signed.expect(SEQUENCE)?;
        Some(Self { serial, issuer, subject: to_be_signed.expect(SEQUENCE)? })
    }
}

/// The last common name of a distinguished name, without control characters.
fn common_name(name: &[u8]) -> Option<String> {
    let attributes = Der(name).flat_map(|(_, set)| Der(set)).filter_map(|(_, attribute)| {
        let mut attribute = Der(attribute);
        let id = attribute.expect(OBJECT_ID)?;
        let (tag, text) = attribute.next()?;
        (id == COMMON_NAME).then_some((tag, text))
    });
    let (tag, text) = attributes.last()?;
    let text = match tag {
        BMP_STRING => {
            let units: Vec<u16> = text.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8_lossy(text).into_owned(),
    };
    Some(text.chars().filter(|c| !c.is_control()).collect())
}

/// A row of values in DER (X.690 section 10): tags of one byte, lengths of at most four.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}

impl<'a> Iterator for Der<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (len, rest) = match usize::from(*first) {
            short @ 0..=0x7f => (short, rest),
            long @ 0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(long - 0x80)?;
                (bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((*tag, content))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::testing::signature;

    fn signer(subject: &str, issuer: &str) -> Signer {
        Signer { subject: subject.to_owned(), issuer: issuer.to_owned() }
    }

    #[test]
    fn names_the_certificate_that_signed_and_who_issued_it() {
        let names = [("Some Signer", "Some CA", 7), ("Some CA", "Some Root", 1)];
        assert_eq!(signers(&signature(&names)).unwrap(), [signer("Some Signer", "Some CA")]);
    }

    #[test]
    fn a_signer_without_its_certificate_is_known_by_the_issuer() {
        let bytes = signature(&[("", "Some CA", 7)]);
        assert_eq!(signers(&bytes).unwrap(), [signer("", "Some CA")]);
        assert_eq!(signers(b""), None);
    }

    proptest! {
        #[test]
        fn survives_any_change(at in any::<prop::sample::Index>(), byte in any::<u8>(), len in any::<prop::sample::Index>()) {
            let mut bytes = signature(&[("Some Signer", "Some CA", 7), ("Some CA", "Some Root", 1)]);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(len.index(bytes.len() + 1));
            let _ = signers(&bytes);
        }
    }
}
