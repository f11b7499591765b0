//! What a spec means: names to nodes, defaults filled in.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod rules;
