//! Row H: boot-server discovery, where firmware that was shown a menu asks for the server of one type (PXE 2.1 section 2.2.5).

use super::offer::{Offer, program};
use crate::proto::dhcp::classify::BootClient;
use crate::proto::dhcp::packet::BootRequest;
use crate::proto::dhcp::reason::Reason;
use crate::proto::dhcp::reply::Takes;
use crate::proto::dhcp::rule::{Effect, Mode};
use crate::proto::dhcp::table::BootTable;
use crate::proto::dhcp::vendor::{BOOT_SERVER, BootItem, VendorOptions};

/// The program of the client's architecture with its own question in front (BS-01).
///
/// Only clients that a rule gives the menu have a type that is ours; any other type is another server's, and type 0 means the
/// local disk (BS-03).
pub(super) fn answer(
    table: &BootTable,
    (request, client): (&BootRequest, &BootClient),
    item: BootItem,
    effect: &Effect,
) -> Result<Offer, Reason> {
    if item.is_signed() {
        return Err(Reason::Signed(client.class.clone()));
    }
    if item.kind != BOOT_SERVER || effect.mode != Some(Mode::Menu) {
        return Err(Reason::NoSuchBootServer(client.class.clone()));
    }
    let Some(program) = program(table, request, client.arch, effect) else {
        return Err(Reason::NothingFor(client.class.clone()));
    };
    let mut vendor_options = VendorOptions::boot_item_again(item);
    program.others.iter().for_each(|(code, value)| vendor_options.push(*code, value));
    Ok(Offer {
        file: program.file.to_owned(),
        takes: Takes::Name,
        vendor_options: Some(vendor_options),
        others: program.others,
    })
}
