//! Which way a client with Secure Boot takes, and which kernels it will refuse.
//!
//! Nothing in DHCP tells whether Secure Boot is on (AR-03), so this decides nothing about one client. It says what the plan
//! holds for such clients, for people and for what asks on their behalf.
//!
//! Firmware accepts shim, shim accepts GRUB, and GRUB asks shim about kernels. GRUB is the stage that must find this server by
//! itself: over UEFI HTTP Boot it reads the address from the device path, over PXE from the DHCPACK alone (ST-08, HB-09). So
//! beside another DHCP server, PXE ends at GRUB, and netspec offers shim over HTTP Boot only. Where netspec is the DHCP server
//! of all networks, the DHCPACK is its own, and GRUB of every age finds it.
//!
//! A rule of the spec may offer shim to the machines that it is for, with `mode "merged"` also beside another DHCP server.

use std::collections::BTreeSet;

use super::loader;
use crate::diag::nearest::{listed, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::facts::{CHAINS, Chain, Facts};
use crate::proto::dhcp::EfiCpu;
use crate::resolve::{DhcpMode, ResolvedSpec};
use crate::spec::loader::{LoaderKind, Machine};

/// What a plan holds for clients of one processor that have Secure Boot on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecureBoot {
    /// The processor.
    pub cpu: EfiCpu,
    /// How UEFI HTTP Boot ends.
    pub http: Way,
    /// How PXE ends.
    pub pxe: Way,
    /// The kernels of the spec, in the order of ISOs; empty where no client comes to a kernel.
    pub kernels: Vec<Kernel>,
}

/// How far such a client comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// shim, then GRUB, which shows the menu.
    Shim,
    /// The firmware is offered a program that it refuses, or nothing, for this reason.
    None(Hindrance),
}

/// Why there is no way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// There is no shim.
    NoShim,
    /// There is no GRUB for shim to start.
    NoGrub,
    /// shim does not trust this GRUB.
    ForeignGrub,
    /// GRUB would have to load over HTTP, and this one cannot.
    NoHttp,
    /// GRUB does not see the offer of a proxy, and asks the other DHCP server for its menu.
    Proxy,
}

/// A kernel that the menus can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// The name of its ISO.
    pub iso: String,
    /// Its path there.
    pub path: String,
    /// What shim says to it.
    pub verdict: KernelVerdict,
}

/// What shim says to a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelVerdict {
    /// Its signature is of a certificate that shim has.
    Accepted,
    /// Its signature has these names, and shim has none of them.
    Foreign(BTreeSet<String>),
    /// It has no signature.
    Unsigned,
}

impl SecureBoot {
    /// Whether such a client comes to a menu at all.
    pub fn has_way(&self) -> bool {
        self.http == Way::Shim || self.pxe == Way::Shim
    }

    /// The kernels that shim refuses.
    pub fn refused(&self) -> impl Iterator<Item = &Kernel> {
        self.kernels.iter().filter(|kernel| kernel.verdict != KernelVerdict::Accepted)
    }

    /// How far such clients come, in one line for people.
    pub fn ways(&self) -> String {
        let way = |name: &str, way: Way| match way {
            Way::Shim => format!("{name} gets shim and GRUB"),
            Way::None(why) => format!("{name} is refused, because {}", why.why()),
        };
        let processor = if self.cpu == EfiCpu::Arm64 { "64-bit ARM" } else { "x86-64" };
        let ways = match (self.http, self.pxe) {
            (Way::None(http), Way::None(pxe)) if http == pxe => way("network boot", self.http),
            _ => format!("{}; {}", way("UEFI HTTP Boot", self.http), way("PXE", self.pxe)),
        };
        format!("Secure Boot on {processor}: {ways}")
    }

    /// The same, and a line for each kernel that is refused.
    pub fn lines(&self) -> Vec<String> {
        let refused = self.refused().map(|kernel| format!("  refused: {kernel}"));
        std::iter::once(self.ways()).chain(refused).collect()
    }
}

impl std::fmt::Display for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`/{}` of ISO `{}` is ", shown(&self.path), self.iso)?;
        match &self.verdict {
            KernelVerdict::Accepted => f.write_str("signed for this shim"),
            KernelVerdict::Foreign(signers) => {
                write!(f, "signed by {}", listed(signers.iter().map(|name| shown(name))))
            }
            KernelVerdict::Unsigned => f.write_str("not signed"),
        }
    }
}

