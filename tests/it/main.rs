//! The integration tests, in one binary.

mod diagnostics;
mod wire;
mod wire_http;
mod wire_tftp;
