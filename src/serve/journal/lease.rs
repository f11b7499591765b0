//! What is told of addresses: who has which from now on, and what is in the way of that. Renewals are no news.

use std::time::Duration;

use super::{ClientKey, Journal, Milestone, Stage, by};
use crate::net::MacAddr;
use crate::serve::event::{LeaseNews, LeaseTold};
use crate::serve::lease::duration;

impl Journal {
    pub(super) fn leased(
        &mut self,
        mac: MacAddr,
        news: &LeaseNews,
        told: Option<&LeaseTold>,
        now: Duration,
    ) -> Vec<Milestone> {
        let (stage, text) = match news {
            // The same was told with the offer.
            LeaseNews::Offered { .. } => {
                let Some(told) = told else { return Vec::new() };
                let by = by(told.server, told.rule.as_deref());
                return self.answered(mac, &told.client, told.asked, &told.file, &by, now);
            }
            LeaseNews::Leased { address, seconds } => {
                (Stage::Leased, format!("has {address} for {}", duration(*seconds)))
            }
            LeaseNews::Renewed { .. } | LeaseNews::Informed { .. } => return Vec::new(),
            LeaseNews::Released { address } => (Stage::Leased, format!("gave {address} back")),
            LeaseNews::Refused { address, why } => (Stage::Refused, format!("wanted {address}: {why}")),
            LeaseNews::Declined { address } => {
                (Stage::NoAddress, format!("found that another machine has {address}, which now rests for an hour"))
            }
            LeaseNews::InUse { address, by } => (
                Stage::NoAddress,
                format!("is not offered {address}: {by} has it without a lease; it now rests for an hour"),
            ),
            LeaseNews::Exhausted { range } => (
                Stage::NoAddress,
                format!("gets no address: none is left of {range}; make the range larger or the leases shorter"),
            ),
            LeaseNews::NotStored { address, error } => {
                (Stage::NoAddress, format!("does not get {address}: the lease cannot be stored: {error}"))
            }
        };
        vec![Milestone::new(now, ClientKey::Mac(mac), stage, text)]
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::net::AddressRange;
    use crate::serve::event::BootEvent;

    #[test]
    fn tells_who_has_which_address_and_what_is_in_the_way() {
        let mac = MacAddr([0x52, 0x54, 0, 0xaa, 0xbb, 0xcc]);
        let address = Ipv4Addr::new(10, 0, 0, 100);
        let told = LeaseTold {
            client: "UEFI x64 (PXE)".into(),
            asked: "DHCPDISCOVER",
            file: "ipxe/x64/snponly.efi".into(),
            server: Ipv4Addr::new(10, 0, 0, 1),
            rule: None,
        };
        let range = AddressRange::new(address, address).unwrap();
        let news = [
            (LeaseNews::Offered { address }, Some(told.clone())),
            (LeaseNews::Leased { address, seconds: 43_200 }, Some(told)),
            (LeaseNews::Renewed { address, seconds: 43_200 }, None),
            (LeaseNews::InUse { address, by: MacAddr([2, 0, 0, 0, 0, 9]) }, None),
            (LeaseNews::Exhausted { range }, None),
            (LeaseNews::NotStored { address, error: "No space left on device (os error 28)".into() }, None),
            (LeaseNews::Refused { address, why: "another client has it" }, None),
        ];
        let mut journal = Journal::new(|_| None);
        let milestones =
            news.into_iter().flat_map(|(news, told)| journal.on(&BootEvent::Lease { mac, news, told }, Duration::ZERO));
        let lines: Vec<String> = milestones.map(|milestone| milestone.text).collect();
        assert_eq!(
            lines,
            [
                "asked to boot: UEFI x64 (PXE) (DHCPDISCOVER)",
                "was offered ipxe/x64/snponly.efi by 10.0.0.1",
                "has 10.0.0.100 for 12 h",
                "is not offered 10.0.0.100: 02:00:00:00:00:09 has it without a lease; it now rests for an hour",
                "gets no address: none is left of 10.0.0.100-10.0.0.100; make the range larger or the leases shorter",
                "does not get 10.0.0.100: the lease cannot be stored: No space left on device (os error 28)",
                "wanted 10.0.0.100: another client has it",
            ]
        );
    }
}
