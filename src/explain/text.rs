//! Explanations for people: lines of at most 80 columns where nothing longer has to stay whole, without color.
//!
//! Titles and names come from ISOs and captures, so every line is made safe for a terminal (SE-06).

mod capture;
mod page;

pub use self::capture::capture;
use self::page::Page;
use super::answers::Answered;
use super::files::{Fetched, Source};
use super::menu::{Boot, LeadsTo, Line, Menu, Menus};
use super::step::{Answer, Load, Offer, Problem, Question, Step};
use super::{ClientSeen, Explanation, ServerSeen};
use crate::serve::journal::amount;

/// What one client goes through. With `entry`, only the kernels of lines whose title or name has this in it are shown.
pub fn explanation(explanation: &Explanation, entry: Option<&str>) -> String {
    let mut page = Page::default();
    let Explanation { client, server, steps, menus, then, problems, .. } = explanation;
    head(&mut page, client);
    self::server(&mut page, server);
    for (number, step) in (1..).zip(steps) {
        page.gap();
        match step {
            Step::Asks(question) => asks(&mut page, number, question),
            Step::Loads(load) => loads(&mut page, number, load),
        }
    }
    if let Some(menus) = menus {
        self::menus(&mut page, steps.len() + 1, menus, entry);
    }
    if let Some(then) = then {
        page.gap();
        page.wrapped(0, "", then);
    }
    self::problems(&mut page, problems);
    page.text
}

/// What each kind of client is offered and where it gets to, in a few lines each.
pub fn overview(explanations: &[Explanation]) -> String {
    let mut page = Page::default();
    page.line(0, "What each kind of PC is offered, and where it gets to.");
    page.wrapped(0, "", "Name one to see every step: netspec explain SPEC --arch uefi-x64");
    if let Some(first) = explanations.first() {
        server(&mut page, &first.server);
    }
    // What gets no answer, for one and the same reason, is said once.
    let (answered, silent): (Vec<_>, Vec<_>) =
        explanations.iter().partition(|explanation| explanation.gets_an_answer());
    for explanation in answered {
        page.gap();
        let ClientSeen { arch, words, is_ipxe, .. } = &explanation.client;
        let ipxe = if *is_ipxe { ", from iPXE in its network card" } else { "" };
        let name = if *is_ipxe { format!("{arch} --user-class iPXE") } else { (*arch).to_owned() };
        page.line(0, &format!("{name}: {words}{ipxe}"));
        for step in &explanation.steps {
            if let Step::Loads(Load { file, .. }) = step {
                page.wrapped(3, "", &short(file));
            }
        }
        if let Some(menus) = &explanation.menus {
            page.wrapped(3, "", &ends(menus));
        }
        for more in explanation.then.iter().chain(explanation.problems.iter().map(|problem| &problem.what)) {
            page.wrapped(3, "", more);
        }
    }
    if !silent.is_empty() {
        page.gap();
        page.line(0, "These get no answer, and go on to their next boot device:");
        for explanation in silent {
            page.field(3, explanation.client.arch, explanation.client.words);
        }
    }
    page.text
}

fn short(file: &Fetched) -> String {
    let from = match &file.gets {
        Some(got) => source(&got.from, &file.asks_for),
        None => "not there".to_owned(),
    };
    format!("{} over {} ({from})", file.asks_for, file.over)
}

fn ends(menus: &Menus) -> String {
    let kernels = kernels(menus);
    let foreign = kernels.iter().filter(|kernel| kernel.boot.foreign.is_some()).count();
    let count = match kernels.len() {
        1 => "one kernel".to_owned(),
        count => format!("{count} kernels"),
    };
    let count = match foreign {
        0 => count,
        _ if foreign == kernels.len() => format!("{count}, but to none for this processor"),
        _ => format!("{count}, but {foreign} of them are for another processor"),
    };
    match &menus.first {
        LeadsTo::Menu { menu } => {
            let title = menus.menus.get(*menu).map_or("", |menu| menu.title.as_str());
            match title {
                "" => format!("a menu, which leads to {count}"),
                title => format!("the menu \"{title}\", which leads to {count}"),
            }
        }
        LeadsTo::Kernel(boot) => boot.command_line.clone(),
        other => target(other, &[]),
    }
}

fn head(page: &mut Page, client: &ClientSeen) {
    let mut words = format!("{} ({})", client.words, client.arch);
    if client.is_ipxe {
        words.push_str(", with iPXE in its network card");
    }
    if client.secure_boot {
        words.push_str(", with Secure Boot on");
    }
    if let Some(mac) = &client.mac {
        words.push_str(&format!(", {mac}"));
    }
    page.wrapped(0, "", &words);
}

fn server(page: &mut Page, server: &ServerSeen) {
    let address = server.address;
    let text = match server.is_example {
        true => format!("The server is {address} here, an example: --server names the real address."),
        false => format!("The server is {address}."),
    };
    page.wrapped(0, "", &text);
}

