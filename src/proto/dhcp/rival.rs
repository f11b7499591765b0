//! What the offers of other servers do to ours.

use std::net::Ipv4Addr;

use super::escape::Escaped;
use super::packet::{HEADER, MAGIC, options, take};

const BOOT_REPLY: u8 = 2;
/// Where the boot file name stands in the header.
const FILE: usize = 108;
/// DHCPOFFER and DHCPACK.
const OFFER: u8 = 2;
const ACK: u8 = 5;

/// A server that gives booting clients something of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The server, as it names itself (option 54); 0.0.0.0 where it does not.
    pub server: Ipv4Addr,
    /// What it does.
    pub way: RivalWay,
}

/// What a rival does, and with what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RivalWay {
    /// It answers booting clients and gives no address: a second proxy (CO-15).
    Proxy,
    /// It gives addresses, and calls itself a PXE server by option 60 (UE-08).
    PxeServer,
    /// It gives addresses, and a URL to clients of HTTP Boot (HB-04).
    HttpServer,
    /// It gives addresses, and a boot file name, escaped for a line of text (UE-09).
    FileName(String),
}

impl Rival {
    /// Reads a message of a server to a client. `None` where it does nothing to ours, or is no such message.
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        let (header, field) = datagram.split_first_chunk::<HEADER>()?;
        if take::<1>(header, 0) != [BOOT_REPLY] || take::<4>(header, 236) != MAGIC {
            return None;
        }
        let (options, overloaded) = options(header, field);
        let option = |code: u8| options.get(&code).map(Vec::as_slice).filter(|value| !value.is_empty());
        if !matches!(option(53), Some([OFFER | ACK])) {
            return None;
        }
        let is = |class: &[u8]| option(60).is_some_and(|value| value.starts_with(class));
        let in_header = take::<128>(header, FILE);
        let in_header = in_header.split(|byte| *byte == 0).next().filter(|name| !name.is_empty() && !overloaded);
        let file = option(67).or(in_header);
        let way = if take::<4>(header, 16) == [0; 4] {
            (is(b"PXEClient") || is(b"HTTPClient") || file.is_some()).then_some(RivalWay::Proxy)
        } else if is(b"PXEClient") {
            Some(RivalWay::PxeServer)
        } else if is(b"HTTPClient") && file.is_some() {
            Some(RivalWay::HttpServer)
        } else {
            file.map(|file| RivalWay::FileName(Escaped(file).to_string()))
        }?;
        let server = option(54).and_then(|value| <[u8; 4]>::try_from(value).ok());
        Some(Self { server: server.unwrap_or_default().into(), way })
    }
}

impl RivalWay {
    /// What it does, what that means to whom, and what to do about it.
    pub fn meaning(&self) -> String {
        match self {
            // edk2 keeps the first of two such offers or tries each (UE-10); iPXE stops at the first after the lease.
            Self::Proxy => "is another boot server: it answers PCs that ask to boot, and which of the two answers a PC \
                            takes depends on its firmware and on chance; stop one of them"
                .to_owned(),
            Self::PxeServer => "gives addresses and says that it is a PXE server (option 60 is PXEClient): UEFI PCs then ask \
                                it for their boot file and never come here, and many BIOS PCs do so, too; take option 60 out of \
                                that DHCP server"
                .to_owned(),
            Self::HttpServer => "gives addresses and a URL of its own to PCs with UEFI HTTP Boot (option 60 is HTTPClient), \
                                 which take it before ours; take options 60 and 67 out of that DHCP server"
                .to_owned(),
            Self::FileName(file) => format!(
                "gives addresses and the boot file name {file}: some BIOS PCs take it instead of what they are offered here; \
                 take the boot file (option 67, `filename`, \"network boot\") out of that DHCP server"
            ),
        }
    }

    /// The same for all names that a server gives, so that it is told once.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::PxeServer => "pxe-server",
            Self::HttpServer => "http-server",
            Self::FileName(_) => "file-name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::dhcp::testing::Request;

    /// A message of the server 10.0.0.9 that gives `yiaddr`.
    fn message(kind: u8, yiaddr: [u8; 4], file: &str, more: &[(u8, &[u8])]) -> Vec<u8> {
        let mut request = Request::new(kind, "").without(60).with(54, &[10, 0, 0, 9]);
        request.op = 2;
        for (code, value) in more {
            request = request.with(*code, value);
        }
        let mut bytes = request.bytes();
        bytes[16..20].copy_from_slice(&yiaddr);
        bytes[108..108 + file.len()].copy_from_slice(file.as_bytes());
        bytes
    }

    fn way(yiaddr: [u8; 4], file: &str, more: &[(u8, &[u8])]) -> Option<RivalWay> {
        Rival::parse(&message(2, yiaddr, file, more)).map(|rival| rival.way)
    }

    const LEASE: [u8; 4] = [10, 0, 0, 50];

    /// CO-15, UE-08, UE-09, HB-04.
    #[test]
    fn knows_what_other_servers_do() {
        assert_eq!(way([0; 4], "", &[(60, b"PXEClient")]), Some(RivalWay::Proxy));
        assert_eq!(way([0; 4], "", &[(60, b"HTTPClient"), (67, b"http://x/")]), Some(RivalWay::Proxy));
        assert_eq!(way(LEASE, "", &[(60, b"PXEClient")]), Some(RivalWay::PxeServer));
        assert_eq!(way(LEASE, "a", &[(60, b"PXEClient")]), Some(RivalWay::PxeServer));
        assert_eq!(way(LEASE, "http://x/", &[(60, b"HTTPClient")]), Some(RivalWay::HttpServer));
        assert_eq!(way(LEASE, "pxelinux.0", &[]), Some(RivalWay::FileName("\"pxelinux.0\"".to_owned())));
        assert_eq!(way(LEASE, "", &[(67, b"ipxe.efi\n")]), Some(RivalWay::FileName(r#""ipxe.efi\n""#.to_owned())));
        let rival = Rival::parse(&message(5, LEASE, "a", &[])).unwrap();
        assert_eq!(rival.server, Ipv4Addr::new(10, 0, 0, 9), "in a DHCPACK as well");
    }

    #[test]
    fn leaves_ordinary_servers_and_other_messages_alone() {
        assert_eq!(way(LEASE, "", &[]), None, "a lease and nothing more");
        assert_eq!(way(LEASE, "", &[(60, b"MSFT 5.0")]), None);
        assert_eq!(way(LEASE, "", &[(60, b"HTTPClient")]), None, "without a URL no client takes it");
        assert_eq!(way(LEASE, "", &[(67, b"")]), None);
        assert_eq!(way([0; 4], "", &[]), None);
        assert_eq!(Rival::parse(&message(6, [0; 4], "", &[(60, b"PXEClient")])), None, "DHCPNAK");
        assert_eq!(Rival::parse(&Request::bios(1).bytes()), None, "a client");
        let good = message(2, LEASE, "a", &[]);
        for len in 0..good.len() {
            // Options that are cut off leave no message type, and nothing panics.
            let _ = Rival::parse(&good[..len]);
        }
    }

    /// SE-06, SE-14: what a hostile server sends is short and printable.
    #[test]
    fn se_14_shows_little_of_what_a_server_sends() {
        let Some(RivalWay::FileName(shown)) = way(LEASE, "", &[(67, &[0x1b; 255])]) else { panic!("no name") };
        assert!(shown.len() < 500 && !shown.chars().any(char::is_control), "{shown}");
    }
}
