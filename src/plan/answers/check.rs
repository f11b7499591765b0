//! What a machine would miss in its answers: each template is made for every machine that can get to it, before one asks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::{Ready, pass, place};
use crate::answers::{Fault, HOST_NAMES, Machine, RenderError, Secret, Template, check, secrets};
use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::facts::Facts;
use crate::image::recipe::Recipe;
use crate::net::{MacAddr, MacPrefix};
use crate::plan::machine::Group;
use crate::plan::{Machines, Plan};
use crate::proto::identity::Identity;
use crate::resolve::{AnswersSource, MenuItem, ResolvedSpec, Start, Target};
use crate::source::{Span, Spanned};
use crate::spec::answers::Format;
use crate::spec::set::GIVEN;

/// A machine that no spec names.
const ANY: MacAddr = MacAddr([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
/// What a machine boots as, as far as a check goes.
const ARCH: &str = "uefi-x64";
/// Our address as far as a check goes: what comes out is looked at and thrown away.
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
/// So many variables of one template are found missing at once.
const MAX_ROUNDS: usize = 32;
/// So many hosts are named in a finding.
const MAX_NAMED: usize = 3;
/// So many passwords are told of one template.
const MAX_SECRETS: usize = 5;

/// Where answers are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use<'a> {
    /// The name of the answers.
    pub answers: &'a str,
    /// The ISO that is booted; `None` where the files are in none.
    pub iso: Option<&'a str>,
    entry: &'a str,
    menu: &'a str,
    target: &'a Target,
    span: Span,
}

impl Use<'_> {
    fn recipe<'f>(&self, facts: &'f Facts) -> Option<&'f Recipe> {
        facts.images.get(self.iso?)?.recipe.as_ref()
    }
}

/// The entries with answers, in the order of the menus.
pub(super) fn uses(spec: &ResolvedSpec) -> impl Iterator<Item = Use<'_>> {
    spec.menus.iter().flat_map(|menu| menu.items.iter().filter_map(|item| named(&menu.name, item)))
}

fn named<'a>(menu: &'a str, item: &'a MenuItem) -> Option<Use<'a>> {
    let MenuItem::Entry { name, answers: Some(Spanned { value, span }), target, .. } = item else { return None };
    let iso = match target {
        Target::Iso(iso) => Some(iso.as_str()),
        Target::Kernel(kernel) => Some(kernel.iso.as_str()),
        Target::Files(_) => None,
        _ => return None,
    };
    Some(Use { answers: value, iso, entry: name, menu, target, span: *span })
}

/// Everything that is wrong with the answers of a spec.
pub fn findings(spec: &ResolvedSpec, facts: &Facts, plan: &Plan) -> Diagnostics {
    let mut out = Diagnostics::default();
    not_passed(spec, facts, &mut out);
    let templates: BTreeMap<&str, Ready> =
        plan.answers.iter().filter_map(|(name, answers)| Some((name.as_str(), Ready::of(answers).ok()?))).collect();
    let mut check = Check {
        spec,
        machines: &plan.machines,
        templates: &templates,
        faults: BTreeMap::new(),
        secrets: BTreeMap::new(),
    };
    check.all();
    check.report(&mut out);
    unused_variables(spec, facts, &templates, &mut out);
    out
}

/// Entries whose system is not told where its answers are.
fn not_passed(spec: &ResolvedSpec, facts: &Facts, out: &mut Diagnostics) {
    for named in uses(spec) {
        let arguments = match named.target {
            Target::Kernel(kernel) => &kernel.arguments[..],
            Target::Files(files) => &files.arguments[..],
            _ => {
                spec.isos.iter().find(|iso| Some(iso.name.as_str()) == named.iso).map_or(&[][..], |iso| &iso.arguments)
            }
        };
        let is_told = arguments.iter().any(|word| word.contains("{answers}"));
        let Some(source) = spec.answers.iter().find(|source| source.name == named.answers) else { continue };
        let by_hand = !matches!(named.target, Target::Iso(_));
        if is_told || !pass::usual(source.format, named.recipe(facts), by_hand).is_empty() {
            continue;
        }
        let entry = named.entry;
        let what = named
            .recipe(facts)
            .map_or_else(|| "this kernel".to_owned(), |recipe| format!("a system of {}", recipe.family()));
        let message =
            format!("entry `{entry}` has answers, and netspec does not know how {what} takes {}", source.format);
        out.push(Diagnostic::new(Code::AnswersNotPassed, message).at(named.span, "nobody reads them").help(match named.target {
            Target::Kernel(_) | Target::Files(_) => "say it in the `arguments` of the entry, where `{answers}` is the URL of the file",
            _ => "say it in the `arguments` of the ISO, where `{answers}` is the URL of the file, or name the kernel of the installer in the block of the entry",
        }));
    }
}

