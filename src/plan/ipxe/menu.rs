//! netspec's menus in iPXE's words: those of the spec, and one for each ISO.
//!
//! Each menu and each kernel is a label of the one script. Where a menu of the spec has several lines for one ISO, all lead to
//! the same label.

use std::fmt::Write as _;

use super::cpu::{self, Cpu};
use super::text::{is_literal, shown, word};
use crate::facts::Facts;
use crate::plan::entry::{self, Boot, NetworkWords};
use crate::plan::reach::{self, Can, Shows};
use crate::plan::template::{HOST, MACHINE};
use crate::plan::title;
use crate::resolve::{IsoSource, Menu, MenuItem, ResolvedSpec, Start, Target};

/// The label that iPXE begins with where every machine begins alike.
pub(super) fn first(spec: &ResolvedSpec) -> String {
    match (spec.menus.first(), spec.isos.first()) {
        (Some(menu), _) => menu_label(&menu.name),
        (None, Some(iso)) => iso_label(&iso.name),
        (None, None) => "failed".to_owned(),
    }
}

/// All menus and everything that they lead to.
pub(super) fn all(home: Home, spec: &ResolvedSpec, facts: &Facts) -> String {
    let mut text = String::new();
    for menu in &spec.menus {
        text.push_str(&spec_menu(menu, home, spec, facts));
    }
    for iso in &spec.isos {
        if spec.needs_recipe(&iso.name) {
            text.push_str(&iso_menu(iso, home, spec, facts));
        }
    }
    text
}

/// Where a client begins: the label that it goes to, and the one of the menu that it comes back to; `None` for what iPXE cannot
/// do.
pub(super) fn start(start: &Start, spec: &ResolvedSpec, facts: &Facts) -> Option<(String, String)> {
    match start {
        Start::Menu(menu) => Some((menu_label(menu), menu_label(menu))),
        Start::Entry(menu, entry) => {
            let target = spec.entry(menu, entry)?;
            if let Can::Not(_) = reach::can(Shows::Ipxe, target, facts) {
                return None;
            }
            let own = format!("{}/{entry}", menu_label(menu));
            Some((goes_to(&own, target, spec, facts), menu_label(menu)))
        }
    }
}

/// The menu that the last line of every other one leads back to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The first one of the spec.
    First,
    /// That of the label in `${home}`, which each machine sets for itself.
    Own,
}

/// The last lines of a menu; `None` where it is nobody's second one.
fn way_back(lines: &mut Lines, menu: Option<&Menu>, home: Home, spec: &ResolvedSpec) {
    match (menu, home) {
        (Some(menu), Home::First) if spec.menus.first() == Some(menu) => {}
        (_, Home::First) => {
            lines.gap();
            lines.item(&first(spec), "Back", None);
        }
        (Some(menu), Home::Own) => {
            let label = menu_label(&menu.name);
            let _ = write!(
                lines.text,
                "iseq ${{home}} {label} || item --gap\niseq ${{home}} {label} || item ${{home}} Back\n"
            );
        }
        (None, Home::Own) => {
            lines.gap();
            lines.item("${home}", "Back", None);
        }
    }
}

/// Names of a spec hold no slash, so no two labels are the same.
fn menu_label(name: &str) -> String {
    format!("menu/{name}")
}

fn iso_label(name: &str) -> String {
    format!("iso/{name}")
}

/// The kernels of an ISO that can run on UEFI, and on which processors: a 32-bit one cannot.
fn boots(iso: &IsoSource, facts: &Facts) -> Vec<(Boot, Option<Cpu>)> {
    let Some(recipe) = facts.images.get(&iso.name).and_then(|image| image.recipe.as_ref()) else { return Vec::new() };
    let cpus = recipe.entries().iter().map(|entry| cpu::of_kernel(&iso.name, &entry.kernel, facts));
    let boots = entry::boots(iso, recipe).into_iter().zip(cpus);
    boots.filter(|(boot, _)| boot.runs_on_uefi()).collect()
}

fn iso_menu(iso: &IsoSource, home: Home, spec: &ResolvedSpec, facts: &Facts) -> String {
    let label = iso_label(&iso.name);
    let boots = boots(iso, facts);
    let title = facts.images.get(&iso.name).and_then(|image| image.recipe.as_ref()).map_or("", |recipe| recipe.title());
    let mut lines = Lines::new(&label, title);
    for (at, (boot, cpu)) in boots.iter().enumerate() {
        lines.item(&format!("{label}/{at}"), &boot.title, *cpu);
    }
    if !spec.menus.is_empty() {
        way_back(&mut lines, None, home, spec);
    }
    let mut text = lines.choose(None, None);
    for (at, (boot, _)) in boots.iter().enumerate() {
        text.push_str(&start_kernel(&format!("{label}/{at}"), boot));
    }
    text
}

