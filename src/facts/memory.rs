//! Whether hosts of which the spec says how much memory they have can hold what ISOs put there.
//!
//! What is counted is what is certainly there at one time: the root image, as often as the initramfs keeps it, and a running
//! system beside it. A desktop needs more, so a host that passes is not promised to be quick.

use std::collections::BTreeMap;

use super::ImageFacts;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::image::recipe::{Archiso, Recipe};
use crate::resolve::{CommandLine, Offered, ResolvedSpec, Start};
use crate::source::Span;

/// Kernel, initramfs and a system without a desktop. A stand-in for archiso needs 0.7 GiB besides its images (`distros.md`
/// 1.9); this is what one that is smaller still needs.
const SYSTEM: u64 = 512 << 20;

/// What an entry puts into memory.
struct Need<'a> {
    /// The ISO; `None` where an entry names the kernel.
    iso: Option<&'a str>,
    /// The menu and the entry, where an entry does.
    entry: Option<(&'a str, &'a str)>,
    /// What is held there, for people.
    what: String,
    /// In bytes, without the system.
    bytes: u64,
    /// How often.
    copies: u64,
    /// What to point at.
    span: Span,
}

impl Need<'_> {
    fn total(&self) -> u64 {
        self.bytes.saturating_mul(self.copies).saturating_add(SYSTEM)
    }
}

/// One finding for each host and each ISO or entry that does not fit.
pub(super) fn check(spec: &ResolvedSpec, facts: &BTreeMap<String, ImageFacts>) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let hosts: Vec<_> = spec.stated_hosts.iter().filter_map(|host| Some((host, host.memory.as_ref()?))).collect();
    if hosts.is_empty() {
        return findings;
    }
    let of_isos = spec
        .isos
        .iter()
        .filter(|iso| spec.needs_recipe(&iso.name))
        .filter_map(|iso| of_recipe(&iso.name, facts.get(&iso.name)?, iso.span));
    let of_entries = spec.command_lines.iter().filter_map(|line| by_hand(line, facts));
    let needs: Vec<_> = of_isos.chain(of_entries).collect();
    let mut offered: BTreeMap<Option<&Start>, Offered<'_>> = BTreeMap::new();
    for (host, memory) in hosts {
        // Beyond what is kept, nothing is worth its words.
        if findings.is_full() {
            break;
        }
        let offered = offered.entry(host.start.as_ref()).or_insert_with_key(|start| spec.offered_from(*start));
        let comes_to = |need: &&Need<'_>| {
            need.iso.is_some_and(|iso| offered.isos.contains(iso))
                || need.entry.is_some_and(|entry| offered.kernels.contains(&entry))
        };
        for need in needs.iter().filter(|need| need.total() > memory.value).filter(comes_to) {
            let times = if need.copies == 2 { " twice" } else { "" };
            let message = format!(
                "host `{}` has {}, and {} needs {}: {} of root image{times}, and {} for the system",
                shown(&host.name),
                amount(memory.value),
                need.what,
                amount(need.total()),
                amount(need.bytes),
                amount(SYSTEM)
            );
            let finding = Diagnostic::new(Code::MemoryTooSmall, message)
                .at(memory.span, "too little for it")
                .at(need.span, "held in memory");
            findings.push(finding.help("boot something smaller on this host, or give it more memory"));
        }
    }
    findings
}

fn of_recipe<'a>(iso: &'a str, facts: &ImageFacts, span: Span) -> Option<Need<'a>> {
    let (bytes, copies) = match facts.recipe.as_ref()? {
        Recipe::Archiso(archiso) => (smallest_root(archiso, facts)?, copies_of(archiso)),
        Recipe::LiveBoot(live) => (live.root_image_size, 1),
    };
    Some(Need { iso: Some(iso), entry: None, what: format!("ISO `{iso}`"), bytes, copies, span })
}

/// Of several systems in one ISO, the PC may take the smallest.
fn smallest_root(archiso: &Archiso, facts: &ImageFacts) -> Option<u64> {
    archiso.root_images.iter().filter_map(|path| facts.files.get(path)).min().copied()
}

/// Fetched into one place and copied to another, both in memory (`distros.md` 1.9, "RAM"). The hooks of 2014 did not copy, and
/// their initramfs was called otherwise.
fn copies_of(archiso: &Archiso) -> u64 {
    let mut initrds = archiso.entries.iter().flat_map(|entry| &entry.initrds);
    let is_new = initrds.any(|initrd| initrd.rsplit('/').next().is_some_and(|name| name.starts_with("initramfs")));
    if is_new { 2 } else { 1 }
}

/// What a kernel by hand fetches, where a word says so that is known to end in memory.
fn by_hand<'a>(line: &'a CommandLine, facts: &BTreeMap<String, ImageFacts>) -> Option<Need<'a>> {
    let kernel = line.kernel.as_ref()?;
    let facts = facts.get(&line.iso)?;
    let entry = Some((kernel.menu.as_str(), kernel.entry.as_str()));
    let what = format!("entry `{}`", shown(&kernel.entry));
    if line.value("archiso_http_srv").is_some() {
        return Some(Need { iso: None, entry, what, ..of_recipe(&line.iso, facts, kernel.span)? });
    }
    let fetched =
        [line.value("fetch"), line.value("url"), line.value("root").and_then(|root| root.strip_prefix("live:"))];
    let path = fetched.into_iter().flatten().find_map(|url| url.strip_prefix("{iso}"))?;
    let bytes = match path {
        ".iso" => facts.size,
        path => *facts.files.get(path.strip_prefix('/')?)?,
    };
    Some(Need { iso: None, entry, what, bytes, copies: 1, span: kernel.span })
}

/// An amount of memory as people write it, rounded to a tenth.
fn amount(bytes: u64) -> String {
    let (unit, size) = if bytes >= 1 << 30 { ("GiB", 1_u64 << 30) } else { ("MiB", 1 << 20) };
    let tenths = bytes.saturating_mul(10).div_ceil(size);
    if tenths.is_multiple_of(10) {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_are_short() {
        assert_eq!(amount(2 << 30), "2 GiB");
        assert_eq!(amount(512 << 20), "512 MiB");
        assert_eq!(amount(1), "0.1 MiB");
        assert_eq!(amount((3 << 30) / 2), "1.5 GiB");
    }
}
