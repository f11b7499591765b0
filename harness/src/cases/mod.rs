//! The cases, by subject. Each says what it proves; none names a QEMU flag.

pub(crate) mod archiso;
mod coexistence;
pub(crate) mod debian_live;
mod isolated;
mod many;
pub(crate) mod specs;
mod uefi;

use crate::case::Case;

/// All cases, the quick ones first.
pub fn all() -> Vec<Case> {
    [coexistence::CASES, archiso::CASES, debian_live::CASES, many::CASES, uefi::CASES, isolated::CASES].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

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
