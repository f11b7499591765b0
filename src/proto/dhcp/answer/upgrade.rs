//! A complete iPXE for those that cannot do enough, at most once per boot (ST-02, IP-03).
//!
//! Nothing is remembered of a client (DH-15), and iPXE as distributions build it carries no mark of ours. What tells the second
//! stage from the first is what it says itself:
//!
//! - On UEFI the menu is an iPXE script and everything in it comes over HTTP. An iPXE without HTTP gets the iPXE of its
//!   processor, which the plan names here only if HTTP is in it. That one says so in option 175, and gets the script.
//! - On legacy BIOS the script leads to PXELINUX, and over TFTP where HTTP fails. So an iPXE without HTTP needs no other iPXE and
//!   gets the script over TFTP. gPXE and Etherboot cannot read it: they get `ipxe.pxe`, which calls itself `iPXE` and is then
//!   one of the former. `undionly.kpxe` is not for them, since their own driver has taken the card from its ROM (IP-08).
//!
//! An iPXE whose option 175 is lost on the way says what the first stage says, again and again. The journal tells that it loads
//! the same program in a circle (ST-03).

use crate::proto::dhcp::arch::{Architecture, Platform};
use crate::proto::dhcp::classify::{BootClient, ClientClass};
use crate::proto::dhcp::table::BootTable;

/// The path of the program that comes first, if one does.
pub(super) fn program<'a>(table: &'a BootTable, client: &BootClient) -> Option<&'a str> {
    let ClientClass::Ipxe { http, .. } = client.class else { return None };
    match client.arch.and_then(Architecture::platform) {
        Some(Platform::Uefi(cpu) | Platform::UefiHttp(cpu)) if !http => {
            table.complete_ipxe.efi.get(&cpu).map(String::as_str)
        }
        // Before iPXE there was only legacy BIOS, and Etherboot did not say so.
        Some(Platform::Bios) | None if client.before_ipxe => table.complete_ipxe.bios.as_deref(),
        _ => None,
    }
}
