//! TFTP (RFC 1350) with options (RFC 2347 to 2349, RFC 7440), as bytes and decisions.
//!
//! [`Packet`] reads and writes datagrams, [`options`] decides what to grant, [`Transfer`] decides what to send next. None of
//! them opens a socket or reads a clock.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod options;
mod packet;
mod transfer;

pub use self::packet::{ErrorCode, Malformed, Mode, Packet, ReadRequest, encode_data_header, encode_error};
pub use self::transfer::{Abort, End, Input, Output, Setup, Transfer, Wrap};
