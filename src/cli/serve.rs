//! `netspec serve`: answers booting PCs until it is told to stop.

mod printer;

use std::process::ExitCode;
use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use self::printer::Printer;
use super::args::{EventFormat, FindingFormat, ServeArgs};
use super::compile::{self, Compiled, Outcome};
use super::progress::Local;
use super::{fetch, report, state};
use crate::facts::Use;
use crate::lock::LockMode;
use crate::plan::{Node, Plan};
use crate::resolve::DhcpMode;
use crate::serve::dhcp::Mode;
use crate::serve::host::{self, Located};
use crate::serve::lease::{Rival, RivalError, described};
use crate::serve::port_holder::listed;
use crate::serve::{self, Bound, origin, ready};
use crate::spec::loader::{LoaderKind, Machine};
use crate::world::OsWorld;

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    // What cannot be fetched is not there, and a finding says so.
    if args.fetch {
        fetch::fetch(&args.spec);
    }
    let local = Local::new();
    let mode = if args.locked { LockMode::Locked } else { LockMode::Use };
    let mut compiled = compile::compile_as(&args.spec, &OsWorld, &local.setting(mode, Use::Serving));
    let (located, findings) = host::locate(&compiled.networks);
    compiled.findings.extend(findings);
    compiled.findings.sort();
    let stderr = std::io::stderr();
    let text = report::findings(&compiled, FindingFormat::Full, report::style(&stderr));
    report::write(stderr, &text);
    if compiled.findings.has_errors() {
        return ExitCode::FAILURE;
    }
    let Compiled { sources, outcome: Some(outcome), .. } = compiled else { return ExitCode::FAILURE };
    allow_many_files();
    // Decisions take microseconds, and reads of cold files have threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let served = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
        let _guard = runtime.enter();
        let bound = serve::bind(&outcome.plan, &outcome.gathered, &located, &state::folder(args.state.as_deref()));
        let bound = bound.map_err(|error| error.to_string())?;
        let others = runtime.block_on(bound.rivals());
        report::write(std::io::stderr(), &alone(others, args.force)?);
        if let Err(error) = bound.leave_root() {
            let text = format!("netspec: serves as root, because it cannot become `nobody`: {error}\n");
            report::write(std::io::stderr(), &text);
        }
        let intro = intro(&sources.main().name(), &outcome, &located, &bound);
        report::write(std::io::stderr(), &intro);
        ask_origin(&outcome.plan);
        runtime.block_on(serve_until_told(bound, args))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            report::write(std::io::stderr(), &format!("netspec: {reason}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Finds out whether the origin has the payload, and says so where it has not. Serving does not wait for that: who looks
/// after the origin may be about to publish it.
fn ask_origin(plan: &Plan) {
    let Some(payload) = plan.payload_origin() else { return };
    std::thread::spawn(move || {
        if let Err(error) = origin::probe(&payload) {
            let text = format!("netspec: the origin of payload, {payload}, {error}\n  help: {}\n", error.help());
            report::write(std::io::stderr(), &text);
        }
    });
}

/// Whether addresses may be given out beside what else answers; the text to show if so, or the reason if not.
fn alone(others: Result<Vec<Rival>, RivalError>, force: bool) -> Result<String, String> {
    let (what, help) = match others {
        Ok(rivals) if rivals.is_empty() => return Ok(String::new()),
        Ok(rivals) => (
            rivals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            "write `dhcp \"proxy\"`, which works beside it, or switch it off; `--force` gives out addresses all the same",
        ),
        Err(error) => (
            error.to_string(),
            "start netspec as root, or give it the capability CAP_NET_RAW; `--force` gives out addresses all the same",
        ),
    };
    match force {
        true => Ok(format!("netspec: {what}; addresses are given out all the same, because of `--force`\n")),
        false => Err(format!("{what}\n  help: {help}")),
    }
}

/// Raises the soft limit of open files to the hard one: a classroom that powers on together needs a socket for each transfer.
fn allow_many_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // Without it the servers turn some clients away for a while, which is what they do at their own limits, too.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

async fn serve_until_told(bound: Bound, args: &ServeArgs) -> Result<(), String> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    if let Some(manager) = std::env::var_os("NOTIFY_SOCKET")
        && let Err(error) = ready::tell(&manager)
    {
        report::write(std::io::stderr(), &format!("netspec: the service manager cannot be told: {error}\n"));
    }
    let printer = Printer::start(args.format, args.verbose);
    let (stop, stopped) = watch::channel(false);
    let mut running = tokio::spawn(bound.run(Arc::new(printer.events()), stopped));
    let aborted = running.abort_handle();
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        ended = &mut running => {
            return ended.map_err(std::io::Error::other).flatten().map_err(|error| format!("stopped serving: {error}"));
        }
    }
    // A receiver that is gone means that serving has ended already.
    let _ = stop.send(true);
    let ended = tokio::select! {
        ended = running => ended.map_err(std::io::Error::other).flatten().map_err(|error| error.to_string()),
        // Asked twice, it ends at once.
        _ = interrupt.recv() => {
            aborted.abort();
            Ok(())
        }
    };
    let summary = printer.finish();
    if args.format == EventFormat::Text {
        report::write(std::io::stderr(), &summary);
    }
    ended
}

