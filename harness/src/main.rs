//! The `netspec-harness` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    netspec_harness::cli::main()
}