impl Hindrance {
    /// Whether another GRUB would help.
    fn is_of_grub(self) -> bool {
        matches!(self, Self::NoHttp | Self::ForeignGrub)
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NoShim => {
                "install `shim-signed` (Debian, Ubuntu) or `shim-x64` (Fedora), or say where it is with a `loader \"shim-x64\"` node"
            }
            Self::NoGrub => {
                "install `grub-efi-amd64-signed` (Debian, Ubuntu) or `grub2-efi-x64` (Fedora), or say where it is with a `loader \"grub-x64\"` node"
            }
            Self::ForeignGrub => "name shim and GRUB of the same distribution",
            Self::NoHttp => "name the signed network GRUB of Debian 13 or newer, or of Fedora",
            Self::Proxy => {
                "choose UEFI HTTP Boot on these PCs, or give them `mode \"merged\"` and shim by a `host` or `firmware` rule"
            }
        }
    }

    /// As a phrase.
    pub fn why(self) -> &'static str {
        match self {
            Self::NoShim => "there is no signed shim",
            Self::NoGrub => "there is no signed network GRUB for shim to start",
            Self::ForeignGrub => "shim does not trust this GRUB: they are of different distributions",
            Self::NoHttp => "this GRUB cannot load over HTTP; Debian's can since release 13",
            Self::Proxy => "GRUB does not see what a proxy offers, and asks the other DHCP server for its menu",
        }
    }
}

/// What the plan of this spec holds for clients with Secure Boot, for each processor of which shim or GRUB was found.
pub fn secure_boot(spec: &ResolvedSpec, facts: &Facts) -> Vec<SecureBoot> {
    CHAINS.into_iter().filter_map(|(machine, shim, grub)| of_machine(machine, shim, grub, spec, facts)).collect()
}

/// What a spec that names shim or GRUB does not get for it. Who names neither may not care: distributions install them for
/// the machine itself.
pub fn findings(spec: &ResolvedSpec, facts: &Facts) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for report in secure_boot(spec, facts) {
        let Some((_, kind, grub)) = CHAINS.iter().find(|(_, shim, _)| loader::cpu(*shim) == Some(report.cpu)) else {
            continue;
        };
        let (shim, grub) = (spec.loaders.get(kind), spec.loaders.get(grub));
        let Some(first) = shim.or(grub) else { continue };
        // A rule that names shim makes a way of its own, which is its machines' alone.
        let has_way = report.has_way() || spec.wanted_loaders.iter().any(|wanted| wanted.kind == *kind);
        if let (Way::None(why), false) = (report.http, has_way) {
            let named = if why.is_of_grub() { grub.unwrap_or(first) } else { first };
            let message = format!("clients with Secure Boot on cannot boot: {}", why.why());
            findings
                .push(Diagnostic::new(Code::SecureBootNoWay, message).at(named.span, "of no use").help(why.advice()));
        }
        for kernel in report.refused() {
            let Some(iso) = spec.isos.iter().find(|iso| iso.name == kernel.iso) else { continue };
            let message = format!("kernel {kernel}: clients with Secure Boot on will refuse it");
            let finding = Diagnostic::new(Code::SecureBootKernel, message).at(iso.span, "refused by shim");
            findings.push(finding.help("switch Secure Boot off on the PCs that are to boot it, or take an ISO of the distribution that shim is of"));
        }
    }
    findings
}

fn of_machine(
    machine: Machine,
    shim: LoaderKind,
    grub: LoaderKind,
    spec: &ResolvedSpec,
    facts: &Facts,
) -> Option<SecureBoot> {
    let cpu = loader::cpu(shim)?;
    let chain = match (facts.loaders.contains_key(&shim), facts.loaders.contains_key(&grub)) {
        (false, false) => return None,
        (false, true) => Err(Hindrance::NoShim),
        (true, false) => Err(Hindrance::NoGrub),
        (true, true) => facts.secure.chains.get(&machine).ok_or(Hindrance::NoGrub),
    };
    let chain = chain.and_then(|chain| chain.grub_is_trusted.then_some(chain).ok_or(Hindrance::ForeignGrub));
    let http = chain.and_then(|chain| chain.grub_has_http.then_some(()).ok_or(Hindrance::NoHttp));
    // The table of what is offered is one for all networks.
    let is_server = spec.networks.iter().all(|network| matches!(network.dhcp, DhcpMode::Server(_)));
    let pxe = chain.and_then(|_| is_server.then_some(()).ok_or(Hindrance::Proxy));
    let way = |end: Result<(), Hindrance>| end.map_or_else(Way::None, |()| Way::Shim);
    let kernels = match (chain, http.or(pxe)) {
        (Ok(chain), Ok(())) => kernels(facts, chain),
        _ => Vec::new(),
    };
    Some(SecureBoot { cpu, http: way(http), pxe: way(pxe), kernels })
}

fn kernels(facts: &Facts, chain: &Chain) -> Vec<Kernel> {
    let kernels =
        facts.secure.kernels.iter().flat_map(|(iso, kernels)| kernels.iter().map(move |kernel| (iso, kernel)));
    let kernel = |(iso, (path, signers)): (&String, (&String, &BTreeSet<String>))| Kernel {
        iso: iso.clone(),
        path: path.clone(),
        verdict: match signers {
            signers if signers.is_empty() => KernelVerdict::Unsigned,
            signers if chain.accepts(signers) => KernelVerdict::Accepted,
            signers => KernelVerdict::Foreign(signers.clone()),
        },
    };
    kernels.map(kernel).collect()
}