/// What is wrong with a template, for some machines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// A variable that they do not have.
    Undefined(String),
    /// What comes out is nothing for the installer: the line and why.
    Invalid { line: usize, reason: String, help: String },
    /// Nothing comes out.
    Fails(String),
}

/// Which of the templates of answers.
type Which<'a> = (&'a str, bool);

/// The machines for which something is wrong.
#[derive(Debug, Default)]
struct Affected {
    /// The line of the template.
    line: usize,
    hosts: usize,
    names: Vec<String>,
    groups: Vec<String>,
    others: bool,
}

/// Whom a file is for.
#[derive(Clone, Copy)]
enum Whom<'a> {
    Host(&'a str),
    Group(&'a str),
    Other,
}

struct Check<'a> {
    spec: &'a ResolvedSpec,
    machines: &'a Machines,
    templates: &'a BTreeMap<&'a str, Ready>,
    faults: BTreeMap<(Which<'a>, Wrong), Affected>,
    secrets: BTreeMap<&'a str, Vec<Secret>>,
}

impl<'a> Check<'a> {
    fn all(&mut self) {
        let mut reached: BTreeMap<Option<&Start>, Vec<(&'a str, Option<&'a str>)>> = BTreeMap::new();
        let spec = self.spec;
        let mut from =
            |start: Option<&'a Start>| reached.entry(start).or_insert_with(|| reachable(spec, start)).clone();
        for host in &self.machines.hosts {
            let identity = Identity {
                mac: host.mac.or(Some(ANY)),
                uuid: host.uuid,
                serial: host.serial.clone(),
                ..Identity::default()
            };
            let found = self.machines.find(&identity);
            for (answers, iso) in from(found.start) {
                let Some(ready) = self.templates.get(answers) else { continue };
                let mut machine = super::machine(&identity, &found, self.machines, &ready.variables);
                // As what and from where it will boot is not known yet, so that it may be of any group of its card.
                machine.arch.get_or_insert(ARCH);
                let is_of_card =
                    |group: &&Group| group.macs.is_empty() || group.macs.iter().any(|mac| covers(mac, host.mac));
                for (name, value) in self.machines.groups.iter().filter(is_of_card).flat_map(|group| &group.variables) {
                    machine.variables.entry(name.as_str()).or_insert(value);
                }
                self.try_all(answers, ready, &machine, iso, Whom::Host(&host.name));
            }
        }
        for group in &self.machines.groups {
            for (answers, iso) in from(group.start.as_ref()) {
                self.of_group(answers, iso, Some(group));
            }
        }
        for (answers, iso) in from(None) {
            self.of_group(answers, iso, None);
        }
    }

    /// A machine that is no host.
    fn of_group(&mut self, answers: &'a str, iso: Option<&str>, group: Option<&'a Group>) {
        let Some(ready) = self.templates.get(answers) else { return };
        let variables = group.map(|group| &group.variables).into_iter().chain([&ready.variables]).flatten();
        let mut machine = Machine { mac: Some(ANY), arch: Some(ARCH), ..Machine::default() };
        for (name, value) in variables {
            machine.variables.entry(name.as_str()).or_insert(value);
        }
        self.try_all(answers, ready, &machine, iso, group.map_or(Whom::Other, |group| Whom::Group(&group.name)));
    }

    fn try_all(
        &mut self,
        answers: &'a str,
        ready: &'a Ready,
        machine: &Machine<'_>,
        iso: Option<&str>,
        whom: Whom<'a>,
    ) {
        let Ready { format, template, meta_data, .. } = ready;
        self.try_one((answers, false), template, machine, iso, whom, |text| check::answers(*format, text));
        if let Some(meta_data) = meta_data {
            self.try_one((answers, true), meta_data, machine, iso, whom, check::meta_data);
        }
    }

    fn try_one(
        &mut self,
        which: Which<'a>,
        template: &Template,
        machine: &Machine<'_>,
        iso: Option<&str>,
        whom: Whom<'a>,
        valid: impl Fn(&str) -> Result<(), check::Invalid>,
    ) {
        let origin = format!("http://{SERVER}");
        let place = place(SERVER, &origin, &origin, iso);
        // What is missing is filled in, so that one run finds all that is missing.
        let mut filled = BTreeSet::new();
        for _ in 0..MAX_ROUNDS {
            let RenderError { line, fault } = match template.render_with(machine, &place, &filled) {
                Ok(text) if filled.is_empty() => {
                    match valid(&text) {
                        Ok(()) => self.look_for_secrets(which, template.format(), &text),
                        Err(check::Invalid { line, reason, help }) => {
                            self.note(which, Wrong::Invalid { line, reason, help }, line, whom);
                        }
                    }
                    return;
                }
                Ok(_) => return,
                Err(error) => error,
            };
            match fault {
                Fault::Undefined(name) => {
                    self.note(which, Wrong::Undefined(name.clone()), line, whom);
                    if !filled.insert(name) {
                        return;
                    }
                }
                Fault::Other(why) if filled.is_empty() => return self.note(which, Wrong::Fails(why), line, whom),
                Fault::Other(_) => return,
            }
        }
    }

    fn look_for_secrets(&mut self, (answers, is_meta_data): Which<'a>, format: Format, text: &str) {
        if !is_meta_data {
            self.secrets.entry(answers).or_insert_with(|| secrets(format, text));
        }
    }

    fn note(&mut self, which: Which<'a>, wrong: Wrong, line: usize, whom: Whom<'_>) {
        let affected = self.faults.entry((which, wrong)).or_default();
        affected.line = line;
        match whom {
            Whom::Host(name) => {
                affected.hosts += 1;
                if affected.names.len() < MAX_NAMED {
                    affected.names.push(name.to_owned());
                }
            }
            Whom::Group(name) if affected.groups.len() < MAX_NAMED => affected.groups.push(name.to_owned()),
            Whom::Group(_) => {}
            Whom::Other => affected.others = true,
        }
    }

    fn report(&self, out: &mut Diagnostics) {
        for (((answers, is_meta_data), wrong), affected) in &self.faults {
            let Some(source) = self.spec.answers.iter().find(|source| source.name == *answers) else { continue };
            let template = source.meta_data.as_ref().filter(|_| *is_meta_data).unwrap_or(&source.template);
            let (line, file) = (affected.line, shown(&template.written));
            let whom = self.whom(affected);
            let finding = match wrong {
                Wrong::Undefined(name) => self.undefined(name, source, affected, &file),
                Wrong::Invalid { reason, help, .. } => {
                    let what = if *is_meta_data { "`meta-data`" } else { source.format.name() };
                    let message = format!("what `{file}` gives {whom} is no {what}, in its line {line}: {reason}");
                    Diagnostic::new(Code::AnswersInvalid, message).help(help.clone())
                }
                Wrong::Fails(why) => {
                    let message = format!("line {line} of `{file}` gives nothing {whom}: {why}");
                    Diagnostic::new(Code::AnswersInvalid, message).help(fails_help(why))
                }
            };
            out.push(finding.at(template.span, "this template"));
        }
        for (answers, secrets) in &self.secrets {
            let Some(source) = self.spec.answers.iter().find(|source| source.name == *answers) else { continue };
            for secret in secrets.iter().take(MAX_SECRETS) {
                let file = shown(&source.template.written);
                let message = format!("`{file}` has a password in clear: `{}`", shown(&secret.key));
                let finding = Diagnostic::new(Code::AnswersSecret, message);
                out.push(finding.at(source.template.span, "anybody on the network can read it").help(secret.help));
            }
        }
    }

    fn undefined(&self, name: &str, source: &AnswersSource, affected: &Affected, file: &str) -> Diagnostic {
        let (line, whom) = (affected.line, self.whom(affected));
        let what = shown(name);
        // Where some machine has it, the others may well be meant to get nothing.
        let is_for_all = affected.hosts > 0 || !self.is_set_somewhere(name);
        let code = if is_for_all { Code::AnswersUndefined } else { Code::AnswersForHosts };
        let message = format!("line {line} of `{file}` asks for `{what}`, which is undefined {whom}");
        let below_host = name.strip_prefix("host.");
        let help = if let Some(known) = below_host.filter(|known| HOST_NAMES.contains(known)) {
            match known {
                "uuid" | "serial" if affected.hosts > 0 => {
                    format!("add `{known} \"…\"` to the block of the host: not every boot loader tells it")
                }
                "address" | "subnet" | "netmask" | "prefix" if affected.hosts > 0 => {
                    "add an `address` in the subnet of a network to the block of the host".to_owned()
                }
                _ => format!(
                    "write `{{{{ {what} | default(\"…\") }}}}` for machines without it, or send only hosts to this entry"
                ),
            }
        } else if let Some(unknown) = below_host {
            match nearest(unknown, HOST_NAMES.iter().copied()) {
                Some(near) => format!("did you mean `host.{near}`?"),
                None => format!("`host` has {}; others are made with `set`", listed(HOST_NAMES)),
            }
        } else {
            let known = self.set_names();
            let given = GIVEN.iter().copied();
            match nearest(name, known.iter().copied().chain(given).filter(|known| *known != name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if affected.hosts > 0 => {
                    format!(
                        "add `set \"{what}\" \"…\"` to the block of the host, or to that of `answers` for all machines"
                    )
                }
                None => format!("add `set \"{what}\" \"…\"` to the block of answers `{}`", source.name),
            }
        };
        Diagnostic::new(code, message).help(help)
    }

    /// Whether some machine of the spec has it.
    fn is_set_somewhere(&self, name: &str) -> bool {
        let hosts = &self.machines.hosts;
        match name.strip_prefix("host.") {
            Some("name") => !hosts.is_empty(),
            Some("uuid") => hosts.iter().any(|host| host.uuid.is_some()),
            Some("serial") => hosts.iter().any(|host| host.serial.is_some()),
            Some("address") => hosts.iter().any(|host| host.told.address.is_some()),
            Some("subnet" | "netmask" | "prefix") => hosts.iter().any(|host| host.told.subnet.is_some()),
            Some(_) => false,
            None => self.set_names().contains(name),
        }
    }

    /// The variables that hosts and groups set.
    fn set_names(&self) -> BTreeSet<&'a str> {
        let hosts = self.machines.hosts.iter().flat_map(|host| host.told.variables.keys());
        let groups = self.machines.groups.iter().flat_map(|group| group.variables.keys());
        hosts.chain(groups).map(String::as_str).collect()
    }

    /// For whom something is wrong, as an end of a sentence.
    fn whom(&self, affected: &Affected) -> String {
        match affected.hosts == 0 && self.machines.hosts.is_empty() && self.machines.groups.is_empty() {
            true => "for every machine".to_owned(),
            false => affected.whom(),
        }
    }
}

impl Affected {
    /// For whom something is wrong, as an end of a sentence.
    fn whom(&self) -> String {
        let names = listed(self.names.iter().map(|name| shown(name)));
        match (self.hosts, self.groups.len(), self.others) {
            (0, 0, _) => "for machines that are no `host`".to_owned(),
            (0, 1, _) => format!("for machines of group {}", listed(&self.groups)),
            (0, _, _) => format!("for machines of the groups {}", listed(&self.groups)),
            (1, _, _) => format!("for host {names}"),
            (n, _, _) if n <= MAX_NAMED => format!("for hosts {names}"),
            (n, _, _) => {
                let names = self.names.iter().map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ");
                format!("for hosts {names} and {} more", n - MAX_NAMED)
            }
        }
    }
}

fn fails_help(why: &str) -> String {
    if why.contains("filter") && why.contains("unknown") {
        return "filters are those of Jinja, and `raw`, `shell` and `json`".to_owned();
    }
    if why.contains("control characters") {
        return "make it one line, as with `| replace(\"\\n\", \" \")`, or write it with `| raw` where you know that it is right".to_owned();
    }
    "make the template give less, or write the value so that the format has words for it".to_owned()
}

/// Whether a hardware address begins like this; one that is not known may.
fn covers(beginning: &MacPrefix, mac: Option<MacAddr>) -> bool {
    mac.is_none_or(|mac| beginning.covers(mac))
}

/// The answers that a machine can get to, each with the ISO that it boots; each once.
fn reachable<'a>(spec: &'a ResolvedSpec, start: Option<&Start>) -> Vec<(&'a str, Option<&'a str>)> {
    let menu = |name: &str| spec.menus.iter().find(|menu| menu.name == name);
    let mut found = Vec::new();
    let mut waiting = Vec::new();
    let mut take = |menu: &'a str, item: &'a MenuItem, waiting: &mut Vec<&'a str>| {
        if let MenuItem::Entry { target: Target::Menu(next), .. } = item {
            waiting.push(next.as_str());
        }
        if let Some(Use { answers, iso, .. }) = named(menu, item)
            && !found.contains(&(answers, iso))
        {
            found.push((answers, iso));
        }
    };
    match start {
        None => waiting.extend(spec.menus.first().map(|menu| menu.name.as_str())),
        Some(Start::Menu(first)) => waiting.extend(menu(first).map(|menu| menu.name.as_str())),
        Some(Start::Entry(first, entry)) => {
            let first = menu(first);
            let is_it = |item: &&MenuItem| matches!(item, MenuItem::Entry { name, .. } if name == entry);
            if let Some((first, item)) = first.and_then(|menu| Some((menu, menu.items.iter().find(is_it)?))) {
                take(&first.name, item, &mut waiting);
            }
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        let Some(menu) = menu(name).filter(|_| seen.insert(name)) else { continue };
        for item in &menu.items {
            take(&menu.name, item, &mut waiting);
        }
    }
    found
}

