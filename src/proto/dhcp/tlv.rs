//! The walk over options: tag, length, value (RFC 2132 section 2).

/// Fills gaps; has no length.
const PAD: u8 = 0;
/// Ends a field of options; has no length.
const END: u8 = 255;

/// The options of one field, in their order.
///
/// Ends at END, at the end of the field where END is missing, or before an option that runs over the end of the field (DH-10).
pub(super) struct Tlv<'a>(&'a [u8]);

impl<'a> Tlv<'a> {
    pub(super) fn new(field: &'a [u8]) -> Self {
        Self(field)
    }
}

impl<'a> Iterator for Tlv<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&code, rest) = self.0.split_first()?;
            self.0 = rest;
            match code {
                PAD => {}
                END => {
                    self.0 = &[];
                    return None;
                }
                code => {
                    let (&len, rest) = rest.split_first()?;
                    let Some((value, rest)) = rest.split_at_checked(usize::from(len)) else {
                        self.0 = &[];
                        return None;
                    };
                    self.0 = rest;
                    return Some((code, value));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &[u8]) -> Vec<(u8, Vec<u8>)> {
        Tlv::new(field).map(|(code, value)| (code, value.to_vec())).collect()
    }

    /// DH-10
    #[test]
    fn walks_over_pads_and_stops_at_end_or_at_a_cut() {
        assert_eq!(read(&[0, 0, 53, 1, 1, 0, 60, 0, 255, 54, 1, 9]), [(53, vec![1]), (60, vec![])]);
        assert_eq!(read(&[53, 1, 1]), [(53, vec![1])], "END is missing");
        assert_eq!(read(&[53, 1, 1, 60, 9, b'P']), [(53, vec![1])], "the value is cut");
        assert_eq!(read(&[53, 1, 1, 60]), [(53, vec![1])], "the length is cut");
        assert_eq!(read(&[0; 300]), []);
    }

    #[test]
    fn stays_at_its_end_after_a_cut() {
        let mut walk = Tlv::new(&[60, 9, b'P', 53, 1, 1]);
        assert_eq!(walk.next(), None);
        assert_eq!(walk.next(), None);
    }
}
