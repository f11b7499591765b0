//! A message of a DHCP server: what another server on the network told a client, or what we told it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::message::MessageType;
use super::options::VendorClass;
use super::packet::{HEADER, MAGIC, address, options, take};
use super::vendor::VendorOptions;
use crate::net::MacAddr;

/// A DHCP reply, read as a client reads it. Everything in it was written by somebody else, so whoever prints it escapes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerMessage {
    /// The transaction that it answers.
    pub xid: u32,
    /// The address that the client is given; 0.0.0.0 in the answer of a proxy.
    pub yiaddr: Ipv4Addr,
    /// The server to load the boot file from.
    pub siaddr: Ipv4Addr,
    /// The hardware address of the client.
    pub mac: MacAddr,
    /// The boot file: the header's, else option 67; empty where there is none.
    pub file: Vec<u8>,
    options: BTreeMap<u8, Vec<u8>>,
}

impl ServerMessage {
    /// Reads a datagram; `None` where it is no DHCP message of a server.
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        let (header, field) = datagram.split_first_chunk::<HEADER>()?;
        if take::<1>(header, 0) != [2] || take::<4>(header, 236) != MAGIC {
            return None;
        }
        let (options, file_is_options) = options(header, field);
        let in_header = if file_is_options { Vec::new() } else { until_nul(&take::<128>(header, 108)) };
        let in_option = options.get(&67).map(|name| until_nul(name)).unwrap_or_default();
        Some(Self {
            xid: u32::from_be_bytes(take(header, 4)),
            yiaddr: take::<4>(header, 16).into(),
            siaddr: take::<4>(header, 20).into(),
            mac: MacAddr(take(header, 28)),
            file: if in_header.is_empty() { in_option } else { in_header },
            options,
        })
    }

    /// The bytes of an option, parts joined.
    pub fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.get(&code).map(Vec::as_slice)
    }

    /// Option 53; `None` where it is missing or not one byte, as in BOOTP.
    pub fn message_type(&self) -> Option<MessageType> {
        MessageType::of_option(self.option(53)?)
    }

    /// Option 54: who sent it.
    pub fn server_id(&self) -> Option<Ipv4Addr> {
        address(self.option(54)?)
    }

    /// Option 60: for whom it is.
    pub fn vendor_class(&self) -> Option<VendorClass<'_>> {
        self.option(60).map(VendorClass)
    }

    /// Option 43: how a PXE client is to boot.
    pub fn vendor_options(&self) -> Option<VendorOptions> {
        self.option(43).map(VendorOptions::parse)
    }
}

fn until_nul(text: &[u8]) -> Vec<u8> {
    text.iter().copied().take_while(|byte| *byte != 0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::Request;
    use super::*;

    fn reply() -> Request {
        Request { op: 2, ..Request::new(2, "PXEClient").with(54, &[10, 0, 0, 2]).with(43, &[6, 1, 8, 255]) }
    }

    #[test]
    fn reads_the_name_in_the_header_before_the_one_in_option_67() {
        let mut bytes = reply().with(67, b"from option\0").bytes();
        let read = ServerMessage::parse(&bytes).unwrap();
        assert_eq!(read.file, b"from option");
        assert_eq!(read.server_id(), Some(Ipv4Addr::new(10, 0, 0, 2)));
        assert_eq!(read.message_type(), Some(MessageType::Offer));
        assert!(read.vendor_class().unwrap().starts_with("PXEClient"));
        assert_eq!(read.vendor_options().unwrap().get(6), Some(&[8][..]));
        bytes[108..114].copy_from_slice(b"a.file");
        assert_eq!(ServerMessage::parse(&bytes).unwrap().file, b"a.file");
    }

    /// DH-10: with option 52 the field of the name holds options.
    #[test]
    fn takes_options_in_the_file_field_for_no_name() {
        let mut bytes = reply().with(52, &[1]).bytes();
        bytes[108..113].copy_from_slice(&[67, 2, b'h', b'i', 255]);
        assert_eq!(ServerMessage::parse(&bytes).unwrap().file, b"hi");
    }

    #[test]
    fn refuses_requests_and_what_is_cut() {
        assert_eq!(ServerMessage::parse(&Request::bios(1).bytes()), None);
        assert_eq!(ServerMessage::parse(&reply().bytes()[..239]), None);
    }

    proptest! {
        #[test]
        fn survives_any_bytes(head in prop::collection::vec(any::<u8>(), 236), tail in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut bytes = [head, MAGIC.to_vec(), tail].concat();
            bytes[0] = 2;
            let read = ServerMessage::parse(&bytes).unwrap();
            let _ = (read.message_type(), read.server_id(), read.vendor_options());
        }
    }
}
