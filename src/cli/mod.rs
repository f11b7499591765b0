//! The command line: the only module that prints or decides the exit code.
//!
//! One file for each subcommand. Exit codes: 0 all is well, 1 something was found or failed, 2 the command line is wrong.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this module is where printing belongs")]

mod args;
mod boot_next;
mod build;
mod check;
pub mod compile;
mod diff;
mod explain;
mod explain_code;
mod export;
mod fetch;
mod fmt;
mod init;
mod loaders;
mod lock;
mod lsp;
mod plan;
mod progress;
mod replace;
mod report;
mod serve;
mod state;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Command, ExportCommand};

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match args.command {
        Command::Init(init) => init::run(&init),
        Command::Check(check) => check::run(&check),
        Command::ExplainCode(explain) => explain_code::run(&explain),
        Command::Loaders(loaders) => loaders::run(&loaders),
        Command::Lock(lock) => lock::run(&lock),
        Command::Lsp(lsp) => lsp::run(&lsp),
        Command::Plan(plan) => plan::run(&plan),
        Command::Diff(diff) => diff::run(&diff),
        Command::Explain(explain) => explain::run(&explain),
        Command::Build(build) => build::run(&build),
        Command::Export(ExportCommand::Dnsmasq(dnsmasq)) => export::run(&dnsmasq),
        Command::BootNext(boot_next) => boot_next::run(&boot_next),
        Command::Fetch(fetch) => fetch::run(&fetch),
        Command::Fmt(fmt) => fmt::run(&fmt),
        Command::Serve(serve) => serve::run(&serve),
    }
}
