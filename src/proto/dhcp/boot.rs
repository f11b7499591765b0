//! What a client is told about booting, taken over from the answer that a proxy would give it.

use std::net::Ipv4Addr;

use super::answer::{Local, ReceivedOn, Verdict, answer};
use super::classify::ClientClass;
use super::packet::{BootRequest, HEADER};
use super::reason::Reason;
use super::reply::Reply;
use super::table::BootTable;
use super::tlv::Tlv;

/// The class of the server's answer.
const VENDOR_CLASS: u8 = 60;
const VENDOR_OPTIONS: u8 = 43;
/// Options that are written for each answer: its type, its server, the client's identifier and what a relay added.
const OF_THE_EXCHANGE: [u8; 4] = [53, 54, 61, 82];

/// The fields of a proxy's answer that say what to boot.
pub(super) struct BootFields<'a> {
    pub(super) siaddr: Ipv4Addr,
    /// 64 bytes.
    pub(super) sname: &'a [u8],
    /// 128 bytes.
    pub(super) file: &'a [u8],
    /// In the order of the answer.
    pub(super) options: Vec<(u8, &'a [u8])>,
}

/// What a proxy would answer to the client of `request`, which may be any message to a DHCP server.
///
/// One table and one piece of code say what a client boots, whoever gives it its address.
pub(super) fn answer_of_a_proxy(table: &BootTable, request: &BootRequest, local: &Local) -> Result<Reply, Reason> {
    let local = Local { port: ReceivedOn::Dhcp67, ..*local };
    match answer(table, &request.as_discover(), &local) {
        Verdict::Answer(reply) => Ok(reply),
        Verdict::Silence(reason) => Err(reason),
    }
}

impl<'a> BootFields<'a> {
    /// Reads an answer; `None` for one without a whole header.
    pub(super) fn of(reply: &'a Reply) -> Option<Self> {
        let header = reply.bytes.get(..HEADER)?;
        let siaddr = <[u8; 4]>::try_from(header.get(20..24)?).ok()?;
        let mut options: Vec<_> = Tlv::new(reply.bytes.get(HEADER..)?).collect();
        options.retain(|(code, _)| !OF_THE_EXCHANGE.contains(code));
        // An offer with an address, the class and no option 43 is one of edk2's kind "DhcpBinl": it would ask port 4011 what it
        // has been told already. Without the class it is "DhcpOnly" with a name, which edk2 of every age boots at once
        // (UE-01, UE-08), as it does from any DHCP server that knows a file name and nothing of PXE.
        let has_vendor_options = options.iter().any(|(code, _)| *code == VENDOR_OPTIONS);
        if matches!(reply.class, ClientClass::PxeUefi(_)) && !has_vendor_options {
            options.retain(|(code, _)| *code != VENDOR_CLASS);
        }
        Some(Self { siaddr: siaddr.into(), sname: header.get(44..108)?, file: header.get(108..236)?, options })
    }
}
