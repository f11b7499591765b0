//! Judges what passed a cable, from its recording.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use crate::error::{Context, Result};
use crate::lab::frame::{Frame, Segment};
use crate::lab::pcap;

/// The recorded frames of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    records: Vec<pcap::Record>,
}

impl Capture {
    /// Reads a recording.
    pub fn read(path: &Path) -> Result<Self> {
        let file = std::fs::File::open(path).context(path.display())?;
        let mut records = Vec::new();
        pcap::read(std::io::BufReader::new(file), |record| records.push(record))?;
        Ok(Self { records })
    }

    /// How many bytes came over TCP to the machine with this hardware address, by the address they came from.
    ///
    /// Counted are whole frames, as long as they were on the wire.
    pub fn tcp_bytes_to(&self, mac: [u8; 6]) -> BTreeMap<Ipv4Addr, u64> {
        let mut bytes = BTreeMap::new();
        for record in &self.records {
            let Some(frame) = Frame::parse(&record.bytes).filter(|frame| frame.to == mac) else { continue };
            if let Some(segment) = frame.tcp() {
                *bytes.entry(*segment.source.ip()).or_insert(0) += u64::from(record.length);
            }
        }
        bytes
    }

    /// The paths of the HTTP requests, in order, with the method before them.
    pub fn http_requests(&self) -> Vec<String> {
        let payloads = self.records.iter().filter_map(|record| Some(Frame::parse(&record.bytes)?.tcp()?.payload));
        payloads
            .filter(|payload| payload.starts_with(b"GET ") || payload.starts_with(b"HEAD "))
            .filter_map(|payload| {
                let line = payload.split(|byte| *byte == b'\r').next()?;
                let line = String::from_utf8_lossy(line);
                Some(line.rsplit_once(' ').map_or(line.to_string(), |(request, _)| request.to_owned()))
            })
            .collect()
    }

    /// How many frames this hardware address sent from UDP port `port`.
    pub fn datagrams_from(&self, mac: [u8; 6], port: u16) -> usize {
        self.udp(|frame, datagram| frame.from == mac && datagram.source.port() == port)
    }

    /// How many frames were sent to this UDP port of this address.
    pub fn datagrams_to(&self, address: Ipv4Addr, port: u16) -> usize {
        self.udp(|_, datagram| datagram.destination == SocketAddrV4::new(address, port))
    }

    fn udp(&self, wanted: impl Fn(&Frame<'_>, Segment<'_>) -> bool) -> usize {
        let frames = self.records.iter().filter_map(|record| Frame::parse(&record.bytes));
        frames.filter(|frame| frame.udp().is_some_and(|datagram| wanted(frame, datagram))).count()
    }

    /// How many frames there are in all.
    pub fn frames(&self) -> usize {
        self.records.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::frame::tests::{tcp_frame, udp_frame};

    fn capture(frames: &[Vec<u8>]) -> Capture {
        let record =
            |bytes: &Vec<u8>| pcap::Record { at: std::time::Duration::ZERO, bytes: bytes.clone(), length: 1000 };
        Capture { records: frames.iter().map(record).collect() }
    }

    #[test]
    fn bytes_are_counted_by_sender_with_their_length_on_the_wire() {
        let capture = capture(&[tcp_frame(80, 999, b"a"), tcp_frame(8080, 998, b"b"), udp_frame(69, 999, b"c")]);
        assert_eq!(capture.tcp_bytes_to([1; 6]), BTreeMap::from([(Ipv4Addr::new(10, 77, 0, 2), 2000)]));
        assert_eq!(capture.tcp_bytes_to([2; 6]), BTreeMap::new());
    }

    #[test]
    fn requests_are_listed_without_the_version() {
        let capture = capture(&[
            tcp_frame(999, 80, b"GET /arch/x.sfs HTTP/1.1\r\nHost: a\r\n"),
            tcp_frame(80, 999, b"HTTP/1.1 200 OK\r\n"),
        ]);
        assert_eq!(capture.http_requests(), ["GET /arch/x.sfs"]);
    }

    #[test]
    fn datagrams_are_told_apart_by_sender_and_port() {
        let capture = capture(&[udp_frame(67, 68, b""), udp_frame(69, 68, b""), tcp_frame(67, 68, b"")]);
        assert_eq!(capture.datagrams_from([2; 6], 67), 1);
        assert_eq!(capture.datagrams_from([1; 6], 67), 0);
        assert_eq!(capture.datagrams_to(Ipv4Addr::new(10, 77, 0, 9), 68), 2);
        assert_eq!(capture.datagrams_to(Ipv4Addr::new(10, 77, 0, 2), 68), 0);
        assert_eq!(capture.frames(), 3);
    }
}
