//! Whether what a spec writes on the command lines of kernels goes together with what is in the ISOs.
//!
//! An initial RAM disk that does not understand its words ends in a shell on the PC's screen, long after the menu. What the
//! known families of live systems do with each word is in `distros.md` (1.9 for archiso, 2.4 for the others).

mod card;
mod initrd;
mod ip;
mod spelling;
mod unused;
mod url;
mod verification;

use std::collections::BTreeMap;

use super::ImageFacts;
use crate::diag::Diagnostics;
use crate::image::recipe::{Archiso, Recipe};
use crate::resolve::{CommandLine, ResolvedSpec};

/// What is in the initial RAM disk and reads the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Archiso,
    LiveBoot,
    Casper,
    Dracut,
}

/// A command line together with what it is for.
struct Line<'a> {
    line: &'a CommandLine,
    /// `None` where it is of no known family.
    family: Option<Family>,
    /// `None` where the ISO could not be read.
    image: Option<&'a ImageFacts>,
    /// What is known of the ISO, where it is an archiso.
    archiso: Option<&'a Archiso>,
}

const CHECKS: &[fn(&Line<'_>, &ResolvedSpec, &mut Diagnostics)] =
    &[verification::check, url::check, ip::check, initrd::check, card::check, spelling::check, unused::check];

/// Every finding about the command lines of a spec. ISOs that could not be read have findings of their own.
pub(super) fn check(spec: &ResolvedSpec, facts: &BTreeMap<String, ImageFacts>) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for line in spec.command_lines.iter().filter(|line| !line.words.is_empty()) {
        let recipe = facts.get(&line.iso).and_then(|image| image.recipe.as_ref());
        let family = match (&line.kernel, recipe) {
            (Some(_), _) => by_words(line),
            (None, Some(Recipe::Archiso(_))) => Some(Family::Archiso),
            (None, Some(Recipe::LiveBoot(_))) => Some(Family::LiveBoot),
            (None, None) => None,
        };
        let archiso = match recipe {
            Some(Recipe::Archiso(archiso)) => Some(archiso),
            _ => None,
        };
        let line = Line { line, family, image: facts.get(&line.iso), archiso };
        for check in CHECKS {
            check(&line, spec, &mut findings);
        }
    }
    findings
}

/// A kernel by hand says by its words what its initial RAM disk is.
fn by_words(line: &CommandLine) -> Option<Family> {
    if line.value("archisobasedir").is_some() || line.value("archiso_http_srv").is_some() {
        Some(Family::Archiso)
    } else if line.has("boot=live") {
        Some(Family::LiveBoot)
    } else if line.has("boot=casper") {
        Some(Family::Casper)
    } else if line.value("root").is_some_and(|root| root.starts_with("live:")) {
        Some(Family::Dracut)
    } else {
        None
    }
}

impl Line<'_> {
    /// The ISO is of before July 2020: its initramfs is called `archiso.img` (`distros.md` 1.1).
    fn is_old_archiso(&self) -> bool {
        self.archiso.is_some_and(|archiso| {
            let mut initrds = archiso.entries.iter().flat_map(|entry| &entry.initrds);
            initrds.any(|initrd| initrd.ends_with("/archiso.img"))
        })
    }

    /// The ISO is of before March 2017: it has a 32-bit system, too (`distros.md` 1.1).
    fn is_dual_archiso(&self) -> bool {
        self.archiso.is_some_and(|archiso| archiso.root_images.iter().any(|image| image.contains("/i686/")))
    }
}