fn spec_menu(menu: &Menu, home: Home, spec: &ResolvedSpec, facts: &Facts) -> String {
    let label = menu_label(&menu.name);
    let mut lines = Lines::new(&label, &menu.title);
    let mut targets = String::new();
    let mut default = None;
    for item in &menu.items {
        let MenuItem::Entry { name, title: own_title, target, is_default, .. } = item else {
            lines.gap();
            continue;
        };
        if let Can::Not(_) = reach::can(Shows::Ipxe, target, facts) {
            continue;
        }
        let own = format!("{label}/{name}");
        let cpu = match target {
            Target::LocalDisk => {
                // A failure makes the firmware go on to its next device; success would end in its setup.
                let _ = write!(targets, "\n:{own}\nexit 1\n");
                None
            }
            Target::Menu(_) => None,
            Target::Kernel(kernel) => {
                targets.push_str(&start_kernel(&own, &entry::by_hand(kernel)));
                cpu::of_target(kernel, facts)
            }
            Target::Files(files) => {
                targets.push_str(&start_kernel(&own, &entry::of_files(files, facts)));
                cpu::of_file(files, facts)
            }
            Target::Chain(url) => {
                let _ = write!(targets, "\n:{own}\nchain {} || goto failed\ngoto {label}\n", url.value);
                None
            }
            Target::Shell(_) => {
                let _ = write!(targets, "\n:{own}\nshell\ngoto {label}\n");
                None
            }
            Target::Restart(_) => {
                let _ = write!(targets, "\n:{own}\nreboot || goto failed\n");
                None
            }
            Target::FirmwareSetup(_) => {
                // Builds from before the option come to the boot manager of the firmware by a success, as UEFI has it.
                let _ = write!(targets, "\n:{own}\nreboot --setup || exit 0\n");
                None
            }
            Target::Iso(iso) => cpu::of_iso(iso, facts),
        };
        let goes_to = goes_to(&own, target, spec, facts);
        lines.item(&goes_to, own_title.as_deref().unwrap_or(title::of_target(name, target, spec, facts)), cpu);
        if *is_default {
            default = Some((goes_to, cpu));
        }
    }
    way_back(&mut lines, Some(menu), home, spec);
    lines.choose(default, menu.timeout) + &targets
}

/// The label that an entry leads to; `own` is the one that it has for itself, where it needs one.
fn goes_to(own: &str, target: &Target, spec: &ResolvedSpec, facts: &Facts) -> String {
    match target {
        Target::Menu(other) => menu_label(other),
        Target::Iso(iso) => {
            let source = spec.isos.iter().find(|source| source.name == *iso);
            match source.map(|source| boots(source, facts)).as_deref() {
                Some([_]) => format!("{}/0", iso_label(iso)),
                _ => iso_label(iso),
            }
        }
        _ => own.to_owned(),
    }
}

/// The lines of one menu.
struct Lines {
    label: String,
    text: String,
    /// The processors that its lines are for; `None` where one of them is for all.
    only: Option<Vec<Cpu>>,
}

impl Lines {
    fn new(label: &str, title: &str) -> Self {
        let text = format!("\n:{label}\nmenu {}\n", shown(title));
        Self { label: label.to_owned(), text, only: Some(Vec::new()) }
    }

    /// A line that is there on these processors only.
    fn item(&mut self, goes_to: &str, title: &str, cpu: Option<Cpu>) {
        let item = format!("item {goes_to} {}", shown(title));
        // Writing to a String cannot fail.
        let _ = match cpu {
            Some(cpu) => writeln!(self.text, "{} && {item} ||", cpu.is_met()),
            None => writeln!(self.text, "{item}"),
        };
        match (&mut self.only, cpu) {
            (Some(only), Some(cpu)) => only.push(cpu),
            (only, _) => *only = None,
        }
    }

    fn gap(&mut self) {
        self.text.push_str("item --gap\n");
    }

