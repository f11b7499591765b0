//! `netspec boot-next`: what a machine boots next time, and only then.

use std::process::ExitCode;

use serde::Serialize;

use super::args::{BootNextArgs, FindingFormat, ListFormat};
use super::{compile, report, state};
use crate::diag::nearest::{listed, nearest, shown};
use crate::plan::{Plan, start};
use crate::serve::next_boot::NextBoots;
use crate::world::OsWorld;

/// One line of the answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Noted {
    host: String,
    /// `main/debian`; `None` for a host without one.
    entry: Option<String>,
}

pub(super) fn run(args: &BootNextArgs) -> ExitCode {
    let compiled = compile::compile(&args.spec, &OsWorld);
    let findings = report::findings(&compiled, FindingFormat::Full, report::style(&std::io::stderr()));
    report::write(std::io::stderr(), &findings);
    let Some(outcome) = compiled.outcome else { return ExitCode::FAILURE };
    match answer(args, &outcome.plan) {
        Ok(noted) => {
            report::write(std::io::stdout(), &text(&noted, args));
            ExitCode::SUCCESS
        }
        Err((code, reason)) => {
            report::write(std::io::stderr(), &format!("netspec: {reason}\n"));
            code
        }
    }
}

/// Does what is asked for, and says what is noted then.
fn answer(args: &BootNextArgs, plan: &Plan) -> Result<Vec<Noted>, (ExitCode, String)> {
    let wrong = |reason| (ExitCode::from(2), reason);
    let failed = |reason| (ExitCode::FAILURE, reason);
    let host = args.host.as_deref().map(|name| host(name, plan)).transpose().map_err(wrong)?;
    let entry = args.entry.as_deref().map(|written| entry(written, plan)).transpose().map_err(wrong)?;
    let folder = state::folder(args.state.as_deref());
    let boots = NextBoots::open(&folder).map_err(|error| {
        failed(format!("{error}\n  help: run it as root, or name the folder of the server with `--state`"))
    })?;
    let cannot = |what: &str, error: std::io::Error| {
        failed(format!("the next boot cannot be {what} in `{}`: {error}", folder.display()))
    };
    if let (Some(host), Some((menu, entry))) = (host, entry) {
        boots.set(host, menu, entry).map_err(|error| cannot("noted", error))?;
    } else if let (Some(host), true) = (host, args.clear) {
        boots.clear(host).map_err(|error| cannot("taken back", error))?;
    }
    let pending = boots.pending().map_err(|error| cannot("read", error))?;
    let of = |host: &str| pending.iter().find(|(name, _)| name == host).map(|(_, entry)| entry.clone());
    Ok(match host {
        Some(host) => vec![Noted { host: host.to_owned(), entry: of(host) }],
        None => pending.into_iter().map(|(host, entry)| Noted { host, entry: Some(entry) }).collect(),
    })
}

fn host<'a>(name: &str, plan: &'a Plan) -> Result<&'a str, String> {
    let machines = &plan.machines;
    if machines.is_empty() {
        return Err(
            "no `host` or `group` of this spec says what it boots, so no machine asks for anything of its own\n  \
                    help: add `menu` or `boot` to a `host` or `group`; then every host can have a next boot"
                .to_owned(),
        );
    }
    if let Some(host) = machines.host(name) {
        return Ok(&host.name);
    }
    let names = || machines.hosts.iter().map(|host| host.name.as_str());
    let help = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if machines.hosts.is_empty() => "the spec has no `host`; add one with the `mac` of the machine".to_owned(),
        None if machines.hosts.len() <= 12 => format!("the hosts are {}", listed(names())),
        None => format!("the spec has {} hosts", machines.hosts.len()),
    };
    Err(format!("there is no host `{}` in this spec\n  help: {help}", shown(name)))
}

fn entry<'a>(written: &str, plan: &'a Plan) -> Result<(&'a str, &'a str), String> {
    let (menu, name) = written.split_once('/').map_or((None, written), |(menu, name)| (Some(menu), name));
    let is_meant = |(of, entry): &(&str, &str)| *entry == name && menu.is_none_or(|menu| menu == *of);
    let meant: Vec<_> = start::entries(plan).filter(is_meant).collect();
    let full = |(menu, entry): &(&str, &str)| format!("{menu}/{entry}");
    match meant[..] {
        [one] => Ok(one),
        [] => {
            let names: Vec<String> = start::entries(plan).map(|entry| full(&entry)).collect();
            let short = || start::entries(plan).map(|(_, entry)| entry);
            let help = match nearest(written, short()).or_else(|| nearest(written, names.iter().map(String::as_str))) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.len() <= 12 => format!("the entries are {}", listed(&names)),
                None => format!("the spec has {} entries", names.len()),
            };
            Err(format!("there is no entry `{}` in this spec\n  help: {help}", shown(written)))
        }
        ref several => Err(format!(
            "several menus have an entry `{}`\n  help: write one of {}",
            shown(written),
            listed(several.iter().map(full))
        )),
    }
}

fn text(noted: &[Noted], args: &BootNextArgs) -> String {
    if args.format == ListFormat::Json {
        return serde_json::to_string_pretty(noted).unwrap_or_default() + "\n";
    }
    if noted.is_empty() {
        return "no machine has a next boot of its own\n".to_owned();
    }
    let line = |Noted { host, entry }: &Noted| match entry {
        Some(entry) => format!("{host} boots {entry} next time, once\n"),
        None => format!("{host} boots as the spec says\n"),
    };
    noted.iter().map(line).collect()
}
