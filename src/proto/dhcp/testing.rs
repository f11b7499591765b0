//! Requests of clients, built from parts.

use std::net::Ipv4Addr;

/// The parts of a request; the defaults are those of a DHCPDISCOVER from QEMU's network card.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) op: u8,
    pub(crate) hlen: u8,
    pub(crate) hops: u8,
    pub(crate) xid: u32,
    pub(crate) flags: u16,
    pub(crate) ciaddr: Ipv4Addr,
    pub(crate) giaddr: Ipv4Addr,
    pub(crate) chaddr: [u8; 16],
    pub(crate) options: Vec<(u8, Vec<u8>)>,
}

impl Request {
    /// A message of one type from a client with one vendor class.
    pub(crate) fn new(message: u8, vendor_class: &str) -> Self {
        Self {
            op: 1,
            hlen: 6,
            hops: 0,
            xid: 0x1234_5678,
            flags: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr: [0x52, 0x54, 0, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            options: vec![(53, vec![message])],
        }
        .with(60, vendor_class.as_bytes())
    }

    /// A PXE option ROM on legacy BIOS, as Intel's UNDI sends it.
    pub(crate) fn bios(message: u8) -> Self {
        Self::new(message, "PXEClient:Arch:00000:UNDI:002001")
            .with(55, &[1, 3, 43, 60, 66, 67, 128, 129])
            .with(57, &1260u16.to_be_bytes())
            .with(97, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
            .with(93, &[0, 0])
            .with(94, &[1, 2, 1])
    }

    /// iPXE in the ROM of QEMU's network card, with HTTP.
    pub(crate) fn ipxe(message: u8) -> Self {
        Self::new(message, "PXEClient:Arch:00000:UNDI:002001")
            .with(57, &1472u16.to_be_bytes())
            .with(93, &[0, 0])
            .with(94, &[1, 2, 1])
            .with(175, &[0xb1, 5, 1, 0x1a, 0xf4, 0x10, 0, 0x18, 1, 1, 0x13, 1, 1, 0x21, 1, 1, 0x19, 1, 1])
            .with(77, b"iPXE")
            .with(97, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    }

    /// edk2 on x64, as OVMF sends it: long on options, short on what a proxy needs (DH-51).
    pub(crate) fn uefi(message: u8) -> Self {
        Self::new(message, "PXEClient:Arch:00007:UNDI:003001")
            .with(57, &1472u16.to_be_bytes())
            .with(
                55,
                &[1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97],
            )
            .with(97, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
            .with(94, &[1, 3, 1])
            .with(93, &[0, 7])
    }

    /// edk2's HTTP Boot on x64.
    pub(crate) fn http(message: u8) -> Self {
        Self::uefi(message).with(60, b"HTTPClient:Arch:00016:UNDI:003001").with(93, &[0, 16])
    }

    /// Replaces an option, or adds it at the end.
    pub(crate) fn with(mut self, code: u8, value: &[u8]) -> Self {
        match self.options.iter_mut().find(|(known, _)| *known == code) {
            Some((_, old)) => *old = value.to_vec(),
            None => self.options.push((code, value.to_vec())),
        }
        self
    }

    /// Takes an option away.
    pub(crate) fn without(mut self, code: u8) -> Self {
        self.options.retain(|(known, _)| *known != code);
        self
    }

    /// The header and the cookie.
    pub(crate) fn header(&self) -> Vec<u8> {
        let mut bytes = vec![self.op, 1, self.hlen, self.hops];
        bytes.extend_from_slice(&self.xid.to_be_bytes());
        bytes.extend_from_slice(&[0, 4]);
        bytes.extend_from_slice(&self.flags.to_be_bytes());
        for addr in [self.ciaddr, Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED, self.giaddr] {
            bytes.extend_from_slice(&addr.octets());
        }
        bytes.extend_from_slice(&self.chaddr);
        bytes.resize(236, 0);
        bytes.extend_from_slice(&[99, 130, 83, 99]);
        bytes
    }

    /// The datagram; values of more than 255 bytes are split (RFC 3396).
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header();
        bytes.extend(encode(&self.options));
        bytes.push(255);
        bytes
    }
}

/// Options as bytes, without an END.
pub(crate) fn encode(options: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (code, value) in options {
        let mut parts: Vec<&[u8]> = value.chunks(255).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for part in parts {
            bytes.extend_from_slice(&[*code, u8::try_from(part.len()).unwrap()]);
            bytes.extend_from_slice(part);
        }
    }
    bytes
}
