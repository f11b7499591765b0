//! Takes the name of iPXE out of what a PC's boot ROM sends.
//!
//! QEMU's boot ROMs are iPXE, which tells so in its DHCP messages, and a server then treats it as iPXE. Without that name it
//! is what every other boot ROM is: a PXE client with its PXE stack, which loads a program by TFTP. The PC gets its name back
//! when it asks for that program, so that an iPXE that is loaded then can tell who it is.

use super::dhcp::COOKIE;
use super::frame::Frame;

/// The user class (RFC 3004), in which iPXE says `iPXE`.
const USER_CLASS: u8 = 77;
/// The options of iPXE's own, with what it was built with.
const IPXE: u8 = 175;

/// The port of TFTP requests.
const TFTP: u16 = 69;

/// Ethernet and IP without options, UDP, the fields of a DHCP message up to its options, and the cookie.
const OPTIONS: usize = 14 + 20 + 8 + 236 + 4;

/// A PC that has not asked for a program yet.
#[derive(Debug, Default)]
pub struct Disguise {
    is_off: bool,
}

impl Disguise {
    /// Changes the next frame that the PC sends, if it tells a name.
    pub fn apply(&mut self, frame: &mut [u8]) {
        let port = Frame::parse(frame).and_then(|frame| frame.udp()).map(|datagram| datagram.destination.port());
        match port {
            Some(TFTP) => self.is_off = true,
            Some(67 | 4011) if !self.is_off => strip(frame),
            _ => {}
        }
    }
}

/// Removes both options from a DHCP message. The length stays, with zeros at the end.
fn strip(frame: &mut [u8]) {
    // The length of the IP header is in its first byte; boot ROMs send none with options.
    if frame.get(14) != Some(&0x45) || frame.get(OPTIONS - 4..OPTIONS) != Some(COOKIE.as_slice()) {
        return;
    }
    let Some(options) = frame.get(OPTIONS..) else { return };
    let mut kept = without_name(options);
    kept.resize(options.len(), 0);
    frame[OPTIONS..].copy_from_slice(&kept);
    // A UDP checksum of zero says that there is none (RFC 768).
    frame[40..42].fill(0);
}

/// The options up to the end mark, without the two.
fn without_name(mut options: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(options.len());
    while let [code, rest @ ..] = options {
        let length = match code {
            255 => {
                kept.push(255);
                break;
            }
            0 => 1,
            _ => rest.first().map_or(1, |length| 2 + usize::from(*length)),
        };
        let (option, tail) = options.split_at(length.min(options.len()));
        if !matches!(*code, USER_CLASS | IPXE) {
            kept.extend(option);
        }
        options = tail;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::dhcp::Message;
    use crate::lab::frame::tests::udp_frame;

    fn discover(port: u16) -> Vec<u8> {
        let message = Message {
            op: 1,
            xid: [1, 2, 3, 4],
            flags: 0,
            ciaddr: [0, 0, 0, 0].into(),
            yiaddr: [0, 0, 0, 0].into(),
            siaddr: [0, 0, 0, 0].into(),
            chaddr: [0; 16],
            file: Vec::new(),
            options: vec![
                (53, vec![1]),
                (60, b"PXEClient:Arch:00000:UNDI:002001".to_vec()),
                (USER_CLASS, b"iPXE".to_vec()),
                (IPXE, vec![177, 5, 1, 0x1a, 0xf4, 0x10, 0]),
                (93, vec![0, 0]),
            ],
        };
        udp_frame(68, port, &message.encode())
    }

    fn codes(frame: &[u8]) -> Vec<u8> {
        let frame = Frame::parse(frame).unwrap();
        let message = Message::parse(frame.udp().unwrap().payload).unwrap();
        message.options.iter().map(|(code, _)| *code).collect()
    }

    #[test]
    fn only_the_name_is_taken_and_the_length_stays() {
        for port in [67, 4011] {
            let before = discover(port);
            let mut after = before.clone();
            Disguise::default().apply(&mut after);
            assert_eq!(codes(&after), [53, 60, 93]);
            assert_eq!(after.len(), before.len());
            assert_eq!(codes(&before), [53, 60, USER_CLASS, IPXE, 93]);
        }
    }

    #[test]
    fn what_was_loaded_by_tftp_keeps_its_name() {
        let mut disguise = Disguise::default();
        disguise.apply(&mut udp_frame(2070, TFTP, b"\0\x01undionly.kpxe\0octet\0"));
        let mut frame = discover(67);
        disguise.apply(&mut frame);
        assert_eq!(frame, discover(67));
    }

    #[test]
    fn other_frames_and_cut_ones_are_left_alone() {
        for end in 0..discover(67).len() {
            let mut cut = discover(67)[..end].to_vec();
            Disguise::default().apply(&mut cut);
            assert_eq!(cut.len(), end);
        }
        let mut other = udp_frame(68, 53, b"query");
        Disguise::default().apply(&mut other);
        assert_eq!(other, udp_frame(68, 53, b"query"));
    }
}
