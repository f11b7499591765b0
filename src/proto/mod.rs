//! Bytes and decisions of the protocols, without a socket and without a clock.

pub mod http;
pub mod name;
pub mod probe;
pub mod tftp;