fn joined(values: &[impl ToString]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What is served, where, and that it is ready.
fn intro(spec: &str, outcome: &Outcome, located: &[Located], bound: &Bound) -> String {
    let mut text = format!("netspec serves {spec}, plan {:.12}\n", outcome.plan.digest().to_string());
    for Located { network, interface, addresses, relays, dhcp, .. } in located {
        let how = match dhcp {
            DhcpMode::Proxy => "proxyDHCP (hands out no address)".to_owned(),
            DhcpMode::BootServer => {
                "port 4011 only: the DHCP server of this machine must send option 60 with the value PXEClient"
                    .to_owned()
            }
            DhcpMode::Server(pool) => described(pool),
        };
        text.push_str(&format!("  network {network}: {} on {interface}, {how}\n", joined(addresses)));
        if !relays.is_empty() {
            text.push_str(&format!("    and clients behind relays in {}\n", joined(relays)));
        }
    }
    for (interface, mode) in bound.modes() {
        text.push_str(&match mode {
            Mode::Socket | Mode::BootServerOnly => continue,
            Mode::Beside(holders) => {
                format!("  UDP 67 on {interface} is held by {}: netspec hears and answers beside it\n", listed(holders))
            }
            Mode::Shared => format!(
                "  UDP 67 on {interface} is shared with another program; with CAP_NET_RAW netspec would not be in its way\n"
            ),
        });
    }
    if !bound.hears_others() {
        text.push_str("  other boot servers are not heard: that needs CAP_NET_RAW\n");
    }
    for (name, facts) in &outcome.gathered.facts.images {
        text.push_str(&format!("  iso {name}: {}, volume {}\n", facts.describe(), facts.volume_id));
    }
    for kind in LoaderKind::ALL.iter().filter(|kind| kind.is_ipxe() && kind.machine() != Machine::Bios) {
        for (_, path) in outcome.gathered.files_of(*kind).filter(|(name, _)| is_offered(name, &outcome.plan)) {
            text.push_str(&format!("  UEFI on {} starts from iPXE: {}\n", kind.machine().name(), path.display()));
        }
    }
    let of_raspberry_pi = outcome.gathered.files_of(LoaderKind::RaspberryPi).count();
    if of_raspberry_pi > 0 {
        text.push_str(&format!("  a Raspberry Pi starts from the {of_raspberry_pi} files of its folder\n"));
    }
    for report in outcome.secure_boot.iter().filter(|report| report.has_way()) {
        text.push_str(&format!("  {}\n", report.ways()));
    }
    if let Some(origin) = outcome.plan.payload_origin() {
        text.push_str(&format!(
            "  kernels, initial RAM disks, root images and programs for HTTP Boot come from {origin}\n"
        ));
    }
    text.push_str(&match outcome.plan.http_port() {
        Some(http) => format!(
            "  HTTP on port {http}, TFTP on port 69; a firewall must let in UDP 67, 69 and 4011, and TCP {http}\n"
        ),
        None => "  TFTP on port 69 and no HTTP; a firewall must let in UDP 67, 69 and 4011\n".to_owned(),
    });
    text.push_str("ready: let a PC boot from the network; Ctrl-C ends\n");
    text
}

/// Whether UEFI firmware is told this loader first, over PXE or HTTP Boot.
fn is_offered(loader: &str, plan: &Plan) -> bool {
    let told = plan.boot.efi.values().map(|boot| &boot.file).chain(plan.boot.http.values());
    let named = |path: &String| matches!(plan.tree.get(path), Some(Node::Loader(name)) if name == loader);
    told.into_iter().any(named)
}
