//! The datagrams of TFTP (RFC 1350 section 5).

/// How a file is written on the wire (RFC 1350 section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The bytes as they are.
    Octet,
    /// Text, with CR LF at the end of lines and CR NUL for a CR.
    Netascii,
    /// To a user instead of a file; obsolete.
    Mail,
}

/// A request to read a file (RRQ).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest<'a> {
    /// The name as the client wrote it.
    pub name: &'a [u8],
    /// The mode.
    pub mode: Mode,
    /// Names and values of the options, in the order and the spelling of the client (RFC 2347).
    pub options: Vec<(&'a [u8], &'a [u8])>,
}

/// A datagram as the server receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// RRQ, opcode 1.
    ReadRequest(ReadRequest<'a>),
    /// WRQ, opcode 2.
    WriteRequest {
        /// The name as the client wrote it.
        name: &'a [u8],
    },
    /// ACK, opcode 4.
    Ack {
        /// The block number; 0 acknowledges an OACK.
        block: u16,
    },
    /// ERROR, opcode 5.
    Error {
        /// The code (RFC 1350 appendix), which may be none that we know.
        code: u16,
        /// The text, without its NUL.
        message: &'a [u8],
    },
    /// DATA (3) or OACK (6), which only a server sends.
    FromServer,
}

/// Why a datagram is no TFTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It ends inside of a field.
    #[error("the packet is cut short")]
    Short,
    /// There is no such opcode.
    #[error("unknown opcode {0}")]
    Opcode(u16),
    /// It is a request whose name or mode has no end, or whose mode is unknown.
    #[error("the request has no mode that we know")]
    Request,
}

/// More options than this are no options; every client known sends at most five.
const MAX_OPTIONS: usize = 16;

impl<'a> Packet<'a> {
    /// Reads a datagram.
    ///
    /// What follows the last complete option of a request is ignored: some ROMs pad the request (TF-01).
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let (&opcode, body) = datagram.split_first_chunk::<2>().ok_or(Malformed::Short)?;
        let number = || body.first_chunk::<2>().map(|b| u16::from_be_bytes(*b)).ok_or(Malformed::Short);
        match u16::from_be_bytes(opcode) {
            1 => parse_request(body).map(Self::ReadRequest),
            2 => text(body).map(|(name, _)| Self::WriteRequest { name }).ok_or(Malformed::Request),
            3 | 6 => Ok(Self::FromServer),
            4 => Ok(Self::Ack { block: number()? }),
            5 => {
                let message = body.get(2..).unwrap_or_default();
                let end = message.iter().position(|b| *b == 0).unwrap_or(message.len());
                Ok(Self::Error { code: number()?, message: &message[..end] })
            }
            other => Err(Malformed::Opcode(other)),
        }
    }
}

fn parse_request(body: &[u8]) -> Result<ReadRequest<'_>, Malformed> {
    let (name, rest) = text(body).ok_or(Malformed::Request)?;
    let (mode, mut rest) = text(rest).ok_or(Malformed::Request)?;
    let mode = [("octet", Mode::Octet), ("netascii", Mode::Netascii), ("mail", Mode::Mail)]
        .into_iter()
        .find_map(|(word, known)| mode.eq_ignore_ascii_case(word.as_bytes()).then_some(known))
        .ok_or(Malformed::Request)?;
    let mut options = Vec::new();
    while let Some((option, behind)) = text(rest)
        && let Some((value, behind)) = text(behind)
        && !option.is_empty()
        && options.len() < MAX_OPTIONS
    {
        options.push((option, value));
        rest = behind;
    }
    Ok(ReadRequest { name, mode, options })
}

/// Splits text from what is behind its NUL.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The codes that netspec sends (RFC 1350 appendix).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum ErrorCode {
    /// See the message.
    NotDefined = 0,
    /// File not found.
    NotFound = 1,
    /// Access violation.
    AccessViolation = 2,
    /// Illegal TFTP operation.
    IllegalOperation = 4,
    /// Unknown transfer id.
    UnknownTransferId = 5,
}

/// The longest text of an ERROR, so that the datagram fits 512 bytes with much to spare (TF-30).
const MAX_MESSAGE: usize = 120;

/// An ERROR with a text of printable ASCII, cut where it is too long.
pub fn encode_error(code: ErrorCode, message: &str) -> Vec<u8> {
    let mut packet = vec![0, 5];
    packet.extend_from_slice(&(code as u16).to_be_bytes());
    packet.extend(message.bytes().filter(|b| matches!(b, b' '..=b'~')).take(MAX_MESSAGE));
    packet.push(0);
    packet
}

/// The four bytes in front of the payload of a DATA.
pub fn encode_data_header(block: u16) -> [u8; 4] {
    let [high, low] = block.to_be_bytes();
    [0, 3, high, low]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(datagram: &[u8]) -> ReadRequest<'_> {
        match Packet::parse(datagram) {
            Ok(Packet::ReadRequest(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tf_01_modes_are_read_in_any_case_and_garbage_behind_is_ignored() {
        let plain = request(b"\0\x01a\0oCtEt\0");
        assert_eq!((plain.name, plain.mode, plain.options.len()), (&b"a"[..], Mode::Octet, 0));
        assert_eq!(request(b"\0\x01a\0NETASCII\0").mode, Mode::Netascii);
        assert_eq!(request(b"\0\x01a\0octet\0blksize\x001408\0\0\0\0\0").options, [(&b"blksize"[..], &b"1408"[..])]);
        assert_eq!(request(b"\0\x01a\0octet\0tsize\x000\0garbage").options, [(&b"tsize"[..], &b"0"[..])]);
        assert_eq!(request(b"\0\x01a\0octet\0\xff\xff\xff").options, []);
    }

    #[test]
    fn g47_broken_packets_have_a_reason() {
        for (datagram, reason) in [
            (&b""[..], Malformed::Short),
            (b"\0", Malformed::Short),
            (b"\0\x04\0", Malformed::Short),
            (b"\0\x05\0", Malformed::Short),
            (b"\0\x01", Malformed::Request),
            (b"\0\x01name", Malformed::Request),
            (b"\0\x01name\0octet", Malformed::Request),
            (b"\0\x01name\0image\0", Malformed::Request),
            (b"\0\x02name", Malformed::Request),
            (b"\0\x07", Malformed::Opcode(7)),
            (b"\x01\0a\0octet\0", Malformed::Opcode(256)),
        ] {
            assert_eq!(Packet::parse(datagram), Err(reason), "{datagram:?}");
        }
        assert_eq!(Packet::parse(b"\0\x05\0\x08no NUL"), Ok(Packet::Error { code: 8, message: b"no NUL" }));
        assert_eq!(Packet::parse(b"\0\x04\xff\xffpadding"), Ok(Packet::Ack { block: 65535 }));
    }

    #[test]
    fn tf_30_an_error_is_short_printable_and_ends_in_nul() {
        assert_eq!(encode_error(ErrorCode::NotFound, "not\nfound"), b"\0\x05\0\x01notfound\0");
        assert!(encode_error(ErrorCode::NotDefined, &"x".repeat(2000)).len() < 512);
    }

    proptest! {
        #[test]
        fn se_08_no_datagram_makes_the_parser_panic(opcode in 0u8..8, body in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..80)) {
            let datagram = [&[0, opcode], &body[..]].concat();
            if let Ok(Packet::ReadRequest(request)) = Packet::parse(&datagram) {
                prop_assert!(request.options.len() <= MAX_OPTIONS);
            }
        }
    }
}
