//! The integration tests, one binary.

mod wire;
mod wire_http;
mod wire_tftp;
