//! `netspec lsp` as an editor drives it: over standard input and output.

mod client;
mod language;
mod session;
