//! The `netspec-harness` command.
fn main() {}