fn asks(page: &mut Page, number: usize, question: &Question) {
    let Question { title, message, to, sends, answer } = question;
    page.line(0, &format!("{number}. {title}"));
    page.line(3, &format!("{message} to {to}"));
    for sent in sends {
        page.field(5, &option(sent.option, sent.name), &sent.value);
    }
    match answer {
        Answer::Offer(offer) => offered(page, offer),
        Answer::Silence { reason, .. } => {
            page.line(3, "no answer");
            page.field(5, "why", reason);
        }
    }
}

fn offered(page: &mut Page, offer: &Offer) {
    page.line(3, &format!("{} from netspec to {}", offer.message, offer.to));
    page.field(5, "taken for", &offer.client);
    if let Some(rule) = &offer.rule {
        page.field(5, "rule of the spec", rule);
    }
    if offer.delay_ms > 0 {
        page.field(5, "waits for", &format!("{} ms", offer.delay_ms));
    }
    if let Some(address) = offer.address {
        page.field(5, "its address", &address.to_string());
    }
    page.field(5, "boot file", &offer.file);
    page.field(5, "server", &offer.server.to_string());
    page.field(5, &option(60, "class"), offer.vendor_class.as_deref().unwrap_or("not said"));
    page.field(5, &option(43, "PXE"), offer.vendor_options.as_deref().unwrap_or("none"));
    if let Some(also) = &offer.also {
        page.field(5, "second answer", &format!("the same, but option 43: {also}"));
    }
    if let Some(config) = &offer.config_file {
        page.field(5, &option(209, "file"), config);
    }
    if let Some(prefix) = &offer.path_prefix {
        page.field(5, &option(210, "folder"), prefix);
    }
    page.field(5, "why", &offer.why);
}

/// DHCP options are known by their numbers; the word behind says what it is for.
fn option(number: u8, name: &str) -> String {
    format!("option {number}, {name}")
}

fn loads(page: &mut Page, number: usize, load: &Load) {
    page.line(0, &format!("{number}. {}", load.title));
    file(page, 3, &format!("{}", load.file.over), &load.file);
    if let Some(Source::File { sha256, .. }) = load.file.gets.as_ref().map(|got| &got.from) {
        page.field(3, "SHA-256", sha256);
    }
    match load.signed {
        Some(true) => page.field(3, "signature", "there is one; with Secure Boot the firmware must trust its signer"),
        Some(false) => page.field(3, "signature", "none: it does not start where Secure Boot is on"),
        None => {}
    }
    if let Some(note) = &load.note {
        page.field(3, "note", note);
    }
}

fn file(page: &mut Page, indent: usize, name: &str, file: &Fetched) {
    page.field(indent, name, &file.asks_for);
    match &file.gets {
        Some(got) => page.field(indent, "", &format!("{}, {}", source(&got.from, &file.asks_for), amount(got.size))),
        None => page.field(indent, "", "NOT THERE"),
    }
}

fn source(source: &Source, asks_for: &str) -> String {
    match source {
        Source::Generated => "written by netspec".to_owned(),
        Source::File { path, .. } => format!("the file {}", path.display()),
        Source::Iso { iso, inside } if inside.is_empty() => format!("the whole ISO {iso}"),
        Source::Iso { iso, inside } if asks_for.ends_with(inside.as_str()) => format!("in the ISO {iso}"),
        Source::Iso { iso, inside } => format!("{inside} in the ISO {iso}"),
    }
}

/// A kernel with the line of a menu that leads to it.
struct Kernel<'a> {
    titles: Vec<&'a str>,
    names: Vec<&'a str>,
    boot: &'a Boot,
}

/// The kernels in the order of the menus. One that several lines lead to is there once.
fn kernels(menus: &Menus) -> Vec<Kernel<'_>> {
    let mut kernels: Vec<Kernel<'_>> = Vec::new();
    if let LeadsTo::Kernel(boot) = &menus.first {
        kernels.push(Kernel { titles: Vec::new(), names: Vec::new(), boot });
    }
    for line in menus.menus.iter().flat_map(|menu| &menu.lines) {
        if let Line::Choice { title, name, leads_to: LeadsTo::Kernel(boot), .. } = line {
            match kernels.iter_mut().find(|kernel| *kernel.boot == **boot) {
                Some(kernel) => {
                    kernel.titles.push(title);
                    kernel.names.push(name);
                }
                None => kernels.push(Kernel { titles: vec![title], names: vec![name], boot }),
            }
        }
    }
    kernels
}

