//! What the command line takes.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// Boots PCs over the network from ISO files, as one KDL file says.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, propagate_version = false)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Says what is wrong with a spec, all at once, before anything is served
    Check(CheckArgs),
    /// Prints the plan that a spec means: everything that would be answered, without any address of this machine
    Plan(PlanArgs),
    /// Lists the boot loaders: which one was found where, what it is, and which clients it serves
    Loaders(LoadersArgs),
    /// Answers booting PCs on the networks of a spec until Ctrl-C; hands out no address
    Serve(ServeArgs),
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
}

#[derive(Debug, ClapArgs)]
pub(super) struct PlanArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// Print only the SHA-256 digest of the plan
    #[arg(long)]
    pub(super) digest: bool,
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
pub(super) struct ServeArgs {
    /// The spec file
    pub(super) spec: PathBuf,
    /// How milestones are written
    #[arg(long, value_enum, default_value_t = EventFormat::Text)]
    pub(super) format: EventFormat,
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
    /// One JSON object for each spec
    Json,
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