/// Variables that no template asks for; each name once.
fn unused_variables(spec: &ResolvedSpec, facts: &Facts, templates: &BTreeMap<&str, Ready>, out: &mut Diagnostics) {
    // A template that was not read might ask for them.
    if templates.len() < spec.answers.len() && facts.answers.len() < spec.answers.len() {
        return;
    }
    let names_of = |ready: &Ready| -> BTreeSet<String> {
        let of = |template: &Template| {
            template.names().into_iter().map(|name| name.split('.').next().unwrap_or_default().to_owned())
        };
        of(&ready.template).chain(ready.meta_data.iter().flat_map(of)).collect()
    };
    let asked: BTreeMap<&str, BTreeSet<String>> =
        templates.iter().map(|(name, ready)| (*name, names_of(ready))).collect();
    let anywhere: BTreeSet<&str> = asked.values().flatten().map(String::as_str).collect();
    let unused = |name: &str, span: Span, asked: &BTreeSet<&str>| {
        let help = match nearest(name, asked.iter().copied().filter(|name| !GIVEN.contains(name))) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write `{{{{ {name} }}}}` in a template, or remove it"),
        };
        Diagnostic::new(Code::UnusedSet, format!("no template asks for `{name}`")).at(span, "not used").help(help)
    };
    for source in &spec.answers {
        let Some(own) = asked.get(source.name.as_str()) else { continue };
        let own: BTreeSet<&str> = own.iter().map(String::as_str).collect();
        for (name, span) in source.default_spans.iter().filter(|(name, _)| !own.contains(name.as_str())) {
            out.push(unused(name, *span, &own));
        }
    }
    let hosts = spec.hosts.iter().map(|host| &host.variable_spans);
    let groups = spec.groups.iter().map(|group| &group.variable_spans);
    let mut told = BTreeSet::new();
    for (name, span) in hosts.chain(groups).flatten() {
        if !anywhere.contains(name.as_str()) && told.insert(name.as_str()) {
            out.push(unused(name, *span, &anywhere));
        }
    }
}
