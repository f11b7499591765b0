//! The boot ROM of a Raspberry Pi: how it is known, and the option 43 without which it ignores an offer.

use super::vendor::VendorOptions;
use crate::net::MacAddr;

/// The blocks of hardware addresses that the IEEE lists for Raspberry Pi, and which of its ROMs they belong to.
const BLOCKS: [([u8; 3], Rom); 7] = [
    ([0xb8, 0x27, 0xeb], Rom::UpTo3),
    ([0xdc, 0xa6, 0x32], Rom::From4),
    ([0xe4, 0x5f, 0x01], Rom::From4),
    ([0x28, 0xcd, 0xc1], Rom::From4),
    ([0xd8, 0x3a, 0xdd], Rom::From4),
    ([0x2c, 0xcf, 0x67], Rom::From4),
    ([0x3a, 0x35, 0x41], Rom::From4),
];

/// The text that the ROM looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rom {
    /// Mask ROM; it wants the text with three blanks behind it (raspberrypi/firmware #941).
    UpTo3,
    /// Boot EEPROM; its `PXE_OPTION43` has no blanks.
    From4,
}

impl Rom {
    fn menu_text(self) -> &'static [u8] {
        match self {
            Self::UpTo3 => b"Raspberry Pi Boot   ",
            Self::From4 => b"Raspberry Pi Boot",
        }
    }
}

/// Whether an address belongs to a Raspberry Pi. Its ROM may report architecture 0 (AR-04).
pub(super) fn owns(mac: MacAddr) -> bool {
    rom(mac).is_some()
}

/// A menu of one line, type 0, that is chosen at once: the ROM starts only where it reads its text there.
pub(super) fn vendor_options(mac: MacAddr) -> VendorOptions {
    let text = rom(mac).unwrap_or(Rom::From4).menu_text();
    let mut options = VendorOptions::boot_now();
    options.push_menu(0, text);
    options.push_prompt(b"PXE");
    options
}

fn rom(mac: MacAddr) -> Option<Rom> {
    BLOCKS.iter().find(|(block, _)| mac.0.starts_with(block)).map(|(_, rom)| *rom)
}
