//! The protocols as bytes and decisions: no socket, no clock, no file.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod dhcp;
pub mod http;
pub mod identity;
pub mod name;
pub mod probe;
pub mod tftp;
