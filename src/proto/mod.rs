//! The protocols as bytes and decisions: no socket, no clock, no file.

pub mod dhcp;
