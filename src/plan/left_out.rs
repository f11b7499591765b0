//! Entries that the menus of some clients leave out, because their boot loader cannot do them.

use super::reach::{self, Can, Hindrance, Shows};
use crate::diag::nearest::{listed, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::facts::{Facts, FileKind};
use crate::resolve::{FileSource, FilesTarget, ResolvedSpec, Target};
use crate::source::Span;
use crate::spec::loader::{LoaderKind, Machine};
use crate::spec::url::Scheme;

/// The entries that some clients do not get, and what could be done about it.
pub fn findings(spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for (menu, name, target) in spec.entries() {
        let at = place(target).unwrap_or(menu.span);
        let entry = shown(name);
        if let Some(why) = for_nobody(target, facts) {
            let message = format!("entry `{entry}` can be started by no PC: {why}");
            findings.push(
                Diagnostic::new(Code::EntryForNobody, message)
                    .at(at, "for no client here")
                    .help(help_for_nobody(target, facts)),
            );
            continue;
        }
        if reach::can(Shows::Pxelinux, target, facts) == Can::Not(Hindrance::NoLkrn) {
            let message =
                format!("entry `{entry}` is not in the menu of PCs with legacy BIOS: {}", Hindrance::NoLkrn.why());
            findings.push(Diagnostic::new(Code::EntryLeftOut, message).at(at, "not on legacy BIOS").help(
                "install `ipxe` (Debian, Ubuntu, Arch) or `ipxe-bootimgs-x86` (Fedora), or name the file with \
                 `loader \"ipxe-bios\" \"path/to/ipxe.lkrn\"`",
            ));
        }
        if names_grub(spec)
            && let Can::Not(why) = reach::can(Shows::Grub, target, facts)
        {
            let message = format!("entry `{entry}` is not in the menu of PCs that start from GRUB: {}", why.why());
            findings.push(
                Diagnostic::new(Code::EntryLeftOut, message)
                    .at(at, "not in GRUB's menu")
                    .help("name a UEFI program that is signed for Secure Boot, or let these PCs start from iPXE"),
            );
        }
        findings.extend(without_https(target, facts));
    }
    findings
}

/// Where an entry says what it does, for targets that loaders may not be able to do.
fn place(target: &Target) -> Option<Span> {
    match target {
        Target::Files(files) => Some(match &files.kernel {
            FileSource::Served(file) => file.span,
            FileSource::Elsewhere(url) => url.span,
        }),
        Target::Chain(url) => Some(url.span),
        Target::Shell(span) | Target::Restart(span) | Target::FirmwareSetup(span) => Some(*span),
        _ => None,
    }
}

/// The iPXE for UEFI that were found.
fn ipxe_machines(facts: &Facts) -> impl Iterator<Item = Machine> {
    let kinds = facts.loaders.keys().filter(|kind| kind.is_ipxe());
    kinds.map(|kind| kind.machine()).filter(|machine| *machine != Machine::Bios)
}

/// The GRUB that were found together with shim.
fn grub_machines(facts: &Facts) -> impl Iterator<Item = Machine> {
    facts.secure.chains.keys().copied()
}

/// Why no client can start an entry, as a phrase; `None` where one can.
fn for_nobody(target: &Target, facts: &Facts) -> Option<String> {
    let Target::Files(files) = target else { return None };
    let FilesTarget { kernel, .. } = &**files;
    let kind = reach::kind(kernel, facts);
    let machine = kind.machine()?;
    let can = |loader| !matches!(reach::can(loader, target, facts), Can::Not(_));
    let runs = |own: Machine| own == machine;
    let on_uefi =
        can(Shows::Ipxe) && ipxe_machines(facts).any(runs) || can(Shows::Grub) && grub_machines(facts).any(runs);
    // What is missing for PXELINUX has a finding of its own.
    let on_bios =
        !matches!(reach::can(Shows::Pxelinux, target, facts), Can::Not(Hindrance::UefiAlone | Hindrance::Processor));
    (!on_uefi && !on_bios).then(|| {
        let what = if matches!(kind, FileKind::Uefi { .. }) { "a UEFI program" } else { "a kernel" };
        format!("it is {what} for {}, and there is no boot loader for that", machine.name())
    })
}

fn help_for_nobody(target: &Target, facts: &Facts) -> String {
    let machine = match target {
        Target::Files(files) => reach::kind(&files.kernel, facts).machine(),
        _ => None,
    };
    match machine.and_then(LoaderKind::ipxe_of) {
        Some(kind) => format!(
            "name an iPXE for it with `loader \"{}\"`, or take a file for the processors of your PCs; `netspec loaders` lists \
             what there is",
            kind.name()
        ),
        None => "take a file for the processors of your PCs".to_owned(),
    }
}

/// Whether the spec speaks of shim or GRUB. Who does not may not care: distributions install them for the machine itself.
fn names_grub(spec: &ResolvedSpec) -> bool {
    let is_grub = |kind: &LoaderKind| {
        matches!(kind, LoaderKind::ShimX64 | LoaderKind::GrubX64 | LoaderKind::ShimArm64 | LoaderKind::GrubArm64)
    };
    spec.loaders.keys().any(is_grub) || spec.wanted_loaders.iter().any(|wanted| is_grub(&wanted.kind))
}

/// `https` URLs that an iPXE here certainly cannot load.
fn without_https(target: &Target, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let ipxes = facts.loaders.iter().filter(|(kind, _)| kind.is_ipxe() && kind.machine() != Machine::Bios);
    let without: Vec<_> = ipxes
        .filter(|(_, loader)| !loader.files.values().any(|pin| pin.speaks_https))
        .map(|(kind, _)| kind.name())
        .collect();
    let urls: Vec<_> = match target {
        Target::Chain(url) => vec![url],
        Target::Files(files) => files.elsewhere().collect(),
        _ => Vec::new(),
    };
    for url in urls.into_iter().filter(|url| url.value.scheme() == Scheme::Https && !without.is_empty()) {
        let message = format!("loader {} has no HTTPS, and `{}` needs it", listed(&without), shown(url.value.as_str()));
        let help = match target {
            Target::Chain(_) => "write `http://` where the server allows it, or name an iPXE that was built with HTTPS",
            _ => "add `sha256=\"…\"`, so that `netspec fetch` gets the file and PCs get it from here over HTTP",
        };
        findings.push(Diagnostic::new(Code::IpxeWithoutHttps, message).at(url.span, "cannot be loaded").help(help));
    }
    findings
}
