//! Sockets, tasks and time: the plan in operation.
//!
//! [`bind`] opens everything that a plan needs, [`Bound::run`] answers. There is one file for each protocol; all three look
//! files up in one [`tree`], and tell what happens as [`event`]s, which the [`journal`] turns into lines for people.

mod answers;
mod bound;
mod changes;
pub mod content;
pub mod dhcp;
pub mod event;
pub mod host;
pub mod http;
pub mod interface;
pub mod journal;
pub mod lease;
mod limit;
mod listeners;
mod merged;
mod meter;
pub mod neighbor;
pub mod next_boot;
pub mod origin;
pub mod place;
pub mod port_holder;
pub mod ports;
pub mod privilege;
mod read;
pub mod ready;
pub mod tftp;
pub mod tree;

pub use self::bound::{BindError, Bound, bind};

/// Waits until `stop` becomes true, or until its sender is gone and nobody can say so any more.
async fn told_to_stop(stop: &mut tokio::sync::watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
