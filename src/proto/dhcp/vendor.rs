//! Option 43 as PXE uses it: options inside an option (PXE 2.1 section 2, table 2-1).

use super::reply::{ServerAddr, Unfit};
use super::tlv::Tlv;

/// PXE_DISCOVERY_CONTROL.
const DISCOVERY_CONTROL: u8 = 6;
/// PXE_BOOT_SERVERS.
const BOOT_SERVERS: u8 = 8;
/// PXE_BOOT_MENU.
const BOOT_MENU: u8 = 9;
/// PXE_MENU_PROMPT.
const MENU_PROMPT: u8 = 10;
/// PXE_BOOT_ITEM.
const BOOT_ITEM: u8 = 71;
/// Ends the list; ROMs want it written out (BI-02).
const END: u8 = 255;

/// The type of boot server that netspec is in its own menus: the first of those that are free for vendors (PXE 2.1 table 2-2).
pub(super) const BOOT_SERVER: u16 = 0x8000;

/// The longest value of option 43 that is sent, with its END. RFC 3396 could split a longer one, but ROMs do not join (BS-06).
const LONGEST: usize = 253;

/// The options inside option 43, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorOptions(Vec<(u8, Vec<u8>)>);

/// Which boot server a client asks for (option 43.71).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootItem {
    /// The type of boot server; 0 means to boot from the local disk.
    pub kind: u16,
    /// The layer; bit 15 asks for signed answers (BIS), which netspec does not give (BS-02).
    pub layer: u16,
}

impl BootItem {
    /// Whether signed answers are asked for.
    pub(super) fn is_signed(self) -> bool {
        self.layer & 0x8000 != 0
    }
}

impl VendorOptions {
    /// Reads what can be read; stops before an option that is cut.
    pub fn parse(value: &[u8]) -> Self {
        Self(Tlv::new(value).map(|(code, value)| (code, value.to_vec())).collect())
    }

    /// The options with which a ROM uses `file` at once, without prompt, menu or boot server (BI-01: 43.6 = 8).
    pub(super) fn boot_now() -> Self {
        Self(vec![(DISCOVERY_CONTROL, vec![8])])
    }

    /// A menu of one line that is chosen at once and leads to the boot server of a type at one address, which is asked by
    /// unicast: neither broadcast nor multicast, and no other server (BS-04: 43.6 = 7).
    pub(super) fn menu(kind: u16, server: ServerAddr) -> Self {
        let [high, low] = kind.to_be_bytes();
        let [a, b, c, d] = server.get().octets();
        let mut options = Self(vec![(DISCOVERY_CONTROL, vec![7]), (BOOT_SERVERS, vec![high, low, 1, a, b, c, d])]);
        options.push_menu(kind, b"netspec");
        options.push_prompt(b"netspec");
        options
    }

    /// What a client asked for, said back to it.
    pub(super) fn boot_item_again(item: BootItem) -> Self {
        let [kind, layer] = [item.kind, item.layer].map(u16::to_be_bytes);
        Self(vec![(BOOT_ITEM, [kind, layer].concat())])
    }

    /// Adds a line of a menu. edk2 has room for 69 bytes (UE-14), and every text here is a constant.
    pub(super) fn push_menu(&mut self, kind: u16, text: &'static [u8]) {
        let len = u8::try_from(text.len()).unwrap_or_default();
        self.push(BOOT_MENU, &[&kind.to_be_bytes(), &[len][..], text].concat());
    }

    /// Adds what is shown above a menu, with a timeout of 0: its first line is chosen at once.
    pub(super) fn push_prompt(&mut self, text: &'static [u8]) {
        self.push(MENU_PROMPT, &[&[0], text].concat());
    }

    /// Adds an option at the end.
    pub(super) fn push(&mut self, code: u8, value: &[u8]) {
        self.0.push((code, value.to_vec()));
    }

    /// The first value with this number.
    pub fn get(&self, code: u8) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| *known == code).map(|(_, value)| value.as_slice())
    }

    /// The boot server that the client asks for (43.71: two bytes of type, two of layer).
    pub fn boot_item(&self) -> Option<BootItem> {
        let [k0, k1, l0, l1] = *<&[u8; 4]>::try_from(self.get(BOOT_ITEM)?).ok()?;
        Some(BootItem { kind: u16::from_be_bytes([k0, k1]), layer: u16::from_be_bytes([l0, l1]) })
    }

    /// The value of option 43, ended by 255.
    pub(super) fn encode(&self) -> Result<Vec<u8>, Unfit> {
        let mut out = Vec::new();
        let mut len = 1;
        for (code, value) in &self.0 {
            len += 2 + value.len();
            if let Ok(value_len) = u8::try_from(value.len()) {
                out.extend_from_slice(&[*code, value_len]);
                out.extend_from_slice(value);
            }
        }
        out.push(END);
        if len > LONGEST { Err(Unfit::VendorOptions { len, limit: LONGEST }) } else { Ok(out) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// BI-01, BI-02
    #[test]
    fn ends_with_255_behind_discovery_control_8() {
        assert_eq!(VendorOptions::boot_now().encode().unwrap(), [6, 1, 8, 255]);
    }

    /// BS-01: two bytes of type, two of layer; anything else is no boot item.
    #[test]
    fn reads_the_boot_item() {
        let item = |bytes: &[u8]| VendorOptions::parse(bytes).boot_item();
        assert_eq!(item(&[71, 4, 0x80, 1, 0x80, 0, 255]), Some(BootItem { kind: 0x8001, layer: 0x8000 }));
        assert_eq!(item(&[71, 3, 0, 1, 0, 255]), None);
        assert_eq!(item(&[71, 4, 0, 1]), None);
        assert_eq!(item(&[255, 71, 4, 0, 1, 0, 0]), None);
    }

    /// G18: above 253 bytes it is refused and never split.
    #[test]
    fn refuses_more_than_253_bytes() {
        let with = |len: usize| {
            let mut options = VendorOptions::boot_now();
            options.push(209, &vec![b'a'; len]);
            options.encode()
        };
        assert_eq!(with(247).unwrap().len(), 253);
        assert_eq!(with(248), Err(Unfit::VendorOptions { len: 254, limit: 253 }));
        assert_eq!(with(70_000), Err(Unfit::VendorOptions { len: 70_006, limit: 253 }));
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(items in prop::collection::vec((1u8..=254, prop::collection::vec(any::<u8>(), 0..12)), 0..12)) {
            let options = VendorOptions(items);
            prop_assert_eq!(VendorOptions::parse(&options.encode().unwrap()), options);
        }

        #[test]
        fn survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = VendorOptions::parse(&bytes).boot_item();
        }
    }
}
