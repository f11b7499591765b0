//! Sockets, tasks and time: the plan in operation.

pub mod content;
pub mod event;
