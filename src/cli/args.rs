//! What the command line takes.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::diag::Code;
use crate::lock::LockMode;
use crate::net::{MacAddr, Origin, Serial, Uuid};

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
    /// Says what clients would notice between two plans, and why; the exit code is that of `diff`
    Diff(DiffArgs),
    /// Lists the boot loaders: which one was found where, what it is, and which clients it serves
    Loaders(LoadersArgs),
    /// Tells an editor the same as `check` while a spec is written, over standard input and output
    Lsp(LspArgs),
    /// Says what a PC is offered, step by step, from its first packet to the kernel's command line
    Explain(ExplainArgs),
    /// Notes which entry a machine boots next time, and only then; without an entry, says what is noted
    BootNext(BootNextArgs),
    /// Fetches the files that specs pin by URL and digest into the cache, from where they are served
    Fetch(FetchArgs),
    /// Brings specs into one form; comments stay, and the specs mean the same
    ///
    /// Words, strings, numbers and comments stay as they are written; only blanks and line breaks move: a node to a line, four
    /// blanks for each block, one blank between values and none around `=`, at most one blank line in a row, and the comments at
    /// the ends of lines in one column for each paragraph. A block that was written on one line stays on one. Line ends become
    /// `\n`. A file that is not KDL is left alone, with the findings of `check`.
    Fmt(FmtArgs),
    /// Writes the files that PCs fetch into a folder, for any web server, object store or CDN to hand out
    Build(BuildArgs),
    /// Prints the closest configuration of other servers, and says what they cannot do
    #[command(subcommand)]
    Export(ExportCommand),
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
pub(super) struct DiffArgs {
    /// A spec file, or a plan that `netspec plan` printed
    pub(super) old: PathBuf,
    /// Another one; without it, OLD is a spec, and its lock is compared with what is there
    pub(super) new: Option<PathBuf>,
    /// How the differences are written
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
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
    /// The UUID that its firmware has for it, as `dmidecode -s system-uuid` shows it
    #[arg(long)]
    pub(super) uuid: Option<Uuid>,
    /// The serial number that its firmware has for it, as `dmidecode -s system-serial-number` shows it
    #[arg(long, value_name = "TEXT")]
    pub(super) serial: Option<Serial>,
    /// The address that it gets on its network, for groups of a subnet
    #[arg(long, value_name = "ADDRESS")]
    pub(super) address: Option<Ipv4Addr>,
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
pub(super) struct BuildArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// The folder that the built folder is made in
    #[arg(long, short, value_name = "DIR", default_value = "out")]
    pub(super) out: PathBuf,
    /// Build menus and scripts, too, as they are for clients of a TFTP server with this address
    #[arg(long, value_name = "ADDRESS")]
    pub(super) server: Option<Ipv4Addr>,
    /// The URL at which a web server hands out what is built [default: http:// and the address of --server]
    #[arg(long, value_name = "URL", requires = "server")]
    pub(super) origin: Option<Origin>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = EventFormat::Text)]
    pub(super) format: EventFormat,
    #[command(flatten)]
    pub(super) lock: LockedArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// dnsmasq for DHCP and TFTP, beside a web server
    Dnsmasq(DnsmasqArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct DnsmasqArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// The address of the machine that dnsmasq runs on [default: as the spec says, else that of this machine]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) server: Option<Ipv4Addr>,
    /// The URL at which the web server hands out the built folder [default: http:// and the address]
    #[arg(long, value_name = "URL")]
    pub(super) origin: Option<Origin>,
    /// The folder that `netspec build` writes to
    #[arg(long, short, value_name = "DIR", default_value = "out")]
    pub(super) out: PathBuf,
    /// Print the configuration of this web server in place of that of dnsmasq
    #[arg(long, value_enum)]
    pub(super) web: Option<WebServer>,
    #[command(flatten)]
    pub(super) lock: LockedArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WebServer {
    /// A `server` block for nginx
    Nginx,
    /// A command line of darkhttpd
    Darkhttpd,
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
pub(super) struct BootNextArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// The name of a `host`; without it, all that have something noted
    pub(super) host: Option<String>,
    /// The name of an entry, or of a menu, a slash and an entry
    #[arg(conflicts_with = "clear")]
    pub(super) entry: Option<String>,
    /// Take back what is noted for the host
    #[arg(long, requires = "host")]
    pub(super) clear: bool,
    /// The folder that the server keeps its state in [default: $STATE_DIRECTORY, else /var/lib/netspec]
    #[arg(long, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Debug, ClapArgs)]
pub(super) struct FetchArgs {
    /// The spec files
    #[arg(required = true)]
    pub(super) specs: Vec<PathBuf>,
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
    /// The folder that leases and next boots are kept in, where the spec has some [default: $STATE_DIRECTORY, else
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
