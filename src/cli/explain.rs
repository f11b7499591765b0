//! `netspec explain`: what a PC is offered, step by step.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use super::args::{EventFormat, ExplainArgs};
use super::report;
use crate::explain::{Client, Explanation, FIRMWARE, Firmware, Setup, capture, explain, text};
use crate::facts::Use;
use crate::proto::dhcp::ServerAddr;

pub(super) fn run(args: &ExplainArgs) -> ExitCode {
    let Some(outcome) = report::outcome(&args.spec, args.lock.mode(), Use::Serving) else {
        return ExitCode::FAILURE;
    };
    let explained = server(args).and_then(|server| {
        let setup = Setup::open(&outcome.plan, &outcome.gathered, &outcome.secure_boot, server)
            .map_err(|error| error.to_string())?;
        match (&args.pcap, &args.arch) {
            (Some(file), _) => Ok((in_capture(args, file, &setup)?, ExitCode::SUCCESS)),
            (None, Some(name)) => one(args, name, &setup),
            (None, None) => Ok((all(args, &setup), ExitCode::SUCCESS)),
        }
    });
    match explained {
        Ok((text, code)) => {
            report::write(std::io::stdout(), &text);
            code
        }
        Err(reason) => {
            report::write(std::io::stderr(), &format!("netspec: {reason}\n"));
            ExitCode::from(2)
        }
    }
}

fn server(args: &ExplainArgs) -> Result<Option<ServerAddr>, String> {
    let wrong =
        |address| format!("no machine has the address {address}; --server takes that of the machine that serves");
    args.server.map(|address| ServerAddr::new(address).ok_or_else(|| wrong(address))).transpose()
}

/// One client, in all its steps; the exit code says whether it boots.
fn one(args: &ExplainArgs, name: &str, setup: &Setup<'_>) -> Result<(String, ExitCode), String> {
    let firmware = Firmware::named(name).ok_or_else(|| {
        let known: Vec<_> = FIRMWARE.iter().map(|firmware| firmware.name).collect();
        format!("--arch does not know `{name}`; it takes {}", known.join(", "))
    })?;
    if args.secure_boot && !firmware.is_uefi() {
        return Err(format!("--secure-boot is for UEFI; {} has none", firmware.words));
    }
    let client = Client {
        firmware,
        mac: args.mac,
        uuid: args.uuid,
        serial: args.serial.clone(),
        address: args.address,
        vendor_class: args.vendor_class.clone(),
        user_class: args.user_class.clone(),
        secure_boot: args.secure_boot,
    };
    let explanation = explain(&client, setup);
    let code = if explanation.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let text = match args.format {
        EventFormat::Text => text::explanation(&explanation, args.entry.as_deref()),
        EventFormat::Json => json(&explanation),
    };
    Ok((text, code))
}

/// Every kind of client, in short.
fn all(args: &ExplainArgs, setup: &Setup<'_>) -> String {
    let of = |firmware, user_class: Option<&str>| {
        let client = Client {
            mac: args.mac,
            uuid: args.uuid,
            serial: args.serial.clone(),
            address: args.address,
            user_class: user_class.map(str::to_owned),
            ..Client::of(firmware)
        };
        explain(&client, setup)
    };
    let ipxe = Firmware::named("bios").map(|bios| of(bios, Some("iPXE")));
    let explanations: Vec<Explanation> = FIRMWARE.iter().map(|firmware| of(firmware, None)).chain(ipxe).collect();
    match args.format {
        EventFormat::Text => text::overview(&explanations),
        EventFormat::Json => json(&explanations),
    }
}

/// The packets of a capture.
fn in_capture(args: &ExplainArgs, path: &Path, setup: &Setup<'_>) -> Result<String, String> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| format!("cannot open `{name}`: {error}"))?;
    let capture = capture::read(file, setup).map_err(|error| format!("cannot read `{name}`: {error}"))?;
    Ok(match args.format {
        EventFormat::Text => text::capture(&name, &capture),
        EventFormat::Json => json(&capture),
    })
}

fn json(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
