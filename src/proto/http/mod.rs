//! The part of HTTP/1.1 (RFC 9110, RFC 9112) that boot clients use, as bytes and decisions.
//!
//! [`request::Request`] reads the head of a request, [`answer()`] decides what to send, and [`response`] writes the head of the
//! answer. None of them opens a socket or reads a clock.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answer;
mod conditional;
mod range;
pub mod request;
pub mod response;

pub use self::answer::{Answer, Representation, answer};
pub use self::conditional::{Validators, http_date};
pub use self::range::ByteRange;
