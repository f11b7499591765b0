//! What the command line takes.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::diag::Code;
use crate::lock::LockMode;
use crate::net::MacAddr;

/// Boots PCs over the network from ISO files, as one KDL file says.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, propagate_version = false)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Writes a first spec from the ISOs in a folder and the networks of this machine
    Init(InitArgs),
    /// Says what is wrong with a spec, all at once, before anything is served
    Check(CheckArgs),
    /// Says what a kind of finding is, why it matters and how to fix it; without a name, lists all kinds
    ExplainCode(ExplainCodeArgs),
    /// Writes `netspec.lock`: every ISO and loader by its content, with what was found in it
    Lock(LockArgs),
    /// Prints the plan that a spec means: everything that would be answered, without any address of this machine
    Plan(PlanArgs),
    /// Lists the boot loaders: which one was found where, what it is, and which clients it serves
    Loaders(LoadersArgs),
    /// Tells an editor the same as `check` while a spec is written, over standard input and output
    Lsp(LspArgs),
    /// Says what a PC is offered, step by step, from its first packet to the kernel's command line
    Explain(ExplainArgs),
    /// Fetches the files that specs pin by URL and digest into the cache, from where they are served
    Fetch(FetchArgs),
    /// Brings specs into one form; comments stay, and the specs mean the same
    Fmt(FmtArgs),
    /// Answers booting PCs on the networks of a spec until Ctrl-C; hands out addresses only where it says `dhcp "server"`
    Serve(ServeArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct InitArgs {
    /// The folder with the ISOs, or with folders of ISOs
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) folder: PathBuf,
    /// The spec to write, which must not be there yet; `-` is standard output [default: netspec.kdl in DIR]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckArgs {
    /// The spec files
    #[arg(required = true)]
    pub(super) specs: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = FindingFormat::Full)]
    pub(super) format: FindingFormat,
    /// Leave out what depends on this machine's network interfaces
    #[arg(long)]
    pub(super) no_host: bool,
    /// Fail where there are warnings, too
    #[arg(long)]
    pub(super) deny_warnings: bool,
    /// Leave out what depends on files other than specs, as in a build on a machine that has no ISO
    #[arg(long, conflicts_with_all = ["locked", "frozen"])]
    pub(super) no_files: bool,
    #[command(flatten)]
    pub(super) lock: LockedArgs,
}

/// How the lock is used by what needs no ISO.
#[derive(Debug, ClapArgs)]
pub(super) struct LockedArgs {
    /// Fail where `netspec.lock` is missing or stale; every ISO is compared with it by content
    #[arg(long)]
    pub(super) locked: bool,
    /// Take everything from `netspec.lock`; no ISO or loader needs to be there
    #[arg(long, conflicts_with = "locked")]
    pub(super) frozen: bool,
}

impl LockedArgs {
    pub(super) fn mode(&self) -> LockMode {
        match (self.locked, self.frozen) {
            (_, true) => LockMode::Frozen,
            (true, false) => LockMode::Locked,
            (false, false) => LockMode::Use,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct LockArgs {
    /// The spec files
    #[arg(required = true)]
    pub(super) specs: Vec<PathBuf>,
    /// Write nothing, and fail where something would be written
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ExplainCodeArgs {
    /// Their names, with or without `netspec::`
    #[arg(value_name = "CODE")]
    pub(super) codes: Vec<Code>,
    /// List all kinds, a line each
    #[arg(long, conflicts_with = "codes")]
    pub(super) list: bool,
    /// How it is written
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Debug, ClapArgs)]
pub(super) struct PlanArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// Print only the SHA-256 digest of the plan
    #[arg(long)]
    pub(super) digest: bool,
    #[command(flatten)]
    pub(super) lock: LockedArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct LoadersArgs {
    /// The spec file, where it names loaders
    pub(super) spec: Option<PathBuf>,
    /// How they are listed
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Debug, ClapArgs)]
pub(super) struct LspArgs {
    /// Leave out what depends on this machine's network interfaces
    #[arg(long)]
    pub(super) no_host: bool,
    /// Over standard input and output, as it is anyway: some editors say it
    #[arg(long, hide = true)]
    pub(super) stdio: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ExplainArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// The kind of PC: `uefi-x64`, `http-x64`, `bios`, `uefi-arm64` …; without it, all kinds in short
    #[arg(long)]
    pub(super) arch: Option<String>,
    /// The hardware address of its network card
    #[arg(long)]
    pub(super) mac: Option<MacAddr>,
    /// What its firmware says that it is (DHCP option 60), where that is unusual
    #[arg(long, value_name = "TEXT", requires = "arch")]
    pub(super) vendor_class: Option<String>,
    /// `iPXE` for a PC with iPXE in its network card (DHCP option 77)
    #[arg(long, value_name = "TEXT", requires = "arch")]
    pub(super) user_class: Option<String>,
    /// The PC starts signed programs only
    #[arg(long, requires = "arch")]
    pub(super) secure_boot: bool,
    /// Show only the kernels of menu lines with this in their title or name
    #[arg(long, value_name = "TEXT", requires = "arch")]
    pub(super) entry: Option<String>,
    /// A capture of `tcpdump -w` or Wireshark: what each client in it would be told, and what others told it
    #[arg(long, value_name = "FILE", conflicts_with = "arch")]
    pub(super) pcap: Option<PathBuf>,
    /// The address of the machine that serves; else an example from the spec's first subnet
    #[arg(long, value_name = "ADDRESS")]
    pub(super) server: Option<Ipv4Addr>,
    /// How the explanation is written
    #[arg(long, value_enum, default_value_t = EventFormat::Text)]
    pub(super) format: EventFormat,
    #[command(flatten)]
    pub(super) lock: LockedArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct FetchArgs {
    /// The spec files
    #[arg(required = true)]
    pub(super) specs: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct FmtArgs {
    /// The spec files, which are changed in place; `-` reads standard input and writes to standard output
    #[arg(required = true, value_name = "SPEC")]
    pub(super) specs: Vec<PathBuf>,
    /// Change nothing: show what would change, and fail if anything would
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ServeArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// First fetch what is not in the cache yet, as `netspec fetch` does
    #[arg(long)]
    pub(super) fetch: bool,
    /// How milestones are written
    #[arg(long, value_enum, default_value_t = EventFormat::Text)]
    pub(super) format: EventFormat,
    /// The folder that leases are kept in, where a network says `dhcp "server"` [default: $STATE_DIRECTORY, else
    /// /var/lib/netspec]
    #[arg(long, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// Fail where `netspec.lock` is missing or stale; every ISO is compared with it by content before anything is served
    #[arg(long)]
    pub(super) locked: bool,
    /// Give out addresses also where another DHCP server answers, or where that cannot be found out
    #[arg(long)]
    pub(super) force: bool,
    /// Also tell which DHCP messages were left without an answer, and why
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingFormat {
    /// With the lines of the spec and a mark under the value to change
    Full,
    /// One line each: `file:line:column: error[code]: message`
    Short,
    /// One JSON object for each spec, one behind the other
    Json,
    /// One SARIF 2.1.0 log for all specs
    Sarif,
    /// One command of GitHub Actions each, which become annotations
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A paragraph each
    Text,
    /// One JSON array
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EventFormat {
    /// One line a milestone
    Text,
    /// One JSON object a line
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Args::command().debug_assert();
    }
}
