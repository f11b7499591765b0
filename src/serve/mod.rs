//! Sockets, tasks and time: the plan in operation.

pub mod content;
pub mod dhcp;
pub mod event;
pub mod http;
mod limit;
mod meter;
mod read;
pub mod tftp;
pub mod interface;
pub mod port_holder;