fn menus(page: &mut Page, number: usize, menus: &Menus, entry: Option<&str>) {
    let kernels = kernels(menus);
    page.gap();
    match &menus.first {
        LeadsTo::Menu { .. } if menus.menus.len() == 1 => page.line(0, &format!("{number}. The PC shows a menu")),
        LeadsTo::Menu { .. } => page.line(0, &format!("{number}. The PC shows the first of these menus")),
        other => page.wrapped(0, &format!("{number}. "), &format!("No menu: {}", target(other, &kernels))),
    }
    for (at, menu) in menus.menus.iter().enumerate() {
        page.gap();
        self::menu(page, at, menu, &kernels);
    }
    let wanted = entry.map(str::to_lowercase);
    let is_wanted = |kernel: &Kernel<'_>| {
        let mut texts = kernel.titles.iter().chain(&kernel.names);
        wanted.as_ref().is_none_or(|wanted| texts.any(|text| text.to_lowercase().contains(wanted)))
    };
    let mut shown = Vec::new();
    for (at, kernel) in (1..).zip(&kernels).filter(|(_, kernel)| is_wanted(kernel)) {
        shown.push(kernel.boot);
        page.gap();
        let mut titles = kernel.titles.clone();
        titles.dedup();
        page.wrapped(3, &format!("Kernel {at}: "), &titles.join(", "));
        self::kernel(page, kernel.boot);
    }
    if let (true, Some(entry)) = (shown.is_empty(), entry) {
        page.gap();
        page.wrapped(3, "", &format!("No line of these menus that starts a kernel has \"{entry}\" in it."));
    }
    if !shown.is_empty() {
        page.gap();
        legend(page, &shown);
    }
}

fn menu(page: &mut Page, at: usize, menu: &Menu, kernels: &[Kernel<'_>]) {
    let wait = match menu.seconds {
        Some(1) => "the marked line starts after 1 second".to_owned(),
        Some(seconds) => format!("the marked line starts after {seconds} seconds"),
        None => "it waits for a key".to_owned(),
    };
    let title = if menu.title.is_empty() { String::new() } else { format!("\"{}\" ", menu.title) };
    page.wrapped(3, &format!("Menu {}: ", at + 1), &format!("{title}({wait})"));
    let widths = menu.lines.iter().map(|line| match line {
        Line::Choice { title, .. } => title.chars().count(),
        Line::Gap => 0,
    });
    let width = widths.max().unwrap_or(0);
    for line in &menu.lines {
        match line {
            Line::Gap => page.gap(),
            Line::Choice { title, highlighted, leads_to, .. } => {
                let mark = if *highlighted { "> " } else { "  " };
                page.choice(3, mark, title, width, &target(leads_to, kernels));
            }
        }
    }
}

fn target(leads_to: &LeadsTo, kernels: &[Kernel<'_>]) -> String {
    match leads_to {
        LeadsTo::Menu { menu } => format!("menu {}", menu + 1),
        LeadsTo::Kernel(boot) => match kernels.iter().position(|kernel| kernel.boot == boot.as_ref()) {
            Some(at) => format!("kernel {}", at + 1),
            None => "a kernel".to_owned(),
        },
        LeadsTo::LocalDisk => "the PC's next boot device".to_owned(),
        LeadsTo::Shell => "the prompt of the boot loader".to_owned(),
        LeadsTo::Restart => "restarts the PC".to_owned(),
        LeadsTo::FirmwareSetup => "the setup of the PC's firmware".to_owned(),
        LeadsTo::Elsewhere { url } => format!("{url}, on another server"),
        LeadsTo::Program { file } => {
            format!("the program {}", file.asks_for.rsplit('/').next().unwrap_or(&file.asks_for))
        }
        LeadsTo::Disabled => "cannot be chosen".to_owned(),
        LeadsTo::Stops { reason } => format!("STOPS: {reason}"),
        LeadsTo::Unread { line } => format!("not followed: {line}"),
    }
}

fn kernel(page: &mut Page, boot: &Boot) {
    file(page, 5, "kernel", &boot.kernel);
    if let Some(cpu) = boot.foreign {
        page.field(5, "DOES NOT START", &format!("it is for {cpu}, and this machine is another"));
    }
    if let Some(why) = &boot.refused {
        page.field(5, "DOES NOT START", &format!("Secure Boot is on: {why}"));
    }
    for initrd in &boot.initrds {
        file(page, 5, "initrd", initrd);
    }
    for image in &boot.root_images {
        file(page, 5, "root image", image);
    }
    page.line(5, "command line");
    page.words(7, &boot.command_line);
    for Answered { file, text, why_not } in &boot.answers {
        page.field(5, "answers", &file.asks_for);
        match (text, why_not) {
            (Some(text), _) => text.lines().for_each(|line| page.line(7, line)),
            (None, Some(why)) => page.wrapped(7, "", &format!("it gets none, because {why}")),
            (None, None) => page.wrapped(7, "", "there is no such file"),
        }
    }
}

/// What the words in angle brackets mean, where there are any.
fn legend(page: &mut Page, boots: &[&Boot]) {
    let has = |word: &str| boots.iter().any(|boot| boot.command_line.contains(word));
    if has("<ip>") {
        page.wrapped(3, "", "<ip>, <gateway> and <netmask> are what the PC got from the network's own DHCP server.");
    }
    if has("<mac>") {
        page.wrapped(3, "", "<mac> is the address of its network card; --mac fills it in.");
    }
}

fn problems(page: &mut Page, problems: &[Problem]) {
    for Problem { what, change } in problems {
        page.gap();
        page.wrapped(0, "It ends here: ", what);
        if let Some(change) = change {
            page.wrapped(0, "What to do: ", change);
        }
    }
}