    /// Escape shows the same menu again. A PC without the default entry waits for somebody: what comes first in its menu was
    /// never meant to start by itself.
    fn choose(mut self, default: Option<(String, Option<Cpu>)>, seconds: Option<u16>) -> String {
        // A menu without a line that can be chosen would end at once.
        if let Some(only) = self.only.filter(|only| !only.is_empty()) {
            let is_met: String = only.iter().map(|cpu| format!("{} || ", cpu.is_met())).collect();
            let _ = writeln!(self.text, "{is_met}item {} Nothing here is for this processor", self.label);
        }
        // In milliseconds, and 0 waits for ever.
        let timeout = seconds.map(|s| (u32::from(s) * 1000).max(1));
        let timeout = match (timeout, default.as_ref().and_then(|(_, cpu)| *cpu)) {
            (Some(milliseconds), Some(cpu)) => {
                let _ = writeln!(self.text, "{} && set wait {milliseconds} || set wait 0", cpu.is_met());
                "--timeout ${wait} ".to_owned()
            }
            (Some(milliseconds), None) => format!("--timeout {milliseconds} "),
            (None, _) => String::new(),
        };
        let default = default.map_or_else(String::new, |(label, _)| format!("--default {label} "));
        let _ = write!(self.text, "choose {timeout}{default}target || goto {}\ngoto ${{target}}\n", self.label);
        self.text
    }
}

/// What iPXE says of the machine, for answers: all that it knows ([`Identity`](crate::proto::identity::Identity)).
const OWN: &str = "machine/mac-${netX/mac:hexhyp}/uuid-${uuid}/serial-${serial:hexhyp}/arch-${buildarch}-${platform}";

/// Loads a kernel with its initial RAM disks and starts it. UEFI needs their names on the command line (`distros.md` 1.10).
fn start_kernel(label: &str, boot: &Boot) -> String {
    let names = (0..boot.initrds.len()).map(|at| format!("initrd=initrd{at}"));
    let words = boot.arguments.iter().filter(|word| is_literal(word)).map(|argument| {
        // Quotes do not hold words together in iPXE.
        argument.split(' ').map(word).collect::<Vec<_>>().join(" ").replace(MACHINE, OWN)
    });
    // The words that PXELINUX writes for SYSAPPEND 3 and 2. With BOOTIF, the hooks of 2014 do not understand `ip=dhcp`.
    let address = format!("ip=${{netX/ip}}:{HOST}:${{netX/gateway}}:${{netX/netmask}}");
    let address = (boot.network == NetworkWords::Address).then_some(address);
    let card = (boot.network != NetworkWords::Nothing).then(|| "BOOTIF=01-${netX/mac:hexhyp}".to_owned());
    let network = address.into_iter().chain(card);
    let line: Vec<String> = names.chain(words).chain(network).collect();
    let line: String = line.iter().map(|word| format!(" {word}")).collect();
    let mut text = format!("\n:{label}\nimgfree\nkernel {}{line} || goto failed\n", boot.kernel.url());
    for (at, initrd) in boot.initrds.iter().enumerate() {
        let _ = writeln!(text, "initrd --name initrd{at} {} || goto failed", initrd.url());
    }
    for (name, file) in &boot.named {
        // wimboot of before 2.8 goes by the command line of the file, later ones by its name.
        let _ = writeln!(text, "initrd --name {name} {} {name} || goto failed", file.url());
    }
    text.push_str("boot || goto failed\n");
    text
}

/// The script for an iPXE that was started for one entry alone, on legacy BIOS; it has no menu to go back to. `None` for what
/// PXELINUX does itself.
pub(in crate::plan) fn of_one(target: &Target, facts: &Facts) -> Option<String> {
    let action = match target {
        Target::Shell(_) => "echo `exit` restarts the PC.\nshell\nreboot\n".to_owned(),
        Target::Chain(url) => format!("chain {} || goto failed\nreboot\n", url.value),
        Target::Restart(_) => "reboot\n".to_owned(),
        Target::Files(files) => {
            let start = start_kernel("start", &entry::of_files(files, facts));
            start.trim_start().to_owned()
        }
        _ => return None,
    };
    // A network that does not answer is no reason to go without a prompt.
    let network = if matches!(target, Target::Shell(_)) { "dhcp ||\n" } else { "dhcp || goto failed\n" };
    Some(format!(
        "#!ipxe
{network}{action}
:failed
echo That did not work; the lines above say why. The PC restarts.
sleep 10
reboot
"
    ))
}
