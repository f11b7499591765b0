//! `netspec build`: the files that PCs fetch, as a folder.

use std::io::IsTerminal as _;
use std::net::Ipv4Addr;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{BuildArgs, EventFormat};
use super::compile::Outcome;
use super::report;
use crate::build::{self, Built, Kind, Progress};
use crate::facts::Use;
use crate::net::Origin;
use crate::plan::Plan;
use crate::proto::dhcp::ServerAddr;

pub(super) fn run(args: &BuildArgs) -> ExitCode {
    let Some(outcome) = report::outcome(&args.spec, args.lock.mode(), Use::Serving) else {
        return ExitCode::FAILURE;
    };
    let kind = match kind(args, &outcome) {
        Ok(kind) => kind,
        Err(reason) => {
            report::write(std::io::stderr(), &format!("netspec: {reason}\n"));
            return ExitCode::from(2);
        }
    };
    let bar = Bar::new();
    let built = build::build(&outcome.plan, &outcome.gathered, &kind, &args.out, &bar);
    bar.0.finish_and_clear();
    match built {
        Ok(built) => {
            let text = match args.format {
                EventFormat::Text => describe(&built, &kind, outcome.plan.payload_origin().as_ref()),
                EventFormat::Json => json(&built),
            };
            report::write(std::io::stdout(), &text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            report::write(std::io::stderr(), &format!("netspec: {error}\n  help: {}\n", error.help()));
            ExitCode::FAILURE
        }
    }
}

fn kind(args: &BuildArgs, outcome: &Outcome) -> Result<Kind, String> {
    let Some(server) = args.server else { return Ok(Kind::Payload) };
    without_answers(&outcome.plan)?;
    if ServerAddr::new(server).is_none() {
        return Err(format!("no machine has the address {server}; --server takes that of the TFTP server"));
    }
    let origin = match &args.origin {
        Some(origin) => origin.clone(),
        None => usual_origin(&outcome.plan, server)?,
    };
    Ok(Kind::Whole { server, origin })
}

/// Other servers can hand out a tree only where it is the same for everybody.
pub(super) fn without_answers(plan: &Plan) -> Result<(), String> {
    match plan.answers.keys().next() {
        None => Ok(()),
        Some(name) => Err(format!(
            "answers `{name}` are made for each machine that asks, which no other server does; without `--server`, \
             `netspec build` makes what an `origin` beside netspec hands out"
        )),
    }
}

/// The root of a web server on the machine with this address, at the port that the spec says for HTTP.
pub(super) fn usual_origin(plan: &Plan, server: Ipv4Addr) -> Result<Origin, String> {
    let url = format!("http://{server}:{}", plan.server.http_port);
    url.parse().map_err(|error| format!("`{url}` {error}"))
}

/// A bar on a terminal, and nothing else.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {binary_bytes} of {binary_total_bytes}, {eta} to go")
        {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn begins(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advances(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

/// What was built, what was not, and what to do with it.
fn describe(built: &Built, kind: &Kind, origin: Option<&Origin>) -> String {
    let Built { folder, was_there, files, size, linked, left } = built;
    let folder = folder.display();
    let how = match (was_there, linked) {
        (true, _) => "built before".to_owned(),
        (false, 0) => "all written anew".to_owned(),
        (false, linked) => format!("{} of them shared with other files", bytes(*linked)),
    };
    let files = if *files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    let mut text = format!("{folder}: {files}, {}, {how}\n", bytes(*size));
    for left in left {
        text.push_str(&format!("  left to `netspec serve`: {}\n", left.describe()));
    }
    match (kind, origin) {
        (Kind::Payload, Some(origin)) => text.push_str(&format!("publish this folder as {origin}/\n")),
        (Kind::Payload, None) => text.push_str(
            "publish this folder, and write `server { origin \"URL\" }` with the URL of the folder that it is in\n",
        ),
        (Kind::Whole { origin, server }, _) => {
            text.push_str(&format!("hand this folder out at {origin}/ and by TFTP at {server}\n"));
        }
    }
    text
}

/// A number of bytes as people say it.
fn bytes(count: u64) -> String {
    indicatif::BinaryBytes(count).to_string()
}

fn json(built: &Built) -> String {
    let mut text = serde_json::to_string_pretty(built).unwrap_or_default();
    text.push('\n');
    text
}
