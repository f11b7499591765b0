//! The cases, by subject. Each says what it proves; none names a QEMU flag.

mod answers;
pub(crate) mod archiso;
mod beyond;
mod coexistence;
pub(crate) mod debian_live;
mod entries;
mod isolated;
mod machines;
mod many;
mod merged;
mod rivals;
mod rules;
pub(crate) mod secure_boot;
pub(crate) mod specs;
mod uefi;

use crate::case::Case;

/// All cases, the quick ones first.
pub fn all() -> Vec<Case> {
    [
        coexistence::CASES,
        rivals::CASES,
        archiso::CASES,
        beyond::CASES,
        debian_live::CASES,
        entries::CASES,
        many::CASES,
        uefi::CASES,
        rules::CASES,
        answers::CASES,
        machines::CASES,
        isolated::CASES,
        merged::CASES,
        secure_boot::CASES,
    ]
    .concat()
}

/// The cases that a test run leaves out for want of time, because cells of the [`matrix`](crate::matrix), the comparison or
/// other cases show the same.
pub const LATER: &[&str] = &[
    "debian_installer_on_bios_reads_its_own_answers",
    "debian_installer_on_uefi_reads_its_own_answers",
    "chain_on_legacy_bios_reaches_login",
    "menu_of_two_isos_chains_to_the_second",
    "origin_nginx_hands_out_ipxe_and_payload_to_ovmf_http_boot",
    "archiso_menu_appears_on_an_intel_card",
    "debian_live_reaches_login",
    "ovmf_pxe_reaches_login_of_archiso",
    "ovmf_http_boot_reaches_login_of_archiso",
    "ovmf_pxe_reaches_login_of_debian_live",
    "isolated_lan_boots_seabios_to_login",
    "isolated_lan_boots_ovmf_http_to_login",
    "merged_offer_boots_ovmf_beside_dnsmasq",
    "secure_boot_over_http_boot_reaches_login_of_debian_live",
    "secure_boot_over_pxe_reaches_login_beside_dnsmasq_by_a_merged_offer",
    "shell_on_uefi_is_that_of_ipxe",
    "shell_with_secure_boot_is_the_prompt_of_grub",
    "a_uefi_pc_boots_what_its_uuid_or_serial_number_says",
    "ovmf_pxe_takes_two_offers_of_mode_both",
    "ovmf_pxe_follows_the_menu_of_mode_menu",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_for_later_is_there() {
        let cases = all();
        assert!(LATER.iter().all(|name| cases.iter().any(|case| case.name == *name)));
    }

    #[test]
    fn names_are_unique_and_every_case_says_what_it_proves() {
        let cases = all();
        let mut names: Vec<&str> = cases.iter().map(|case| case.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
        assert!(cases.iter().all(|case| case.proves.len() > 20));
    }
}
