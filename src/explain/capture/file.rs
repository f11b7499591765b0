//! The packets of a capture file, in the formats pcap and pcapng.

use std::io::Read;

use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// What is kept of a file at a time. No network that boots PCs has longer packets.
const BUFFER: usize = 256 * 1024;
/// Interfaces of one capture whose kind is remembered.
const MAX_INTERFACES: usize = 4096;

const TOO_LARGE: &str = "a packet in it is larger than any network sends";

/// A packet as it was captured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    /// Seconds, from wherever the capture counts.
    pub(super) seconds: f64,
    pub(super) link: Linktype,
    pub(super) data: &'a [u8],
}

/// Why a file is no capture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCapture {
    /// The first bytes say nothing that we know.
    #[error("it is no capture in the format pcap or pcapng; `tcpdump -w FILE` and Wireshark write them")]
    Format,
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
}

/// Time and kind of link of an interface.
#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    units: f64,
}

/// Gives every packet to `take`. Where the file is cut or damaged, it ends there, with the reason.
///
/// # Errors
/// Where the file does not begin as a capture.
pub(super) fn each(
    file: impl Read + Send,
    mut take: impl FnMut(Packet<'_>),
) -> Result<Option<&'static str>, NoCapture> {
    let mut reader = match create_reader(BUFFER, WholeReads(file)) {
        Ok(reader) => reader,
        Err(PcapError::Eof) => return Err(NoCapture::Empty),
        Err(_) => return Err(NoCapture::Format),
    };
    let mut interfaces: Vec<Interface> = Vec::new();
    loop {
        let is_exhausted = reader.reader_exhausted();
        match reader.next() {
            Ok((len, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        let is_nano = matches!(header.magic_number, 0xa1b2_3c4d | 0x4d3c_b2a1);
                        let units = if is_nano { 1e9 } else { 1e6 };
                        interfaces = vec![Interface { link: header.network, units }];
                    }
                    PcapBlockOwned::Legacy(packet) => {
                        if let Some(Interface { link, units }) = interfaces.first() {
                            let seconds = f64::from(packet.ts_sec) + f64::from(packet.ts_usec) / units;
                            take(Packet { seconds, link: *link, data: packet.data });
                        }
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                        if interfaces.len() < MAX_INTERFACES {
                            let units = interface.ts_resolution().unwrap_or(1_000_000) as f64;
                            interfaces.push(Interface { link: interface.linktype, units });
                        }
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        let interface = usize::try_from(packet.if_id).ok().and_then(|id| interfaces.get(id));
                        if let Some(Interface { link, units }) = interface {
                            let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                            let len = usize::try_from(packet.caplen).unwrap_or(usize::MAX).min(packet.data.len());
                            let data = packet.data.get(..len).unwrap_or_default();
                            take(Packet { seconds: ticks as f64 / units, link: *link, data });
                        }
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                        if let Some(Interface { link, .. }) = interfaces.first() {
                            take(Packet { seconds: 0.0, link: *link, data: packet.data });
                        }
                    }
                    PcapBlockOwned::NG(_) => {}
                }
                reader.consume(len);
            }
            Err(PcapError::Eof) => return Ok(None),
            Err(PcapError::Incomplete(_)) if !is_exhausted => match reader.refill() {
                Ok(()) => {}
                Err(PcapError::BufferTooSmall) => return Ok(Some(TOO_LARGE)),
                Err(_) => return Ok(Some("the file cannot be read any further")),
            },
            Err(PcapError::BufferTooSmall) => return Ok(Some(TOO_LARGE)),
            Err(PcapError::Incomplete(_) | PcapError::UnexpectedEof) => return Ok(Some("the file is cut short")),
            Err(_) => return Ok(Some("the file is damaged")),
        }
    }
}

/// Fills the whole buffer where it can: the format is told from what the first read gives.
struct WholeReads<R>(R);

impl<R: Read> Read for WholeReads<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.0.read(rest) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if filled == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(filled)
    }
}
